"""A question cannot make the bot work out of proportion, and many at once do not disturb one another."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.assistant import Assistant

LONG = 3990


def _words_of_the_library(assistant: Assistant) -> str:
    words = [word for passage in assistant.library.passages for word in passage.text.split()]
    chooser = random.Random(1)  # noqa: S311 - the same text each time, not a secret
    return " ".join(chooser.choice(words) for _ in range(600))[:LONG]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "x" + " " * (LONG - 2) + "y",
        "what is " * 490,
        "-".join(["ab"] * 1300),
        "hi " * 1300 + "!x",
        "a: A" * 990,
        '"' * (LONG - 1) + "a",
        "<!--" * 990 + "a",
        "how much does " * 280 + "cost",
        "who said that " * 280,
        "federated centralised factory " * 130,
    ],
)
def test_the_longest_questions_cost_no_more_than_a_bounded_multiple_of_a_usual_one(
    assistant: Assistant, text: str | None
) -> None:
    question = text or _words_of_the_library(assistant)
    usual = "How much data counts as big data, and who practises big data ops?"
    assistant.ask(usual)

    def seconds(asked: str) -> float:
        began = time.process_time()
        assistant.ask(asked)
        return time.process_time() - began

    # The text is sixty times as long; a pattern that backtracks would cost thousands of times as much.
    assert seconds(question) < 150 * max(seconds(usual), 0.02)


def test_questions_asked_at_once_are_answered_as_if_alone(assistant: Assistant) -> None:
    questions = [
        "pros of the factory model",
        "cons of the federated model",
        "What does a data engineer do?",
        "Who won the 2018 World Cup?",
        "how big is big data?",
        "compare centralised and decentralised",
    ] * 6
    alone = {question: assistant.ask(question).answer for question in set(questions)}
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda question: assistant.ask(question).answer, questions))
    assert together == [alone[question] for question in questions]
