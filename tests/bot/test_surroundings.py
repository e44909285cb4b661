"""Neighbourhoods of passages, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bot.finding.surroundings import WORDS_AROUND, Surroundings
from ingest.types import Passage


def passage(document: str, position: int, text: str, *headings: str) -> Passage:
    return Passage(f"{document}{position}", document, position, headings, text, 0, len(text), "paragraph")


def test_a_neighbourhood_keeps_to_its_document_and_headings() -> None:
    passages = [
        passage("a", 0, "one two", "A", "Pros"),
        passage("a", 1, "three", "A", "Pros"),
        passage("a", 2, "four", "A", "Cons"),
        passage("b", 0, "five", "A", "Cons"),
    ]
    around = Surroundings(passages)
    assert [around.span(at) for at in range(4)] == [(0, 2), (0, 2), (2, 3), (3, 4)]
    # Every word counts the same: (2 * 0.2 + 1 * 0.8) / 3.
    means = around.mean(np.array([0.2, 0.8, 0.5, 0.1], dtype=np.float32))
    assert means.tolist() == pytest.approx([0.4, 0.4, 0.5, 0.1])


def test_a_neighbourhood_grows_to_both_sides_while_there_is_room() -> None:
    half = " ".join(["word"] * (WORDS_AROUND // 3))
    around = Surroundings([passage("a", at, half) for at in range(5)])
    assert around.span(2) == (1, 4)
    assert around.span(0) == (0, 3)


def test_a_long_passage_stands_alone_and_an_empty_one_counts_as_a_word() -> None:
    long = " ".join(["word"] * WORDS_AROUND)
    around = Surroundings([passage("a", 0, long), passage("a", 1, ""), passage("a", 2, "x")])
    assert around.span(0) == (0, 1)
    assert around.span(1) == (1, 3)
