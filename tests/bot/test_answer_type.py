from __future__ import annotations

import pytest

from bot.finding.answer_type import holding_answer, wants_kind
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
        ("In what year did it end?", "It ended in 2021.", "It may end soon."),
        ("What percentage fails?", "Some 30 % fail.", "Some fail."),
        ("Who wrote the post?", "Ann Example wrote it.", "The post asks its readers."),
    ],
)
def test_a_passage_must_hold_the_kind_of_thing_asked_for(question: str, yes: str, no: str) -> None:
    assert wants_kind(question)
    assert held(question, yes, no) == [yes]


def test_other_questions_take_any_passage() -> None:
    assert not wants_kind("Why is it slow?")
    assert held("Why is it slow?", "a", "b") == ["a", "b"]
