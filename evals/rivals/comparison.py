"""Another system on the same cases, figure by figure: what it loses and what it wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evals.metrics.catalogue import METRICS
from evals.metrics.curves import interval
from evals.metrics.nuggets import nugget_recall
from evals.metrics.statements import plain_text
from evals.summary import rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evals.scoring import Marked

__all__ = ["BUDGETS", "compared", "reading_compared"]

OURS = "Groundrule"
BUDGETS = (1_000, 3_000, 6_000, 13_000)
"""Characters that a reader, or a language model, is given; the quick-start's three chunks come to some 13,000."""

# A bootstrap over fewer finds what they share certain: five that all point one way do so by chance one time in sixteen
# (sign test, both sides), six one time in 32.
MIN_PAIRS = 6
# Counted of both alike. What a rival's own confidence or ranking would be is not comparable.
_COMPARED = (
    "right", "crag", "vital_nuggets", "all_nuggets", "refusal_recall", "false_refusal", "top_one", "citation_recall",
    "citation_precision", "source_precision", "source_recall",
)  # fmt: skip
_CITATIONS = frozenset({"citation_recall", "citation_precision"})


def compared(ours: Sequence[Marked], theirs: Sequence[Marked], name: str, *, citations: bool) -> dict[str, Any]:
    """The figures of both, over the cases that both are marked on.

    Args:
        ours: Our marked cases.
        theirs: The other system's, in the same order.
        name: What it is called.
        citations: Whether its citations are compared; a passage that is its own citation says nothing.

    Returns:
        "figures": rows with "title", "ours", "theirs", their difference "value" and its 95 % interval "low" to "high"
        (bootstrap over cases), "n", and who is "better": by the interval and over enough cases, else "neither".
        "only_theirs": ids of the cases that it has right and we do not.
    """
    rows = []
    for metric in METRICS:
        if metric.name not in _COMPARED or (metric.name in _CITATIONS and not citations):
            continue
        pairs = [
            (one.marks[metric.name], other.marks[metric.name])
            for one, other in zip(ours, theirs, strict=True)
            if metric.name in one.marks and metric.name in other.marks
        ]
        if pairs:
            rows.append(_row(metric.title, pairs, name, higher=metric.better == "higher"))
    # A system that cannot refuse, rank or ask back loses every case that wants it; what is left is told by itself.
    answering = [
        (one.marks["right"], other.marks["right"])
        for one, other in zip(ours, theirs, strict=True)
        if one.case.expect == "answer"
    ]
    if answering:
        rows.insert(1, _row("Right, where the documents hold the answer", answering, name, higher=True))
    lengths = [
        (float(len(one.asked.reply.answer)), float(len(other.asked.reply.answer)))
        for one, other in zip(ours, theirs, strict=True)
        if one.asked.reply and other.asked.reply
    ]
    if lengths:
        # Longer is neither better nor worse, but a long answer holds more facts by itself.
        rows.append({**_row("Characters of an answer", lengths, name, higher=True), "better": ""})
    found: dict[str, Any] = rounded(
        {
            "figures": rows,
            "only_theirs": [
                other.case.id
                for one, other in zip(ours, theirs, strict=True)
                if other.verdict == "right" != one.verdict
            ],
        }
    )
    return found


def reading_compared(
    ours: Sequence[Marked], own: Callable[[Sequence[str]], str], other: Callable[[Sequence[str]], str], name: str
) -> list[dict[str, Any]]:
    """Share of the vital facts within the first characters of what is retrieved: search alone, at equal reading.

    Args:
        ours: Cases; those with vital facts count.
        own: What our search finds for a conversation, best first, as one text.
        other: The same of the other system.
        name: What it is called.
    """
    asked = [one.case for one in ours if one.case.expect != "refuse" and any(n.vital for n in one.case.nuggets)]
    found = [(case, own(case.turns), other(case.turns)) for case in asked]
    rows = []
    for budget in BUDGETS:
        pairs = []
        for case, mine, theirs in found:
            # Read as answers are: a line's end within a fact is no fault of whoever finds it.
            held = nugget_recall(case.nuggets, plain_text(mine[:budget]), vital=True)
            held_there = nugget_recall(case.nuggets, plain_text(theirs[:budget]), vital=True)
            if held is not None and held_there is not None:
                pairs.append((held, held_there))
        if pairs:
            rows.append(_row(f"Vital facts in the first {budget:,} characters found", pairs, name, higher=True))
    return [rounded(row) for row in rows]


def _row(title: str, pairs: Sequence[tuple[float, float]], name: str, *, higher: bool) -> dict[str, Any]:
    span = interval([mine - theirs for mine, theirs in pairs])
    above, below = span.low > 0, span.high < 0
    ahead, behind = (above, below) if higher else (below, above)
    return {
        "title": title,
        "ours": sum(mine for mine, _ in pairs) / len(pairs),
        "theirs": sum(theirs for _, theirs in pairs) / len(pairs),
        **span.as_json(),
        "n": len(pairs),
        "better": "neither" if len(pairs) < MIN_PAIRS else OURS if ahead else name if behind else "neither",
    }
