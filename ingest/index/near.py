"""How near the passages of a library are to a question, where perhaps not all were compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.index.surroundings import Surroundings

__all__ = ["Near"]


@dataclass(frozen=True, slots=True)
class Near:
    """How near passages are to a question.

    Attributes:
        ranks: The passages that were compared with it, by their ranks, rising.
        cosines: The cosine similarity of each.
        floor: What all others have at most.
        everything: Whether there are no others.
    """

    ranks: NDArray[np.int32]
    cosines: NDArray[np.float32]
    floor: float
    everything: bool = False

    def of(self, ranks: NDArray[np.int32]) -> NDArray[np.float32]:
        """The cosine similarity of some passages; `floor` for those that were not compared."""
        if self.everything:
            return self.cosines[ranks]
        at = np.minimum(np.searchsorted(self.ranks, ranks), max(len(self.ranks) - 1, 0))
        if not len(self.ranks):
            return np.full(len(ranks), self.floor, dtype=np.float32)
        return np.where(self.ranks[at] == ranks, self.cosines[at], np.float32(self.floor))

    def nearest(self, most: int) -> NDArray[np.int32]:
        """The passages that are nearest, at most so many, by their ranks, rising."""
        if len(self.ranks) <= most:
            return self.ranks
        return np.sort(self.ranks[np.argpartition(-self.cosines, most)[:most]])

    def around(self, ranks: NDArray[np.int32], near: Surroundings) -> NDArray[np.float32]:
        """The mean similarity of the neighbourhoods of some passages, every word of them counting the same."""
        first, past = near.first[ranks], near.past[ranks]
        # Summed up is by how much they are nearer than all others: most are others.
        beyond = np.concatenate([[0.0], np.cumsum((self.cosines - self.floor) * near.lengths[self.ranks])])
        begin, end = (first, past) if self.everything else np.searchsorted(self.ranks, (first, past))
        words = near.words_before[past] - near.words_before[first]
        return np.asarray(self.floor + (beyond[end] - beyond[begin]) / words, dtype=np.float32)
