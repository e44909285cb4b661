from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bot.surfaces.http.metrics import Metrics
from bot.surfaces.http.web import bind, run
from ingest.errors import StoreError, UsageError

if TYPE_CHECKING:
    from ingest.config import Settings


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


def test_a_service_manager_ends_it_in_order(settings: Settings) -> None:
    """Who serves still has to let go of what it holds: the signal must not end the process on the spot."""
    # Elsewhere nobody would catch the signal, and it would end the process that runs the tests.
    assert threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)

    async def answers_by_ending(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            os.kill(os.getpid(), signal.SIGTERM)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"last words"})

    heard: list[bytes] = []
    logs = logging.getLogger()
    handlers, level = logs.handlers[:], logs.level
    with bind("127.0.0.1", 0, pytest.fail) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        client = threading.Thread(target=lambda: heard.append(httpx.get(address).content))
        client.start()
        try:
            with pytest.raises(SystemExit) as ended:
                run(answers_by_ending, listener, settings, Metrics())
        finally:
            signal.signal(signal.SIGTERM, before)
            logs.handlers[:] = handlers
            logs.setLevel(level)
            client.join()
    assert ended.value.code is None
    assert heard == [b"last words"]
