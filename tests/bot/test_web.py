from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from bot.surfaces.page.chat import citation_panel

from bot.surfaces.http.metrics import Metrics
from bot.surfaces.http.web import bind, run
from bot.types import Citation
from ingest.errors import ConversationError, StoreError, UsageError

if TYPE_CHECKING:
    from bot.service.service import Service
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


def citation(**changes: object) -> Citation:
    fields = {
        "number": 1, "passage_id": "p", "source_id": "d", "title": "A <b>title</b>", "author": None, "publisher": None,
        "published": "2020", "section": "S & T", "quote": "<script>alert(1)</script>", "start": 0, "end": 25,
        "document_sha256": "0", "text": "original", "url": None,
    }  # fmt: skip
    return Citation.model_validate({**fields, **changes})


def test_text_of_documents_is_escaped_in_the_panel() -> None:
    panel = citation_panel([citation()])
    assert "<script>" not in panel
    assert "&lt;script&gt;" in panel
    assert "A &lt;b&gt;title&lt;/b&gt;" in panel
    assert "author unknown, 2020" in panel


def test_our_notes_never_stand_in_quotation_marks() -> None:
    assert "“" in citation_panel([citation()])
    notes = citation_panel([citation(text="notes")])
    assert "“" not in notes
    assert "Our notes on <cite>" in notes


def test_an_answer_without_citations_says_so() -> None:
    assert "cites nothing" in citation_panel([])


def test_the_page_answers_errors_and_forgets(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.surfaces.page.chat import _Handlers

    warned: list[str] = []
    monkeypatch.setattr("gradio.Warning", warned.append)
    handlers = _Handlers(service)
    asked, answered = handlers.ask("pros of the factory model", [], None)
    assert asked[1] == [{"role": "user", "content": "pros of the factory model"}]
    assert answered[1][-1]["content"] == service.assistant.ask("pros of the factory model").answer
    assert answered[3].count("<article") == 4
    *_, refused = handlers.ask("   ", [], None)
    assert refused[:3] == ("   ", [], None)
    assert warned == ["the question is empty. Ask something in words."]
    assert handlers.clear(answered[2])[:2] == ([], None)


def test_who_wants_a_conversation_gone_is_told_that_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.surfaces.page.chat import _Handlers

    class Stuck:
        def forget(self, session: str) -> bool:
            raise ConversationError(f"{session} is locked.")

    warned: list[str] = []
    monkeypatch.setattr("gradio.Warning", warned.append)
    assert _Handlers(Stuck()).clear("mine")[:2] == ([], None)  # type: ignore[arg-type]
    assert warned == ["The conversation is not deleted: mine is locked."]
