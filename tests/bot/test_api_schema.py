"""The whole API against its own description, by schemathesis: no fault of the server, no answer beyond its schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bot.test_uploads import Server
from tests.served import served

# A schema cannot say which words are a question or which ids there are, so not all that fits it can be met.
EXCLUDED = "positive_data_acceptance"
EXAMPLES = 15


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
