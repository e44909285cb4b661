"""A text as it was found to a text worth reading: what every document but a pack's own notes goes through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.cleaning.boilerplate import without_boilerplate
from ingest.cleaning.byline import ABOUT, read_byline
from ingest.cleaning.lines import is_marked_up, read_lines
from ingest.cleaning.mojibake import repair_encoding
from ingest.cleaning.outline import outlined, with_bold_headings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cleaned", "clean"]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text worth reading.

    Attributes:
        body: Markdown.
        fields: What the text says of itself: title, author, author_role, publisher, published.
        notes: What was done to it, in words for the person who ingested it.
    """

    body: str
    fields: dict[str, str]
    notes: tuple[str, ...] = ()


def clean(body: str, fields: Mapping[str, Any]) -> Cleaned:
    """Repairs the encoding, leaves page furniture out and, where a text has no markup, marks its headings.

    Args:
        body: Markdown or plain text with `\\n` line ends.
        fields: What is known of the document already; it wins over what the text says.
    """
    repaired = repair_encoding(body)
    notes = []
    if repaired.repaired:
        notes.append(f"broken characters repaired in {_times(repaired.repaired)}")
    if repaired.removed:
        notes.append(f"characters that cannot be told any more left out in {_times(repaired.removed)}")
    plain, dropped = without_boilerplate(repaired.text)
    if dropped:
        notes.append(f"{dropped} lines of page furniture left out")
    if is_marked_up(plain):
        return Cleaned(with_bold_headings(plain), {}, tuple(notes))
    byline = read_byline(read_lines(plain))
    title = fields.get("title") or byline.fields.get("title")
    text = outlined(byline.body, title)
    if byline.about:
        name = fields.get("author") or byline.fields.get("author")
        heading = f"{ABOUT}: {name}" if name else ABOUT
        text += "\n".join(["", f"## {heading}", "", *(f"{line.text}\n" for line in byline.about)])
    return Cleaned(text, byline.fields, tuple(notes))


def _times(count: int) -> str:
    return "one place" if count == 1 else f"{count} places"
