"""Calls an ASGI application as a server would, message by message, without a server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.surfaces.guard.guard import guarded
from bot.surfaces.guard.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ingest.config import Settings

__all__ = ["OPEN", "Reply", "answering", "call", "calling", "scope_of", "wrapped"]

OPEN = {"host": "127.0.0.1:7860"}


@dataclass
class Reply:
    """What came back: its parts as they were sent, and whether the end was."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    complete: bool = False

    @property
    def text(self) -> str:
        return b"".join(self.parts).decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def __getitem__(self, name: str) -> str | None:
        found = [value for one, value in self.headers if one == name]
        assert len(found) <= 1, f"{name} was sent {len(found)} times"
        return found[0] if found else None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not self.status
            self.status = message["status"]
            self.headers = [(name.decode().lower(), value.decode()) for name, value in message["headers"]]
        else:
            assert self.status
            assert not self.complete
            if message.get("body"):
                self.parts.append(message["body"])
            self.complete = not message.get("more_body", False)


def scope_of(method: str, target: str, headers: Mapping[str, str], client: str = "127.0.0.1") -> Scope:
    path, _, query = target.partition("?")
    given = {**OPEN, **{name.lower(): value for name, value in headers.items()}}
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items() if value],
        "client": (client, 50000), "server": ("127.0.0.1", 7860),
    }  # fmt: skip


async def calling(
    app: ASGIApp,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: Iterable[bytes] | bytes = b"",
    client: str = "127.0.0.1",
) -> Reply:
    """The application's reply. A body of several parts is sent so; when it is through, the client waits."""
    reply, parts = Reply(), [body] if isinstance(body, bytes) else list(body)

    async def receive() -> Message:
        if parts:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
        await asyncio.Event().wait()
        raise AssertionError

    await app(scope_of(method, target, headers or {}, client), receive, reply.send)
    return reply


def call(app: ASGIApp, method: str, target: str, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
    return asyncio.run(calling(app, method, target, headers, **more))


def answering(status: int = 200, text: str = "fine", **headers: str) -> ASGIApp:
    """An application that reads its request and says always the same."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        while (await receive()).get("more_body"):
            pass
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": text.encode()})

    return app


def wrapped(settings: Settings, app: ASGIApp | None = None, *, host: str = "127.0.0.1", **changes: Any) -> ASGIApp:
    """An application behind the guard, under the settings with these changes."""
    changed = settings.model_copy(update=changes)
    return guarded(app or answering(), changed, KeyRing(changed.home), host=host)
