from __future__ import annotations

import pytest

from bot.verifying.reading import read_sentence, split_sentences


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,500 people and 3.5 % of 2 million", [1500, 3.5, 2_000_000]),
        ("twenty-one of five hundred and twelve", [21, 512]),
        ("the 21st, the twenty-first and the 1980s", [21, 21, 1980]),
        ("twice as many, half of a dozen", [2, 0.5, 12]),
        ("18-49 year olds", [18, 49]),
        ("one two", [1, 2]),
        ("three hundred thousand", [300_000]),
        ("nothing to count", []),
    ],
)
def test_numbers_are_read_from_digits_and_words(text: str, values: list[float]) -> None:
    assert [one.value for one in read_sentence(text).numbers] == values


def test_a_mark_with_digits_is_no_quantity() -> None:
    (number,) = read_sentence("in version 6.15.0 of it").numbers
    assert (number.kind, number.written) == ("code", "6.15.0")


def test_denials_are_one_word_however_written() -> None:
    for text in ("it does not run", "it doesn't run", "it does n't run", "it doesn’t run"):
        assert read_sentence(text).stems == ("it", "doe", "not", "run")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Mr. Oak left. Ines stayed.", ["Mr. Oak left.", "Ines stayed."]),
        ("She came . he went .", ["She came .", "he went ."]),
        ("Do this:\n1. Open it.\n2. Close it.", ["Do this:", "1. Open it.", "2. Close it."]),
        ("Steps: 1. Open it. 2. Close it.", ["Steps:", "1. Open it.", "2. Close it."]),
        ("No. It is shut.", ["No.", "It is shut."]),
        ("", []),
    ],
)
def test_sentences_are_split(text: str, parts: list[str]) -> None:
    assert split_sentences(text) == parts
