"""Slack's deliveries of what happens: signed, and sent again up to three times where no 200 comes in time."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
import threading
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from evals.doubles.slack_channels import APP, BOT_USER, TEAM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["ACK_SECONDS", "SIGNING_SECRET", "Delivered", "Events"]

SIGNING_SECRET = "signing-secret-of-the-double"  # noqa: S105 - of a double that lives as long as a run
ACK_SECONDS = 3.0
"""So long Slack waits for a response."""


@dataclass
class Delivered:
    """How the deliveries of one event went: the status of each, None where there was no response, and the times."""

    attempts: list[tuple[int | None, float]] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        """Whether Slack takes it for heard."""
        return any(status == 200 and seconds <= ACK_SECONDS for status, seconds in self.attempts)


class Events:
    """Sends what happens to an app as Slack does.

    Args:
        ports: Where the app listens on this machine; tried in turn, as behind a load balancer. `late` counts what took
            longer than Slack waits, whatever came of it.
        waits: Seconds before each retry; Slack's own are next to none, a minute and five.
        last: Entered around the last retry, so that it can be sure to find the app: five minutes are longer than any
            of these runs.
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
            with connection.getresponse() as response:
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
