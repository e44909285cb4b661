"""Starts `groundrule serve` in a process of its own."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from evals.doubles.ports import free_port
from tests.commands import begin_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.context import ForkServerProcess

__all__ = ["Started", "serving"]

START_SECONDS = 300


class Started(str):
    """The address of a server, which can be killed."""

    __slots__ = ("process",)
    process: ForkServerProcess

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.rpartition(":")[2])

    def kill(self) -> None:
        """Ends it by a signal that no process can hear."""
        self.process.kill()
        self.process.join(30)


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
    environment = {**os.environ, "GROUNDRULE_HOME": str(home), "PYTHONUNBUFFERED": "1", **given}
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        process = begin_command(
            ["serve", "--port", str(port or free_port()), *arguments], environment, os.devnull, str(said), str(said)
        )
        try:
            started = Started(_address(process, said))
            started.process = process
            yield started
        finally:
            process.terminate()
            process.join(30)
            if process.is_alive():
                process.kill()
            # For whoever looks into a failed test: pytest shows it with that.
            sys.stderr.write("".join(line for line in _lines(said) if " info " not in line))


def _address(process: ForkServerProcess, said: Path) -> str:
    """Where the server says that it can be reached, once it does."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.is_alive():
        if ready := re.search(r"ready: (http://\S+)", "".join(_lines(said))):
            return ready[1]
        process.join(0.02)
    raise AssertionError("the server did not start:\n" + "".join(_lines(said)))


def _lines(said: Path) -> list[str]:
    return said.read_text(errors="replace").splitlines(keepends=True) if said.exists() else []
