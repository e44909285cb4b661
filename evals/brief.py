"""An evaluation in short, for the chat page: the figures by the names that people read, and what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.service.reports import Figure, Figures, Verdicts
from evals.metrics.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.gate import Outcome

__all__ = ["in_brief"]


def in_brief(result: Mapping[str, Any], outcomes: Sequence[Outcome]) -> Figures:
    """The same on every run of one commit, for all of it is.

    Args:
        result: A summary; see `evals.summary`.
        outcomes: The thresholds that it was held against.
    """
    return Figures(
        about=result["about"],
        cases=result["cases"],
        failures=result["failures"],
        verdicts=Verdicts(**{verdict: len(keys) for verdict, keys in result["verdicts"].items()}),
        thresholds=len(outcomes),
        held=sum(one.passed for one in outcomes),
        figures=tuple(
            Figure(
                title=metric.title,
                meaning=metric.meaning,
                share=metric.share,
                better=metric.better,
                **result["metrics"][metric.name],
            )
            for metric in METRICS
            if metric.name in result["metrics"]
        ),
    )
