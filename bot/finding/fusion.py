"""How the parts of a passage's score are weighed and put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Fusion", "mixed"]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the parts of a score are weighed; the defaults were measured by `groundrule bench retrieval`.

    Attributes:
        dense: Weight of the dense score in the convex combination with the lexical one (Bruch et al., "An Analysis of
            Fusion Functions for Hybrid Retrieval", arXiv 2210.11934, section 4), 0 to 1.
        dense_around: What the surroundings of a passage count beside the passage itself, by meaning, 0 to 1.
        lexical_around: The same by words.
        context: What words of the earlier messages count, the latest first; the message's own count 1.
        alone: By meaning, a message is searched for by itself with this weight, and joined to the one before it.
        diversity: How much likeness to a better passage takes from a score (maximal marginal relevance, Carbonell and
            Goldstein, SIGIR 1998). None by default: it only lost.
        same: Passages that share this part of their stems are one claim told twice, and the better stands for both.
        same_place: The same where places to look at are sought, not claims to tell. Above 1 none is left out: leaving
            them out lost what only the other document says.
    """

    dense: float = 0.4
    dense_around: float = 0.7
    lexical_around: float = 0.8
    context: tuple[float, ...] = (0.7, 0.3)
    alone: float = 0.3
    diversity: float = 0.0
    same: float = 0.9
    same_place: float = 1.1


def mixed(own: NDArray[np.float32], around: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Scores of passages by themselves and of their surroundings, which count so much, as one; shape of either."""
    return (1 - share) * own + share * around
