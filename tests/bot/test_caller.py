"""Who calls: what the guard found out reaches the API and the page, and both allow the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request

from bot.surfaces.guard.caller import ACTIONS, ANYBODY, NOBODY, STATE, Caller, caller_of
from bot.surfaces.guard.guard import guarded
from bot.surfaces.guard.keys import KeyRing, Scope, add_key
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from bot.surfaces.page.gradio_import import import_gradio
from tests.bot.calling import OPEN, call, wrapped

import_gradio()
import gradio as gr  # noqa: E402 - as a server does, without the stubs that it would write

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Send
    from starlette.types import Scope as Asgi

    from bot.service.service import Service
    from ingest.config import Settings

MAY: dict[Scope, list[str]] = {
    "read": ["ask"],
    "write": ["ask", "vote", "delete"],
    "admin": ["ask", "vote", "delete", "upload"],
}


@pytest.mark.parametrize("scope", MAY)
def test_a_key_allows_what_the_api_lets_it_do(scope: Scope) -> None:
    caller = Caller(keys=True, scope=scope)
    assert [action for action in ACTIONS if caller.may(action)] == MAY[scope]


def test_nobody_may_nothing_and_anybody_everything() -> None:
    assert [action for action in ACTIONS if NOBODY.may(action)] == []
    assert all(map(ANYBODY.may, ACTIONS))


def test_a_caller_is_read_from_whatever_holds_it() -> None:
    caller = Caller(keys=True, scope="read")
    scope = {"type": "http", "headers": [], "state": {STATE: caller}}
    request = Request(scope)
    assert caller_of(scope) == caller_of(request) == caller_of(gr.Request(request)) == caller
    # Without a guard, and where there is no request at all.
    assert caller_of({"type": "http"}) == caller_of(Request({"type": "http"})) == caller_of(None) == ANYBODY
    # What may have come by the guard and does not say so any more.
    assert caller_of(gr.Request(headers={})) == NOBODY
    assert caller_of({"state": {STATE: "admin"}}) == NOBODY


def test_the_guard_says_who_calls(settings: Settings, home: Path) -> None:
    seen: list[Any] = []

    async def app(scope: Asgi, receive: Receive, send: Send) -> None:
        seen.append(caller_of(scope))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    call(wrapped(settings, app), "GET", "/api/me")
    key = add_key(home, "reader", "read")[1]
    behind = wrapped(settings, app)
    call(behind, "GET", "/api/me", {"x-api-key": key})
    call(behind, "GET", "/healthz", {"x-api-key": key})
    # Who has no key does not come so far.
    assert call(behind, "GET", "/api/me").status == 401
    assert seen == [ANYBODY, Caller(keys=True, scope="read"), NOBODY]


def test_the_api_says_what_a_key_may(service: Service, settings: Settings, home: Path) -> None:
    app = make_api(service, Metrics())
    # Nothing guards it, but this service's documents are not its to change.
    everything = {"ask": True, "vote": True, "delete": True, "upload": False}
    bare = TestClient(app).get("/api/me")
    assert bare.json() == {"schema": 1, "keys": False, "scope": "admin", "may": everything}
    service.uploads = object()  # type: ignore[assignment]
    keys = {scope: add_key(home, scope, scope)[1] for scope in MAY}
    client = TestClient(guarded(app, settings, KeyRing(home), host="127.0.0.1"), "http://127.0.0.1:7860")
    for scope, key in keys.items():
        told = client.get("/api/me", headers={"x-api-key": key}).json()
        assert (told["keys"], told["scope"]) == (True, scope)
        assert [action for action, may in told["may"].items() if may] == MAY[scope]


# Gradio sums up its figures in ways of pandas that go out of use.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_handler_of_the_page_knows_who_calls(settings: Settings, home: Path) -> None:
    """Through Gradio's queue, as the page's own handlers are called."""
    seen: list[Caller] = []

    def handler(request: gr.Request) -> str:
        seen.append(caller_of(request))
        return "done"

    async def asked(key: str) -> None:
        with gr.Blocks(analytics_enabled=False) as blocks:
            gr.Button("x").click(handler, None, gr.Textbox())
        app = gr.mount_gradio_app(FastAPI(), blocks, path="/", ssr_mode=False)
        transport = httpx.ASGITransport(wrapped(settings, app, rate_per_minute=0))
        headers = {"x-api-key": key}
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{OPEN['host']}", headers=headers) as client:
            assert (await client.get("/gradio_api/startup-events")).status_code == 200
            call = {"data": [], "fn_index": 0, "session_hash": "s", "trigger_id": None}
            assert (await client.post("/gradio_api/queue/join", json=call)).status_code == 200
            assert "process_completed" in (await client.get("/gradio_api/queue/data?session_hash=s")).text

    asyncio.run(asked(add_key(home, "reader", "read")[1]))
    assert seen == [Caller(keys=True, scope="read")]
