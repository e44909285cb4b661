"""Which texts are read together: those of about one length, so that little is filled up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["in_order", "plan_batches"]


def plan_batches(
    lengths: Sequence[int], max_texts: int, max_tokens: int, max_filled: int | None = None
) -> list[list[int]]:
    """The places of texts in batches, longest texts first: what needs most memory needs it at once.

    Args:
        lengths: Tokens of each text.
        max_texts: Most texts of a batch.
        max_tokens: Most tokens of a batch with its shorter texts filled up to the longest; one text may have more.
        max_filled: Most tokens of a batch that only fill up; None for any number.

    Returns:
        Each place once. The plan depends on the lengths alone, so the same texts are always read in the same company.
    """
    batches: list[list[int]] = []
    room, filled = 0, 0
    for place in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        filled += lengths[batches[-1][0]] - lengths[place] if batches else 0
        if batches and len(batches[-1]) < room and (max_filled is None or filled <= max_filled):
            batches[-1].append(place)
        else:
            batches.append([place])
            room, filled = min(max_texts, max(1, max_tokens // max(1, lengths[place]))), 0
    return batches


def in_order(
    batches: Sequence[Sequence[int]],
    encode: Callable[[Sequence[Sequence[int]]], Iterable[NDArray[np.float32]]],
    dimension: int,
) -> NDArray[np.float32]:
    """The vectors of all batches in the order of the texts, shape (texts, dimension).

    Args:
        batches: What `plan_batches` gave.
        encode: Gives each batch's vectors, in the order of the batches.
        dimension: Numbers of a vector.
    """
    found = np.empty((sum(map(len, batches)), dimension), dtype=np.float32)
    for batch, vectors in zip(batches, encode(batches), strict=True):
        found[list(batch)] = vectors
    return found
