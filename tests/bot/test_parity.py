"""One answer, many doors: the same questions through each of them give the same text and the same citations."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient
from mcp import Client

from bot.sessions.session import new_session_id
from bot.surfaces.commands.ask import ask as ask_command
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from bot.surfaces.mcp.server import make_server
from bot.surfaces.openai.routes import openai_routes
from bot.surfaces.page.reading import cited_passages, nothing_cited
from bot.surfaces.page.talk import Talk
from bot.surfaces.slack.app import SlackApp
from bot.surfaces.slack.replier import ServiceReplier
from bot.types import Answer
from ingest.config import Settings
from tests.bot.slack_door import BOT, SIGNING, AtOnce, FakeQueue, event, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.assistant import Assistant
    from bot.service.service import Service

CONVERSATIONS = {
    "recommendation, then a supposition": ["We are 30 people with two models live.", "What if we had 50 models?"],
    "pros, then cons": ["pros of the factory model", "and the cons?"],
    "comparison": ["Compare the factory model and the centralised one"],
    "comparison in one respect": ["Centralised or decentralised, for governance?"],
    "when it fits": ["When does a decentralised model make sense?"],
    "roles": ["What does an MLOps engineer do, and with which tools?"],
    "fact": ["How much data counts as big data?"],
    "several questions": ["What are the pros of the factory model, and who wrote about it?"],
    "clarification": ["What are the pros of hybrid?"],
    "too little to go on": ["Which operating model fits us?"],
    "refusal": ["What does Kubeflow cost?"],
    "small talk, then a question": ["hello", "cons of the centralised model"],
    "odd characters": ["Pros of the *factory* <b>model</b> | [1] “quoted” naïve 𝔊?"],
}
# A number as the page links it.
LINK = re.compile(r"\[\\\[(\d+)\\\]\]\(#passage/[^)]*\)")
KINDS = {"recommendation", "comparison", "pros_cons", "fact", "clarification", "refusal", "smalltalk"}


@dataclass(frozen=True)
class Shown:
    """What a door shows of an answer.

    Attributes:
        text: Its words.
        cited: Its citations, as far as the door shows them in a form of its own.
    """

    text: str
    cited: Any


class Door(Protocol):
    """A way in: a conversation's questions, and what is shown of each answer."""

    def ask(self, questions: list[str]) -> list[Shown]: ...

    def expected(self, answer: Answer) -> Shown: ...


class _Json:
    """A door that gives the public JSON, whole."""

    def expected(self, answer: Answer) -> Shown:
        return Shown(answer.answer, [one.model_dump(mode="json") for one in answer.citations])

    @staticmethod
    def shown(answer: Any) -> Shown:
        Answer.model_validate(answer)
        return Shown(answer["answer"], answer["citations"])


class CommandLine(_Json):
    def __init__(self, assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
        # What a command costs is the loading of the model, which the tests have done.
        monkeypatch.setattr(
            "bot.wiring.build_assistant", lambda _settings, _say, _told, kept, _encoder: _over(assistant, kept)
        )

    def ask(self, questions: list[str]) -> list[Shown]:
        given = []
        session: list[str] = []
        for question in questions:
            done = CliRunner().invoke(ask_command, [question, "--json", *session], catch_exceptions=False)
            answer = json.loads(done.stdout)
            session = ["--session", answer["session"]]
            given.append(self.shown(answer))
        return given


def _over(assistant: Assistant, kept: Any) -> Assistant:
    return assistant.with_conversations(kept)


class Http(_Json):
    def __init__(self, service: Service) -> None:
        self.client = TestClient(make_api(service, Metrics()))

    def ask(self, questions: list[str]) -> list[Shown]:
        given = []
        session = None
        for question in questions:
            answer = self.client.post("/api/ask", json={"question": question, "session": session}).json()
            session = answer["session"]
            given.append(self.shown(answer))
        return given


class OpenAi(_Json):
    """Checks the text twice, for clients show the content alone."""

    def __init__(self, service: Service) -> None:
        app = FastAPI()
        app.include_router(openai_routes(service))
        self.client = TestClient(app)

    def ask(self, questions: list[str]) -> list[Shown]:
        given = []
        messages = []
        for question in questions:
            messages.append({"role": "user", "content": question})
            whole = self.client.post("/v1/chat/completions", json={"model": "groundrule", "messages": messages}).json()
            message = whole["choices"][0]["message"]
            messages.append({"role": "assistant", "content": message["content"]})
            text, _, sources = message["content"].partition("\n\n**Sources**\n\n")
            shown = self.shown(whole["groundrule"])
            assert text == shown.text
            assert len(sources.splitlines()) == len(shown.cited)
            given.append(shown)
        return given


class Mcp(_Json):
    def __init__(self, service: Service) -> None:
        self.server = make_server(lambda: service, service.assistant.pack, service.advisor)

    def ask(self, questions: list[str]) -> list[Shown]:
        async def asked() -> list[Shown]:
            given = []
            session = None
            async with Client(self.server) as client:
                for question in questions:
                    result = await client.call_tool("ask", {"question": question, "session": session})
                    answer = result.structured_content
                    session = answer["session"]
                    (content,) = result.content
                    assert content.type == "text"
                    assert content.text.startswith(answer["answer"])
                    given.append(self.shown(answer))
            return given

        return asyncio.run(asked())


class Page:
    """Citations are links here, and a panel."""

    def __init__(self, service: Service) -> None:
        self.talk = Talk(service)

    def ask(self, questions: list[str]) -> list[Shown]:
        given = []
        session = ""
        for question in questions:
            *_, view = self.talk.ask(question, session)
            assert view.session
            assert view.messages
            session = view.session
            given.append(Shown(LINK.sub(r"[\1]", view.messages[-1]["content"]), view.sources))
        return given

    def expected(self, answer: Answer) -> Shown:
        cited = cited_passages(answer.citations) if answer.citations else nothing_cited(asked=True)
        return Shown(answer.answer, cited)


class Slack(_Json):
    """Mentions through the real Bolt app; citations stand below the text in the messages that are posted."""

    def __init__(self, service: Service) -> None:
        self.queue = FakeQueue()
        settings = Settings(home=Path("nowhere"), slack_bot_token="xoxb-1", slack_signing_secret=SIGNING)  # noqa: S106
        self.app = SlackApp(settings, service, self.queue, service._feedback, AtOnce())
        self.replier = ServiceReplier(service)

    def ask(self, questions: list[str]) -> list[Shown]:
        given = []
        session = new_session_id()
        for number, question in enumerate(questions):
            # As Slack sends what people type.
            typed = question.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            assert send(self.app, event("app_mention", f"<@{BOT}> {typed}", ts=f"100.{number}")).status == 200
            job = self.queue.jobs[-1]
            answer = self.replier.answer(job, session)
            shown = self.shown(answer.as_json())
            posted = json.dumps([list(post.blocks) for post in self.replier.posts(job, answer, 1)], ensure_ascii=False)
            assert all(f"[{one['number']}]" in posted for one in shown.cited)
            given.append(shown)
        self.app.close()
        return given


# A door more is a class more.
DOORS: dict[str, Callable[[Service], Door]] = {"http": Http, "openai": OpenAi, "mcp": Mcp, "page": Page, "slack": Slack}


@pytest.fixture(params=["command line", *DOORS])
def door(
    request: pytest.FixtureRequest, assistant: Assistant, service: Service, monkeypatch: pytest.MonkeyPatch
) -> Door:
    if request.param == "command line":
        return CommandLine(assistant, monkeypatch)
    make = DOORS[request.param]
    return make(service)


@pytest.fixture(scope="module")
def answers(assistant: Assistant) -> dict[str, list[Answer]]:
    """What the assistant itself answers."""
    given: dict[str, list[Answer]] = {}
    for name, questions in CONVERSATIONS.items():
        given[name] = []
        for question in questions:
            given[name].append(assistant.ask(question, given[name][-1].session if given[name] else None))
    return given


def test_every_kind_of_answer_is_asked_for(answers: dict[str, list[Answer]]) -> None:
    assert {answer.kind for several in answers.values() for answer in several} == KINDS


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_every_door_gives_the_same_answer(door: Door, answers: dict[str, list[Answer]], name: str) -> None:
    assert door.ask(CONVERSATIONS[name]) == [door.expected(answer) for answer in answers[name]]
