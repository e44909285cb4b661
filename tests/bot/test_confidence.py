"""What confidence is made of, by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from bot.finding.confidence import ANSWER_FROM, BIAS, WEIGHTS, Measures, confidence

if TYPE_CHECKING:
    from bot.assistant import Assistant


def test_confidence_is_the_logistic_of_the_weighed_measures() -> None:
    found = Measures(fused=0.5, cosine=0.6, missing=(), unknown_name=0, unmet=0, sentence=0.5, typed=1, denies=0)
    score = BIAS + 0.5 * WEIGHTS["fused"] + 0.6 * WEIGHTS["cosine"] + 0.5 * WEIGHTS["sentence"] + WEIGHTS["typed"]
    assert confidence(found) == pytest.approx(1 / (1 + math.exp(-score)))
    assert set(found.numbers()) == set(WEIGHTS)


def test_more_that_bears_raises_it_and_an_unknown_name_lowers_it() -> None:
    assert all(WEIGHTS[name] > 0 for name in ("fused", "cosine", "sentence", "typed"))
    assert WEIGHTS["unknown_name"] < 0 > WEIGHTS["denies"]
    assert WEIGHTS["unmet"] < 0


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("Which people does a squad bring together?", True),
        ("Which tools do data engineers work with?", True),
        ("What does a licence of Snorkelbase cost per seat?", False),
        ("Who won the regatta of 1951?", False),
        ("Which encryption standard do data engineers need?", False),
        ("How does snorkelbase organise its ML teams?", False),
    ],
)
def test_questions_beyond_the_documents_fall_below_the_threshold(
    assistant: Assistant, question: str, answered: bool
) -> None:
    answer = assistant.ask(question)
    assert (answer.confidence >= ANSWER_FROM) is answered
    assert answer.refused is not answered
    assert bool(answer.citations) is answered


def test_an_author_is_not_credited_with_what_another_says(assistant: Assistant) -> None:
    answer = assistant.ask("What lesson does Ordax draw from LinkedIn?")
    assert answer.refused
    assert "LinkedIn" in answer.answer
