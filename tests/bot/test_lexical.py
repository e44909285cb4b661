"""Shares of a question's words, by hand."""

from __future__ import annotations

import math

import pytest

from bot.finding.lexical import K1, B, LexicalIndex


def idf(count: int, having: int) -> float:
    return math.log(1 + (count - having + 0.5) / (having + 0.5))


def test_a_share_is_bm25_over_what_the_question_could_reach() -> None:
    index = LexicalIndex([["red", "fox"], ["blue", "fox"], ["green", "hen"]])
    shares = index.shares({"red": 1.0, "fox": 1.0}, {})
    once = 1 / (1 + K1 * (1 - B + B * 2 / 2))  # every text has two words, as the mean text
    reach = idf(3, 1) + idf(3, 2)
    assert shares.tolist() == pytest.approx([once, once * idf(3, 2) / reach, 0.0], rel=1e-5)


def test_words_that_no_text_has_lower_every_share() -> None:
    index = LexicalIndex([["red", "fox"], ["blue", "hen"]])
    alone, beside = index.shares({"fox": 1.0}, {}), index.shares({"fox": 1.0, "unicorn": 1.0}, {})
    assert 0 < beside[0] < alone[0] <= 1


def test_words_of_the_context_count_less_and_kin_stands_in() -> None:
    index = LexicalIndex([["red", "fox"], ["blue", "fox"], ["vulpine", "hen"]])
    red, blue, _ = index.shares({"red": 1.0, "blue": 0.5}, {})
    assert red > blue > 0
    assert index.shares({"fox": 1.0}, {})[2] == 0
    assert index.shares({"fox": 1.0}, {"fox": ["vulpine"]})[2] > 0


def test_nothing_is_shared_where_there_is_nothing() -> None:
    assert LexicalIndex([]).shares({"fox": 1.0}, {}).tolist() == []
    assert LexicalIndex([["fox"], []]).shares({}, {}).tolist() == [0.0, 0.0]
