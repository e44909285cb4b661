"""The whole API against its own description, by schemathesis: no fault of the server, no answer beyond its schema."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from tests.bot.test_uploads import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

# A schema cannot say which words are a question or which ids there are, so not all that fits it can be met.
EXCLUDED = "positive_data_acceptance"
EXAMPLES = 15


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of a real server in a thread."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def tried(address: str, folder: Path, *more: str) -> str:
    """What schemathesis says of a server; fails the test when it finds anything."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/api/openapi.json",
        "--max-examples", str(EXAMPLES), "--exclude-checks", EXCLUDED, "--generation-deterministic", "--no-color", *more,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_every_route_keeps_to_its_description(home: Path, tmp_path: Path) -> None:
    server = Server(home)
    with served(server.client.app) as address:
        said = tried(address, tmp_path)
    server.close()
    assert "Tested: " in said
    assert "Failures" not in said
