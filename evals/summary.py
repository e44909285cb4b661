"""What all marks come to: one mapping of plain values, the same on every run of one commit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evals.asking import case_key
from evals.metrics.catalogue import METRICS
from evals.metrics.curves import auroc, calibration, interval, risk_coverage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.scoring import Marked

__all__ = ["BY_KIND", "SCHEMA", "figures_of", "rounded", "summary"]

SCHEMA = 1
# Figures are told to so many digits; beyond them only rounding differs.
DIGITS = 6
BY_KIND = ("right", "crag", "vital_nuggets", "citation_recall")
"""Those that are told for each kind of question."""


def summary(marked: Sequence[Marked], about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that is measured.

    Args:
        marked: The marked cases.
        about: What was measured: the system and the set.

    Returns:
        "schema", "about", "cases", "failures" (cases at which the system failed, in their own words or in others),
        "metrics" (name to "value", its 95 % interval "low" to "high", and "n"), "kinds", "verdicts" (verdict to the
        keys of its cases), "refusing" (the area under the ROC curve and the risk-coverage curve), "calibration" (of the
        first option's share) and "confusion" (expected option to the option that came first, counted).
    """
    found: dict[str, Any] = rounded(
        {
            "schema": SCHEMA,
            "about": dict(about),
            "cases": len(marked),
            "failures": sum(one.asked.failed for one in marked),
            "metrics": figures_of(marked),
            "kinds": _kinds(marked),
            "verdicts": {
                verdict: sorted(case_key(one.case) for one in marked if one.verdict == verdict)
                for verdict in ("right", "missing", "wrong")
            },
            "refusing": _refusing(marked),
            "calibration": _calibration(marked),
            "confusion": _confusion(marked),
        }
    )
    return found


def figures_of(marked: Sequence[Marked]) -> dict[str, dict[str, float]]:
    """Each metric's mean over the cases that it applies to, with its interval; metrics without any are left out."""
    found = {}
    for metric in METRICS:
        values = [one.marks[metric.name] for one in marked if metric.name in one.marks]
        if values:
            found[metric.name] = {**interval(values).as_json(), "n": len(values)}
    return found


def rounded(value: Any) -> Any:
    """The value with all its numbers rounded."""
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return value


def _kinds(marked: Sequence[Marked]) -> dict[str, Any]:
    found = {}
    for kind in sorted({one.case.kind for one in marked}):
        own = [one for one in marked if one.case.kind == kind]
        counts = Counter(one.verdict for one in own)
        figures = figures_of(own)
        found[kind] = {
            "cases": len(own),
            **{verdict: counts[verdict] for verdict in ("right", "missing", "wrong")},
            "metrics": {name: figures[name] for name in BY_KIND if name in figures},
        }
    return found


def _refusing(marked: Sequence[Marked]) -> dict[str, Any]:
    """Over the questions that expect an answer or a refusal: does confidence tell which are answerable?"""
    judged = [one for one in marked if one.case.expect in ("answer", "refuse") and one.asked.reply is not None]
    truth = [one.case.expect == "answer" for one in judged]
    scores = [one.asked.reply.confidence for one in judged if one.asked.reply is not None]
    area = auroc(truth, scores) if judged else None
    return {"auroc": area.as_json() if area else None, "n": len(judged), "curve": risk_coverage(truth, scores)}


def _calibration(marked: Sequence[Marked]) -> dict[str, Any] | None:
    made = [
        (one.marks["top_one"] == 1.0, one.asked.reply.recommendation.ranking[0].first_share)
        for one in marked
        if "top_one" in one.marks and one.asked.reply and one.asked.reply.recommendation and one.asked.reply.first
    ]
    return calibration([truth for truth, _ in made], [share for _, share in made])


def _confusion(marked: Sequence[Marked]) -> dict[str, dict[str, int]]:
    """Acceptable firsts count as themselves, others under the first option that would have been right; "-" is none."""
    found: dict[str, Counter[str]] = {}
    for one in marked:
        if not one.case.best_models:
            continue
        first = (one.asked.reply.first if one.asked.reply else None) or "-"
        expected = first if first in one.case.best_models else one.case.best_models[0]
        found.setdefault(expected, Counter())[first] += 1
    return {expected: dict(sorted(found[expected].items())) for expected in sorted(found)}
