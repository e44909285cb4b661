"""Shares of a question's words, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bot.finding.lexical import K1, B, LexicalIndex
from ingest.index.words import words_of
from ingest.types import Passage


def index_of(*texts: str, around: bool = False) -> LexicalIndex:
    return LexicalIndex(words_of([passage(at, text) for at, text in enumerate(texts)]), around=around)


def passage(at: int, text: str) -> Passage:
    return Passage(f"p{at}", "d", at, ("D", "Part"), text, 0, len(text), "paragraph")


def idf(count: int, having: int) -> float:
    return math.log(1 + (count - having + 0.5) / (having + 0.5))


def test_a_share_is_bm25_over_what_the_question_could_reach() -> None:
    index = index_of("red fox", "blue fox", "green hen")
    shares = index.shares({"red": 1.0, "fox": 1.0}, {})
    once = 1 / (1 + K1 * (1 - B + B * 2 / 2))  # every text has two words, as the mean text
    reach = idf(3, 1) + idf(3, 2)
    assert shares.tolist() == pytest.approx([once, once * idf(3, 2) / reach, 0.0], rel=1e-5)


def test_words_that_no_text_has_lower_every_share() -> None:
    index = index_of("red fox", "blue hen")
    alone, beside = index.shares({"fox": 1.0}, {}), index.shares({"fox": 1.0, "unicorn": 1.0}, {})
    assert 0 < beside[0] < alone[0] <= 1


def test_words_of_the_context_count_less_and_kin_stands_in() -> None:
    index = index_of("red fox", "blue fox", "vixen hen")
    red, blue, _ = index.shares({"red": 1.0, "blue": 0.5}, {})
    assert red > blue > 0
    assert index.shares({"fox": 1.0}, {})[2] == 0
    assert index.shares({"fox": 1.0}, {"fox": ["vixen"]})[2] > 0


def test_nothing_is_shared_where_there_is_nothing() -> None:
    assert index_of().shares({"fox": 1.0}, {}).tolist() == []
    assert index_of("fox", "").shares({}, {}).tolist() == [0.0, 0.0]


def test_some_passages_are_scored_as_all_are() -> None:
    texts = [f"{'red ' * (at % 3)}fox number{at % 5} {'hen' if at % 2 else 'owl'}" for at in range(60)]
    question = ({"red": 1.0, "hen": 0.5, "number3": 1.0}, {"number3": ["number4"]})
    ranks = np.array([0, 7, 8, 31, 59], dtype=np.int32)
    for around in (False, True):
        index = index_of(*texts, around=around)
        assert index.shares(*question, ranks).tolist() == pytest.approx(index.shares(*question)[ranks].tolist())


def test_around_a_passage_its_neighbours_words_are_its_own() -> None:
    own, around = (index_of("red fox", "blue hen", around=side) for side in (False, True))
    assert own.shares({"fox": 1.0}, {})[1] == 0
    # Two neighbourhoods of four words and a heading's two, each with the word once: as rare as a word of all can be.
    once = 1 / (1 + K1)
    assert around.shares({"fox": 1.0}, {}).tolist() == pytest.approx([once, once])


def test_candidates_hold_the_rarest_words_and_most_of_the_question() -> None:
    index = index_of(*(f"fox {'hen' if at % 2 else 'owl'} {'unicorn' if at in (3, 4) else ''}" for at in range(40)))
    assert index.candidates({"unicorn": 1.0}, {}, 10).tolist() == [3, 4]
    assert index.candidates({"unicorn": 1.0, "hen": 1.0}, {}, 1).tolist() == [3]
    assert index.candidates({"unicorn": 1.0}, {}, 10, [range(4, 9)]).tolist() == [4]
    assert index.candidates({"phoenix": 1.0}, {}, 10).tolist() == []


def test_of_a_word_that_very_many_have_those_are_candidates_in_which_it_counts_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.finding.lexical.LOOKED_THROUGH", 5)
    texts = [f"fox {'fox fox' if at in (11, 20) else ''} {'hen ' * at}" for at in range(40)]
    found = index_of(*texts).candidates({"fox": 1.0}, {}, 10).tolist()
    assert found == [0, 1, 2, 11, 20]
