"""A double of Slack on this machine: its Web API with its limits and its failures, and its deliveries of events.

The Web API checks tokens, arguments and limits as Slack does, and keeps the channels. By seeded chance it fails,
drops connections before it does what it is asked, or does it and loses the response; over its limits it answers 429
with Retry-After. Events are signed and sent as Slack sends them, again up to three times where no 200 comes.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
import random
import re
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode

TEAM, APP, BOT_USER, BOT = "T0TEAM", "A0APP", "U0BOT", "B0BOT"
TOKEN = "xoxb-of-the-test"  # noqa: S105 - of a double that lives as long as a test
SIGNING_SECRET = "signing-secret-of-the-test"  # noqa: S105 - likewise
ACK_SECONDS = 3.0
_MAX_BLOCKS, _MAX_VIEW_BLOCKS = 50, 100
_MAX_SECTION, _MAX_HEADER, _MAX_TEXT, _MAX_UPDATE = 3000, 150, 40_000, 4000
_TIMESTAMP = re.compile(r"\d{10}\.\d{6}")
_BLOCK_TYPES = {"section", "context", "actions", "divider", "header", "image", "input", "rich_text", "markdown"}


@dataclass(frozen=True)
class Faults:
    """How often, of a hundred calls that post, change or read, which fault is met; and the limit of a second."""

    fails: float = 0.0
    drops: float = 0.0
    loses: float = 0.0
    per_second: int = 10**6


@dataclass
class Message:
    """A message in a channel, as Slack keeps it."""

    ts: str
    channel: str
    user: str
    text: str
    thread: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    edits: int = 0

    @property
    def by_bot(self) -> bool:
        return self.user == BOT_USER

    def as_json(self, with_metadata: bool) -> dict[str, Any]:
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        if self.by_bot:
            shown |= {"bot_id": BOT, "app_id": APP}
        if self.blocks:
            shown["blocks"] = self.blocks
        if self.thread:
            shown["thread_ts"] = self.thread
        if self.metadata and with_metadata:
            shown["metadata"] = self.metadata
        return shown


class SlackError(Exception):
    """What Slack answers with `"ok": false`."""


class SlackDouble:
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
        self._random = random.Random(seed)  # noqa: S311 - a test's
        self.faults = faults
        self.on_call = on_call
        self.lock = threading.RLock()
        self.members: set[str] = set()
        self.archived: set[str] = set()
        self.messages: dict[str, dict[str, Message]] = defaultdict(dict)
        self.directs: dict[str, str] = {}
        self.views: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []
        self.ephemeral: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.violations: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refuse: dict[str, deque[str]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._last = 0
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                double._serve(self)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                # Clients are killed here: their broken connections are no news.
                if not isinstance(error := sys.exception() or OSError(), OSError):
                    double.violations.append(f"the double itself: {error!r}")

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    @property
    def response_url(self) -> str:
        return self.url.replace("/api/", "/response/1")

    def __enter__(self) -> SlackDouble:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def shown(self, channel: str | None = None) -> list[Message]:
        """What the channels show in the end, the oldest first."""
        with self.lock:
            kept = [self.messages[channel]] if channel else list(self.messages.values())
            return sorted((m for messages in kept for m in messages.values()), key=lambda m: float(m.ts))

    def by_bot(self, channel: str | None = None) -> list[Message]:
        """What of it the bot wrote."""
        return [message for message in self.shown(channel) if message.by_bot]

    def write(self, channel: str, user: str, text: str, thread: str | None = None) -> Message:
        """A message of a user."""
        return self._keep(Message(self.timestamp(), channel, user, text, thread))

    def timestamp(self) -> str:
        """The next one; no two messages share one."""
        with self.lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return f"{self._last // 10**6}.{self._last % 10**6:06d}"

    def direct(self, user: str) -> str:
        """The channel of a user's direct messages."""
        with self.lock:
            channel = self.directs.setdefault(user, f"D{user}")
            self.members.add(channel)
            return channel

    def _keep(self, message: Message) -> Message:
        with self.lock:
            self.messages[message.channel][message.ts] = message
        return message

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if handler.path.startswith("/response/"):
            self.responses.append({"path": handler.path, **json.loads(body)})
            self._respond(handler, 200, {"ok": True})
            return
        method = handler.path.removeprefix("/api/").partition("?")[0]
        given = self._arguments(handler, body)
        with self.lock:
            self.counts[method] += 1
            self.calls.append((method, given))
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
            with self.lock:
                answer = getattr(self, f"_{method.replace('.', '_')}", self._unknown)(given)
        except SlackError as error:
            with self.lock:
                self.errors[f"{method}: {error}"] += 1
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
        body = json.dumps(answer).encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    @staticmethod
    def _arguments(handler: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
        given: dict[str, Any] = dict(parse_qsl(handler.path.partition("?")[2]))
        if (handler.headers.get("Content-Type") or "").startswith("application/json"):
            return {**given, **json.loads(body or b"{}")}
        return given | dict(parse_qsl(body.decode()))

    def _unknown(self, _: dict[str, Any]) -> dict[str, Any]:
        raise SlackError("unknown_method")

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"team_id": TEAM, "team": "Test", "user_id": BOT_USER, "user": "groundrule", "bot_id": BOT, "url": "x"}

    def _users_info(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"user": {"id": given["user"], "team_id": TEAM, "is_bot": given["user"] == BOT_USER}}

    def _conversations_open(self, given: dict[str, Any]) -> dict[str, Any]:
        users = str(given.get("users", "")).split(",")
        if len(users) != 1 or not users[0]:
            raise SlackError("user_not_found")
        return {"channel": {"id": self.direct(users[0])}}

    def _views_open(self, given: dict[str, Any]) -> dict[str, Any]:
        view = given.get("view")
        view = json.loads(view) if isinstance(view, str) else view
        if not given.get("trigger_id"):
            raise SlackError("invalid_trigger_id")
        if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
            raise SlackError("invalid_arguments")
        title = (view.get("title") or {}).get("text", "")
        if view["type"] == "modal" and not 0 < len(title) <= 24:
            raise SlackError("invalid_arguments")
        self._check_blocks(view.get("blocks"), _MAX_VIEW_BLOCKS)
        self.views.append(view)
        return {"view": {"id": f"V{len(self.views)}", **view}}

    def _chat_postMessage(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        channel, thread = self._channel(given), given.get("thread_ts")
        if thread is not None and not _TIMESTAMP.fullmatch(str(thread)):
            raise SlackError("invalid_thread_ts")
        text, blocks = self._content(given, _MAX_TEXT)
        self._check_silence(given)
        if len(text) > 4000 and not blocks:
            self.violations.append("chat.postMessage: text beyond the 4,000 characters that Slack advises")
        kept = self._keep(
            Message(self.timestamp(), channel, BOT_USER, text, thread, blocks, self._metadata(given.get("metadata")))
        )
        return {"channel": channel, "ts": kept.ts, "message": kept.as_json(with_metadata=True)}

    def _chat_postEphemeral(self, given: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - likewise
        self._channel(given)
        self._content(given, _MAX_TEXT)
        if not given.get("user"):
            raise SlackError("user_not_in_channel")
        self.ephemeral.append(given)
        return {"message_ts": self.timestamp()}

    def _chat_update(self, given: dict[str, Any]) -> dict[str, Any]:
        message = self._message(given)
        if not message.by_bot:
            raise SlackError("cant_update_message")
        message.text, message.blocks = self._content(given, _MAX_UPDATE)
        self._check_silence(given)
        message.metadata = self._metadata(given.get("metadata")) or message.metadata
        message.edits += 1
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    def _chat_delete(self, given: dict[str, Any]) -> dict[str, Any]:
        message = self._message(given)
        if not message.by_bot:
            raise SlackError("cant_delete_message")
        del self.messages[message.channel][message.ts]
        return {"channel": message.channel, "ts": message.ts}

    def _conversations_replies(self, given: dict[str, Any]) -> dict[str, Any]:
        channel, thread = self._channel(given), str(given.get("ts"))
        shown = [m for m in self.shown(channel) if thread in (m.ts, m.thread)]
        if not shown:
            raise SlackError("thread_not_found")
        # The message that began the thread comes whatever the times asked for.
        return self._page(given, [m for m in shown if m.ts == thread or self._is_after(m, given)])

    def _conversations_history(self, given: dict[str, Any]) -> dict[str, Any]:
        shown = [m for m in self.shown(self._channel(given)) if m.thread in (None, m.ts)]
        return self._page(given, [m for m in reversed(shown) if self._is_after(m, given)])

    @staticmethod
    def _is_after(message: Message, given: dict[str, Any]) -> bool:
        return float(message.ts) > float(given.get("oldest") or 0)

    @staticmethod
    def _page(given: dict[str, Any], messages: list[Message]) -> dict[str, Any]:
        limit, first = min(int(given.get("limit") or 100), 999), int(given.get("cursor") or 0)
        metadata = str(given.get("include_all_metadata", "")).lower() in ("1", "true")
        more = len(messages) > first + limit
        return {
            "messages": [m.as_json(metadata) for m in messages[first : first + limit]],
            "has_more": more,
            "response_metadata": {"next_cursor": str(first + limit) if more else ""},
        }

    def _channel(self, given: dict[str, Any]) -> str:
        channel = str(given.get("channel", ""))
        if not re.fullmatch(r"[CDG]\w+", channel) or (channel not in self.members and channel[0] == "D"):
            raise SlackError("channel_not_found")
        if channel in self.archived:
            raise SlackError("is_archived")
        if channel not in self.members:
            raise SlackError("not_in_channel")
        return channel

    def _message(self, given: dict[str, Any]) -> Message:
        found = self.messages[self._channel(given)].get(str(given.get("ts")))
        if found is None:
            raise SlackError("message_not_found")
        return found

    def _content(self, given: dict[str, Any], longest: int) -> tuple[str, list[dict[str, Any]]]:
        text, blocks = str(given.get("text") or ""), given.get("blocks") or []
        blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
        if not text and not blocks:
            raise SlackError("no_text")
        if len(text) > longest:
            raise SlackError("msg_too_long")
        self._check_blocks(blocks, _MAX_BLOCKS)
        return text, blocks

    @staticmethod
    def _check_blocks(blocks: Any, most: int) -> None:
        if not isinstance(blocks, list) or len(blocks) > most:
            raise SlackError("invalid_blocks")
        for block in blocks:
            if fault := _fault_of_block(block):
                raise SlackError(fault)

    def _check_silence(self, given: dict[str, Any]) -> None:
        for name, wanted in (("unfurl_links", False), ("unfurl_media", False), ("parse", "none")):
            if given.get(name) != wanted:
                self.violations.append(f"{name} is {given.get(name)!r}")

    @staticmethod
    def _metadata(given: Any) -> dict[str, Any] | None:
        metadata = json.loads(given) if isinstance(given, str) else given
        if metadata is None:
            return None
        if (
            not isinstance(metadata, dict)
            or not re.fullmatch(r"\w[\w.:-]*", str(metadata.get("event_type", "")))
            or not isinstance(metadata.get("event_payload"), dict)
        ):
            raise SlackError("invalid_metadata_format")
        return metadata


def _fault_of_block(block: dict[str, Any]) -> str:
    kind = block.get("type")
    if kind not in _BLOCK_TYPES:
        return "invalid_blocks"
    texts = [block["text"]] if "text" in block else []
    longest = {"section": _MAX_SECTION, "header": _MAX_HEADER}.get(kind, 12_000)
    if kind == "section" and not texts and not block.get("fields"):
        return "invalid_blocks"
    if kind == "context" and not 0 < len(block.get("elements", ())) <= 10:
        return "invalid_blocks"
    if kind == "actions" and not 0 < len(block.get("elements", ())) <= 25:
        return "invalid_blocks"
    for element in block.get("elements", ()) if kind == "actions" else ():
        if len(element.get("value", "")) > 2000 or len(element.get("text", {}).get("text", "")) > 75:
            return "invalid_blocks"
    sized = [text.get("text", "") if isinstance(text, dict) else text for text in texts]
    return "invalid_blocks" if any(not 0 < len(text) <= longest for text in sized) else ""


@dataclass
class Delivered:
    """How the deliveries of one event went: the status of each, None where there was no response, and the times."""

    attempts: list[tuple[int | None, float]] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return any(status == 200 and seconds <= ACK_SECONDS for status, seconds in self.attempts)


class Events:
    """Sends what happens to an app as Slack does.

    Args:
        ports: Where the app listens on this machine; tried in turn, as behind a load balancer. `late` counts what took
            longer than Slack waits, whatever came of it.
        waits: Seconds before each retry; Slack's own are next to none, a minute and five.
        last: Entered around the last retry, so that it can be sure to find the app: five minutes are longer than any
            of these tests.
    """

    path = "/slack/events"

    def __init__(
        self,
        ports: Sequence[int],
        waits: Sequence[float] = (0.05, 0.5, 2.0),
        last: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._ports = list(ports)
        self._waits = waits
        self._last = last
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._turns = itertools.count()
        self.slowest = 0.0
        self.late = 0
        self.statuses: Counter[int | None] = Counter()
        self.retried = 0

    def envelope(self, event: dict[str, Any]) -> bytes:
        """An event as the Events API brings it; each has an id of its own."""
        number = next(self._ids)
        return json.dumps(
            {
                "token": "unused",
                "team_id": TEAM,
                "api_app_id": APP,
                "event": event,
                "type": "event_callback",
                "event_id": f"Ev{number:08d}",
                "event_time": int(time.time()),
                "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "enterprise_id": None}],
            }
        ).encode()

    def deliver(self, body: bytes) -> Delivered:
        """Sends an event until a 200 comes in time, at most four times."""
        outcome, turn = Delivered(), next(self._turns)
        for retry, wait in enumerate((0.0, *self._waits)):
            time.sleep(wait)
            extra = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
            with self._last() if retry == len(self._waits) else nullcontext():
                status, seconds = self.send(body, extra, turn + retry)
            outcome.attempts.append((status, seconds))
            if outcome.acknowledged:
                break
            with self._lock:
                self.retried += 1
        return outcome

    def command(self, fields: dict[str, str]) -> tuple[int | None, float]:
        """Sends a slash command or an interaction, which Slack does not repeat."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send(urlencode(fields).encode(), kind, next(self._turns))

    def send(self, body: bytes, extra: dict[str, str], turn: int = 0) -> tuple[int | None, float]:
        """One signed request: the status, None without a response, and the seconds it took."""
        stamp = str(int(time.time()))
        signature = hmac.new(SIGNING_SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signature}",
            **extra,
        }
        port, began = self._ports[turn % len(self._ports)], time.monotonic()
        # Longer than Slack waits, so that an answer that comes too late is seen to be late.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4 * ACK_SECONDS)
        try:
            connection.request("POST", self.path, body, headers)
            response = connection.getresponse()
            response.read()
            status: int | None = response.status
        except (OSError, http.client.HTTPException):
            status = None
        finally:
            connection.close()
        seconds = time.monotonic() - began
        with self._lock:
            self.statuses[status] += 1
            self.late += seconds > ACK_SECONDS
            if status == 200:
                self.slowest = max(self.slowest, seconds)
        return status, seconds


@contextmanager
def slack(seed: int = 0, faults: Faults = Faults(), channels: Sequence[str] = ("C1",)) -> Iterator[SlackDouble]:
    """A double whose app is in some channels."""
    with SlackDouble(seed, faults) as double:
        double.members.update(channels)
        yield double
