"""The product as the tests of the Slack queue run and kill it: the app, its route and the workers, as they are served.

Only what it answers is made here, quickly: the question and its place in the conversation.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI

from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Exchange, Turn
from bot.storage.database import Database
from bot.surfaces.http.slack import slack_routes
from bot.surfaces.slack.app import SlackApp
from bot.surfaces.slack.calls import SlackCalls, open_client
from bot.surfaces.slack.job import Job, Post
from bot.surfaces.slack.queue import SlackQueue
from bot.surfaces.slack.worker import SlackWorker
from bot.types import Answer
from ingest.config import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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


class Forgetting:
    """Stands for the service and the votes, of which messages and commands in words reach this alone."""

    def __init__(self, conversations: StoredConversations) -> None:
        self.forget = conversations.forget

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a message has reached {name}")


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
    port: int,
    home: str,
    database: str,
    url: str,
    token: str,
    secret: str,
    rules: Mapping[str, Mapping[str, Any]],
    lease: float,
    without: str,
) -> None:
    """Runs until it is killed."""
    sabotage(without)
    settings = Settings.model_validate(
        {
            "home": Path(home),
            "slack_bot_token": token,
            "slack_signing_secret": secret,
            "slack_api_url": url,
            "slack_channels": rules,
            "slack_workers": 6,
        }
    )
    place = Database(database)
    queue, conversations = SlackQueue(place, lease), StoredConversations(place)
    worker = SlackWorker(
        queue,
        open_client(token, settings.slack_api_url),
        Echo(conversations),
        settings.slack_workers,
        _say,
        conversations.history,
        conversations.forget,
    )
    service: Any = Forgetting(conversations)
    web = FastAPI()
    web.include_router(slack_routes(SlackApp(settings, service, queue, service), settings.max_body_kb * 1024))
    worker.start()
    uvicorn.run(web, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")
