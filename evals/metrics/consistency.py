"""Whether the same question in other words gets the same answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.lexicon import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.metrics.verdict import Verdict
    from evals.reply import Reply
    from ingest.naming import Namer

__all__ = ["other_order", "same_citations", "same_verdict"]

# What stands between two options that are set side by side: swapping them then asks the same.
_SIDE_BY_SIDE = re.compile(
    r"\W*(?:\w+\W+){0,2}?(?:and|or|vs\.?|versus|against|compared (?:to|with)|next to)(?:\W+\w+){0,2}?\W*", re.IGNORECASE
)
# Words that give the two different parts to play.
_DIRECTED = re.compile(r"\b(?:from|into|to|instead|rather|than|before|after|over|then|first|not|why)\b", re.IGNORECASE)


def same_verdict(original: Verdict, others: Sequence[Verdict]) -> float | None:
    """Share of the other wordings whose answer is worth the same; None without any.

    Elazar et al., "Measuring and Improving Consistency in Pretrained Language Models", TACL 9, 2021.
    """
    return sum(other == original for other in others) / len(others) if others else None


def same_citations(original: Reply, others: Sequence[Reply]) -> float | None:
    """Mean Jaccard index of what the answers to other wordings cite and what the original cites; None without any."""
    return sum(_jaccard(original, other) for other in others) / len(others) if others else None


def other_order(question: str, namer: Namer) -> str | None:
    """The question with the two options that it sets side by side in the other order.

    An answer that depends on their order shows a bias (Zheng et al., "Large Language Models Are Not Robust Multiple
    Choice Selectors", ICLR 2024).

    Returns:
        None unless the question names two options, each once and side by side.
    """
    named = namer.options(question)
    if len(named) != 2 or named[0].option == named[1].option:
        return None
    # Offsets are those of the folded text; where folding changed its length they do not fit.
    first, second = named
    words = [question[one.start : one.end] for one in named]
    if any(fold(word) != one.alias for word, one in zip(words, named, strict=True)):
        return None
    between = question[first.end : second.start]
    if not _SIDE_BY_SIDE.fullmatch(between) or _DIRECTED.search(question):
        return None
    return question[: first.start] + words[1] + between + words[0] + question[second.end :]


def _jaccard(one: Reply, other: Reply) -> float:
    left = {(cited.source_id, cited.quote) for cited in one.citations}
    right = {(cited.source_id, cited.quote) for cited in other.citations}
    return len(left & right) / len(left | right) if left | right else 1.0
