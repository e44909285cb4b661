"""Readings to documents: takes the citation from what the document says, and normalises the text.

What a citation needs and a document does not say stays unknown; nothing is invented.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import stat
import unicodedata
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.cleaning.clean import clean
from ingest.code import digest_of
from ingest.errors import DocumentError
from ingest.reading.address import is_address
from ingest.reading.isolated import Reader
from ingest.reading.markdown import canonical
from ingest.types import Document, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "address_document",
    "bytes_of",
    "file_document",
    "load_file",
    "make_document",
    "missing_in",
    "pack_documents",
    "reading_version",
    "unique_ids",
]

# The code that shapes what a document is read as, and the libraries that do.
_CODE = ("reading/*.py", "cleaning/*.py", "lexicon.py", "naming.py")
_LIBRARIES = (
    "charset-normalizer",
    "ftfy",
    "lxml",
    "mammoth",
    "markdown-it-py",
    "pdfminer.six",
    "pdfplumber",
    "python-pptx",
    "trafilatura",
)
_ASKED_FOR = ("title", "author", "published")


@cache
def reading_version() -> str:
    """Names the code that turns files into documents: what another version has read is read again."""
    package = Path(__file__).parent.parent
    code = sorted(path for names in _CODE for path in package.glob(names))
    return digest_of(code, " ".join(f"{name} {version(name)}" for name in _LIBRARIES))[:16]


def bytes_of(file: Path, max_bytes: int) -> bytes:
    """The content of a file.

    Raises:
        DocumentError: It is too large, no ordinary file, or cannot be read.
    """
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DocumentError(f"{file} is no ordinary file. Leave it out.")
        if status.st_size <= max_bytes:
            with file.open("rb") as opened:
                # It may grow while it is read.
                content = opened.read(max_bytes + 1)
            if len(content) <= max_bytes:
                return content
        size = max(status.st_size, max_bytes + 1)
    except OSError as error:
        raise DocumentError(f"{file} cannot be read: {error.strerror}. Check its permissions.") from error
    raise DocumentError(
        f"{file} has {size / 2**20:.1f} MiB, more than the {max_bytes / 2**20:.0f} MiB allowed. "
        "Split it or raise GROUNDRULE_MAX_DOCUMENT_MB."
    )


def file_document(
    content: bytes, file: Path, root: Path, reader: Reader, more: Mapping[str, Any] | None = None
) -> tuple[Document, tuple[str, ...]]:
    """The document that a file is, and what is to know about how it was read.

    Args:
        content: The file's bytes.
        file: Where it is.
        root: Folder that its recorded path is relative to.
        reader: Reads foreign formats.
        more: Citation fields that win over the document's own.

    Raises:
        DocumentError: It cannot be read, is empty, or its citation is wrong.
    """
    name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
    reading = reader.read(content, name)
    document, cleaned = _cleaned_document(reading.body, {**reading.fields, **(more or {})}, name)
    return document, (*reading.notes, *cleaned)


def address_document(
    content: bytes, asked: str, address: str, reader: Reader, more: Mapping[str, Any] | None = None
) -> tuple[Document, tuple[str, ...]]:
    """The document that a fetched page is, and what is to know about how it was read.

    Args:
        content: What was fetched.
        asked: The address that was asked for, which the document's id comes of.
        address: Where it was in the end; the page may name another on the same host as its own.
        reader: Reads foreign formats.
        more: Citation fields that win over the page's own.

    Raises:
        DocumentError: It cannot be read or is empty.
    """
    reading = reader.read(content, asked, address)
    parts = urlsplit(asked)
    place = f"{parts.hostname}{parts.path}" + (f"-{parts.query}" if parts.query else "")
    fields = {"id": _slug(place + ".page"), "url": address, **reading.fields, **(more or {})}
    document, cleaned = _cleaned_document(reading.body, fields, asked)
    return replace(document, source=replace(document.source, path=None)), (*reading.notes, *cleaned)


def missing_in(source: Source) -> tuple[str, ...]:
    """Which of title, author and date nobody has told; a title that is only the file's name is none."""
    told = {
        "title": source.title not in (source.path, source.url) and not is_address(source.title),
        "author": source.author is not None,
        "published": source.published is not None,
    }
    return tuple(field for field in _ASKED_FOR if not told[field])


def load_file(file: Path, root: Path, max_bytes: int, reader: Reader | None = None) -> Document:
    """Reads one file.

    Args:
        file: The file.
        root: Folder that its recorded path is relative to.
        max_bytes: Largest size read.
        reader: Reads foreign formats; without one, one is started for this file.

    Raises:
        DocumentError: The file is too large, unreadable, of no kind that is read, empty, or its citation is wrong.
    """
    content = bytes_of(file, max_bytes)
    if reader is not None:
        return file_document(content, file, root, reader)[0]
    with Reader() as own:
        return file_document(content, file, root, own)[0]


def make_document(body: str, fields: dict[str, Any], name: str) -> Document:
    """A document from its body and citation fields; what is no notes of ours is cleaned first.

    Args:
        body: Markdown or plain text.
        fields: Front matter: any of id, title, author, author_role, publisher, published, url, licence, kind, text
            ("notes" or "original") and aliases. Keys beyond these are ignored.
        name: The file's name, for messages and, failing an id, for the id.

    Raises:
        DocumentError: No text, or a field of the wrong kind.
    """
    return _cleaned_document(body, fields, name)[0]


def _cleaned_document(body: str, fields: dict[str, Any], name: str) -> tuple[Document, tuple[str, ...]]:
    """See `make_document`; also what cleaning did, in words."""
    kind_of_text = _string(fields, "text", name) or "original"
    if kind_of_text not in ("notes", "original"):
        raise DocumentError(f"{name}: front matter `text` is {kind_of_text!r}; it must be notes or original.")
    notes: tuple[str, ...] = ()
    if kind_of_text == "original":
        # Notes are written for this; what others wrote comes as it was found.
        cleaned = clean(body, fields)
        body, notes = cleaned.body, cleaned.notes
        fields = {**cleaned.fields, **{key: value for key, value in fields.items() if value}}
    normal = canonical(body)
    if not normal:
        raise DocumentError(f"{name} is empty: there is no text to index.")
    title = _string(fields, "title", name) or _first_heading(normal) or name
    source = Source(
        title=title,
        author=_string(fields, "author", name),
        author_role=_string(fields, "author_role", name),
        publisher=_string(fields, "publisher", name),
        published=_string(fields, "published", name),
        url=_string(fields, "url", name),
        path=name,
        licence=_string(fields, "licence", name),
        kind=_string(fields, "kind", name) or "document",
        text="notes" if kind_of_text == "notes" else "original",
        aliases=_strings(fields, "aliases", name),
    )
    document = Document(
        id=_string(fields, "id", name) or _slug(name),
        source=source,
        text=normal,
        sha256=hashlib.sha256(normal.encode()).hexdigest(),
    )
    return document, notes


def pack_documents(sources: Path, max_bytes: int = 2**26) -> list[Document]:
    """The documents of a pack's folder of sources, under the ids that they have in an index of that pack.

    Args:
        sources: The pack's folder of documents.
        max_bytes: Largest file read.
    """
    return unique_ids(load_file(file, sources, max_bytes) for file in sorted(sources.glob("*.md")))


def unique_ids(documents: Iterable[Document]) -> list[Document]:
    """The documents with ids made distinct: a repeated id gets the head of the text's hash."""
    seen: set[str] = set()
    result = []
    for document in documents:
        id_ = document.id if document.id not in seen else f"{document.id}-{document.sha256[:8]}"
        if id_ in seen:
            continue  # the same text under the same name twice is one document
        seen.add(id_)
        result.append(Document(id=id_, source=document.source, text=document.text, sha256=document.sha256))
    return result


def _string(fields: dict[str, Any], key: str, name: str) -> str | None:
    value = fields.get(key)
    if value is None:
        return None
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return re.sub(r"\s+", " ", str(value)).strip() or None
    raise DocumentError(f"{name}: front matter `{key}` is {value!r:.60}; it must be text.")


def _strings(fields: dict[str, Any], key: str, name: str) -> tuple[str, ...]:
    value = fields.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DocumentError(f"{name}: front matter `{key}` is {value!r:.60}; it must be a list of texts.")
    return tuple(value)


def _first_heading(text: str) -> str | None:
    match = re.search(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return match[1] if match else None


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.rsplit(".", 1)[0]).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return slug or "document-" + hashlib.sha256(name.encode()).hexdigest()[:8]
