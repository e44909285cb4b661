from __future__ import annotations

import pytest

from bot.finding.answer_type import (
    holding_answer,
    labels,
    wants_kind,
    wants_product,
    wants_somebody,
    wants_unlisted,
)
from bot.finding.retrieve import Hit
from ingest.types import Passage


def hit(text: str) -> Hit:
    passage = Passage(
        id=text, document_id="d", position=0, heading_path=("T",), text=text, start=0, end=len(text), kind="bullet"
    )
    return Hit(passage, 1.0, 1.0, 1.0)


def held(question: str, *texts: str) -> list[str]:
    same = {"gigabyte": {"gb"}, "gigabytes": {"gb"}}
    return [h.passage.text for h in holding_answer(question, [hit(t) for t in texts], lambda w: same.get(w, set()))]


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        ("How many roles are there?", "There are six main roles.", "There are some roles."),
        ("How many models does it take?", "Ten models are enough.", "Few models; six roles."),
        ("How many gigabytes is that?", "Less than 10 GB.", "Less than a laptop holds."),
        ("How large is it?", "More than 1 TB.", "Too large for one computer."),
        ("How much does it cost?", "It costs €10.", "It brings huge costs, 3 in all."),
        ("What do engineers earn?", "They earn 100 dollars.", "They earn respect."),
        ("How long does it take?", "It takes three weeks.", "It takes long."),
        ("How long does it take?", "It takes thirty-five weeks.", "It takes long."),
        ("In what year did it end?", "It ended in 2021.", "It may end soon."),
        ("What percentage fails?", "Some 30 % fail.", "Some fail."),
        ("What is the ratio of cooks to waiters?", "Two cooks for every waiter.", "Cooks and waiters work together."),
        ("How many of each do we need?", "Take two cooks per kitchen.", "There are two cooks."),
        ("Which metrics show it?", "Its metrics are cost and time.", "It pays off."),
        ("How do we measure success?", "One indicator is revenue.", "Success matters."),
        ("Which version of Cookware?", "It runs on version 3.", "It runs on Cookware."),
        ("How many forms are there?", "There are three ways.", "There are several forms."),
        ("Who wrote the post?", "Ann Example wrote it.", "The post asks its readers."),
    ],
)
def test_a_passage_must_hold_the_kind_of_thing_asked_for(question: str, yes: str, no: str) -> None:
    assert wants_kind(question)
    assert held(question, yes, no) == [yes]


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        ("How much would it cost us?", False),
        ("What would it cost us per year?", False),
        ("What do we pay for it every month?", False),
        ("How much money does it save?", False),
        ("What does it cost us?", True),
        ("What is the price of it?", True),
        ("Which costs does it bring?", True),
    ],
)
def test_no_list_of_claims_is_asked_for_a_sum(question: str, listed: bool) -> None:
    assert wants_unlisted(question) is not listed


def test_other_questions_take_any_passage() -> None:
    assert not wants_kind("Why is it slow?")
    assert not wants_kind("What do data engineers spend their time on each day?")
    assert not wants_kind("Who can make a release every month?")
    assert held("Why is it slow?", "a", "b") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the third stage", {("stage", "3")}),
        ("Level 3 or level four", {("level", "3"), ("level", "4")}),
        ("part 2 of the series", {("part", "2")}),
        ("the first stage, stage one, at that level", set()),
    ],
)
def test_numbered_things_are_known_by_noun_and_number(text: str, found: set[tuple[str, str]]) -> None:
    assert labels(text) == found


def test_a_passage_must_hold_the_numbered_thing_asked_for() -> None:
    assert held("What is stage two about?", "Stage 2 is growth.", "Stage 3 is decline.", "All stages.") == [
        "Stage 2 is growth."
    ]


def test_some_kinds_are_in_no_list_of_claims() -> None:
    assert wants_unlisted("Which KPIs are there?")
    assert not wants_unlisted("How many are there?")


def test_somebody_and_something_by_name() -> None:
    assert wants_somebody("Which company does that?")
    assert wants_somebody("Which of Smith's own customers did it?")
    assert not wants_somebody("Which companies should do that?")
    assert wants_product("Which open-source tools do they use?")
    assert not wants_product("Which tools and habits matter?")
