"""What kinds of documents are read, and what a file is: told by its first bytes, not by its name. Owns filetype.

The check is cheap and parses nothing: a zip is only listed, within the limits of `ingest.reading.archives`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

import filetype

from ingest.errors import DocumentError
from ingest.reading.archives import names_in
from ingest.reading.decoding import has_mark, is_text, looks_like_utf8

__all__ = ["SUFFIXES", "Kind", "Reading", "holds", "kind_of"]

Kind = Literal["markdown", "text", "html", "pdf", "docx", "pptx", "epub"]

_ENDINGS: dict[str, Kind] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".pptx": "pptx",
    ".epub": "epub",
}
SUFFIXES = tuple(_ENDINGS)
"""Endings of the files that are looked for in folders."""
_NAMES: dict[Kind, str] = {
    "markdown": "Markdown",
    "text": "plain text",
    "html": "an HTML page",
    "pdf": "a PDF",
    "docx": "a Word document",
    "pptx": "a PowerPoint presentation",
    "epub": "an EPUB",
}
_HTML_START = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_HTML_TAG = re.compile(rb"<(?:html|head|body|p|div|h[1-6]|ul|ol|table|article|section|main|br)\b[^<]{0,2000}?>", re.I)
# Readers look for the mark of a PDF in the first kibibyte, for some tools put lines before it.
_PDF_WITHIN = 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
# What of a file is looked at for the tags of a page without a proper beginning.
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says, before it is brought into canonical form.

    Attributes:
        body: Markdown, or plain text, with the structure that the file has.
        fields: The citation as front matter would give it; only what the file says of itself.
        kind: What the file is.
        notes: What is to know about how it was read, one sentence each.
    """

    body: str
    fields: dict[str, Any] = field(default_factory=dict)
    kind: Kind = "text"
    notes: tuple[str, ...] = ()


def kind_of(content: bytes, name: str) -> tuple[Kind, tuple[str, ...]]:
    """What a file is, and a note where its ending says something else.

    Args:
        content: The whole file.
        name: Its name, for the ending and for messages.

    Raises:
        DocumentError: It is empty, or nothing that can be read; the message says what it is.
    """
    if not content.strip():
        raise DocumentError(f"{name} is empty: there is no text to index.")
    told = _ENDINGS.get(PurePosixPath(name).suffix.lower())
    found = _by_content(content, name, told)
    if told in (None, found) or {told, found} == {"markdown", "text"}:
        return found, ()
    return found, (f"its name ends in {PurePosixPath(name).suffix}, but it is {_NAMES[found]} and was read as that",)


def _by_content(content: bytes, name: str, told: Kind | None) -> Kind:
    if b"%PDF-" in content[:_PDF_WITHIN]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content, name)
    if content.startswith(_OLE):
        if _ENCRYPTED_OFFICE in content:
            raise DocumentError(f"{name} is protected by a password. Save it without one.")
        raise DocumentError(f"{name} is a file of an old Office version. Save it as .docx, .pptx or .pdf.")
    if content.startswith(b"{\\rtf"):
        raise DocumentError(f"{name} is an RTF file, which is not read. Save it as .docx.")
    if (mime := filetype.guess_mime(content)) is not None or not is_text(content):
        wanted = f"is no {_NAMES[told].split(' ', 1)[-1]}" if told in ("pdf", "docx", "pptx", "epub") else "is no text"
        raise DocumentError(f"{name} {wanted}: it holds {mime or 'binary data'}. Give {_readable()}.")
    if _HTML_START.match(content[:_HEAD]) or (told == "html" and _HTML_TAG.search(content[:_HEAD])):
        return "html"
    if told in ("markdown", "text"):
        return told
    # Another ending is believed wrong only of what is text beyond doubt.
    if told in ("pdf", "docx", "pptx", "epub") and not (looks_like_utf8(content) or has_mark(content)):
        raise DocumentError(f"{name} is not {_NAMES[told]}: it holds binary data. Get the file again.")
    return "text"


def _zipped(content: bytes, name: str) -> Kind:
    names = names_in(content, name)
    if "word/document.xml" in names:
        return "docx"
    if "ppt/presentation.xml" in names:
        return "pptx"
    if "META-INF/container.xml" in names:
        return "epub"
    if "[Content_Types].xml" in names:
        raise DocumentError(f"{name} is an Office file that holds no text document. Save it as .docx, .pptx or .pdf.")
    raise DocumentError(f"{name} is a zip archive. Unpack it and give what is in it.")


def holds(content: bytes) -> str:
    """What a file holds, in a word, for messages."""
    return filetype.guess_mime(content) or ("text" if is_text(content) else "binary data")


def _readable() -> str:
    return "a file of one of the kinds " + ", ".join(SUFFIXES)
