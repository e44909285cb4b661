"""Follow-ups: each suggestion can be said as it stands, and the next question is the one that the answer asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.assistant import Assistant
from bot.service.following import MAX_SUGGESTIONS, FollowUps, follow_ups
from bot.wiring import ready_library
from ingest.config import Settings
from ingest.pack import load_pack
from tests.http_product import PACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.service.service import Service
    from bot.types import Answer
    from tests.fakes import WordEncoder

DESCRIBED = "We are 30 people with two models live."
AIM = "What is ML mainly for"
# What is asked, and what is suggested then.
SUGGESTED: dict[tuple[str, ...], tuple[str, ...]] = {
    (DESCRIBED,): ("Why not Centralised?", "What would change this?", "What are the cons of Decentralised?"),
    (DESCRIBED, "Why not Centralised?"): (
        "Why not Functional?",
        "What would change this?",
        "What are the cons of Decentralised?",
    ),
    (DESCRIBED, "What would change this?"): ("Why not Centralised?", "What are the cons of Decentralised?"),
    (DESCRIBED, "What if we had 50 models?"): (),
    ("What are the pros of the factory model?",): (
        "What are the cons of Factory?",
        "When does Factory make sense?",
        "Compare Factory and Decentralised",
        "Which operating model should we choose?",
    ),
    ("What are the pros of the factory model?", "And the cons?"): (
        "What are the pros of Factory?",
        "When does Factory make sense?",
        "Compare Factory and Decentralised",
        "Which operating model should we choose?",
    ),
    ("Pros and cons of Federated + CoE",): (
        "When does Federated + CoE make sense?",
        "Compare Federated + CoE and Decentralised",
        "Which operating model should we choose?",
    ),
    ("Compare centralised and decentralised",): (
        "Which operating model should we choose?",
        "When does Decentralised make sense?",
        "When does Centralised make sense?",
        "What are the cons of Decentralised?",
    ),
    # No document lists pros of it.
    ("When does Big Data Ops make sense?",): (
        "What are the cons of Big Data Ops?",
        "Which type of MLOps should we choose?",
    ),
    ("What does an MLOps engineer do, and with which tools?",): ("Which operating model should we choose?",),
    ("What does Kubeflow cost?",): (
        "We are 30 people with two models live, and nobody regulates us. How should we organise?",
        "What are the pros of the factory model?",
    ),
    ("What are the pros of Big Data Ops?",): (
        "What are the pros and cons of Big Data Ops?",
        "When does Big Data Ops make sense?",
    ),
    ("What are the pros of hybrid?",): (
        "Hybrid MLOps, one of Sha's four types of MLOps",
        "Nguyen's hybrid for enterprises, a central core team beside decentralised units",
        "Ordax's hybrid, a centralised factory with data science teams in the business units",
    ),
    ("What are the cons?",): tuple(
        f"What are the cons of {name}?" for name in ("Decentralised", "Functional", "Centralised", "Federated")
    ),
    ("Which operating model fits us?",): (),
    ("thanks",): (),
}  # fmt: skip


def talk(service: Service, *questions: str) -> Answer:
    session = None
    for question in questions:
        answer = service.ask(question, session, door="page")
        session = answer.session
    return answer


@pytest.mark.parametrize("questions", SUGGESTED, ids=" > ".join)
def test_each_suggestion_can_be_said_as_it_stands(service: Service, questions: tuple[str, ...]) -> None:
    answer = talk(service, *questions)
    found = service.follow_ups(answer)
    assert found.suggestions == SUGGESTED[questions]
    assert len(found.suggestions) <= MAX_SUGGESTIONS
    for suggestion in found.suggestions:
        said = service.ask(suggestion, answer.session, door="page")
        assert not said.refused, suggestion
        # Who is asked "which should we choose?" has to ask back while nothing is known.
        if not suggestion.startswith("Which"):
            assert said.kind not in ("clarification", "smalltalk"), suggestion
        assert service.rewind(answer.session, 1) == 1


def test_every_option_can_be_asked_about_so(service: Service) -> None:
    """The winner of a recommendation may be any of them."""
    for option in service.assistant.pack.options:
        answer = talk(service, f"When does {option.name} make sense?")
        for suggestion in service.follow_ups(answer).suggestions:
            assert not talk(service, suggestion).refused, suggestion


@pytest.mark.parametrize(
    "questions", [("Which operating model fits us?",), ("We have two models live.",), (DESCRIBED,)], ids=" > ".join
)
def test_the_next_question_is_the_one_asked_and_each_answer_to_it_is_understood(
    service: Service, questions: tuple[str, ...]
) -> None:
    answer = talk(service, *questions)
    question = service.follow_ups(answer).question
    assert question is not None
    assert question.question.startswith(AIM)
    assert question.question in answer.answer
    assert question.skippable
    criterion = service.advisor.book.rubric.criteria[question.criterion]
    assert [one.id for one in question.levels] == list(criterion.levels)
    for level in question.levels:
        assert level.meaning == criterion.levels[level.id].meaning
        made = service.ask(level.label, answer.session, door="page").recommendation
        assert made is not None
        assert {fact.criterion: fact.level for fact in made.facts}[question.criterion] == level.id
        service.rewind(answer.session, 1)
    after = service.ask("I don't know", answer.session, door="page")
    following = service.follow_ups(after).question
    assert question.question not in after.answer
    assert following is None or following.criterion != question.criterion


def test_what_is_left_open_can_be_told_although_it_was_not_asked(service: Service) -> None:
    question = service.follow_ups(talk(service, DESCRIBED, "Why not Centralised?")).question
    assert question is not None
    assert question.question.startswith(AIM)
    assert not question.skippable


def test_what_was_just_made_unknown_is_not_the_next_question(service: Service) -> None:
    """A fresh decision would ask for it again; the answer does not."""
    facts = {"use-cases": "many", "stage": "small-startup", "aim": "research"}
    service.recommend(facts, session="unknown again", door="page")
    answer = service.correct("unknown again", {"aim": None}, door="page")
    question = service.follow_ups(answer).question
    assert question is not None
    assert question.criterion == "alignment"
    assert (
        service.advisor.cards["operating-structure"]
        .decide({fact.criterion: fact.level for fact in answer.recommendation.facts} if answer.recommendation else {})
        .questions[0]
        .criterion
        == "aim"
    )


def test_without_a_conversation_nobody_can_say_not_to_know(service: Service) -> None:
    answer = service.recommend({"use-cases": "few", "stage": 12}, door="page")
    question = service.follow_ups(answer).question
    assert question is not None
    assert (question.criterion, question.skippable) == ("aim", False)


def test_an_answer_of_another_rubric_is_decided_anew(service: Service) -> None:
    answer = talk(service, DESCRIBED)
    assert answer.recommendation is not None
    reworded = answer.recommendation.model_copy(update={"next_question": "And what is all this for?"})
    question = service.follow_ups(answer.model_copy(update={"recommendation": reworded})).question
    assert question is not None
    assert question.question.startswith(AIM)
    lost = reworded.model_copy(update={"decision": "lunch"})
    assert service.follow_ups(answer.model_copy(update={"recommendation": lost})).question is None
    settled = reworded.model_copy(update={"next_question": None})
    assert service.follow_ups(answer.model_copy(update={"recommendation": settled})).question is None


def test_it_is_public_json(service: Service) -> None:
    found = service.follow_ups(talk(service, DESCRIBED))
    assert FollowUps.model_validate(found.model_dump(mode="json")) == found


@pytest.fixture
def other(tmp_path: Path, encoder: WordEncoder) -> Iterator[Assistant]:
    """The product over another subject."""
    settings = Settings(home=tmp_path / "home", corpus=PACK)
    library = ready_library(settings, encoder)
    yield Assistant(library, load_pack(PACK), encoder)
    library.close()


def test_another_subject_has_follow_ups_of_its_own(other: Assistant) -> None:
    answer = other.ask("What are the pros of a graph database?")
    found = follow_ups(answer, other.advisor, other.pack)
    assert found.suggestions == (
        "What are the cons of Graph?",
        "When does Graph make sense?",
        "Compare Graph and Relational",
        "Which kind of database should we choose?",
    )
    # Without a rubric nothing is ranked.
    bare = follow_ups(answer, None, other.pack)
    assert (bare.question, bare.suggestions) == (None, found.suggestions[:-1])
    asked = other.ask("Which kind of database fits us?")
    question = follow_ups(asked, other.advisor, other.pack).question
    assert question is not None
    assert question.question in asked.answer
