"""Premises that the sources do not share are set right before the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.assistant import Assistant


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        (
            "why is decentralised so good for governance?",
            "The sources list this among the difficulties of Decentralised",
        ),
        (
            "How come Netflix runs its models with decentralised squads?",
            "do not tell this of Decentralised, but of Centralised",
        ),
        (
            "LinkedIn's central team built People You May Know, right?",
            "do not tell this of Centralised, but of Decentralised",
        ),
        (
            "Why are squads so good at R&D?",
            "The sources list this among the difficulties of Decentralised",
        ),
    ],
)
def test_the_answer_opens_with_what_the_sources_say_instead(assistant: Assistant, question: str, opening: str) -> None:
    answer = assistant.ask(question)
    assert not answer.refused
    assert opening in answer.answer.split("\n")[0]
    assert answer.citations


@pytest.mark.parametrize(
    "question",
    [
        "What does Netflix's centralised team do?",
        "Which company is an example of a decentralised squad?",
        "cons of the factory model",
    ],
)
def test_a_sound_premise_is_left_alone(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert not answer.refused
    assert "The sources do not" not in answer.answer
    assert "The sources list this among" not in answer.answer


def test_an_abbreviation_in_capitals_is_nobody(assistant: Assistant) -> None:
    answer = assistant.ask(
        "We have one central ML team and IT finds it slow to react. What do the sources say of that?"
    )
    assert "The sources do not tell this" not in answer.answer
