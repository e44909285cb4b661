from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.embedding.checking import MIN_COSINE, Comparison, check_texts, compare
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Words:
    """A backend whose vectors count words; `turned` degrees away from where they should lie."""

    kind, dimension, max_tokens = "words", 256, 64

    def __init__(self, turned: float = 0.0, counts: int = 0, numbers: int = 256) -> None:
        self._angle, self._counts, self._numbers = np.radians(turned), counts, numbers
        self._inner = WordEncoder()

    def count(self, texts: Sequence[str]) -> list[int]:
        return [self._inner.count_tokens(text) + self._counts for text in texts]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), 258), dtype=np.float32)
        inner = self._inner.encode(texts)
        found[:, :256] = inner * np.cos(self._angle)
        found[:, 257] = np.sin(self._angle)
        return found[:, : self._numbers] if self._numbers != 256 else found


def test_the_texts_reach_from_nothing_to_more_than_the_model_reads() -> None:
    texts = check_texts(64)
    words = sorted(len(text.split()) for text in texts)
    assert words[0] == 0
    assert "" in texts
    assert len(set(words)) > 10
    assert 64 < words[-1] < 128
    assert max(len(text.split()) for text in check_texts(10**6)) < 1100
    assert len(set(texts)) == len(texts)


def test_the_same_vectors_have_no_fault() -> None:
    found = compare(Words(), Words())
    assert found.min_cosine == pytest.approx(1, abs=1e-6)
    assert found.same_counts


@pytest.mark.parametrize(("degrees", "same"), [(0.7, True), (0.9, False), (90, False)])
def test_vectors_at_more_than_eight_tenths_of_a_degree_are_others(degrees: float, same: bool) -> None:
    """The cosine of 0.81 degrees is 0.9999."""
    found = compare(Words(turned=degrees), Words())
    assert found.min_cosine == pytest.approx(np.cos(np.radians(degrees)), abs=1e-5)
    assert (found.min_cosine >= MIN_COSINE) is same


def test_vectors_of_another_dimension_cannot_be_compared() -> None:
    assert compare(Words(numbers=20), Words()).min_cosine == -1


def test_other_word_pieces_are_seen() -> None:
    assert not compare(Words(counts=1), Words()).same_counts


@pytest.mark.parametrize(
    ("comparison", "fault"),
    [
        (Comparison(1.0, True, 100.0, 100.0), ""),
        (Comparison(1.0, True, 70.0, 100.0), ""),  # other work on the machine may have been to blame
        (
            Comparison(0.9998, True, 900.0, 100.0),
            "its vectors differ: smallest cosine 0.999800, where 0.9999 is asked for",
        ),
        (Comparison(float("nan"), True, 900.0, 100.0), "its vectors differ: smallest cosine nan"),
        (Comparison(1.0, False, 900.0, 100.0), "it cuts texts into other word pieces"),
    ],
)
def test_what_is_held_against_a_backend(comparison: Comparison, fault: str) -> None:
    assert comparison.fault.startswith(fault)
    assert bool(comparison.fault) is bool(fault)
