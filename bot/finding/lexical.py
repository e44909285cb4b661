"""Scores passages by the words they share with a question, on a scale that means the same for every question.

Owns bm25s. A score is divided by the most that any passage could reach for the question, so that it tells how much of
the question a passage holds: 0 for nothing, 1 for every word again and again. Without such a bound the best passage of
a hopeless search looks as good as that of a perfect one ("theoretical" normalisation in Bruch et al., arXiv 2210.11934,
section 4.2, there for the lower bound).
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import bm25s
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["LexicalIndex"]

# Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), section 3.5: the usual range is 1.2 to 2.
K1 = 1.2
B = 0.75


class LexicalIndex:
    """BM25 over texts given as stems.

    Args:
        texts: The stems of each text.
    """

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._count = len(texts)
        having = Counter(root for stems in texts for root in set(stems))
        self._idf = {root: self._rarity(count) for root, count in having.items()}
        self._bm25 = bm25s.BM25(method="lucene", k1=K1, b=B)
        self._bm25.index([list(stems) or [""] for stems in texts] or [[""]], show_progress=False)

    def shares(self, weights: Mapping[str, float], kin: Mapping[str, Sequence[str]]) -> NDArray[np.float32]:
        """How much of a question each text holds, shape (texts,), 0 to 1.

        Args:
            weights: Stems of the question with what each counts.
            kin: For a stem, others that stand for it as well (relatives, synonyms); they count where it has none.
        """
        total = np.zeros(self._count, dtype=np.float32)
        bound = sum(weight * self._idf.get(root, self._rarity(0)) for root, weight in weights.items())
        by_weight: dict[float, list[str]] = {}
        for root, weight in weights.items():
            found = [word for word in dict.fromkeys((root, *kin.get(root, ()))) if word in self._idf]
            by_weight.setdefault(weight, []).extend(found)
        for weight, words in by_weight.items():
            if words and self._count:
                total += weight * self._bm25.get_scores(words)
        return np.minimum(total / bound, 1.0) if bound else total

    def _rarity(self, having: int) -> float:
        """Lucene's inverse document frequency, in which no word counts against a text."""
        return math.log(1 + (self._count - having + 0.5) / (having + 0.5))
