"""The README's table of figures, made from a kept result so that nobody copies one by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evals.metrics.catalogue import METRICS
from ingest.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BEGIN", "END", "number", "replaced", "table"]

BEGIN = "<!-- figures: made by `groundrule eval table` -->"
END = "<!-- end of figures -->"


def table(result: Mapping[str, Any]) -> str:
    """A kept result as Markdown: the figures, then how the rival does where it was asked.

    Raises:
        DocumentError: The result was not kept, so that nobody could say what was measured when.
    """
    if not {"cases", "commit", "at"} <= result.keys():
        raise DocumentError("this result was not kept. Give one that `groundrule eval --keep` wrote.")
    lines = [
        f"{result['cases']} cases at commit `{result['commit']}`, {result['at'][:10]}: "
        + ", ".join(f"{len(keys)} {verdict}" for verdict, keys in result["verdicts"].items())
        + ".",
        "",
        "| measured | figure | 95 % | cases |",
        "| --- | --- | --- | --- |",
    ]
    for metric in METRICS:
        if metric.name in result["metrics"]:
            one = result["metrics"][metric.name]
            lower = ", lower is better" if metric.better == "lower" else ""
            span = f"{one['low']:.3f} to {one['high']:.3f}"
            lines.append(f"| {metric.title}{lower} | {one['value']:.3f} | {span} | {one['n']} |")
    lines += ["", "| kind of question | right | missing | wrong |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {_cell(kind)} | {row['right']} | {row['missing']} | {row['wrong']} |"
        for kind, row in result["kinds"].items()
    ]
    if rival := result.get("rival"):
        lines += [
            "",
            f"| beside the {rival['name']} | Groundrule | it | difference, 95 % |",
            "| --- | --- | --- | --- |",
        ]
        lines += [
            f"| {row['title']} | {number(row['ours'])} | {number(row['theirs'])} | "
            f"{number(row['low'], signed=True)} to {number(row['high'], signed=True)} |"
            for row in rival["figures"]
        ]
    return "\n".join(lines)


def replaced(text: str, made: str) -> str:
    """A text with what stands between its two marks replaced.

    Raises:
        DocumentError: It does not hold both marks in their order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise DocumentError(f"no place for the table. Put the lines {BEGIN!r} and {END!r} where it shall stand.")
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def _cell(kind: str) -> str:
    return kind.replace("_", " ").replace("|", "\\|")


def number(value: float, *, signed: bool = False) -> str:
    """Shares with three decimals, counts with none."""
    form = f"{'+' if signed else ''}{',.0f' if abs(value) >= 10 else '.3f'}"
    return format(value, form)
