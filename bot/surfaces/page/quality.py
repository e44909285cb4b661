"""The latest evaluation as people read it: the figures with their intervals, and whether they still hold here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from bot.surfaces.page.templating import render

if TYPE_CHECKING:
    from bot.service.reports import Figure, Figures, Reports
    from bot.service.service import Service

__all__ = ["quality_page"]

_MADE_WITH = (
    ("Release", "groundrule"),
    ("Answers written by", "generator"),
    ("Embedding model", "encoder"),
    ("Reranker", "reranker"),
    ("Model for inference", "nli_model"),
    ("Rubric, SHA-256", "rubric_sha256"),
    ("Documents, SHA-256", "documents_sha256"),
    ("Cases, SHA-256", "cases_sha256"),
    ("Code, SHA-256", "code_sha256"),
)
_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure, ready to be shown.

    Attributes:
        figure: The figure.
        value: As people read it.
        interval: Its 95 % interval, likewise.
        drawn: Value, lower and upper end in percent of the bar; None where it is no share.
    """

    figure: Figure
    value: str
    interval: str
    drawn: tuple[float, float, float] | None


def quality_page(service: Service, reports: Reports | None) -> str:
    """The latest evaluation, or how to make one.

    Args:
        service: What is in use now.
        reports: Where evaluations are; None where nothing is kept.

    Raises:
        DocumentError: The file holds something else.
        StoreError: It cannot be read.
    """
    found = reports.figures() if reports else None
    report = reports is not None and reports.has_report()
    if found is None:
        return render("quality_empty", report=report)
    figures, at = found
    return render(
        "quality",
        told=figures,
        at=at,
        made=f"{at.day} {at:%B %Y}, {at:%H:%M} UTC",
        bars=[_bar(one) for one in figures.figures],
        changed=_changed(figures, _in_use(service)),
        made_with=[(name, _short(key, figures.about.get(key))) for name, key in _MADE_WITH],
        report=report,
    )


def _in_use(service: Service) -> dict[str, tuple[str, str | None]]:
    """What answers rest on now, by the name that an evaluation has for it: in words, and its digest or version."""
    assistant = service.assistant
    advisor = assistant.rubric_advisor
    return {
        "rubric_sha256": ("the rubric", advisor.book.rubric.sha256 if advisor else None),
        "documents_sha256": ("the documents", assistant.library.manifest.documents_sha256),
        "groundrule": ("the release", version("groundrule")),
    }


def _changed(figures: Figures, in_use: dict[str, tuple[str, str | None]]) -> list[str]:
    """What is not the same now, in words."""
    return [words for key, (words, now) in in_use.items() if figures.about.get(key) != now]


def _short(key: str, value: str | None) -> str:
    if not value:
        return "none"
    return value[:_DIGEST] if key.endswith("_sha256") else value


def _bar(figure: Figure) -> Bar:
    if not figure.share:
        return Bar(figure, f"{figure.value:.2f}", f"{figure.low:.2f} to {figure.high:.2f}", None)
    value, low, high = (min(max(100 * one, 0.0), 100.0) for one in (figure.value, figure.low, figure.high))
    return Bar(figure, f"{value:.1f} %", f"{low:.1f} to {high:.1f}", (value, min(low, high), max(low, high)))
