"""The product as the tests of the Slack queue run and kill it: a web server with a real Bolt app, and the real workers.

    python -m tests.slack_product '{"database": …}'

says "ready" once everything is imported, and begins when it is told a line: a spare one can be started beforehand, so
that a killed one is followed at once. What it answers is made here, quickly: the question and its place in the
conversation.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, Request, Response
from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.concurrency import run_in_threadpool

from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Exchange, Turn
from bot.storage.database import Database
from bot.surfaces.slack.calls import SlackCalls, open_client
from bot.surfaces.slack.job import Job, Post
from bot.surfaces.slack.queue import SlackQueue
from bot.surfaces.slack.worker import SlackWorker
from bot.types import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence


class Echo:
    """Answers with the question and its number in the conversation; "3 parts" in it asks for as many messages."""

    def __init__(self, conversations: StoredConversations) -> None:
        self._conversations = conversations

    def answer(self, job: Job, session: str) -> Answer:
        number = len(self._conversations.history(session)) + 1
        answer = Answer(session=session, question=job.text, kind="fact", answer=f"{number}: {job.text}", confidence=1.0)
        self._conversations.remember(session, Turn(), Exchange(datetime.now(UTC), answer.as_json()))
        return answer

    def posts(self, job: Job, answer: Answer, job_id: int) -> Sequence[Post]:
        count = int(job.text.split(" parts")[0].split()[-1]) if " parts" in job.text else 1
        texts = [f"{answer.answer} ({part} of {count})" for part in range(1, count + 1)]
        return [Post(text, [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]) for text in texts]

    def apology(self, job: Job, reason: str) -> Post:
        return Post(f"Sorry: {reason}", ())


def make_app(queue: SlackQueue, token: str, secret: str, url: str) -> App:
    """A Bolt app that puts every message into the queue before it is acknowledged."""
    app = App(
        client=open_client(token, url), signing_secret=secret, process_before_response=True, raise_error_for_unhandled_request=False
    )  # fmt: skip

    def put(event: dict[str, Any], body: dict[str, Any]) -> None:
        team, channel, ts, text = body["team_id"], event["channel"], event["ts"], event["text"]
        alone = "alone" in text or (channel.startswith("D") and "thread_ts" not in event)
        queue.put(
            Job(
                key=f"msg:{team}:{channel}:{ts}",
                kind="question",
                team=team,
                channel=channel,
                user=event["user"],
                thread=None if alone else event.get("thread_ts", ts),
                text=text.split("> ")[-1],
                private="privately" in text,
            )
        )

    app.event("app_mention")(put)
    app.event("message")(put)
    return app


def sabotage(what: str) -> None:
    """Takes a safeguard away, to show that the tests notice."""
    if what == "look":
        SlackCalls.find = lambda *_args: {}  # type: ignore[method-assign]
    elif what == "key":
        put = SlackQueue.put
        SlackQueue.put = lambda self, job: put(  # type: ignore[method-assign]
            self, Job(**{**{name: getattr(job, name) for name in Job.__slots__}, "key": f"{job.key}:{uuid4()}"})
        )


def serve(
    database: str, url: str, token: str, secret: str, port: int, lease: float, workers: int, without: str
) -> None:
    """Runs until it is killed."""
    sabotage(without)
    place = Database(database)
    queue = SlackQueue(place, lease_seconds=lease)
    conversations = StoredConversations(place)
    history = conversations.history if without != "history" else (lambda _session: [])
    worker = SlackWorker(queue, open_client(token, url), Echo(conversations), workers, _say, history)
    app, web = make_app(queue, token, secret, url), FastAPI()

    @web.post("/slack/events")
    async def events(request: Request) -> Response:
        body = await request.body()
        return to_starlette_response(await run_in_threadpool(app.dispatch, to_bolt_request(request, body)))

    worker.start()
    uvicorn.run(web, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if sys.stdin.readline():
        serve(**json.loads(sys.argv[1]))
