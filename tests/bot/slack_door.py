"""What the tests of the Slack app share: a queue that remembers, signed requests, and a small double of Slack."""

from __future__ import annotations

import json
import time
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from slack_sdk.signature import SignatureVerifier

from evals.doubles.endpoint import Endpoint, posted, reply
from ingest.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from bot.surfaces.slack.app import Reply, SlackApp
    from bot.surfaces.slack.job import Job

SIGNING = "a-signing-secret"
BOT = "UBOT"


@dataclass
class FakeQueue:
    """A `bot.surfaces.slack.ports.Queue` in memory."""

    jobs: list[Job] = field(default_factory=list)
    answers: dict[int, tuple[Job, dict[str, Any]]] = field(default_factory=dict)
    threads: set[tuple[str, str, str]] = field(default_factory=set)
    sessions: list[str] = field(default_factory=list)
    forgotten: list[tuple[str, str]] = field(default_factory=list)
    fault: Exception | None = None

    def put(self, job: Job) -> bool:
        if self.fault:
            raise self.fault
        if any(one.key == job.key for one in self.jobs):
            return False
        self.jobs.append(job)
        return True

    def answer_of(self, job_id: int) -> tuple[Job, dict[str, Any]] | None:
        return self.answers.get(job_id)

    def knows_thread(self, team: str, channel: str, thread: str) -> bool:
        return (team, channel, thread) in self.threads

    def forget_user(
        self, team: str, user: str, forget: Callable[[str], object] = lambda _: None, *, until: float | None = None
    ) -> int:
        for session in self.sessions:
            forget(session)
        self.forgotten.append((team, user))
        return len(self.jobs)


def slack_settings(home: Path, **given: Any) -> Settings:
    """Settings of the Slack door by the short names of its tokens: `bot`, `app` and `signing`."""
    names = {"bot": "slack_bot_token", "app": "slack_app_token", "signing": "slack_signing_secret"}
    return Settings(home=home, **{names.get(name, f"slack_{name}"): value for name, value in given.items()})


class AtOnce(Executor):
    """Does everything in the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass
class Slack:
    """A double of Slack's Web API and of its response URLs, as far as the app itself calls them."""

    url: str
    calls: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    replies: dict[str, tuple[dict[str, Any], dict[str, str]]] = field(default_factory=dict)

    def called(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments, _ in self.calls if name == method]


@contextmanager
def slack_double() -> Iterator[Slack]:
    slack = Slack("")

    def serve(handler: BaseHTTPRequestHandler) -> None:
        text = posted(handler).decode()
        if "json" in handler.headers.get("content-type", ""):
            arguments = json.loads(text or "{}")
        else:
            arguments = {key: values[0] for key, values in parse_qs(text).items()}
        name = handler.path.removeprefix("/api/")
        slack.calls.append((name, arguments, handler.headers.get("authorization", "")))
        body, headers = slack.replies.get(name, ({"ok": True}, {}))
        reply(handler, 200, json.dumps(body).encode(), headers)

    with Endpoint(serve) as endpoint:
        slack.url = endpoint.address
        yield slack


def signed(body: str, *, by: str = SIGNING, at: float | None = None) -> dict[str, str]:
    """Headers as Slack sends them with a body."""
    stamp = str(int(time.time() if at is None else at))
    kind = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
    return {
        "content-type": kind,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": str(SignatureVerifier(by).generate_signature(timestamp=stamp, body=body)),
    }


def send(app: SlackApp, body: str) -> Reply:
    """What the app answers a signed request with."""
    headers = signed(body)
    assert app.verified(body.encode(), headers)
    return app.take_in(body.encode(), headers)


def event(kind: str, text: str, **more: Any) -> str:
    """An event as Slack's Events API posts it."""
    told: dict[str, Any] = {"type": kind, "channel": "C1", "user": "U1", "ts": "100.1", "text": text}
    if kind == "message":
        told["channel_type"] = "channel"
    told.update(more)
    return json.dumps(
        {
            "type": "event_callback",
            "team_id": "T1",
            "event_id": f"Ev{told.get('ts')}",
            "authorizations": [{"team_id": "T1", "user_id": BOT, "is_bot": True}],
            "event": {key: value for key, value in told.items() if value is not None},
        }
    )


def command(text: str, response_url: str = "http://127.0.0.1:1/none", channel: str = "C1") -> str:
    fields = {
        "command": "/groundrule",
        "text": text,
        "team_id": "T1",
        "channel_id": channel,
        "user_id": "U1",
        "trigger_id": f"trigger.{abs(hash(text))}",
        "response_url": response_url,
    }
    return urlencode(fields)


def clicked(action: str, value: str, response_url: str = "http://127.0.0.1:1/none", team: str = "T1") -> str:
    body = {
        "type": "block_actions",
        "team": {"id": team},
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "trigger_id": "trigger.1",
        "response_url": response_url,
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1.1"}],
    }
    return urlencode({"payload": json.dumps(body)})


def submitted(view: dict[str, Any], values: dict[str, Any], id_: str = "V1") -> str:
    body = {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "view": {**view, "id": id_, "state": {"values": values}},
    }
    return urlencode({"payload": json.dumps(body)})
