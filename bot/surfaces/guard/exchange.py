"""One request and its response as they pass: the outer side, which is logged, and the application's, which is limited.

Nothing is kept back that is sent, so streams flow; but a plain response with status 500 waits until the application
returns, for frameworks send one and raise the exception that it is about after it.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from bot.surfaces.guard.headers import Header, protected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    from bot.surfaces.guard.access import Rule
    from bot.surfaces.guard.keys import Key

__all__ = ["CLIENT_GONE", "AppRun", "Exchange"]

CLIENT_GONE = 499
"""What is logged for a request whose sender did not wait; nobody gets it to see."""
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_ID_HEADER = b"x-request-id"


class Exchange:
    """A request, who made it, and what went out."""

    __slots__ = ("_send", "added", "bytes", "complete", "headers", "key", "request_id", "rule", "scope", "status")

    def __init__(self, scope: Scope, send: Send, rule: Rule) -> None:
        self._send = send
        self.scope = scope
        self.rule = rule
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        given = self.headers.get(_ID_HEADER, b"")
        self.request_id = given.decode() if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        self.key: Key | None = None
        self.added: list[Header] = []
        self.status = 0
        self.bytes = 0
        self.complete = False

    def header(self, name: bytes) -> str | None:
        """A header of the request; the last where there are several."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def method(self) -> str:
        """The method, or OTHER for what is none of HTTP's own: anybody can make up more."""
        method: str = self.scope["method"]
        return method if method in _METHODS else "OTHER"

    @property
    def route(self) -> str:
        """Which route it was, not which path: that may name a conversation, and there is no end of them."""
        path = getattr(self.scope.get("route"), "path", None)
        return f"{self.scope.get('root_path', '')}{path}" if isinstance(path, str) and path else self.rule.path

    async def send(self, message: Message) -> None:
        """Passes on what goes out, with the headers that everything has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [header for header in message.get("headers", ()) if header[0] != _ID_HEADER]
            own += [(_ID_HEADER, self.request_id.encode()), *self.added]
            https = self.scope.get("scheme") == "https"
            message = {**message, "headers": protected(own, https=https, kept=self.rule.lane == "files")}
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
            self.complete = not message.get("more_body", False)
        await self._send(message)


class AppRun:
    """One run of the application: a body that ends at its limit, and a response that can still be replaced."""

    __slots__ = ("_held", "_limit", "_receive", "_send", "_taken", "_too_large", "cut", "gone", "started")

    def __init__(self, receive: Receive, send: Send, limit: int, too_large: Callable[[], Awaitable[None]]) -> None:
        """A run that has not begun.

        Args:
            receive: Where the request comes from.
            send: Where the response goes.
            limit: Largest body, in bytes.
            too_large: Answers a request whose body is larger.
        """
        self._receive = receive
        self._send = send
        self._limit = limit
        self._too_large = too_large
        self._taken = 0
        self._held: list[Message] = []
        self.started = False
        self.cut = False
        self.gone = False

    async def receive(self) -> Message:
        """The next part of the request. Past the limit the application is told that the client has left."""
        if self.cut:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.gone = True
        elif message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            if self._taken > self._limit:
                self.cut = True
                if not self.started:
                    await self._too_large()
                return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        """Passes on a part of the response, unless something else was answered in its place."""
        if self.cut:
            return
        if self._held or (message["type"] == "http.response.start" and message["status"] == 500):
            self._held.append(message)
            return
        self.started = True
        await self._send(message)

    async def release(self) -> None:
        """Sends what waited; whether anything was sent is in `started`."""
        held, self._held = self._held, []
        for message in held:
            self.started = True
            await self._send(message)
