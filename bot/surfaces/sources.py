"""An answer's sources as a numbered list in Markdown, for doors whose clients show text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.composing.draft import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.types import Answer, Citation

__all__ = ["source_list", "with_sources"]


def with_sources(answer: Answer, where: Callable[[Citation], str]) -> str:
    """The answer's text with its sources below it; the text alone when it cites nothing.

    Args:
        answer: The answer.
        where: Says in Markdown where a passage can be read.
    """
    return "\n\n".join(part for part in (answer.answer, source_list(answer.citations, where)) if part)


def source_list(citations: Iterable[Citation], where: Callable[[Citation], str]) -> str:
    """Who is cited under each number, and where it stands; "" without citations."""
    lines = [
        f"{one.number}. {escape(one.attribution)}, {escape(one.section)}: {where(one)}"
        for one in sorted(citations, key=lambda one: one.number)
    ]
    return "\n".join(["**Sources**", "", *lines]) if lines else ""
