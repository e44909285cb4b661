"""Processes that tests kill: one imports what it needs and then forks itself as often as it is asked to.

A fork is a process like any other, and dies by a signal like any other, but is there at once. `Product` is what a test
holds. The process that forks is itself a fork of the one that has loaded the libraries.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from evals.doubles.ports import free_port
from tests.commands import become, end_after, forked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

_UP_SECONDS = 240.0


def _fork_on_demand(
    module: str, environment: dict[str, str], log: str, asked: Connection, told: Connection
) -> NoReturn:
    """Forks whenever arguments come in, says the fork's number, and says when it has ended.

    Nothing that was imported may have begun a thread. When nothing more can come in, everything ends.
    """
    become(environment, stdout=log, stderr=log)
    serve = import_module(module).serve
    assert threading.active_count() == 1
    with suppress(EOFError, BrokenPipeError):
        while True:
            arguments = asked.recv()
            number = os.fork()
            if not number:
                end_after(partial(serve, **arguments))
            told.send(number)
            while os.waitpid(number, os.WNOHANG)[0] == 0:
                # Nothing is sent while one runs: then it is the end.
                if asked.poll(0.01):
                    os.kill(number, signal.SIGKILL)
                    os.waitpid(number, 0)
                    break
            told.send("ended")
    os._exit(0)


class Product:
    """A product under test, which can be killed: at once, by a signal that no process can hear.

    Args:
        module: Has a function `serve`.
        arguments: What that is called with; a `port` is added.
        log: What it says goes there.
        restarts: Whether it begins again when it was killed.
        pause: Seconds that it is away then.
    """

    def __init__(
        self,
        module: str,
        arguments: dict[str, Any],
        log: Path,
        *,
        restarts: bool = False,
        pause: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.port = free_port()
        self.kills = 0
        self._arguments = {**arguments, "port": self.port}
        self._log = log
        self._restarts = restarts
        self._pause = pause
        self._number: int | None = None
        self._ends = False
        self._mercy = threading.RLock()
        asked, self._ask = Pipe(duplex=False)
        self._told, told = Pipe(duplex=False)
        self._process = forked(_fork_on_demand, module, dict(os.environ), str(log), asked, told)
        asked.close()
        told.close()
        self._thread = threading.Thread(target=self._keep_up, daemon=True)
        self._thread.start()

    def kill(self) -> None:
        """Kills it, if it is up."""
        with self._mercy:
            with suppress(ProcessLookupError):
                if self._number is not None:
                    os.kill(self._number, signal.SIGKILL)
                    self.kills += 1
            self._number = None

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Is up, and stays so."""
        with self._mercy:
            self.wait_until_up()
            yield

    def wait_until_up(self) -> None:
        """Waits until it listens, and its number is known by which it can be killed."""
        until = time.monotonic() + _UP_SECONDS
        while time.monotonic() < until:
            with socket.socket() as probe:
                if self._number is not None and probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail(f"the product does not listen; its last words: {self._log.read_text()[-2000:]}")

    def close(self) -> None:
        """Ends everything."""
        self._ends = True
        self._ask.close()
        self._process.join()
        self._thread.join()
        self._told.close()

    def _keep_up(self) -> None:
        with suppress(OSError, EOFError):
            while not self._ends:
                self._ask.send(self._arguments)
                self._number = self._told.recv()
                self._told.recv()
                if not self._restarts:
                    return
                time.sleep(self._pause())
