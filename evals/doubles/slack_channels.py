"""The channels of a double of Slack, and the methods of its Web API that read and change them, with Slack's limits."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

__all__ = ["APP", "BOT", "BOT_USER", "TEAM", "Message", "SlackChannels", "SlackError"]

TEAM, APP, BOT_USER, BOT = "T0TEAM", "A0APP", "U0BOT", "B0BOT"
_MAX_BLOCKS, _MAX_VIEW_BLOCKS = 50, 100
_MAX_SECTION, _MAX_HEADER, _MAX_TEXT, _MAX_UPDATE = 3000, 150, 40_000, 4000
_TIMESTAMP = re.compile(r"\d{10}\.\d{6}")
_BLOCK_TYPES = {"section", "context", "actions", "divider", "header", "image", "input", "rich_text", "markdown"}


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
        """Whether the app wrote it."""
        return self.user == BOT_USER

    def as_json(self, with_metadata: bool) -> dict[str, Any]:
        """As Slack shows it."""
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


class SlackChannels:
    """What Slack keeps, and what its methods do to that.

    Attributes:
        members: Channels that the app is in.
        archived: Channels that are closed.
        messages: The messages by channel and timestamp.
        directs: The channel of direct messages by user.
        views: The modals that were opened.
        ephemeral: What only one user was shown.
        errors: Calls that Slack refused, by method and error.
        violations: What Slack takes and advises against.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.members: set[str] = set()
        self.archived: set[str] = set()
        self.messages: dict[str, dict[str, Message]] = defaultdict(dict)
        self.directs: dict[str, str] = {}
        self.views: list[dict[str, Any]] = []
        self.ephemeral: list[dict[str, Any]] = []
        self.errors: Counter[str] = Counter()
        self.violations: list[str] = []
        self._last = 0

    def call(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        """Does what a method does.

        Raises:
            SlackError: Slack would not.
        """
        try:
            with self.lock:
                return dict(getattr(self, f"_{method.replace('.', '_')}", self._unknown)(given))
        except SlackError as error:
            with self.lock:
                self.errors[f"{method}: {error}"] += 1
            raise

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
