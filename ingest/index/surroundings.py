"""What stands around a passage: the passages beside it under the same headings.

A claim is short, so half of what it says is said by its neighbours. A passage is therefore scored also by its
surroundings, without one more vector being computed or stored: their cosines are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.types import Passage

__all__ = ["Surroundings", "surroundings_of"]

# Words of a passage and what stands around it: about what the encoder reads at once, measured best of 100 and 180.
WORDS_AROUND = 180


@dataclass(frozen=True)
class Surroundings:
    """The neighbourhoods of all passages of a library.

    Attributes:
        first: Rank of the first passage of each neighbourhood, shape (passages,).
        past: Rank of the one past its last.
        lengths: Words of each passage, at least 1.
    """

    first: NDArray[np.int32]
    past: NDArray[np.int32]
    lengths: NDArray[np.int32]

    @cached_property
    def words_before(self) -> NDArray[np.float64]:
        """Words before each passage of the library, and at the end all of them; shape (passages + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.lengths, dtype=np.float64)])


def surroundings_of(passages: Sequence[Passage]) -> Surroundings:
    """The neighbourhoods of passages, those of a document together and in order.

    Each grows by turns after and before its passage while there is room.
    """
    count = len(passages)
    lengths = np.array([len(passage.text.split()) or 1 for passage in passages], dtype=np.int32)
    place = np.zeros(count, dtype=np.int32)
    for rank in range(1, count):
        one, other = passages[rank - 1], passages[rank]
        same = one.document_id == other.document_id and one.heading_path == other.heading_path
        place[rank] = place[rank - 1] + (not same)
    first = np.arange(count, dtype=np.int32)
    past, words = first + 1, lengths.astype(np.int64)
    growing = np.arange(count)
    while len(growing):
        after = _joining(growing, past[growing], words, lengths, place)
        words[after] += lengths[past[after]]
        past[after] += 1
        before = _joining(growing, first[growing] - 1, words, lengths, place)
        first[before] -= 1
        words[before] += lengths[first[before]]
        # In order, so that neighbours are read from neighbouring places.
        growing = np.flatnonzero(np.bincount(np.concatenate([after, before]), minlength=count))
    return Surroundings(first, past.astype(np.int32), lengths)


def _joining(
    growing: NDArray[np.int64],
    next_to: NDArray[np.int32],
    words: NDArray[np.int64],
    lengths: NDArray[np.int32],
    place: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Those of the neighbourhoods that the passage next to each joins: under the same headings, and with room."""
    there = (next_to >= 0) & (next_to < len(place))
    growing, next_to = growing[there], next_to[there]
    joins: NDArray[np.bool_] = (place[next_to] == place[growing]) & (words[growing] + lengths[next_to] <= WORDS_AROUND)
    joined: NDArray[np.int64] = growing[joins]
    return joined
