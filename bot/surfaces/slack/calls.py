"""Calls of Slack's Web API: what can be said of one that failed, and how fast they may follow each other.

    BusyError          not now: Slack asked for a pause           try again after it
    UnsureError        failed on the way; perhaps it was applied  look, then try again
    LockedOutError     the app's token is not accepted            somebody must mend it
    RefusedError       Slack will not do this                     no use in trying again

They never leave the worker. The client's own retries are switched off: they know nothing of calls whose response was
lost, and would post twice.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.surfaces.slack.job import Post

__all__ = ["BusyError", "LockedOutError", "RefusedError", "SlackCalls", "UnsureError", "open_client"]

EVENT_TYPE = "groundrule_job"
PAGE = 200
# A response that takes longer is as good as lost.
_TIMEOUT_SECONDS = 30
# Above this, a job is put back rather than kept while its worker waits.
_LONGEST_WAIT = 15.0
_DEFAULT_PAUSE = 1.0
_PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
_PAUSING = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_LOCKED_OUT = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "org_login_required",
    }
)
_UNSHOWABLE = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
# An update may have 4,000 characters.
_PLAIN_CHARS = 3900
# What is posted is found by when the job was put, and the two clocks differ.
_CLOCKS_DIFFER = 300.0


class _CallError(Exception):
    """A call failed; the message is Slack's code or the kind of failure, nothing that was sent."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(f"{method}: {reason}")
        self.method = method
        self.reason = reason


class BusyError(_CallError):
    """Slack asked for a pause of so many seconds."""

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(method, "ratelimited")
        self.seconds = seconds


class UnsureError(_CallError):
    """The call failed on the way there or back."""


class LockedOutError(_CallError):
    """The app's token is not accepted."""


class RefusedError(_CallError):
    """Slack will not do this, however often it is asked."""


def open_client(token: str, base_url: str = "https://slack.com/api/") -> WebClient:
    """A client that makes each call once."""
    return WebClient(token=token, base_url=base_url, timeout=_TIMEOUT_SECONDS, retry_handlers=[])


class SlackCalls:
    """The calls that answering needs; shared by the threads of a process, as are the pauses that Slack asks for.

    Args:
        client: Makes each call once; see `open_client`.
        stopping: Set when nobody should wait any longer.
    """

    def __init__(self, client: WebClient, stopping: threading.Event) -> None:
        self._client = client
        self._stopping = stopping
        self._lock = threading.Lock()
        # When a method may be called again in a workspace; Slack counts by these two.
        self._free: dict[tuple[str, str], float] = {}

    def open_direct(self, team: str, user: str) -> str:
        """The channel of a user's direct messages."""
        opened = self._call(team, "conversations.open", lambda: self._client.conversations_open(users=user))
        return str(opened["channel"]["id"])

    def post(
        self, team: str, channel: str, thread: str | None, post: Post, key: str, part: int, ready: Callable[[], None]
    ) -> str:
        """Posts a message that names its job and part; its timestamp. As plain text when its blocks are refused.

        Args:
            team: Id of the workspace.
            channel: Where to.
            thread: The thread there; the channel itself when None.
            post: What it shows.
            key: The job's key.
            part: Which part of the answer it is, from 0.
            ready: Called last of all, after any pause: may still stop it.
        """

        def send(**shown: Any) -> Any:
            ready()
            return self._client.chat_postMessage(
                channel=channel, thread_ts=thread, unfurl_links=False, unfurl_media=False, parse="none",
                metadata=_metadata(key, part), **shown,
            )  # fmt: skip

        return str(self._show(team, "chat.postMessage", post, send)["ts"])

    def update(self, team: str, channel: str, timestamp: str, post: Post, key: str, part: int) -> None:
        """Makes a message another; twice does no harm. As plain text when its blocks are refused."""

        def send(**shown: Any) -> Any:
            return self._client.chat_update(
                channel=channel, ts=timestamp, unfurl_links=False, unfurl_media=False, parse="none",
                metadata=_metadata(key, part), **shown,
            )  # fmt: skip

        self._show(team, "chat.update", post, send)

    def delete(self, team: str, channel: str, timestamp: str) -> None:
        """Deletes a message of the bot's own; it may be gone already."""
        try:
            self._call(team, "chat.delete", lambda: self._client.chat_delete(channel=channel, ts=timestamp))
        except RefusedError as error:
            if error.reason != "message_not_found":
                raise

    def find(self, team: str, channel: str, thread: str | None, key: str, since: float) -> dict[int, list[str]]:
        """The messages that name a job, the oldest first: timestamps by part.

        Args:
            team: Id of the workspace.
            channel: Where to look.
            thread: The thread to look in; the channel outside of threads when None.
            key: The job's key.
            since: When the job was put, in seconds since 1970.
        """
        found: dict[int, list[str]] = {}
        for message in self._messages(team, channel, thread, f"{since - _CLOCKS_DIFFER:.6f}"):
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
                found.setdefault(int(payload["part"]), []).append(str(message["ts"]))
        return {part: sorted(set(timestamps), key=float) for part, timestamps in found.items()}

    def _messages(self, team: str, channel: str, thread: str | None, oldest: str) -> Iterator[dict[str, Any]]:
        method = "conversations.history" if thread is None else "conversations.replies"
        cursor: str | None = None
        while True:
            asked: dict[str, Any] = {"channel": channel, "limit": PAGE, "oldest": oldest, "cursor": cursor}
            try:
                page = self._call(team, method, partial(self._page, thread, asked))
            except RefusedError as error:
                # Its first message was deleted and nobody has answered it: there is nothing of ours either.
                if error.reason == "thread_not_found":
                    return
                raise
            yield from page.get("messages") or ()
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    def _page(self, thread: str | None, asked: dict[str, Any]) -> Any:
        if thread is None:
            return self._client.conversations_history(include_all_metadata=True, **asked)
        return self._client.conversations_replies(ts=thread, include_all_metadata=True, **asked)

    def _show(self, team: str, method: str, post: Post, send: Callable[..., Any]) -> Any:
        try:
            return self._call(team, method, lambda: send(text=post.text, blocks=list(post.blocks)))
        except RefusedError as error:
            if error.reason not in _UNSHOWABLE:
                raise
        plain = post.text if len(post.text) <= _PLAIN_CHARS else f"{post.text[: _PLAIN_CHARS - 1]}…"
        return self._call(team, method, lambda: send(text=plain, blocks=[]))

    def _call(self, team: str, method: str, make: Callable[[], Any]) -> Any:
        """Makes a call once Slack lets it; again only where Slack said that it did nothing but ask for a pause."""
        while True:
            self._pause(team, method)
            try:
                return make()
            except SlackApiError as error:
                seconds = self._judged(method, error)
            except (OSError, http.client.HTTPException, SlackClientError, ValueError) as error:
                raise UnsureError(method, type(error).__name__) from error
            with self._lock:
                # The threads that wait are not to come back all at once.
                until = time.monotonic() + seconds
                self._free[team, method] = max(until, self._free.get((team, method), 0.0))

    def _pause(self, team: str, method: str) -> None:
        waited = False
        while (left := self._free.get((team, method), 0.0) - time.monotonic()) > 0:
            if left > _LONGEST_WAIT or self._stopping.is_set():
                raise BusyError(method, left)
            self._stopping.wait(left)
            waited = True
        if waited:
            self._stopping.wait(random.uniform(0, 0.2))  # noqa: S311 - spreads the threads that waited

    def _judged(self, method: str, error: SlackApiError) -> float:
        """How long Slack asks to wait.

        Raises:
            UnsureError: It does not ask that: something else is wrong.
            LockedOutError: As above.
            RefusedError: As above.
        """
        response = error.response
        data = response.data if isinstance(response.data, dict) else {}
        code = str(data.get("error") or f"http_{response.status_code}")
        if response.status_code == 429 or code in _PAUSING:
            return _retry_after(response.headers)
        if response.status_code >= 500 or code in _PASSING or data.get("ok") is None or " " in code:
            # With a space it is the client's own sentence about a response that it could not read.
            raise UnsureError(method, f"http_{response.status_code}" if " " in code else code) from error
        raise (LockedOutError if code in _LOCKED_OUT else RefusedError)(method, code) from error


def _metadata(key: str, part: int) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key, "part": part}}


def _retry_after(headers: Any) -> float:
    given = next((value for name, value in dict(headers or {}).items() if name.lower() == "retry-after"), None)
    try:
        return max(float(given), 0.0) if given is not None else _DEFAULT_PAUSE
    except ValueError:
        return _DEFAULT_PAUSE
