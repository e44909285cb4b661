"""How many of the facts that a right answer holds a text holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evals.cases import Nugget

__all__ = ["forbidden_found", "missed", "nugget_recall"]


def nugget_recall(nuggets: Sequence[Nugget], text: str, *, vital: bool) -> float | None:
    """Share of the nuggets that a text holds (Pradeep et al., "Initial Nugget Evaluation Results for the TREC 2024 RAG
    Track", arXiv:2411.09607: "vital" and "all", strict). Whether it holds one is decided by the nugget's regular
    expression instead of a language model, so that a text has the same figure on every day.

    Args:
        nuggets: The nuggets of a case.
        text: Plain text.
        vital: Whether only the vital ones count.

    Returns:
        0 to 1; None when there are none to find.
    """
    wanted = [nugget for nugget in nuggets if nugget.vital or not vital]
    if not wanted:
        return None
    return sum(_holds(nugget, text) for nugget in wanted) / len(wanted)


def missed(nuggets: Iterable[Nugget], text: str) -> list[Nugget]:
    """The nuggets that a text does not hold."""
    return [nugget for nugget in nuggets if not _holds(nugget, text)]


def forbidden_found(patterns: Iterable[str], text: str) -> list[str]:
    """The patterns that must not match, and do."""
    return [pattern for pattern in patterns if re.search(pattern, text, re.IGNORECASE)]


def _holds(nugget: Nugget, text: str) -> bool:
    return re.search(nugget.regex, text, re.IGNORECASE) is not None
