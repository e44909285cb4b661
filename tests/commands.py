"""Processes of their own that are there at once: one process loads the libraries, and forks for each.

They run commands, or the code that a test gives.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.context import ForkServerProcess

__all__ = ["become", "begin_code", "begin_command", "end_after", "forked", "run_command"]

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
    return forked(_be_the_command, list(arguments), dict(environment), (stdin, stdout, stderr), timeout)


def begin_code(code: str, *arguments: str, stdout: str = os.devnull) -> ForkServerProcess:
    """Begins code as `python -c` does, with this process's environment; what goes wrong is said where this one says it.

    Args:
        code: May be indented.
        arguments: Its command line.
        stdout: File that it writes.
    """
    return forked(_be_the_code, textwrap.dedent(code), list(arguments), dict(os.environ), stdout)


def forked(be: Callable[..., NoReturn], *arguments: Any) -> ForkServerProcess:
    """Begins a fork of the process that has loaded the libraries.

    Args:
        be: What the fork is, a function of a module.
        arguments: Its arguments.
    """
    _FORKING.set_forkserver_preload(["tests.preloaded"])
    process = _FORKING.Process(target=be, args=arguments)
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


def become(environment: Mapping[str, str], stdin: str = "", stdout: str = "", stderr: str = "") -> None:
    """Gives this process, a fork, an environment and files of its own.

    Args:
        environment: All of its environment.
        stdin: File that it reads from now on; the one that it has stays where none is named.
        stdout: The same for what it writes.
        stderr: The same for messages.
    """
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, name in enumerate((stdin, stdout, stderr)):
        if name:
            _open_as(descriptor, name)


def end_after(act: Callable[[], Any]) -> NoReturn:
    """Does something and ends this process with the exit status that a command of it has."""
    status = 0
    try:
        act()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the test shows it
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # Tidying up after the libraries would take seconds.
    os._exit(status)


def _be_the_command(arguments: list[str], environment: dict[str, str], files: Sequence[str], timeout: int) -> NoReturn:
    become(environment, *files)
    # That of a forked process reads nothing.
    sys.stdin = os.fdopen(0, closefd=False)
    signal.alarm(timeout)
    from bot.surfaces.cli import main

    end_after(lambda: main(arguments))


def _be_the_code(code: str, arguments: list[str], environment: dict[str, str], stdout: str) -> NoReturn:
    become(environment, stdout=stdout)
    sys.argv = ["-c", *arguments]
    end_after(lambda: exec(compile(code, "<code of a test>", "exec"), {"__name__": "__main__"}))  # noqa: S102


def _open_as(descriptor: int, name: str) -> None:
    opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND if descriptor else os.O_RDONLY, 0o600)
    os.dup2(opened, descriptor)
    os.close(opened)
