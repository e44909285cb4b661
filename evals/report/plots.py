"""Plots as SVG, drawn into the page itself. Owns matplotlib."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from evals.metrics.catalogue import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from evals.gate import Outcome

__all__ = [
    "calibration_plot",
    "confusion_plot",
    "figures_plot",
    "kinds_plot",
    "latency_plot",
    "refusing_plot",
    "scale_plot",
]

# Told apart by people who see no red and green, and in print (Okabe and Ito 2008).
_RIGHT, _MISSING, _WRONG, _LINE = "#0072B2", "#BDBDBD", "#D55E00", "#333333"
_WIDE, _SQUARE = 8.0, 4.2
_ROW = 0.32
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    # Ids within the picture are the same on every run.
    "svg.hashsalt": "groundrule",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def figures_plot(result: Mapping[str, Any], outcomes: Sequence[Outcome]) -> str:
    """Every share with its interval, and the gates' thresholds."""
    held = [metric for metric in METRICS if metric.share and metric.name in result["metrics"]][::-1]
    bounds = {one.gate.metric: one.gate for one in outcomes if not one.gate.kind}
    figure, axes = _figure(_WIDE, 1.0 + _ROW * len(held))
    for row, metric in enumerate(held):
        figure_ = result["metrics"][metric.name]
        axes.plot([figure_["low"], figure_["high"]], [row, row], color=_LINE, linewidth=1.5)
        axes.plot(figure_["value"], row, "o", color=_RIGHT)
        gate = bounds.get(metric.name)
        if gate is not None:
            bound = gate.at_least if gate.at_least is not None else gate.at_most
            axes.plot([bound or 0.0], [row], "|", color=_WRONG, markersize=12, markeredgewidth=2)
    axes.set_yticks(range(len(held)), [metric.title for metric in held])
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel("dot: the figure; line: its 95 % interval; orange mark: the gate")
    return _svg(figure, "Every share that is measured, with its interval and gate")


def kinds_plot(result: Mapping[str, Any]) -> str:
    """Right, missing and wrong answers by kind of question."""
    kinds = list(result["kinds"].items())[::-1]
    figure, axes = _figure(_WIDE, 1.0 + _ROW * len(kinds))
    for row, (_, counts) in enumerate(kinds):
        left = 0.0
        for verdict, colour in (("right", _RIGHT), ("missing", _MISSING), ("wrong", _WRONG)):
            share = counts[verdict] / counts["cases"]
            axes.barh(row, share, left=left, color=colour, label=verdict if row == 0 else None)
            if counts[verdict]:
                ink = "black" if verdict == "missing" else "white"
                axes.text(left + share / 2, row, str(counts[verdict]), ha="center", va="center", color=ink, fontsize=9)
            left += share
    axes.set_yticks(range(len(kinds)), [_label(kind.replace("_", " ")) for kind, _ in kinds])
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the kind's cases (numbers are cases)")
    figure.legend(ncols=3, loc="outside upper right", frameon=False)
    return _svg(figure, "Right, missing and wrong answers by kind of question")


def refusing_plot(result: Mapping[str, Any]) -> str:
    """The risk-coverage curve over confidence."""
    curve = result["refusing"]["curve"]
    figure, axes = _figure(_SQUARE, _SQUARE * 0.8)
    axes.step([row["coverage"] for row in curve], [row["risk"] for row in curve], where="post", color=_RIGHT)
    for row in curve:
        if row["from"] in (0.3, 0.5, 0.7, 0.9):
            axes.annotate(
                f"{row['from']:.1f}", (row["coverage"], row["risk"]), textcoords="offset points", xytext=(2, 5)
            )
            axes.plot(row["coverage"], row["risk"], "o", color=_RIGHT, markersize=4)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, max([0.1, *(row["risk"] for row in curve)]) * 1.15)
    axes.set_xlabel("coverage: share of the questions answered")
    axes.set_ylabel("risk: of those, not in the documents")
    return _svg(figure, "Risk and coverage when answering from a confidence upwards")


def calibration_plot(result: Mapping[str, Any]) -> str:
    """The first option's stated share of first places against how often it is acceptable."""
    bins = (result["calibration"] or {}).get("bins", [])
    figure, axes = _figure(_SQUARE, _SQUARE * 0.8)
    axes.plot([0, 1], [0, 1], "--", color=_MISSING)
    axes.plot([one["stated"] for one in bins], [one["observed"] for one in bins], "o-", color=_RIGHT)
    for one in bins:
        axes.annotate(f"n={one['n']}", (one["stated"], one["observed"]), textcoords="offset points", xytext=(6, -12))
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.05)
    axes.set_xlabel("stated: share of weightings it is first under")
    axes.set_ylabel("observed: it is acceptable")
    return _svg(figure, "Stated share of first places against acceptable first options")


def confusion_plot(result: Mapping[str, Any]) -> str:
    """Expected options against those that came first."""
    table = result["confusion"]
    rows = list(table)
    columns = [*sorted({first for counts in table.values() for first in counts} - {"-"}), "-"]
    figure, axes = _figure(_WIDE, 1.6 + _ROW * len(rows))
    highest = max((count for counts in table.values() for count in counts.values()), default=1)
    grid = [[table[row].get(column, 0) for column in columns] for row in rows]
    axes.imshow(grid, cmap="Blues", vmin=0, vmax=highest, aspect="auto")
    for y, counts in enumerate(grid):
        for x, count in enumerate(counts):
            if count:
                axes.text(x, y, str(count), ha="center", va="center", color="white" if count > highest / 2 else "black")
    names = ["none" if column == "-" else _label(column) for column in columns]
    axes.set_xticks(range(len(columns)), names, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axes.set_xlabel("came first")
    axes.set_ylabel("expected")
    return _svg(figure, "Options that were expected against options that came first")


def latency_plot(times: Mapping[str, Sequence[float]]) -> str:
    """How long answers took, by kind of question."""
    kinds = [kind for kind in sorted(times, reverse=True) if times[kind]]
    figure, axes = _figure(_WIDE, 1.0 + _ROW * len(kinds))
    axes.boxplot(
        [times[kind] for kind in kinds],
        orientation="horizontal",
        tick_labels=[_label(kind.replace("_", " ")) for kind in kinds],
        whis=(5, 95),
        medianprops={"color": _WRONG},
        flierprops={"marker": ".", "markersize": 3},
    )
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds an answer; box: middle half; whiskers: 5 to 95 %")
    return _svg(figure, "How long answers took by kind of question")


def scale_plot(stores: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """What a library costs as it grows: one small plot a measure, one line a store.

    Args:
        stores: The rows of `evals.benches.scaling.measure`, by store and size.
    """
    measures = {
        "search_ms": "milliseconds a search",
        "ask_ms": "milliseconds an answer",
        "passages_per_second": "passages indexed a second",
        "index_mib": "MiB of index on the disk",
        "open_seconds": "seconds to open the index",
        "memory_mib": "MiB of memory to answer from it",
    }
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDE, 7.5), layout="constrained")
        for axes, (name, label) in zip(figure.subplots(3, 2).flat, measures.items(), strict=True):
            for (store, rows), colour, mark in zip(stores.items(), (_RIGHT, _WRONG), "os", strict=False):
                # What is on a server has no size that could be known.
                known = [(row["passages"], row[name]) for row in rows if row[name] is not None]
                axes.plot([x for x, _ in known], [y for _, y in known], mark + "-", color=colour, label=store)
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.yaxis.set_major_formatter("{x:,.0f}")
            axes.set_ylim(bottom=0)
            axes.set_xlabel("passages")
            axes.set_title(label, fontsize=10)
            axes.grid(alpha=0.3)
        figure.legend(*axes.get_legend_handles_labels(), ncols=2, loc="outside upper right", frameon=False)
    return _svg(figure, "What a library costs as it grows")


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.add_subplot()


def _label(text: str) -> str:
    """Text as it is shown; matplotlib would set what stands between two dollars as a formula."""
    return text.replace("$", r"\$")


def _svg(figure: Figure, title: str) -> str:
    """The figure as an element for a page, with a title that is read out."""
    drawn = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    svg = text[text.index("<svg") :]
    return re.sub(r"<svg ", f'<svg role="img" aria-label="{title}" ', svg, count=1)
