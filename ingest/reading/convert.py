"""The bytes of a document to its reading, by its kind. What reads a foreign format is imported once it is needed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.reading.decoding import text_of_bytes
from ingest.reading.formats import Reading, kind_of
from ingest.reading.markdown import split_front_matter

if TYPE_CHECKING:
    from ingest.reading.formats import Kind

__all__ = ["convert", "is_foreign", "read_text"]


def is_foreign(kind: Kind) -> bool:
    """Whether a kind is read by a library that a document may hang or bring down."""
    return kind not in ("markdown", "text")


def read_text(content: bytes, name: str, kind: Kind) -> Reading:
    """Reads Markdown or plain text: its front matter is the citation.

    Raises:
        DocumentError: It is no text, or its front matter is wrong.
    """
    text, notes = text_of_bytes(content, name)
    fields, body = split_front_matter(text, name)
    return Reading(body, fields, kind, notes)


def convert(content: bytes, name: str, address: str | None = None) -> Reading:
    """Reads a document of any kind, here and now; see `ingest.reading.isolated` for how not to.

    Args:
        content: Its bytes.
        name: Its file's name, for messages.
        address: Where it was fetched from.

    Raises:
        DocumentError: It cannot be read.
    """
    kind, notes = kind_of(content, name)
    match kind:
        case "markdown" | "text":
            reading = read_text(content, name, kind)
        case "html":
            from ingest.reading.page import read_page

            reading = read_page(content, name, address)
        case "pdf":
            from ingest.reading.pdf import read_pdf

            reading = read_pdf(content, name)
        case "docx":
            from ingest.reading.office import read_docx

            reading = read_docx(content, name)
        case "pptx":
            from ingest.reading.office import read_pptx

            reading = read_pptx(content, name)
        case "epub":
            from ingest.reading.epub import read_epub

            reading = read_epub(content, name)
    # What stands for a character that could not be read, and what no file format may hand on.
    body = re.sub(r"[\x00-\x08\x0b\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]", "", reading.body)
    return Reading(body, reading.fields, reading.kind, (*notes, *reading.notes))
