"""What a service does with kept conversations: votes come back with them, and answers can be taken back."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bot.service.service import Service
from bot.sessions.conversations import StoredConversations
from bot.sessions.feedback import MAX_ANSWER_BYTES
from bot.sessions.feedback_store import StoredFeedback
from bot.sessions.session import Turn
from bot.storage.address import DATABASE_FILE
from evals.drafting import draft
from ingest.errors import MissingError, UsageError
from tests.bot.test_conversations import exchange

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.assistant import Assistant

PROS = "What are the pros of the factory model?"
CONS = "And the cons?"


@pytest.fixture
def stored(assistant: Assistant, home: Path) -> Iterator[Service]:
    """The product with conversations and feedback in one database, as a server has them."""
    home.mkdir()
    file = home / DATABASE_FILE
    with closing(StoredConversations(file)) as talks, closing(StoredFeedback(file)) as feedback:
        yield Service(assistant.with_conversations(talks), feedback)


def test_votes_come_back_by_the_number_of_the_answer(stored: Service) -> None:
    session = stored.ask(PROS, door="page").session
    for question in (CONS, "thanks"):
        stored.ask(question, session, door="page")
    assert stored.votes(session) == {}
    stored.vote(session, "up", number=1)
    stored.vote(session, "down", "too long")
    assert stored.votes(session) == {1: "up", 3: "down"}
    assert stored.withdraw(session, 3)
    assert not stored.withdraw(session, 3)
    assert stored.votes(session) == {1: "up"}
    for number in (0, 4):
        with pytest.raises(MissingError, match=f"answer {number} of the conversation"):
            stored.withdraw(session, number)
    stored.vote(session, "down", "too long")
    # A changed mind, and somebody else's conversation.
    stored.vote(session, "down", number=1)
    other = stored.ask(PROS, door="page").session
    stored.vote(other, "up")
    assert (stored.votes(session), stored.votes(other)) == ({1: "down", 3: "down"}, {1: "up"})
    with pytest.raises(MissingError, match="is not kept"):
        stored.votes("nobody")


def test_a_refusal_is_no_vote_and_a_large_answer_has_its_own(stored: Service, home: Path) -> None:
    session = stored.ask("What does Kubeflow cost?", door="page").session
    assert len(stored._feedback.entries(session=session)) == 1
    assert stored.votes(session) == {}
    with closing(StoredConversations(home / DATABASE_FILE)) as talks:
        talks.remember("large", Turn(), exchange("q", MAX_ANSWER_BYTES))
    stored.vote("large", "down")
    assert stored.votes("large") == {1: "down"}


def test_an_answer_taken_back_takes_the_question_back_and_keeps_its_vote(stored: Service) -> None:
    session = stored.ask(PROS, door="page").session
    stored.ask(CONS, session, door="page")
    stored.vote(session, "up", number=1)
    stored.vote(session, "down", number=2)
    assert stored.rewind(session, 1) == 1
    assert [one.question for one in stored.history(session)] == [PROS]
    assert stored.votes(session) == {1: "up"}
    assert sorted(one.kind for one in stored._feedback.entries(session=session)) == ["down", "up"]
    # It refers back to what is left.
    assert stored.ask(CONS, session, door="page").answer.startswith("**Cons of Factory**")
    assert stored.votes(session) == {1: "up"}
    assert stored.rewind(session, 5) == 2
    with pytest.raises(MissingError, match="is not kept"):
        stored.history(session)
    assert stored.ask(CONS, session, door="page").kind == "clarification"


def test_what_cannot_be_taken_back_is_said(stored: Service) -> None:
    with pytest.raises(MissingError, match="is not kept"):
        stored.rewind("nobody", 1)
    session = stored.ask(PROS, door="page").session
    for drop in (0, -1):
        with pytest.raises(UsageError, match=f"{drop} answers cannot be taken back"):
            stored.rewind(session, drop)
    assert len(stored.history(session)) == 1


def test_a_vote_against_an_answer_becomes_a_draft_case(stored: Service, home: Path, tmp_path: Path) -> None:
    session = stored.ask(PROS, door="page").session
    stored.ask(CONS, session, door="page")
    stored.vote(session, "down", "one is missing")
    file = tmp_path / "drafts.jsonl"
    done = CliRunner().invoke(draft, ["--home", str(home), "--out", str(file)], catch_exceptions=False)
    assert done.stdout.startswith("1 new draft in ")
    text = file.read_text(encoding="utf-8")
    assert f'"turns": ["{PROS}", "{CONS}"]' in text
    assert '"comment": "one is missing"' in text
