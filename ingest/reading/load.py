"""Files to documents: reads, decodes, takes the citation from the front matter, and normalises the text.

Understands Markdown and plain text. What a citation needs and a file does not say stays unknown; nothing is invented.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from ingest.cleaning.clean import clean
from ingest.errors import DocumentError, PathError
from ingest.reading.markdown import canonical, split_front_matter
from ingest.types import Document, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["SUFFIXES", "find_files", "load_file", "make_document", "pack_documents", "unique_ids"]

SUFFIXES = (".md", ".markdown", ".txt")


def find_files(paths: Sequence[Path]) -> list[tuple[Path, Path]]:
    """The readable documents at or under `paths`.

    Args:
        paths: Files and folders; folders are searched recursively, hidden names skipped.

    Returns:
        (root, file) pairs in a stable order, each file once. A file given by name is its own folder's.

    Raises:
        PathError: A path that does not exist, or that holds no document.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    for given in paths:
        path = given.absolute()
        if not path.exists():
            raise PathError(f"{given} does not exist. Give files or folders that do.")
        if path.is_file():
            if path.suffix.lower() not in SUFFIXES:
                raise PathError(f"{given} is not a kind of file that can be read ({', '.join(SUFFIXES)}).")
            inside, root = [path], path.parent
        else:
            inside, root = [file for file in sorted(path.rglob("*")) if _is_document(file, path)], path
            if not inside:
                raise PathError(f"{given} holds no document: no file in it ends in {', '.join(SUFFIXES)}.")
        for file in inside:
            found.setdefault(file.resolve(), (root, file))
    return list(found.values())


def _is_document(file: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(root).parts)
    return not hidden and file.suffix.lower() in SUFFIXES and file.is_file()


def load_file(file: Path, root: Path, max_bytes: int) -> Document:
    """Reads one file.

    Args:
        file: The file.
        root: Folder that its recorded path is relative to.
        max_bytes: Largest size read.

    Raises:
        DocumentError: The file is too large, unreadable, not UTF-8, empty, or its front matter is wrong.
    """
    try:
        size = file.stat().st_size
        if size > max_bytes:
            raise DocumentError(
                f"{file} has {size / 2**20:.1f} MiB, more than the {max_bytes / 2**20:.0f} MiB allowed. "
                "Split it or raise GROUNDRULE_MAX_DOCUMENT_MB."
            )
        raw = file.read_bytes()
    except OSError as error:
        raise DocumentError(f"{file} cannot be read: {error.strerror}. Check its permissions.") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{file} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    if "\0" in text:
        raise DocumentError(f"{file} is not text: it contains NUL characters.")
    name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
    fields, body = split_front_matter(
        unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n"), name
    )
    return make_document(body, fields, name)


def make_document(body: str, fields: dict[str, Any], name: str) -> Document:
    """A document from its body and citation fields.

    Args:
        body: Markdown or plain text.
        fields: Front matter: any of id, title, author, author_role, publisher, published, url, licence, kind, text
            ("notes" or "original") and aliases. Keys beyond these are ignored.
        name: The file's name, for messages and, failing an id, for the id.

    Raises:
        DocumentError: No text, or a field of the wrong kind.
    """
    kind_of_text = _string(fields, "text", name) or "original"
    if kind_of_text not in ("notes", "original"):
        raise DocumentError(f"{name}: front matter `text` is {kind_of_text!r}; it must be notes or original.")
    if kind_of_text == "original":
        # Notes are written for this; what others wrote comes as it was found.
        cleaned = clean(body, fields)
        body, fields = cleaned.body, {**cleaned.fields, **{key: value for key, value in fields.items() if value}}
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
    return Document(
        id=_string(fields, "id", name) or _slug(name),
        source=source,
        text=normal,
        sha256=hashlib.sha256(normal.encode()).hexdigest(),
    )


def pack_documents(sources: Path, max_bytes: int = 2**26) -> list[Document]:
    """A pack's own documents, whatever is indexed.

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
