"""Commands of ours as processes of their own: how they are begun, waited for, looked at and ended."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ingest.errors import GroundruleError

__all__ = [
    "Process",
    "Start",
    "end",
    "environment_with",
    "limit_files",
    "most_resident",
    "resident",
    "run_apart",
    "start_command",
    "wait_ready",
]

_OURS = "from bot.surfaces.cli import main; main()"
_START_SECONDS = 300.0
_END_SECONDS = 30.0
# What a process of ours is to share with us.
_SHARED = ("GROUNDRULE_CACHE", "GROUNDRULE_EMBEDDING_BACKEND")


class Process(Protocol):
    """A process, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end."""

    def terminate(self) -> None:
        """Asks it to end."""

    def kill(self) -> None:
        """Ends it at once."""


Start = Callable[[Sequence[str], Mapping[str, str], Path], Process]
"""Begins a command of ours: its arguments, its environment, and where what it says goes."""


def start_command(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    """Begins `groundrule` with such arguments; Ctrl-C here does not reach it.

    Args:
        arguments: What follows the command's name.
        environment: All of it.
        log: What it says is added there.
    """
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-c", _OURS, *arguments],
            env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip


def environment_with(**settings: str) -> dict[str, str]:
    """This process' environment with such settings and none of its own, but for where converted models are kept."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDRULE_") or name in _SHARED}
    return own | {f"GROUNDRULE_{name.upper()}": value for name, value in settings.items()}


def wait_ready(server: Process, port: int, log: Path) -> None:
    """Waits until a server is ready.

    Raises:
        GroundruleError: It ended, or takes too long.
    """
    until = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection,
        ):
            connection.request("GET", "/readyz")
            with connection.getresponse() as response:
                if response.status == http.HTTPStatus.OK:
                    return
        time.sleep(0.2)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise GroundruleError(f"the server did not start: {said[-1] if said else 'it said nothing'}")


def end(process: Process) -> None:
    """Asks a process to end, and ends it where it does not."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def resident(pid: int) -> float:
    """Resident memory of a process in MiB.

    Raises:
        GroundruleError: It cannot be read.
    """
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if not (found := re.search(r"\d+", done.stdout)):
        raise GroundruleError("the server's memory cannot be read: `ps` says nothing of it. Has it ended?")
    return int(found[0]) / 1024


def most_resident() -> float:
    """The most resident memory that this process has had, in MiB."""
    import resource

    # The kernel counts in KiB, on a Mac in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def run_apart(module: str, step: str, given: Any) -> dict[str, Any]:
    """What a module prints as its last line, in JSON, when it is run as a process of its own.

    Args:
        module: Its name.
        step: Its first argument, which names what it is to do.
        given: Its second, which it gets as JSON.

    Raises:
        GroundruleError: It failed.
    """
    command = [sys.executable, "-m", module, step, json.dumps(given)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise GroundruleError(f"the run {step!r} ended with status {done.returncode}; what it said stands above.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def limit_files(pid: int, most: int | None) -> str:
    """Lets no file of a running process grow beyond so many bytes; returns why that cannot be done here, or "".

    Args:
        pid: Its number.
        most: Bytes; None takes the limit away.
    """
    try:
        import resource

        kind = resource.RLIMIT_FSIZE
        hard = resource.prlimit(pid, kind)[1]
        resource.prlimit(pid, kind, (hard if most is None else most, hard))
    except (ImportError, AttributeError):
        return "this system sets no limits of running processes"
    except OSError as error:
        return f"this system refuses to limit the files of a process: {error.strerror}"
    return ""
