"""What is asked is embedded once, and together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.finding.vectors import Vectors
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Counting(WordEncoder):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append(list(texts))
        return super().encode(texts)


def test_a_text_is_embedded_once() -> None:
    encoder = Counting()
    vectors = Vectors(encoder, 8)
    first, again = vectors.of("a ferry"), vectors.of("a ferry")
    assert np.array_equal(first, again)
    assert encoder.asked == [["a ferry"]]


def test_what_is_prepared_is_embedded_together_and_gives_the_same() -> None:
    encoder = Counting()
    vectors = Vectors(encoder, 8)
    vectors.of("one")
    vectors.prepare(["one", "two", "three", "two"])
    assert encoder.asked == [["one"], ["two", "three"]]
    assert np.array_equal(vectors.of("three"), WordEncoder().encode(["three"])[0])
    assert len(encoder.asked) == 2


def test_a_single_text_is_left_to_who_needs_it() -> None:
    encoder = Counting()
    Vectors(encoder, 8).prepare(["one"])
    assert encoder.asked == []


def test_the_oldest_are_forgotten_first() -> None:
    encoder = Counting()
    vectors = Vectors(encoder, 2)
    for text in ("one", "two", "one", "three", "one", "two"):
        vectors.of(text)
    assert [text for (text,) in encoder.asked] == ["one", "two", "three", "two"]


def test_more_than_are_kept_can_be_prepared() -> None:
    vectors = Vectors(Counting(), 2)
    vectors.prepare(["one", "two", "three"])
    assert vectors.of("one").shape == vectors.of("three").shape
