"""A cited passage in full, as Markdown: whose words it is, and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.composing.draft import escape

if TYPE_CHECKING:
    from bot.types import Citation

__all__ = ["is_web", "quoted", "source_line"]


def source_line(citation: Citation) -> str:
    """The number, whose words it is, and where they stand."""
    origin = ", ".join(escape(one) for one in (citation.author, citation.publisher, citation.published) if one)
    title = escape(citation.title)
    if citation.url and is_web(citation.url):
        title = f"[{title}]({citation.url})"
    where = f"{'Our notes on ' if citation.text == 'notes' else ''}{title}" + (f" ({origin})" if origin else "")
    also = f"; also at {', '.join(map(escape, citation.also_at))}" if citation.also_at else ""
    return f"**\\[{citation.number}\\]** {where}, *{escape(citation.section)}*{also}"


def quoted(citation: Citation) -> str:
    """The passage: our own words never stand in quotation marks under somebody's name; a source's own words do."""
    return escape(citation.quote) if citation.text == "notes" else f"“{escape(citation.quote)}”"


def is_web(address: str) -> bool:
    """Whether an address can be linked to as it stands, in Markdown and in HTML."""
    return address.startswith(("https://", "http://")) and not set(address) & set(" <>()\\\"'")
