"""What a generation of the index records of itself: its manifest and its documents, as text and as files."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ingest.errors import DamagedIndexError
from ingest.types import Document, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "MANIFEST",
    "OTHER_HOME",
    "SCHEMA",
    "Manifest",
    "Stored",
    "check_count",
    "flush",
    "pack_records",
    "read_manifest",
    "read_stored",
    "unpack_manifest",
    "unpack_stored",
    "write_atomically",
    "write_records",
]

SCHEMA = 1
"""Layout version of the index."""
MANIFEST = "manifest.json"
OTHER_HOME = "@"
"""Stands between what another home is known by and a path there, in the root of a document that was added there."""
_DOCUMENTS = "documents.jsonl"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document in the index and where it came from.

    Attributes:
        document: The document.
        root: File or folder that was given to `ingest`; None for the pack's own documents. What is no absolute path
            is no place on this machine (`OTHER_HOME`).
        passages: How many passages of it are in the index; None where that was not counted.
    """

    document: Document
    root: str | None
    passages: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds.

    Attributes:
        schema: Layout version of the index.
        created: When it was published, ISO 8601, UTC.
        encoder: Name of the embedding model.
        pack: Name of the pack.
        pack_sha256: Digest of the pack's files.
        only: Whether the pack's own documents were left out.
        documents: Number of documents.
        passages: Number of passages.
        documents_sha256: Digest of `documents.jsonl`.
    """

    schema: int
    created: str
    encoder: str
    pack: str
    pack_sha256: str
    only: bool
    documents: int
    passages: int
    documents_sha256: str


def pack_records(stored: Sequence[Stored], manifest: Manifest) -> tuple[str, Manifest]:
    """A generation's documents as lines of JSON, and the manifest that vouches for them."""
    lines = "".join(json.dumps(_to_line(item), ensure_ascii=False) + "\n" for item in stored)
    return lines, replace(manifest, documents_sha256=hashlib.sha256(lines.encode()).hexdigest())


def unpack_manifest(fields: Any, where: str) -> Manifest:
    """The manifest that was recorded as these fields; `where` is the index it is of, for messages.

    Raises:
        DamagedIndexError: It is not one, or of another layout.
    """
    try:
        if fields.get("schema") != SCHEMA:
            raise DamagedIndexError(f"{where} has layout {fields.get('schema')!r}, not {SCHEMA}.")
        return Manifest(**fields)
    except (TypeError, AttributeError) as error:
        raise DamagedIndexError(f"{where} has no readable manifest.") from error


def unpack_stored(raw: bytes, sha256: str, where: str) -> list[Stored]:
    """The documents that were recorded as these lines; `where` is the index they are of, for messages.

    Raises:
        DamagedIndexError: They are not those that the manifest vouches for.
    """
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise DamagedIndexError(f"the documents of {where} are not those that were stored.")
    return [_from_line(json.loads(line)) for line in raw.decode().split("\n") if line]


def write_records(folder: Path, stored: Sequence[Stored], manifest: Manifest) -> None:
    """Writes a generation's documents and manifest; the manifest, which vouches for them, last."""
    lines, vouched = pack_records(stored, manifest)
    write_atomically(folder / _DOCUMENTS, lines)
    write_atomically(folder / MANIFEST, json.dumps(asdict(vouched), indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation.

    Raises:
        DamagedIndexError: It is missing, not readable or of another layout.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedIndexError(f"the index in {folder} has no readable {MANIFEST}.") from error
    return unpack_manifest(fields, f"the index in {folder}")


def read_stored(folder: Path, sha256: str) -> list[Stored]:
    """The documents of a generation.

    Raises:
        DamagedIndexError: The file is missing or is not the one that was published.
    """
    try:
        raw = (folder / _DOCUMENTS).read_bytes()
    except OSError as error:
        raise DamagedIndexError(f"the index in {folder} has lost its documents: {error.strerror}.") from error
    return unpack_stored(raw, sha256, f"the index in {folder}")


def check_count(where: object, found: int, manifest: Manifest) -> None:
    """Makes sure that an index has as many passages as its manifest says; `where` is the index.

    Raises:
        DamagedIndexError: It has not.
    """
    if found != manifest.passages:
        raise DamagedIndexError(f"the index in {where} holds {found} passages, not {manifest.passages}.")


def write_atomically(path: Path, text: str, mode: int | None = None) -> None:
    """Writes a file so that a reader sees the old text or the new one, whatever happens on the way.

    Args:
        path: The file.
        text: What it says from now on.
        mode: Its permissions, which hold before the first character is written; None leaves them to the process.
    """
    draft = path.with_name(path.name + ".tmp")
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        if mode is not None:
            draft.chmod(mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush(path.parent)


def flush(path: Path) -> None:
    """Has a file, or the names in a folder, on the disk before anything that is done from now on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_line(item: Stored) -> dict[str, Any]:
    document = item.document
    return {
        "id": document.id,
        "root": item.root,
        "source": asdict(document.source),
        "sha256": document.sha256,
        "text": document.text,
    } | ({} if item.passages is None else {"passages": item.passages})


def _from_line(fields: dict[str, Any]) -> Stored:
    source = Source(**{**fields["source"], "aliases": tuple(fields["source"]["aliases"])})
    document = Document(id=fields["id"], source=source, text=fields["text"], sha256=fields["sha256"])
    return Stored(document, fields["root"], passages=fields.get("passages"))
