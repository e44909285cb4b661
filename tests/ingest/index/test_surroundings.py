"""Neighbourhoods of passages, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.index.near import Near
from ingest.index.surroundings import WORDS_AROUND, Surroundings, surroundings_of
from ingest.types import Passage


def passage(document: str, position: int, text: str, *headings: str) -> Passage:
    return Passage(f"{document}{position}", document, position, headings, text, 0, len(text), "paragraph")


def span(around: Surroundings, at: int) -> tuple[int, int]:
    return int(around.first[at]), int(around.past[at])


def test_a_neighbourhood_keeps_to_its_document_and_headings() -> None:
    passages = [
        passage("a", 0, "one two", "A", "Pros"),
        passage("a", 1, "three", "A", "Pros"),
        passage("a", 2, "four", "A", "Cons"),
        passage("b", 0, "five", "A", "Cons"),
    ]
    around = surroundings_of(passages)
    assert [span(around, at) for at in range(4)] == [(0, 2), (0, 2), (2, 3), (3, 4)]
    # Every word counts the same: (2 * 0.2 + 1 * 0.8) / 3.
    cosines, ranks = np.array([0.2, 0.8, 0.5, 0.1], dtype=np.float32), np.arange(4, dtype=np.int32)
    whole = Near(ranks, cosines, 0.0, everything=True)
    assert whole.around(ranks, around).tolist() == pytest.approx([0.4, 0.4, 0.5, 0.1])
    assert whole.of(ranks).tolist() == cosines.tolist()


def test_of_passages_that_were_not_compared_only_the_most_that_they_can_be_is_known() -> None:
    around = surroundings_of([passage("a", at, "one two", "A") for at in range(4)])
    near = Near(np.array([1, 2], dtype=np.int32), np.array([0.9, 0.6], dtype=np.float32), 0.5)
    ranks = np.array([0, 2, 3], dtype=np.int32)
    assert near.of(ranks).tolist() == pytest.approx([0.5, 0.6, 0.5])
    assert near.around(ranks, around).tolist() == pytest.approx([(0.5 + 0.9 + 0.6 + 0.5) / 4] * 3)
    nothing = Near(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32), 0.5)
    assert nothing.of(ranks).tolist() == nothing.around(ranks, around).tolist() == [0.5, 0.5, 0.5]


def test_a_neighbourhood_grows_to_both_sides_while_there_is_room() -> None:
    half = " ".join(["word"] * (WORDS_AROUND // 3))
    around = surroundings_of([passage("a", at, half) for at in range(5)])
    assert span(around, 2) == (1, 4)
    assert span(around, 0) == (0, 3)


def test_a_long_passage_stands_alone_and_an_empty_one_counts_as_a_word() -> None:
    long = " ".join(["word"] * WORDS_AROUND)
    around = surroundings_of([passage("a", 0, long), passage("a", 1, ""), passage("a", 2, "x")])
    assert span(around, 0) == (0, 1)
    assert span(around, 1) == (1, 3)
