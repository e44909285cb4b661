"""Whether the right option comes first, whether its share of first places is honest, and whether questions help."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

__all__ = ["changing_share", "top_one", "unacceptable_first"]


def top_one(first: str | None, best: Collection[str]) -> float | None:
    """1 when an acceptable option comes first, else 0, also without a ranking; None when none is named."""
    return float(first in best) if best else None


def unacceptable_first(first: str | None, wrong: Collection[str]) -> float | None:
    """1 when an option comes first that must not; None when none is named."""
    return float(first in wrong) if wrong else None


def changing_share(
    facts: Mapping[str, str],
    criterion: str,
    levels: Sequence[str],
    winners: Callable[[Mapping[str, str]], tuple[str, ...]],
) -> float:
    """Share of a question's answers that change who comes first.

    What a question is worth is what its answers change (Rao and Daume III, "Learning to Ask Good Questions", ACL 2018,
    expected value of perfect information); a question none of whose answers changes anything need not be asked.

    Args:
        facts: What is known: criterion to level.
        criterion: What is asked about.
        levels: The possible answers.
        winners: The options that come first, given some facts.
    """
    now = set(winners(facts))
    changed = sum(not now & set(winners({**facts, criterion: level})) for level in levels)
    return changed / len(levels)
