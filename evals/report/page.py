"""Puts a report together: figures, plots, what changed, and the cases to look at. Owns jinja2."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evals.metrics.catalogue import METRICS
from evals.report import plots
from evals.table import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.evaluation import Evaluation
    from evals.gate import Outcome
    from evals.results import Change
    from evals.scoring import Marked

__all__ = ["Extras", "page", "to_look_at"]

# Cases that are shown in full; a hundred more would not be read.
MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Extras:
    """Parts of a report that not every run has.

    Attributes:
        change: What changed since an earlier result.
        outcomes: The gate's thresholds.
        rival: How another system does on the same cases.
        agreement: How the verifier agrees with people, by set.
        judge: What a language model thinks of the answers.
        blind: Whether no case is shown, because the set is kept apart.
    """

    change: Change | None = None
    outcomes: Sequence[Outcome] = ()
    rival: Mapping[str, Any] | None = None
    agreement: Sequence[Mapping[str, Any]] = field(default=())
    judge: Mapping[str, Any] | None = None
    blind: bool = False


def page(evaluation: Evaluation, extras: Extras) -> str:
    """The report as one HTML page without scripts; whatever cases and answers hold, it is text there."""
    environment = Environment(
        loader=PackageLoader("evals.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["number"] = number
    result = evaluation.result
    shown, left = to_look_at(evaluation.marked, extras.change)
    return environment.get_template("report.html.j2").render(
        result=result,
        metrics=[metric for metric in METRICS if metric.name in result["metrics"]],
        titles={metric.name: metric.title for metric in METRICS},
        timings=evaluation.timings,
        plots={name: Markup(svg) for name, svg in _plots(evaluation, extras).items()},  # noqa: S704 - drawn by us
        extras=extras,
        shown=[] if extras.blind else shown,
        left=left,
    )


def to_look_at(marked: Sequence[Marked], change: Change | None) -> tuple[list[Marked], int]:
    """The cases to read, the worst first, and how many more there are: broken, failed, wrong, missing, then right ones
    with an unsupported statement."""
    broken = frozenset(change.broken) if change else frozenset()

    def rank(one: Marked) -> int:
        if one.case.id in broken:
            return 0
        return 1 if one.asked.failed else {"wrong": 2, "missing": 3, "right": 4}[one.verdict]

    worth = [one for one in marked if one.verdict != "right" or one.unsupported or one.asked.failed]
    worth.sort(key=lambda one: (rank(one), one.marks.get("vital_nuggets", 0.0), one.case.id))
    return worth[:MAX_SHOWN], max(0, len(worth) - MAX_SHOWN)


def _plots(evaluation: Evaluation, extras: Extras) -> dict[str, str]:
    result = evaluation.result
    found = {"figures": plots.figures_plot(result, extras.outcomes), "kinds": plots.kinds_plot(result)}
    if result["refusing"]["auroc"]:
        found["refusing"] = plots.refusing_plot(result)
    if result["calibration"]:
        found["calibration"] = plots.calibration_plot(result)
    if result["confusion"]:
        found["confusion"] = plots.confusion_plot(result)
    if any(evaluation.times.values()):
        found["latency"] = plots.latency_plot(evaluation.times)
    return found
