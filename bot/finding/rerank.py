"""Orders the best hits of a search anew by a cross-encoder, which reads question and passage together.

Off unless a setting names a model. The result stays on the scale of the scores that went in, for the sake of what
follows a search: cut-offs relative to the best hit, and the confidence, which was fitted without a reranker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RERANKED", "RERANK_WEIGHT", "Relevance", "reranked"]

RERANKED = 20
"""Hits that are ordered anew: twice the depth that retrieval is measured at. With a model of MiniLM's six layers it is
0.2 s on one processor core for claims of a sentence or two, 1.8 s for passages ten times as long; a question takes
a few searches."""

RERANK_WEIGHT = 0.5
"""What the cross-encoder counts beside the fused score. Not measured, for want of a model whose licence is clear:
neither is trusted more than the other until `groundrule bench retrieval` says otherwise."""


class Relevance(Protocol):
    """Says how well texts answer a question."""

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The relevance of each text, 0 to 1."""
        ...


def reranked(query: str, texts: Sequence[str], fused: Sequence[float], relevance: Relevance) -> list[tuple[int, float]]:
    """The order of hits by a convex mix of their scores with their relevance.

    The relevance is laid over the range of the given scores, from the lowest to the highest. The mix so lies within
    that range, and what was below it is still below.

    Args:
        query: The question.
        texts: The hits' texts.
        fused: Their scores so far, falling.
        relevance: The cross-encoder.

    Returns:
        Place in `texts` and new score of each hit, best first; equals stay in their order.
    """
    if not texts:
        return []
    high, low = fused[0], fused[-1]
    found = relevance.scores(query, texts)
    mixed = [
        (1 - RERANK_WEIGHT) * score + RERANK_WEIGHT * (low + (high - low) * float(one))
        for score, one in zip(fused, found, strict=True)
    ]
    return sorted(enumerate(mixed), key=lambda hit: (-hit[1], hit[0]))
