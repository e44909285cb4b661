"""Starts `groundrule serve` in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.forking import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["serving"]


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[str]:
    """The address of a running server over the index in `home`; the server ends with the block."""
    command = [sys.executable, "-c", "from bot.surfaces.cli import main; main()", "serve", "--port", str(free_port())]
    process = subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "GROUNDRULE_HOME": str(home), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if ready := re.search(r"ready: (http://\S+)", line):
                # It logs each request: a pipe that nobody reads would stop it.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield ready[1]
                return
        raise AssertionError("the server did not start:\n" + "".join(said))
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()
