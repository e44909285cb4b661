"""Commands in processes of their own that are there at once: one process loads the libraries, and forks for each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerProcess

__all__ = ["begin_command", "run_command"]

TIMEOUT_SECONDS = 600
_FORKING = multiprocessing.get_context("forkserver")


def begin_command(
    arguments: Sequence[str], environment: Mapping[str, str], stdin: str, stdout: str, stderr: str, timeout: int = 0
) -> ForkServerProcess:
    """Begins `groundrule` with these arguments and this environment.

    Args:
        arguments: Its command line.
        environment: All of its environment.
        stdin: File that it reads.
        stdout: File that it writes.
        stderr: The same for messages.
        timeout: Seconds after which it is ended; 0 for never.
    """
    _FORKING.set_forkserver_preload(["tests.preloaded"])
    process = _FORKING.Process(
        target=_be_the_command, args=(list(arguments), dict(environment), (stdin, stdout, stderr), timeout)
    )
    process.start()
    return process


def run_command(
    arguments: list[str], environment: dict[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """What `groundrule` does with these arguments and this environment."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / name) for name in ("stdin", "stdout", "stderr")}
        Path(files["stdin"]).write_bytes(stdin)
        # Else a test would hang when something waits for what never comes.
        process = begin_command(arguments, environment, **files, timeout=TIMEOUT_SECONDS)
        process.join()
        assert process.exitcode is not None
        out, err = (Path(files[name]).read_bytes() for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(arguments, process.exitcode, out, err)


def _be_the_command(arguments: list[str], environment: dict[str, str], files: Sequence[str], timeout: int) -> NoReturn:
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, name in enumerate(files):
        opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND if descriptor else os.O_RDONLY, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    # That of a forked process reads nothing.
    sys.stdin = os.fdopen(0, closefd=False)
    signal.alarm(timeout)
    from bot.surfaces.cli import main

    status = 0
    try:
        main(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the test shows it
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Tidying up after the libraries would take seconds.
    os._exit(status)
