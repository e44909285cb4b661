"""Pages to print: one file each, without scripts, fonts or images. Owns jinja2 for them; what is not ours is text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.service.cited import is_web
from ingest.rich_text import markdown_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.types import Citation

__all__ = ["PAGE_POLICY", "Told", "record_page", "transcript_page"]

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a browser may do with such a page: show it in its own style, and nothing else."""


@dataclass(frozen=True, slots=True)
class Told:
    """One exchange of a transcript.

    Attributes:
        at: When it was answered, in words.
        question: The user's words.
        answer: Markdown with numbers.
        citations: What the numbers refer to.
    """

    at: str
    question: str
    answer: str
    citations: Sequence[Citation]


def record_page(title: str, version: str, sha256: str, body: str, citations: str) -> str:
    """A decision record as a page.

    Args:
        title: Its title, as text.
        version: Version of the rubric.
        sha256: Digest of the rubric's file.
        body: The record in Markdown, without its citations.
        citations: They, as a numbered list in Markdown.
    """
    return _render(
        "record.html.j2",
        title=title,
        version=version,
        sha256=sha256,
        body=_html(body, "citation-"),
        citations=_markup(markdown_html(citations, anchor=lambda number: f"citation-{number}")),
    )


def transcript_page(title: str, exchanges: Sequence[Told]) -> str:
    """A conversation as a page.

    Args:
        title: Its title, as text.
        exchanges: What was said, the oldest first.
    """
    answers = [_html(one.answer, f"citation-{number}-") for number, one in enumerate(exchanges, start=1)]
    return _render("transcript.html.j2", title=title, exchanges=list(zip(exchanges, answers, strict=True)))


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("bot.service", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.tests["web"] = is_web
    return made


def _html(markdown: str, anchors: str) -> Markup:
    return _markup(markdown_html(markdown, address=lambda number: f"#{anchors}{number}"))


def _markup(html: str) -> Markup:
    """HTML that `markdown_html` made, in which nothing of others is markup."""
    return Markup(html)  # noqa: S704 - made above, of text that is escaped
