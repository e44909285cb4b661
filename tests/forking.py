"""Processes that tests kill: one imports what it needs and then forks itself as often as it is asked to.

A fork is a process like any other, and dies by a signal like any other, but is there at once. `fork_on_demand` is what
the process runs, `Product` is what a test holds.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evals.doubles.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
_UP_SECONDS = 240.0


def fork_on_demand(serve: Callable[..., None]) -> None:
    """Forks at each line of arguments that comes in, says the fork's number, and says when it has ended.

    Nothing that was imported may have begun a thread. When nothing more can come in, everything ends.
    """
    assert threading.active_count() == 1
    while line := sys.stdin.readline():
        number = os.fork()
        if not number:
            _be_the_fork(serve, json.loads(line))
        _tell(str(number))
        while os.waitpid(number, os.WNOHANG)[0] == 0:
            # Nothing is sent while one runs: then it is the end.
            if select.select([sys.stdin], [], [], 0.01)[0]:
                os.kill(number, signal.SIGKILL)
                os.waitpid(number, 0)
                return
        _tell("ended")


def _be_the_fork(serve: Callable[..., None], arguments: dict[str, Any]) -> None:
    try:
        # What it says is no number of a fork.
        os.dup2(2, 1)
        serve(**arguments)
    except BaseException as error:  # noqa: BLE001 - the test shows what it said
        sys.stderr.write(f"{error!r}\n")
    finally:
        sys.stderr.flush()
        os._exit(1)


def _tell(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


class Product:
    """A product under test, which can be killed: at once, by a signal that no process can hear.

    Args:
        module: Calls `fork_on_demand`.
        arguments: Of what it serves; a `port` is added.
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
        self._line = json.dumps({**arguments, "port": self.port}) + "\n"
        self._log = log
        self._restarts = restarts
        self._pause = pause
        self._number: int | None = None
        self._ends = False
        self._mercy = threading.RLock()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        with log.open("ab") as said:
            self._forking = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            )  # fmt: skip
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
        with suppress(OSError):
            self._stream("stdin").close()
        self._thread.join()
        self._forking.wait()
        self._stream("stdout").close()

    def _keep_up(self) -> None:
        with suppress(OSError, ValueError):
            while not self._ends:
                self._stream("stdin").write(self._line)
                self._stream("stdin").flush()
                self._number = int(self._stream("stdout").readline())
                if not self._stream("stdout").readline() or not self._restarts:
                    return
                time.sleep(self._pause())

    def _stream(self, name: str) -> Any:
        return getattr(self._forking, name)
