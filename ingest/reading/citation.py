"""What documents say of themselves as citation fields: what software wrote in the place of people is no citation."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["citation", "iso_date"]

# Titles that programs give to what nobody has named.
_NO_TITLE = re.compile(
    r"(?:microsoft (?:office )?(?:word|powerpoint|excel) ?- .*"
    r"|(?:untitled|no ?title|unbenannt|sans titre)(?: (?:document|presentation|page))?[ _-]?\(?\d*\)?"
    r"|(?:new |blank )?(?:document|presentation|page|dokument|präsentation|présentation|slide|book|word document)"
    r"[ _-]?\(?\d*\)?|powerpoint[ -](?:presentation|präsentation)|présentation powerpoint|title|titel"
    r"|[^ ]*[\w-]+\.(?:docx?|pptx?|xlsx?|pdf|indd|tex|dvi|ps|odt|odp|rtf|pages|key|qxd|html?|md|txt))",
    re.IGNORECASE,
)
# Names that programs, and accounts nobody has named, put in an author's place.
_NO_AUTHOR = re.compile(
    r"(?:microsoft|windows|ms|office)(?: office)?(?: |-)?(?:user|word|powerpoint)?|(?:the )?(?:user|owner|author|admin"
    r"|administrator|root|guest|unknown|anonymous|benutzer|utilisateur|default|none|null|n/?a|test|student|staff)\d*"
    r"|python-(?:docx|pptx)|steve canny|\(?(?:anonymous|unspecified|author)\)?"
    r"|.*\b(?:acrobat|distiller|pdftex|pdflatex|latex|indesign|quarkxpress|ghostscript|wkhtmltopdf|reportlab|libreoffice"
    r"|openoffice|calibre|weasyprint|skia/pdf|chromium|quartz|cairo|fpdf2?|itext|prince|pandoc|google docs|canva)\b.*"
    r"|https?://.*|[\w.+-]+@[\w-]+\.[\w.]+",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?:D:)?(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?|(?!\d))")
# Nothing that is read here is older; such a year is an error of the program that wrote it.
_FIRST_YEAR = 1450
_LONGEST = 500


def citation(found: Mapping[str, Any]) -> dict[str, str]:
    """The fields that say something, with their spaces tidied and their date in ISO form.

    Args:
        found: What the document's metadata holds, by the names that front matter has for it.
    """
    fields: dict[str, str] = {}
    for key, value in found.items():
        words = re.sub(r"[\s\0]+", " ", str(value or "")).strip()[:_LONGEST]
        if key == "published":
            words = iso_date(words) or ""
        elif key == "title" and _NO_TITLE.fullmatch(words):
            words = ""
        elif key == "author":
            words = "; ".join(
                name for name in (part.strip() for part in words.split(";")) if name and not _NO_AUTHOR.fullmatch(name)
            )
        elif key == "url" and not re.match(r"https?://", words):
            words = ""
        if words:
            fields[key] = words
    return fields


def iso_date(words: str) -> str | None:
    """The ISO 8601 date (or month, or year) that a text begins with, a PDF's `D:20240131…` too; else None."""
    match = _DIGITS.match(words.strip())
    if not match:
        return None
    year, month, day = match.groups()
    try:
        date = dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    # A day's grace: the clock of whoever wrote it may be ahead of ours.
    if date.year < _FIRST_YEAR or date > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
        return None
    return "-".join(part for part in (year, month, day) if part)
