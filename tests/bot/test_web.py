from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from bot.surfaces.http.web import bind
from ingest.errors import StoreError, UsageError
from tests.commands import begin_code

if TYPE_CHECKING:
    from pathlib import Path


def test_a_taken_port_is_said_and_the_next_one_tried() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said: list[str] = []
        with bind("127.0.0.1", port, said.append) as listener:
            assert listener.getsockname()[1] > port
    assert said[0] == f"Port {port} is taken; trying {port + 1}."


def test_when_no_port_is_free_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.surfaces.http.web.PORT_TRIES", 0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=f"ports {port} to {port} on 127.0.0.1 are all taken"):
            bind("127.0.0.1", port, lambda _: None)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(UsageError, match="--host"):
        bind("192.0.2.1", 7860, lambda _: None)


ENDED = """
    import os, signal, sys, threading
    from pathlib import Path
    import httpx
    from bot.surfaces.http.metrics import Metrics
    from bot.surfaces.http.web import bind, run
    from ingest.config import Settings

    async def answers_by_ending(scope, receive, send):
        if scope["type"] == "http":
            os.kill(os.getpid(), signal.SIGTERM)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"last words"})

    with bind("127.0.0.1", 0, print) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        client = threading.Thread(target=lambda: print(httpx.get(address).text))
        client.start()
        try:
            run(answers_by_ending, listener, Settings(home=Path(sys.argv[1])), Metrics())
        except SystemExit as ended:
            client.join()
            print(ended.code)
"""


def test_a_service_manager_ends_it_in_order(home: Path, tmp_path: Path) -> None:
    """Who serves still has to let go of what it holds: the signal must not end the process on the spot."""
    # In a process of its own, which is all that a signal that nobody catches would end.
    said = tmp_path / "said"
    serving = begin_code(ENDED, str(home), stdout=str(said))
    serving.join(600)
    assert (serving.exitcode, said.read_text().splitlines()) == (0, ["last words", "None"])
