"""What stands around a passage: the passages beside it under the same headings.

A claim is short, so half of what it says is said by its neighbours. A passage is therefore scored also by its
surroundings, without one more vector being computed or stored: their cosines are averaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.types import Passage

__all__ = ["Surroundings"]

# Words of a passage and what stands around it: about what the encoder reads at once, measured best of 100 and 180.
WORDS_AROUND = 180


class Surroundings:
    """The neighbourhoods of all passages of a library.

    Args:
        passages: The passages, those of a document together and in order.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        lengths = [len(passage.text.split()) or 1 for passage in passages]
        spans = [_grown(passages, lengths, at) for at in range(len(passages))]
        self._first = np.array([first for first, _ in spans], dtype=np.int64)
        self._past = np.array([past for _, past in spans], dtype=np.int64)
        self._lengths = np.array(lengths, dtype=np.float64)
        self._before = np.concatenate([[0.0], np.cumsum(self._lengths)])

    def span(self, at: int) -> tuple[int, int]:
        """Ranks of the first passage of a neighbourhood and of the one past its last."""
        return int(self._first[at]), int(self._past[at])

    def mean(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean score of each passage's neighbourhood, every word counting the same; shape (passages,)."""
        sums = np.concatenate([[0.0], np.cumsum(scores * self._lengths)])
        words = self._before[self._past] - self._before[self._first]
        return np.asarray((sums[self._past] - sums[self._first]) / words, dtype=np.float32)


def _grown(passages: Sequence[Passage], lengths: Sequence[int], at: int) -> tuple[int, int]:
    """The neighbourhood of one passage: grown by turns after and before it while there is room."""
    place = (passages[at].document_id, passages[at].heading_path)
    first, past, words = at, at + 1, lengths[at]

    def joins(rank: int) -> bool:
        return (
            0 <= rank < len(passages)
            and (passages[rank].document_id, passages[rank].heading_path) == place
            and words + lengths[rank] <= WORDS_AROUND
        )

    while True:
        grew = False
        if joins(past):
            words += lengths[past]
            past += 1
            grew = True
        if joins(first - 1):
            first -= 1
            words += lengths[first]
            grew = True
        if not grew:
            return first, past
