"""Commands in processes of their own that are there at once: one process loads the libraries, and forks for each."""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run_command"]

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 240


def run_command(
    arguments: list[str], environment: dict[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """What `groundrule` does with these arguments and this environment."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / name) for name in ("stdin", "stdout", "stderr")}
        Path(files["stdin"]).write_bytes(stdin)
        forking = _forking()
        assert forking.stdin is not None
        assert forking.stdout is not None
        forking.stdin.write(json.dumps([arguments, environment, files]).encode() + b"\n")
        forking.stdin.flush()
        status = int(forking.stdout.readline())
        out, err = (Path(files[name]).read_bytes() for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(arguments, status, out, err)


@functools.cache
def _forking() -> subprocess.Popen[bytes]:
    # One for each process of tests; it ends when nothing more can come in.
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.commands"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if not key.startswith("GROUNDRULE_")},
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait()
    process.stdout.close()


def _fork_on_demand() -> None:
    # What these begin with is what most of a command's time goes into. None of them begins a thread.
    import chromadb  # noqa: F401
    import sentence_transformers  # noqa: F401

    import ingest.pipeline  # noqa: F401
    from bot.surfaces.cli import main

    gc.freeze()
    # The commands' own input must not be what is read ahead here.
    with os.fdopen(os.dup(0), "rb", buffering=0) as lines, os.fdopen(os.dup(1), "wb", buffering=0) as told:
        while line := _line(lines.fileno()):
            arguments, environment, files = json.loads(line)
            number = os.fork()
            if number:
                _, status = os.waitpid(number, 0)
                told.write(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                continue
            os.environ.clear()
            os.environ.update(environment)
            for target, (name, flags) in enumerate(
                [("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY | os.O_CREAT), ("stderr", os.O_WRONLY | os.O_CREAT)]
            ):
                os.dup2(os.open(files[name], flags, 0o600), target)
            # Else a test would hang when something waits for what never comes.
            signal.alarm(TIMEOUT_SECONDS)
            _end_as(main, arguments)


def _end_as(main: Callable[[list[str]], object], arguments: list[str]) -> NoReturn:
    """Runs a command and ends as it does, without tidying up after the libraries, which takes seconds."""
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
    os._exit(status)


def _line(descriptor: int) -> bytes:
    """The next line, read without reading ahead."""
    line = b""
    while not line.endswith(b"\n"):
        character = os.read(descriptor, 1)
        if not character:
            return b""
        line += character
    return line


if __name__ == "__main__":
    _fork_on_demand()
