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
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Started", "serving"]


class Started(str):
    """The address of a server, which can be killed."""

    __slots__ = ("process",)
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.rpartition(":")[2])

    def kill(self) -> None:
        """Ends it by a signal that no process can hear."""
        self.process.kill()
        self.process.wait(timeout=30)


@contextmanager
def serving(
    home: Path, *arguments: str, port: int | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Started]:
    """The address of a running server over the index in `home`; the server ends with the block.

    Args:
        home: Its home folder.
        arguments: More of the command line.
        port: Where it listens; any free port when None.
        settings: More settings, by their names in small letters. Nobody is refused for asking often.
    """
    given = {
        f"GROUNDRULE_{name.upper()}": value for name, value in {"rate_per_minute": "0", **(settings or {})}.items()
    }
    command = [sys.executable, "-c", "from bot.surfaces.cli import main; main()"]
    process = subprocess.Popen(
        [*command, "serve", "--port", str(port or free_port()), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "GROUNDRULE_HOME": str(home), "PYTHONUNBUFFERED": "1", **given},
    )
    assert process.stdout is not None
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if ready := re.search(r"ready: (http://\S+)", line):
                watchdog.cancel()
                # It logs each request: a pipe that nobody reads would stop it.
                threading.Thread(target=said.extend, args=(process.stdout,), daemon=True).start()
                started = Started(ready[1])
                started.process = process
                yield started
                return
        raise AssertionError("the server did not start:\n" + "".join(said))
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait(timeout=30)
        # For whoever looks into a failed test: pytest shows it with that.
        sys.stderr.write("".join(line for line in said if " info " not in line))
        process.stdout.close()
