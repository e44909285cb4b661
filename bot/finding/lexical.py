"""Scores passages by the words they share with a question, on a scale that means the same for every question.

A score is divided by the most that any passage could reach for the question, so that it tells how much of the question
a passage holds: 0 for nothing, 1 for every word again and again. Without such a bound the best passage of a hopeless
search looks as good as that of a perfect one ("theoretical" normalisation in Bruch et al., arXiv 2210.11934, section
4.2, there for the lower bound).

The formula is BM25 as Lucene has it. Where there are many passages only some are scored, so that a question costs the
same however many there are.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ingest.index.words import distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.index.words import Words

__all__ = ["LexicalIndex"]

# Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), section 3.5: the usual range is 1.2 to 2.
K1 = 1.2
B = 0.75
# Bytes that the scores of single words may take which are kept for the next question.
KEPT_BYTES = 2**25
# Passages that are looked through, found by the rarest words of a question.
LOOKED_THROUGH = 1500


class LexicalIndex:
    """BM25 over the passages of a library, or over what stands around each.

    Args:
        words: Of the library.
        around: Score each passage by the words of its whole neighbourhood.
    """

    def __init__(self, words: Words, *, around: bool = False) -> None:
        self._words = words
        self._around = around
        count = len(words)
        ranks = np.arange(count + 1, dtype=np.int32)
        near = words.surroundings
        self._first, self._past = (near.first, near.past) if around else (ranks[:-1], ranks[1:])
        lengths = np.maximum(words.starts[self._past] - words.starts[self._first], 1)
        # What a count is weighed against, so that a long text gains less by a word: K1 in one of mean length.
        self._slack = (K1 * (1 - B + B * lengths / (lengths.mean() if count else 1))).astype(np.float32)
        self._having = words.having_around if around else np.diff(words.ends)
        self._scores_of = lru_cache(maxsize=max(KEPT_BYTES // (4 * max(count, 1)), 16))(self._all_scores)

    def shares(
        self,
        weights: Mapping[str, float],
        kin: Mapping[str, Sequence[str]],
        ranks: NDArray[np.int32] | None = None,
    ) -> NDArray[np.float32]:
        """How much of a question each passage holds, 0 to 1; shape (passages,), or (ranks,) where they are given.

        Args:
            weights: Stems of the question with what each counts.
            kin: For a stem, others that stand for it as well (relatives, synonyms); they count where it has none.
            ranks: The passages to score; all when None.
        """
        total = np.zeros(len(self._words) if ranks is None else len(ranks), dtype=np.float32)
        bound = sum(weight * self._idf(root) for root, weight in weights.items())
        for root, weight in self._counting(weights, kin).items():
            total += weight * (self._scores_of(root) if ranks is None else self._scores_at(root, ranks))
        return np.minimum(total / bound, 1.0) if bound else total

    def candidates(
        self,
        weights: Mapping[str, float],
        kin: Mapping[str, Sequence[str]],
        most: int,
        spans: Sequence[range] = (),
    ) -> NDArray[np.int32]:
        """Ranks, rising, of the passages that hold most of a question, among those that have its rarest words.

        A passage that has only words that very many have is not found: it would hold little of the question.

        Args:
            weights: As for `shares`.
            kin: As for `shares`.
            most: How many at most.
            spans: Ranks among which they are to be; all when empty.
        """
        found: list[NDArray[np.int32]] = []
        room = LOOKED_THROUGH
        for root in sorted(self._counting(weights, kin), key=self._words.having):
            ranks, counts = self._words.postings(root)
            if spans:
                within = np.concatenate([np.arange(*np.searchsorted(ranks, (s.start, s.stop))) for s in spans])
                ranks, counts = ranks[within], counts[within]
            if len(ranks) > room:
                # Of a word of very many passages those in which it counts most.
                scores = counts / (counts + self._slack[ranks])
                ranks = ranks[np.argpartition(-scores, room)[:room]]
            found.append(ranks)
            room -= len(ranks)
            if room <= 0:
                break
        if not found:
            return np.zeros(0, dtype=np.int32)
        ranks = distinct(np.concatenate(found))
        if len(ranks) <= most:
            return ranks
        return np.sort(ranks[np.argpartition(-self.shares(weights, kin, ranks), most)[:most]])

    def _counting(self, weights: Mapping[str, float], kin: Mapping[str, Sequence[str]]) -> dict[str, float]:
        """The stems that are scored, each with what it counts."""
        counting: dict[str, float] = {}
        for root, weight in weights.items():
            for word in dict.fromkeys((root, *kin.get(root, ()))):
                if word in self._words.place:
                    counting[word] = counting.get(word, 0.0) + weight
        return counting

    def _all_scores(self, root: str) -> NDArray[np.float32]:
        """What a stem gives each passage, shape (passages,)."""
        ranks, counts = self._words.postings(root)
        if self._around:
            before = np.zeros(len(self._words) + 1, dtype=np.float32)
            before[ranks + 1] = counts
            np.cumsum(before, out=before)
            return self._scored(root, before[self._past] - before[self._first], self._slack)
        scores = np.zeros(len(self._words), dtype=np.float32)
        scores[ranks] = self._scored(root, counts.astype(np.float32), self._slack[ranks])
        return scores

    def _scores_at(self, root: str, ranks: NDArray[np.int32]) -> NDArray[np.float32]:
        """What a stem gives some passages, shape (ranks,)."""
        if self._around:
            counts = self._words.within(root, self._first[ranks], self._past[ranks])
        else:
            counts = self._words.at(root, ranks)
        return self._scored(root, counts.astype(np.float32), self._slack[ranks])

    def _scored(self, root: str, counts: NDArray[np.float32], slack: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self._idf(root) * counts / (counts + slack), dtype=np.float32)

    def _idf(self, root: str) -> float:
        """Lucene's inverse document frequency, in which no word counts against a text."""
        place = self._words.place.get(root)
        having = 0 if place is None else int(self._having[place])
        return math.log(1 + (len(self._words) - having + 0.5) / (having + 0.5))
