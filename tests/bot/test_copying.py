"""A copy with a word exchanged is found, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from bot.llm.copying import changed_words

PASSAGE = "The shared oven lets bakers in small towns practise at night, and lowers the cost of bread for all shops."


@pytest.mark.parametrize(
    ("sentence", "changed"),
    [
        ("The shared oven lets millers in small towns practise at night.", ("bakers", "millers")),
        ("My public oven lets bakers in small towns practise at night.", ("the shared", "my public")),
        ("A shared stove lets bakers in small towns practise at night.", ("oven", "stove")),
        ("It lowers the cost of bread for all schools.", ("shops", "schools")),
        ("The shared oven lets bakers in large old cities practise at night.", ("small towns", "large old cities")),
        (
            "The shared oven lets bakers in small towns practise at night and raises the cost of bread.",
            ("lowers", "raises"),
        ),
    ],
)
def test_an_exchanged_word_is_found(sentence: str, changed: tuple[str, str]) -> None:
    assert changed_words(sentence, PASSAGE) == changed


@pytest.mark.parametrize(
    "sentence",
    [
        PASSAGE,
        "The shared oven lets bakers in small towns practise at night.",
        "The shared oven lets bakers in small towns practice at night.",
        "The shared oven lets bakers in those towns practise at night.",
        "Bread gets cheaper in every shop that uses the shared oven.",
        "Where towns are small, one oven for all of them helps those who bake at night.",
        "Lions roar.",
        "",
    ],
)
def test_other_sentences_are_not(sentence: str) -> None:
    assert changed_words(sentence, PASSAGE) is None


def test_a_sentence_may_open_with_a_subject_from_above() -> None:
    sentence = "The village oven lets bakers in small towns practise at night."
    assert changed_words(sentence, PASSAGE) == ("shared", "village")
    assert changed_words(sentence, PASSAGE, "Village ovens") is None
