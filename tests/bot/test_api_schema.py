"""The whole API against its own description, by schemathesis: no fault of the server, no answer beyond its schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.surfaces.guard.guard import guarded
from bot.surfaces.guard.keys import KeyRing, add_key
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from tests.bot.test_uploads import Server
from tests.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

# A schema cannot say which words are a question or which ids there are, so not all that fits it can be met.
NEVER = "positive_data_acceptance"
# A server without keys asks for none.
OPEN = f"{NEVER},ignored_auth"
# Who has no key is not told which methods a path has.
SHUT = f"{NEVER},unsupported_method"
EXAMPLES = 6
# Where the guard, and not the route, is tried: a request of each kind, and what no schema allows.
BRIEFLY = ("--phases", "examples,fuzzing", "--max-examples", "3")


def tried(address: str, folder: Path, excluded: str, *more: str, described: str = "") -> str:
    """What schemathesis says of a server; fails the test when it finds anything."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", described or f"{address}/api/openapi.json",
        "--max-examples", str(EXAMPLES), "--exclude-checks", excluded, "--generation-deterministic", "--no-color", *more,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=folder, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def behind_guard(server: Server, **given: Any) -> ASGIApp:
    """The application as it is served."""
    settings = server.settings.model_copy(update={"rate_per_minute": 0, **given})
    app = make_api(server.service, Metrics())
    return guarded(app, settings, KeyRing(server.settings.home), host="127.0.0.1")


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    running = Server(home)
    yield running
    running.close()


def test_every_route_keeps_to_its_description(server: Server, tmp_path: Path) -> None:
    with served(behind_guard(server)) as address:
        said = tried(address, tmp_path, OPEN)
    assert "Tested: " in said
    assert "Failures" not in said


def test_with_a_key_it_is_the_same(server: Server, tmp_path: Path) -> None:
    key = add_key(server.settings.home, "tester", "admin")[1]
    with served(behind_guard(server)) as address:
        tried(address, tmp_path, NEVER, *BRIEFLY, "--header", f"Authorization: Bearer {key}")


def test_without_the_key_that_is_needed_every_route_says_so(server: Server, tmp_path: Path) -> None:
    add_key(server.settings.home, "tester", "admin")
    with served(behind_guard(server)) as address:
        # Its description, too, is for those who have a key.
        assert httpx.get(f"{address}/api/openapi.json").status_code == 401
        described = tmp_path / "openapi.json"
        described.write_text(json.dumps(make_api(server.service, Metrics()).openapi()))
        tried(address, tmp_path, SHUT, *BRIEFLY, "--url", address, described=str(described))


def test_too_many_requests_are_refused_as_described(server: Server, tmp_path: Path) -> None:
    with served(behind_guard(server, rate_per_minute=30)) as address:
        tried(address, tmp_path, OPEN, *BRIEFLY)
        assert httpx.post(f"{address}/api/ask", json={"question": "x"}).status_code == 429
