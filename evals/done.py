"""What came of an evaluation: for programs, and its main figures in lines for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.metrics.catalogue import METRICS
from evals.table import number
from ingest.console import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evals.gate import Outcome
    from evals.report.page import Extras
    from evals.results import Change

__all__ = ["Done"]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it.

    Attributes:
        result: The summary.
        timings: How long answers took.
        extras: What else is in the report.
        page: The report.
        gated: Whether thresholds decide.
    """

    result: Mapping[str, Any]
    timings: Mapping[str, Any]
    extras: Extras
    page: Path
    gated: bool

    @property
    def failed(self) -> bool:
        """Whether a threshold that decides does not hold."""
        return self.gated and not all(one.passed for one in self.extras.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Everything for programs."""
        return {
            **self.result,
            "timings": self.timings,
            "change": self.extras.change.as_json() if self.extras.change else None,
            "gate": [one.as_json() for one in self.extras.outcomes],
            "judge": self.extras.judge,
            "report": str(self.page),
        }

    def lines(self) -> list[str]:
        """The main figures for people."""
        counts = {verdict: len(keys) for verdict, keys in self.result["verdicts"].items()}
        told = [
            f"{counted(self.result['cases'], 'case')}: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items()),
            "",
        ]
        width = max(len(metric.title) for metric in METRICS)
        for metric in METRICS:
            if metric.name in self.result["metrics"]:
                one = self.result["metrics"][metric.name]
                span = f"({one['low']:.3f} to {one['high']:.3f})"
                told.append(f"{metric.title:<{width}}  {one['value']:6.3f}  {span}  n={one['n']}")
        told.append("")
        for kind, row in self.result["kinds"].items():
            told.append(f"{kind:<{width}}  {row['right']} right, {row['missing']} missing, {row['wrong']} wrong")
        told += _beside_lines(self.extras)
        return [*told, *_change_lines(self.extras.change, blind=self.extras.blind), *_gate_lines(self.extras.outcomes)]


def _beside_lines(extras: Extras) -> list[str]:
    told = []
    if extras.rival:
        told += ["", f"Beside it, {extras.rival['name']}:"]
        for row in extras.rival["figures"]:
            told.append(f"  {row['title']}: {number(row['ours'])} here, {number(row['theirs'])} there")
    for row in extras.agreement:
        scores = [("our verifier", row["auroc"]), *((other["name"], other["auroc"]) for other in row["others"])]
        areas = ", ".join(f"{name} AUROC {area['value']:.3f}" for name, area in scores)
        told += ["", f"Agreement with people on {row['set']} ({row['n']} items): {areas}"]
    for name, row in extras.judge["evaluators"].items() if extras.judge else ():
        if row["mean"] is not None:
            spread = "" if row["spread"] is None else f", runs {row['spread']:.3f} apart (s.d.)"
            told.append(
                f"Judged {name}: {row['mean']:.3f}{spread}, {row['failed']} of {row['calls']} without a verdict"
            )
    return told


def _change_lines(change: Change | None, *, blind: bool) -> list[str]:
    if change is None:
        return []
    told = ["", f"Since {change.since}, {counted(change.compared, 'case')} compared:"]
    for word, ids in (("broken", change.broken), ("mended", change.mended)):
        told.append(f"  {word}: {len(ids)}" + (f" ({', '.join(ids)})" if ids and not blind else ""))
    return told


def _gate_lines(outcomes: Sequence[Outcome]) -> list[str]:
    if not outcomes:
        return []
    failed = [one for one in outcomes if not one.passed]
    told = ["", f"Gate: {len(outcomes) - len(failed)} of {len(outcomes)} thresholds hold."]
    return [*told, *(f"  ! {one.sentence}" for one in failed)]
