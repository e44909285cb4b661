"""Slack's Web API on this machine, with its failures.

It checks tokens, arguments and limits as Slack does, and keeps the channels. By seeded chance it fails, drops
connections before it does what it is asked, or does it and loses the response; over its limits it answers 429 with
Retry-After.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections import Counter, defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from evals.doubles.endpoint import Endpoint, posted, reply
from evals.doubles.slack_channels import SlackChannels, SlackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler

__all__ = ["TOKEN", "Faults", "SlackDouble"]

TOKEN = "xoxb-of-the-double"  # noqa: S105 - of a double that lives as long as a run


@dataclass(frozen=True)
class Faults:
    """How often, of a hundred calls that post, change or read, which fault is met; and the limit of a second."""

    fails: float = 0.0
    drops: float = 0.0
    loses: float = 0.0
    per_second: int = 10**6


class SlackDouble(SlackChannels):
    """Slack's Web API and its channels; `with` starts and stops its server.

    Args:
        seed: Of what goes wrong.
        faults: How often it does.
        on_call: Told the number of a call that posts or changes, before and after it is applied.
    """

    def __init__(
        self,
        seed: int = 0,
        faults: Faults = Faults(),
        on_call: Callable[[int, str], None] = lambda _number, _moment: None,
    ) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self.faults = faults
        self.on_call = on_call
        self.responses: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.refuse: dict[str, deque[str]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._endpoint = Endpoint(self.serve, lambda error: self.violations.append(f"the double itself: {error!r}"))

    @property
    def url(self) -> str:
        """The address of the Web API."""
        return f"{self._endpoint.address}/api/"

    @property
    def response_url(self) -> str:
        """An address that takes answers to a command."""
        return self.url.replace("/api/", "/response/1")

    def __enter__(self) -> SlackDouble:
        self._endpoint.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._endpoint.stop()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers a request."""
        body = posted(handler)
        if handler.path.startswith("/response/"):
            self.responses.append({"path": handler.path, **json.loads(body)})
            self._respond(handler, 200, {"ok": True})
            return
        method = handler.path.removeprefix("/api/").partition("?")[0]
        given = self._arguments(handler, body)
        with self.lock:
            self.counts[method] += 1
            fault, forced = self._fault(method), self.refuse[method].popleft() if self.refuse[method] else ""
        if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._respond(handler, 200, {"ok": False, "error": "invalid_auth"})
        elif forced:
            self._respond(handler, 200, {"ok": False, "error": forced})
        elif self._is_over(method, str(given.get("channel", ""))):
            self._respond(handler, 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})
        elif fault == "fails":
            self._fail(handler)
        elif fault == "drops":
            self._drop(handler)
        else:
            self._apply(handler, method, given, fault)

    def _apply(self, handler: BaseHTTPRequestHandler, method: str, given: dict[str, Any], fault: str) -> None:
        number = next(self._numbers) if method in ("chat.postMessage", "chat.update") else 0
        if number:
            self.on_call(number, "before")
        try:
            answer = self.call(method, given)
        except SlackError as error:
            answer = {"ok": False, "error": str(error)}
        if number:
            self.on_call(number, "after")
        if fault == "loses":
            (self._drop if self._chance() < 0.5 else self._fail)(handler)
        else:
            self._respond(handler, 200, {"ok": True, **answer})

    def _fault(self, method: str) -> str:
        if method in ("auth.test", "users.info", "views.open"):
            return ""
        drawn = self._chance() * 100
        for name in ("fails", "drops", "loses"):
            drawn -= getattr(self.faults, name)
            if drawn < 0:
                self.counts[name] += 1
                return name
        return ""

    def _chance(self) -> float:
        with self.lock:
            return self._random.random()

    def _is_over(self, method: str, channel: str) -> bool:
        with self.lock:
            recent, now = self._recent[method, channel], time.monotonic()
            while recent and now - recent[0] > 1.0:
                recent.popleft()
            if len(recent) >= self.faults.per_second:
                self.counts["limited"] += 1
                return True
            recent.append(now)
            return False

    def _fail(self, handler: BaseHTTPRequestHandler) -> None:
        if self._chance() < 0.5:
            self._respond(handler, 200, {"ok": False, "error": "internal_error"})
        else:
            handler.send_response(500)
            handler.end_headers()
            handler.wfile.write(b"<html>Server Error</html>")

    @staticmethod
    def _drop(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        with suppress(OSError):
            handler.connection.shutdown(2)

    @staticmethod
    def _respond(
        handler: BaseHTTPRequestHandler, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        kind = {"Content-Type": "application/json; charset=utf-8"}
        reply(handler, status, json.dumps(answer).encode(), {**kind, **(headers or {})})

    @staticmethod
    def _arguments(handler: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
        given: dict[str, Any] = dict(parse_qsl(handler.path.partition("?")[2]))
        if (handler.headers.get("Content-Type") or "").startswith("application/json"):
            return {**given, **json.loads(body or b"{}")}
        return given | dict(parse_qsl(body.decode()))
