"""Corrections: what a conversation knows is replaced or unknown again, decided anew, and said so in the transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.deciding.correcting import read_correction
from bot.deciding.facts import Fact, Profile
from bot.deciding.facts_given import chosen_fact, told_profile
from bot.sessions.memory import MemoryConversations
from ingest.errors import QuestionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.assistant import Assistant
    from bot.service.service import Service
    from bot.types import Answer

START = "We are 30 people with two models live, and nobody regulates us."


def known(answer: Answer) -> dict[str, str]:
    assert answer.recommendation is not None
    return {fact.criterion: fact.level for fact in answer.recommendation.facts}


@pytest.fixture
def told(service: Service) -> Callable[[], Answer]:
    return lambda: service.ask(START, door="page")


def test_a_correction_decides_anew_and_is_an_exchange(service: Service, told: Callable[[], Answer]) -> None:
    began = told()
    before = known(began)
    assert (before["use-cases"], before["governance"]) == ("few", "light")
    seen: list[str] = []
    service._observe = lambda _, door: seen.append(door)
    answer = service.correct(began.session, {"use-cases": "many", "governance": None}, door="page")
    assert answer.kind == "recommendation"
    assert known(answer) == {**{c: lv for c, lv in before.items() if c != "governance"}, "use-cases": "many"}
    assert began.recommendation is not None
    assert answer.recommendation is not None
    assert answer.recommendation.ranking[0].option != began.recommendation.ranking[0].option
    said = "Correction: Use cases in production: fifty and more (was: fewer than ten); Need for uniform governance: unknown"
    assert answer.question == said
    assert [one.question for one in service.history(began.session)] == [START, said]
    assert seen == ["page"]
    # Later words do not undo it, but say what they say.
    after = service.ask("What would change this?", began.session, door="page")
    assert known(after) == known(answer)


def test_a_number_corrects_too_and_what_stays_was_not_otherwise(service: Service, told: Callable[[], Answer]) -> None:
    session = told().session
    answer = service.correct(session, {"use-cases": 5, "present": "factory"}, door="page")
    assert answer.question == "Correction: Use cases in production: fewer than ten; We have: Factory"
    assert answer.recommendation is not None
    assert answer.recommendation.present == "factory"
    again = service.correct(session, {"present": None}, door="page")
    assert again.question == "Correction: We have: unknown"
    assert again.recommendation is not None
    assert again.recommendation.present is None
    assert known(again) == known(answer)


def test_without_the_last_fact_the_answer_asks(service: Service, told: Callable[[], Answer]) -> None:
    began = told()
    answer = service.correct(began.session, dict.fromkeys(known(began)), door="page")
    assert (answer.kind, answer.refused, answer.recommendation) == ("clarification", False, None)
    assert answer.answer.startswith("That depends on your organisation")
    assert "?**" in answer.answer
    # The reply to its question is understood as one.
    question = service.follow_ups(answer).question
    assert question is not None
    reply = service.ask(question.levels[0].label, began.session, door="page")
    assert known(reply)[question.criterion] == question.levels[0].id


def asked_next(service: Service, session: str, facts: dict[str, str | None]) -> str | None:
    made = service.correct(session, facts, door="page").recommendation
    assert made is not None
    criteria = service.advisor.book.rubric.criteria
    return next((id_ for id_, one in criteria.items() if one.question == made.next_question), None)


def test_what_was_made_unknown_is_not_asked_next_unless_nothing_else_is(service: Service) -> None:
    many = service.recommend(
        {"use-cases": "many", "stage": "small-startup", "aim": "research"}, session="s", door="page"
    )
    card = service.advisor.cards["operating-structure"]
    levels = {"use-cases": "many", "stage": "small-startup"}
    assert [one.criterion for one in card.decide(levels).questions] == ["aim", "alignment", "overhead"]
    assert asked_next(service, many.session, {"aim": None}) == "alignment"
    # With few use cases nothing else can change who comes first.
    assert [one.criterion for one in card.decide({**levels, "use-cases": "few"}).questions] == ["aim"]
    assert asked_next(service, many.session, {"aim": None, "use-cases": "few"}) == "aim"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "nothing to correct"),
        ({"use-cases": "fw"}, "Did you mean 'few'"),
        ({"use-case": None}, "no such criterion. Did you mean 'use-cases'"),
        ({"present": "lunch"}, "no such option"),
    ],
)
def test_what_is_not_known_is_a_usage_error_and_changes_nothing(
    service: Service, told: Callable[[], Answer], facts: dict[str, Any], words: str
) -> None:
    session = told().session
    with pytest.raises(UsageError, match=words):
        service.correct(session, facts, door="page")
    with pytest.raises(UsageError, match="no such decision"):
        service.correct(session, {"use-cases": "few"}, "lunch", door="page")
    with pytest.raises(QuestionError, match="0 characters"):
        service.correct("", {"use-cases": "few"}, door="page")
    assert len(service.history(session)) == 1


def test_the_conversations_decision_stays(service: Service) -> None:
    began = service.ask("Which type of MLOps is for us? We have 2 TB of data and release by hand.", door="page")
    assert began.recommendation is not None
    other = next(one for one in service.advisor.cards if one != began.recommendation.decision)
    answer = service.correct(began.session, {"use-cases": "many", "stage": 60}, door="page")
    assert answer.recommendation is not None
    assert answer.recommendation.decision == began.recommendation.decision
    answer = service.correct(began.session, {"stage": 5000}, other, door="page")
    assert answer.recommendation is not None
    assert answer.recommendation.decision == other


def test_a_correction_can_be_taken_back(service: Service, told: Callable[[], Answer]) -> None:
    began = told()
    service.correct(began.session, {"use-cases": "many"}, door="page")
    assert service.rewind(began.session, 1) == 1
    assert known(service.ask("What would change this?", began.session, door="page")) == known(began)


def test_a_correction_of_facts_is_arithmetic(assistant: Assistant) -> None:
    assert assistant.advisor is not None
    rubric, pack = assistant.advisor.book.rubric, assistant.pack
    before = Profile(
        {"stage": Fact("stage", "small-startup", "12 people", "number", value=12.0), "use-cases": Fact("use-cases", "few", "2", "number", value=2.0)},
        {"operating-structure": ("factory", "we have one")},
        last_number="stage",
        skipped=("aim",),
    )  # fmt: skip
    correction = read_correction({"stage": None, "use-cases": 60}, rubric, pack)
    after = correction.applied(before)
    assert after == Profile(
        {"use-cases": Fact("use-cases", "many", "60", "chosen", value=60.0)},
        {"operating-structure": ("factory", "we have one")},
        skipped=("aim",),
    )
    # A level given by its id is shown by its name.
    assert read_correction({"use-cases": "few"}, rubric, pack).told.facts["use-cases"].said == "fewer than ten"


def test_a_conversation_in_memory_knows_it_from_then_on(assistant: Assistant) -> None:
    keeper = MemoryConversations()
    over = assistant.with_conversations(keeper)
    assert assistant.advisor is not None
    correction = read_correction({"use-cases": "few", "stage": 12}, assistant.advisor.book.rubric, assistant.pack)
    answer = over.correct(correction, None, "new")
    assert answer.kind == "recommendation"
    assert keeper.last("new").profile.levels == {"use-cases": "few", "stage": known(answer)["stage"]}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"x" * 201: "few"}, "the name of a fact has 201 characters: 'xxxx"),
        ({"x" * 201: None}, "the name of a fact has 201 characters: 'xxxx"),
        ({"use-cases": "9" * 1_000_000}, "the level of fact 'use-cases' has 1,000,000 characters: '9999"),
        ({"use-cases": int("9" * 201)}, "the level of fact 'use-cases' has 201 characters: '9999"),
        ({"present": "x" * 201}, "the option of fact 'present' has 201 characters: 'xxxx"),
        ({"present": ["x" * 201]}, "the option of fact 'present' has 201 characters: 'xxxx"),
    ],
)
def test_a_name_has_a_bound_and_is_not_repeated(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any], words: str
) -> None:
    assert assistant.advisor is not None
    rubric, pack = assistant.advisor.book.rubric, assistant.pack
    # Nothing that is like it is looked for.
    monkeypatch.setattr("difflib.get_close_matches", lambda *_, **__: pytest.fail("looked for"))
    with pytest.raises(UsageError, match=words) as error:
        read_correction(facts, rubric, pack)
    assert len(str(error.value)) < 160
    if None not in facts.values():
        with pytest.raises(UsageError, match=words):
            told_profile(facts, rubric, pack)


def test_a_name_at_the_bound_is_looked_for(assistant: Assistant) -> None:
    assert assistant.advisor is not None
    rubric = assistant.advisor.book.rubric
    with pytest.raises(UsageError, match="no such criterion"):
        chosen_fact("x" * 200, "few", rubric)
    assert chosen_fact("use-cases", "5".rjust(200, "0"), rubric).level == "few"
