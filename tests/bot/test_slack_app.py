"""The real Bolt app, given signed requests: what reaches the queue, what is shown, and what Slack is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.surfaces.http.slack import PATH, slack_routes
from bot.surfaces.slack.app import SlackApp
from bot.surfaces.slack.blocks import COMMENT_BLOCK, DOWN, RECORD, SCORECARD, SOURCES, UP, comment_view
from bot.surfaces.slack.form import FORM_VIEW, OPEN_FORM, UNKNOWN
from bot.surfaces.slack.job import Job
from bot.surfaces.slack.manifest import SHORTCUT
from ingest.config import ChannelRule
from ingest.errors import ConversationError
from tests.bot.slack_door import (
    BOT,
    SIGNING,
    AtOnce,
    FakeQueue,
    Slack,
    clicked,
    command,
    event,
    send,
    signed,
    slack_double,
    slack_settings,
    submitted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.service.service import Service


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_double() as double:
        yield double


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def open_app(slack: Slack, queue: FakeQueue, service: Service, home: Path) -> Iterator[Callable[..., SlackApp]]:
    opened: list[SlackApp] = []

    def make(**rules: ChannelRule) -> SlackApp:
        settings = slack_settings(home, bot="xoxb-secret", signing=SIGNING, api_url=f"{slack.url}/api/", channels=rules)
        opened.append(SlackApp(settings, service, queue, service._feedback, AtOnce()))
        return opened[-1]

    yield make
    for app in opened:
        app.close()


@pytest.fixture
def app(open_app: Callable[..., SlackApp]) -> SlackApp:
    return open_app()


def asked(queue: FakeQueue) -> list[tuple[str, str, str | None, bool]]:
    return [(job.text, job.channel, job.thread, job.private) for job in queue.jobs]


# Messages


def test_a_mention_is_queued_and_acknowledged(app: SlackApp, queue: FakeQueue, slack: Slack) -> None:
    assert send(app, event("app_mention", f"<@{BOT}> which fits us?")).status == 200
    assert queue.jobs == [Job("T1:C1:100.1", "question", "T1", "C1", "U1", "100.1", "which fits us?")]
    assert slack.calls == []


def test_a_mention_within_a_thread_is_answered_there(app: SlackApp, queue: FakeQueue) -> None:
    send(app, event("app_mention", f"so <@{BOT}>, which?", thread_ts="90.0"))
    assert asked(queue) == [("so, which?", "C1", "90.0", False)]


def test_a_mention_without_words_asks_what_the_bot_can_do(app: SlackApp, queue: FakeQueue) -> None:
    send(app, event("app_mention", f"<@{BOT}> :wave:"))
    assert asked(queue)[0][0] == "What can you do?"


def test_a_message_that_arrives_twice_and_as_two_events_has_one_key(app: SlackApp, queue: FakeQueue) -> None:
    for kind in ("app_mention", "message", "app_mention"):
        assert send(app, event(kind, f"<@{BOT}> which fits us?")).status == 200
    assert len(queue.jobs) == 1


def test_what_cannot_be_stored_is_not_acknowledged(app: SlackApp, queue: FakeQueue) -> None:
    queue.fault = ConversationError("the database is locked.")
    for body in (event("app_mention", f"<@{BOT}> which?"), event("message", "which?", channel="D1", channel_type="im")):
        assert send(app, body).status == 500
    assert send(app, command("which fits us?")).status == 500
    queue.fault = None
    assert send(app, event("app_mention", f"<@{BOT}> which?")).status == 200
    assert len(queue.jobs) == 1


def test_a_direct_message_is_answered_in_one_conversation(app: SlackApp, queue: FakeQueue) -> None:
    send(app, event("message", "which fits us?", channel="D1", channel_type="im"))
    send(app, event("message", "and <@U2>?", channel="D1", channel_type="im", ts="101.1", thread_ts="100.1"))
    assert asked(queue) == [("which fits us?", "D1", None, False), ("and someone?", "D1", "100.1", False)]


def test_a_follow_up_in_a_known_thread_needs_no_mention(app: SlackApp, queue: FakeQueue) -> None:
    queue.threads.add(("T1", "C1", "90.0"))
    send(app, event("message", "and the cons?", thread_ts="90.0"))
    assert asked(queue) == [("and the cons?", "C1", "90.0", False)]


@pytest.mark.parametrize(
    "more",
    [
        {"thread_ts": "91.0"},
        {"thread_ts": None},
        {"thread_ts": "90.0", "text": "<@U2> what do you think?"},
        {"thread_ts": "90.0", "text": "<!here> anyone?"},
        {"thread_ts": "90.0", "text": ":+1:"},
        {"thread_ts": "90.0", "bot_id": "B1"},
        {"thread_ts": "90.0", "user": BOT},
        {"thread_ts": "90.0", "user": None},
        {"thread_ts": "90.0", "subtype": "message_changed"},
        {"thread_ts": "90.0", "subtype": "message_deleted", "hidden": True},
        {"thread_ts": "90.0", "subtype": "channel_join"},
        {"thread_ts": "90.0", "subtype": "bot_message", "user": None, "bot_id": "B1"},
    ],
)
def test_messages_for_others_are_acknowledged_and_left_alone(
    app: SlackApp, queue: FakeQueue, more: dict[str, Any]
) -> None:
    queue.threads.add(("T1", "C1", "90.0"))
    body = event("message", more.get("text", "and the cons?"), **{k: v for k, v in more.items() if k != "text"})
    assert send(app, body).status == 200
    assert queue.jobs == []


def test_a_bots_mention_is_left_alone(app: SlackApp, queue: FakeQueue) -> None:
    assert send(app, event("app_mention", f"<@{BOT}> which?", bot_id="B2")).status == 200
    assert queue.jobs == []


def test_other_events_are_acknowledged(app: SlackApp, queue: FakeQueue) -> None:
    assert send(app, event("reaction_added", "")).status == 200
    assert queue.jobs == []


def test_slack_can_verify_the_address(app: SlackApp) -> None:
    reply = send(app, json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}))
    assert (reply.status, json.loads(reply.body)) == (200, {"challenge": "abc"})


# Rules of channels


def test_where_all_is_listened_to_no_mention_is_needed(open_app: Callable[..., SlackApp], queue: FakeQueue) -> None:
    app = open_app(C1=ChannelRule(listen="all"))
    send(app, event("message", "which fits us?"))
    send(app, event("message", "<@U2> what do you think?", ts="101.1"))
    send(app, event("message", "which fits us?", channel="C2", ts="102.1"))
    assert asked(queue) == [("which fits us?", "C1", "100.1", False)]


def test_a_channel_may_be_answered_in_private(open_app: Callable[..., SlackApp], queue: FakeQueue) -> None:
    send(open_app(default=ChannelRule(reply="private")), event("app_mention", f"<@{BOT}> which?"))
    assert asked(queue) == [("which?", "C1", "100.1", True)]


def test_a_channel_that_is_not_allowed_is_told_so_in_private(
    open_app: Callable[..., SlackApp], queue: FakeQueue, slack: Slack
) -> None:
    app = open_app(default=ChannelRule(allowed=False), C1=ChannelRule())
    send(app, event("app_mention", f"<@{BOT}> which?", channel="C2"))
    send(app, event("message", "which?", channel="C2", ts="101.1"))
    assert queue.jobs == []
    told = slack.called("chat.postEphemeral")
    assert [(one["channel"], one["user"]) for one in told] == [("C2", "U1")]
    assert slack.calls[0][2] == "Bearer xoxb-secret"
    send(app, event("app_mention", f"<@{BOT}> which?"))
    send(app, event("message", "which?", channel="D1", channel_type="im"))
    assert [job.channel for job in queue.jobs] == ["C1", "D1"]


# Signatures


def test_only_signed_and_recent_requests_are_slacks(app: SlackApp) -> None:
    body = event("app_mention", f"<@{BOT}> which?")
    good = signed(body)
    assert app.verified(body.encode(), good)
    assert not app.verified(body.encode() + b" ", good)
    assert not app.verified(body.encode(), signed(body, by="another"))
    assert not app.verified(body.encode(), signed(body, at=1000))
    assert not app.verified(body.encode(), {})
    assert not app.verified(body.encode(), {**good, "x-slack-request-timestamp": "soon"})
    assert not app.verified(body.encode(), {**good, "x-slack-signature": "v0=é"})
    assert not app.verified(b"\xff\xfe", good)


def test_without_a_signing_secret_nothing_is_verified(service: Service, queue: FakeQueue, home: Path) -> None:
    app = SlackApp(slack_settings(home, bot="xoxb-1"), service, queue, service._feedback, AtOnce())
    body = event("app_mention", "which?")
    assert not app.verified(body.encode(), signed(body, by="x"))
    app.close()


@pytest.fixture
def web(app: SlackApp) -> TestClient:
    api = FastAPI()
    api.include_router(slack_routes(app, 5000))
    return TestClient(api)


def test_the_route_verifies_before_it_reads(web: TestClient, queue: FakeQueue) -> None:
    body = event("app_mention", f"<@{BOT}> which?")
    assert web.post(PATH, content=body, headers=signed(body, by="another")).status_code == 401
    assert web.post(PATH, content="{not json").status_code == 401
    assert web.post(PATH, content="ssl_check=1&token=x").status_code == 401
    assert web.post(PATH, content="x" * 5001).status_code == 413
    assert queue.jobs == []
    assert web.post(PATH, content=body, headers=signed(body)).status_code == 200
    assert len(queue.jobs) == 1
    broken = '{"type": '
    assert web.post(PATH, content=broken, headers=signed(broken)).status_code == 400


def test_a_request_that_takes_too_long_is_for_slack_to_bring_again(app: SlackApp, queue: FakeQueue) -> None:
    import threading

    free = threading.Event()
    put = queue.put

    def slow(job: Job) -> bool:
        assert free.wait(120)
        return put(job)

    queue.put = slow  # type: ignore[method-assign]
    api = FastAPI()
    api.include_router(slack_routes(app, 5000, answer_within=0.05))
    body = event("app_mention", f"<@{BOT}> which?")
    with TestClient(api) as web:
        assert web.post(PATH, content=body, headers=signed(body)).status_code == 503
        free.set()
    app.close()
    assert len(queue.jobs) == 1


# The slash command


def shown(reply: Any) -> dict[str, Any]:
    assert reply.status == 200
    return json.loads(reply.body) if reply.body else {}


def test_a_command_is_a_question_answered_in_private(app: SlackApp, queue: FakeQueue) -> None:
    told = shown(send(app, command("which fits <@U2|ann> &amp; us?")))
    assert (told["response_type"], "direct messages" in told["text"]) == ("ephemeral", True)
    assert asked(queue) == [("which fits ann & us?", "C1", None, True)]


def test_a_command_among_other_peoples_direct_messages_is_answered_to_who_asked(
    app: SlackApp, queue: FakeQueue
) -> None:
    send(app, command("which fits us?", channel="D9"))
    assert asked(queue) == [("which fits us?", "U1", None, True)]


@pytest.mark.parametrize("text", ["", "help", "HELP"])
def test_help_says_what_can_be_done(app: SlackApp, queue: FakeQueue, text: str) -> None:
    told = shown(send(app, command(text)))
    assert "/groundrule recommend" in json.dumps(told["blocks"])
    assert queue.jobs == []


def test_help_with_a_question_is_a_question(app: SlackApp, queue: FakeQueue) -> None:
    send(app, command("help us to choose"))
    send(app, command("recommend something for a bank with 60 models"))
    send(app, command("forget what I said, which fits?"))
    assert [job.text.split()[0] for job in queue.jobs] == ["help", "recommend", "forget"]


def test_recommend_asks_which_decision_and_opens_its_form(app: SlackApp, slack: Slack, queue: FakeQueue) -> None:
    told = shown(send(app, command("recommend")))
    buttons = told["blocks"][1]["elements"]
    assert [one["value"] for one in buttons] == ["operating-structure", "operations-scale"]
    assert slack.called("views.open") == []
    assert send(app, clicked(buttons[1]["action_id"], buttons[1]["value"])).status == 200
    send(app, command("recommend operating-structure"))
    views = [one["view"] for one in slack.called("views.open")]
    assert [json.loads(view["private_metadata"])["decision"] for view in views] == [
        "operations-scale",
        "operating-structure",
    ]
    assert queue.jobs == []


def test_forget_deletes_the_conversations_and_says_so(
    app: SlackApp, slack: Slack, queue: FakeQueue, service: Service
) -> None:
    answer = service.ask("What are the pros of the factory model?", "of-u1", door="slack")
    service.vote("of-u1", "down")
    queue.sessions.append("of-u1")
    told = shown(send(app, command("forget", response_url=f"{slack.url}/response")))
    assert "Deleting" in told["text"]
    assert queue.forgotten == [("T1", "U1")]
    assert service.assistant.history("of-u1") == []
    assert service._feedback.entries() == []
    assert "Deleted" in slack.called("/response")[0]["text"]
    assert answer.session == "of-u1"


# The form


def opened_form(app: SlackApp, slack: Slack) -> dict[str, Any]:
    send(app, clicked(f"{OPEN_FORM}_0", "operating-structure"))
    view: dict[str, Any] = slack.called("views.open")[-1]["view"]
    assert view["callback_id"] == FORM_VIEW
    return view


def chosen(**facts: str | None) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {
            name.replace("_", "-"): {"type": "static_select", "selected_option": {"value": level} if level else None}
        }
        for name, level in facts.items()
    }


def test_a_form_becomes_a_job_once(app: SlackApp, slack: Slack, queue: FakeQueue) -> None:
    view = opened_form(app, slack)
    values = chosen(use_cases="few", stage=UNKNOWN, aim=None, present="factory")
    for _ in range(2):
        told = shown(send(app, submitted(view, values)))
    assert told["response_action"] == "update"
    assert queue.jobs == [
        Job(
            "form:T1:V1", "form", "T1", "C1", "U1", None, "", True, {"use-cases": "few", "present": "factory"},
            "operating-structure",
        )
    ]  # fmt: skip


def test_a_form_that_tells_nothing_is_not_taken(app: SlackApp, slack: Slack, queue: FakeQueue) -> None:
    view = opened_form(app, slack)
    told = shown(send(app, submitted(view, chosen(use_cases=UNKNOWN, present="factory"))))
    assert told["response_action"] == "errors"
    assert list(told["errors"]) == [view["blocks"][1]["block_id"]]
    assert queue.jobs == []


# The shortcut


def called_on(text: str, url: str = "http://127.0.0.1:1/none", **message: str) -> str:
    body = {
        "type": "message_action",
        "callback_id": SHORTCUT,
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "trigger_id": "t",
        "action_ts": "200.1",
        "response_url": url,
        "message": {"ts": "100.1", "user": "U2", "text": text, **message},
    }
    return urlencode({"payload": json.dumps(body)})


def test_the_shortcut_asks_in_private_where_the_bot_is_not_in_the_thread(
    app: SlackApp, queue: FakeQueue, slack: Slack
) -> None:
    assert send(app, called_on("What is *big* data?", f"{slack.url}/response")).status == 200
    assert asked(queue) == [("What is big data?", "C1", None, True)]
    assert "direct messages" in slack.called("/response")[0]["text"]


def test_the_shortcut_answers_in_a_thread_that_the_bot_is_in(app: SlackApp, queue: FakeQueue, slack: Slack) -> None:
    queue.threads.add(("T1", "C1", "90.0"))
    send(app, called_on("What is big data?", thread_ts="90.0"))
    assert asked(queue) == [("What is big data?", "C1", "90.0", False)]
    assert slack.calls == []


def test_the_shortcut_on_a_picture_says_that_there_is_nothing_to_answer(
    app: SlackApp, queue: FakeQueue, slack: Slack
) -> None:
    send(app, called_on("", f"{slack.url}/response"))
    assert queue.jobs == []
    assert "no words" in slack.called("/response")[0]["text"]


# Buttons


@pytest.fixture
def answered(service: Service, queue: FakeQueue) -> Iterator[str]:
    """The number of an answered job."""
    question = "We are a 12-person start-up with two models live. How should we organise?"
    answer = service.ask(question, "slack-session", door="slack")
    queue.answers[7] = (Job("T1:C1:1.1", "question", "T1", "C1", "U1", "1.1", question), answer.as_json())
    yield "7"
    service.assistant.forget("slack-session")


def test_votes_are_kept_with_the_conversation(
    app: SlackApp, slack: Slack, service: Service, queue: FakeQueue, answered: str
) -> None:
    assert send(app, clicked(UP, answered, f"{slack.url}/response")).status == 200
    kept = service._feedback.entries()
    assert [(one.kind, one.session, one.turns) for one in kept] == [
        ("up", "slack-session", ("We are a 12-person start-up with two models live. How should we organise?",))
    ]
    assert slack.called("/response")[0]["replace_original"] is False
    assert send(app, clicked(DOWN, answered)).status == 200
    view = slack.called("views.open")[0]["view"]
    assert view == json.loads(json.dumps(comment_view(7)))
    comment = {COMMENT_BLOCK: {COMMENT_BLOCK: {"type": "plain_text_input", "value": "too long"}}}
    assert send(app, submitted(view, comment)).status == 200
    assert [(one.kind, one.comment) for one in service._feedback.entries()] == [("down", "too long")]


@pytest.mark.parametrize(("action", "found"), [(SOURCES, "Ordax"), (SCORECARD, "█"), (RECORD, "Status: proposed")])
def test_buttons_open_what_an_answer_rests_on(
    app: SlackApp, slack: Slack, answered: str, action: str, found: str
) -> None:
    assert send(app, clicked(action, answered)).status == 200
    (call,) = slack.called("views.open")
    assert call["trigger_id"] == "trigger.1"
    view = call["view"]
    assert found in json.dumps(view, ensure_ascii=False)
    assert len(view["blocks"]) <= 100
    assert len(view["title"]["text"]) <= 24


@pytest.mark.parametrize(("number", "team"), [("8", "T1"), ("7", "T2"), ("no number", "T1")])
def test_an_answer_that_is_not_kept_or_not_theirs_is_not_shown(
    app: SlackApp, slack: Slack, service: Service, answered: str, number: str, team: str
) -> None:
    assert answered == "7"
    for action in (SOURCES, UP, DOWN):
        body = clicked(action, number, f"{slack.url}/response", team)
        assert send(app, body).status == 200
    views = [one["view"] for one in slack.called("views.open")]
    assert all("no longer kept" in json.dumps(view) for view in views)
    assert len(views) == 2
    assert "no longer kept" in slack.called("/response")[0]["text"]
    assert service._feedback.entries() == []


def test_slack_being_away_loses_no_vote(app: SlackApp, slack: Slack, service: Service, answered: str) -> None:
    slack.replies["views.open"] = ({"ok": False, "error": "expired_trigger_id"}, {})
    assert send(app, clicked(DOWN, answered)).status == 200
    assert [one.kind for one in service._feedback.entries()] == ["down"]


def test_a_vote_that_cannot_be_stored_is_not_acknowledged(
    app: SlackApp, service: Service, answered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise ConversationError("the disk is full.")

    monkeypatch.setattr(service._feedback, "add", full)
    assert send(app, clicked(UP, answered)).status == 500


def test_no_secret_and_nothing_of_what_people_write_is_logged(
    app: SlackApp, queue: FakeQueue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.fault = ConversationError("the database is locked.")
    send(app, event("app_mention", f"<@{BOT}> our secret plan"))
    queue.fault = RuntimeError("our secret plan broke it")
    send(app, event("app_mention", f"<@{BOT}> our secret plan"))
    assert "the database is locked." in caplog.text
    assert "RuntimeError" in caplog.text
    assert "plan" not in caplog.text
    assert "xoxb" not in caplog.text
