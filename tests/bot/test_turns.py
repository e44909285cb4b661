"""What is stored outlives a release, a pack and a rubric, and never stops an answer."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.advising.evidence import load_rubric_book
from bot.assistant import Assistant
from bot.deciding.facts import Fact, Profile
from bot.sessions.conversations import StoredConversations
from bot.sessions.session import Turn
from bot.sessions.turns import TURN_VERSION, Known, text_of_turn, turn_from_text
from bot.wiring import ready_library
from ingest.errors import QuestionError
from ingest.pack import load_pack
from tests.bot.test_conversations import FULL

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.config import Settings
    from tests.fakes import WordEncoder


def test_a_turn_comes_back_as_it_was() -> None:
    assert turn_from_text(text_of_turn(FULL)) == FULL
    assert turn_from_text(text_of_turn(Turn())) == Turn()


def changed(**fields: Any) -> str:
    stored = json.loads(text_of_turn(FULL))
    return json.dumps({**stored, "turn": {**stored["turn"], **fields}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "{",
        "[" * 100_000,
        '{"version": 1}',
        json.dumps({"version": TURN_VERSION + 1, "turn": {}}),
        changed(intent="an intent of later"),
        changed(wanted=["neither"]),
        changed(question=7),
        changed(profile=None),
        changed(profile={"facts": {"stage": {"criterion": "stage"}}}),
        changed(profile={"facts": {"stage": {"criterion": "stage", "level": "late", "said": "x", "how": "dreamt"}}}),
    ],
)
def test_what_cannot_be_read_is_no_turn(text: str) -> None:
    assert turn_from_text(text) is None


def test_a_field_more_or_less_is_no_harm() -> None:
    stored = json.loads(changed(of_later=1))
    del stored["turn"]["terms"]
    assert turn_from_text(json.dumps(stored)) == replace(FULL, terms=())


def test_a_stored_turn_is_bounded() -> None:
    long = "word " * 20_000
    profile = Profile(
        facts={"stage": Fact("stage", "late", long, "phrase")}, present={"operating-structure": ("factory", long)}
    )
    text = text_of_turn(replace(FULL, question=long + "the end", profile=profile))
    assert len(text) < 6000
    turn = turn_from_text(text)
    assert turn is not None
    assert turn.question.endswith("the end")


def test_what_nobody_knows_any_more_is_dropped(settings: Settings) -> None:
    pack = load_pack(settings.corpus)
    book = load_rubric_book(pack)
    assert book is not None
    criterion, other = list(book.rubric.criteria)[:2]
    level = next(iter(book.rubric.criteria[criterion].levels))
    decision, second = pack.decisions[:2]
    option = decision.options[0].id
    good = Fact(criterion, level, "said", "phrase")
    gone = Fact(other, "no-such-level", "said", "phrase")
    turn = Turn(
        question="kept",
        intent="recommend",
        options=("no-such-option", option),
        sources=("doc", "no-such-document"),
        terms=(pack.terms[0].words[0], "no-such-word"),
        cited=("p1", "no-such-passage"),
        profile=Profile(
            facts={
                criterion: good,
                other: gone,
                "no-such-criterion": replace(good, criterion="no-such-criterion"),
            },
            present={decision.id: (option, "said"), second.id: (option, "of the other decision"), "none": (option, "")},
            asked="no-such-criterion",
            last_number=criterion,
            decision="no-such-decision",
            skipped=("no-such-criterion", other, other),
        ),
    )
    kept = Known(pack, book.rubric, {"doc"}, {"p1"}).only(turn)
    assert kept == replace(
        turn,
        options=(option,),
        sources=("doc",),
        terms=(pack.terms[0].words[0],),
        cited=("p1",),
        profile=Profile(
            facts={criterion: good},
            present={decision.id: (option, "said")},
            last_number=criterion,
            skipped=(other,),
        ),
    )
    assert Known(pack, None, {"doc"}, {"p1"}).only(turn).profile.facts == {}


def test_another_assistant_goes_on_with_a_conversation_and_deletes_it(
    settings: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    """As two processes would: nothing is shared but the file."""
    library = ready_library(settings, encoder)
    pack = load_pack(settings.corpus)
    with (
        closing(library),
        closing(StoredConversations(tmp_path / "c.sqlite3")) as one,
        closing(StoredConversations(tmp_path / "c.sqlite3")) as two,
    ):
        first = Assistant(library, pack, encoder, conversations=one)
        second = Assistant(library, pack, encoder, conversations=two)
        begun = first.ask("pros of the factory model")
        went_on = second.ask("and the cons?", begun.session)
        assert went_on.answer.startswith("**Cons of Factory**")
        # Another conversation has no idea what is meant.
        assert second.ask("and the cons?").kind == "clarification"
        assert [e.answer for e in first.history(begun.session)] == [begun.as_json(), went_on.as_json()]
        assert first.forget(begun.session)
        assert second.history(begun.session) == []
        assert second.ask("and the cons?", begun.session).kind == "clarification"


def test_a_turn_of_another_rubric_stops_no_answer(settings: Settings, encoder: WordEncoder, tmp_path: Path) -> None:
    library = ready_library(settings, encoder)
    strange = Turn(
        question="We are forty people.",
        intent="recommend",
        options=("a-model-of-later", "factory"),
        sources=("a-source-of-later",),
        terms=("a-word-of-later",),
        cited=("a-passage-of-later#1",),
        profile=Profile(
            facts={"mood": Fact("mood", "sunny", "we are happy", "phrase", value=3.0)},
            present={"lunch": ("soup", "we have soup")},
            asked="mood",
            last_number="mood",
            decision="lunch",
            skipped=("mood",),
        ),
    )
    with closing(library), closing(StoredConversations(tmp_path / "c.sqlite3")) as store:
        assistant = Assistant(library, load_pack(settings.corpus), encoder, conversations=store)
        for number, question in enumerate(
            [
                "why not factory?",
                "what if we had 50 models?",
                "actually 40",
                "I don't know",
                "says who?",
                "the second one",
            ]
        ):
            store.remember(str(number), strange)
            answer = assistant.ask(question, str(number))
            assert answer.answer
            assert "later" not in answer.answer
            assert "mood" not in answer.answer


@pytest.mark.parametrize("session", ["", "x" * 129, "a\nb", "a\0", "\udcff"])
def test_an_identifier_that_is_none_is_refused(settings: Settings, assistant: Assistant, session: str) -> None:
    with pytest.raises(QuestionError, match="session identifier"):
        assistant.ask("What is a factory?", session)
