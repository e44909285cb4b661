"""Starts `groundrule serve` in a process of its own: what it imports is imported once, and each server is a fork."""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
import threading
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.forking import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

__all__ = ["Started", "serving"]


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
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.browser.preloaded"])
    reading, writing = context.Pipe(duplex=False)
    process = context.Process(
        target=_serve, args=(["serve", "--port", str(port or free_port()), *arguments], environment, writing)
    )
    process.start()
    writing.close()
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    said = []
    with os.fdopen(os.dup(reading.fileno()), encoding="utf-8", errors="replace") as lines:
        reading.close()
        try:
            for line in lines:
                said.append(line)
                if ready := re.search(r"ready: (http://\S+)", line):
                    watchdog.cancel()
                    # It logs each request: a pipe that nobody reads would stop it.
                    reader = threading.Thread(target=said.extend, args=(lines,), daemon=True)
                    reader.start()
                    started = Started(ready[1])
                    started.process = process
                    yield started
                    return
            raise AssertionError("the server did not start:\n" + "".join(said))
        finally:
            watchdog.cancel()
            process.terminate()
            process.join(30)
            if process.is_alive():
                process.kill()
            # For whoever looks into a failed test: pytest shows it with that.
            sys.stderr.write("".join(line for line in said if " info " not in line))


def _serve(arguments: list[str], environment: dict[str, str], told: Connection) -> None:
    """Is the command, with all that it says told to the test."""
    for descriptor in (1, 2):
        os.dup2(told.fileno(), descriptor)
    told.close()
    os.environ.clear()
    os.environ.update(environment)
    from bot.surfaces.cli import main

    status = 0
    try:
        main(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - whoever started it is shown it
        traceback.print_exc()
        status = 1
    # Tidying up after the libraries would take seconds.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
