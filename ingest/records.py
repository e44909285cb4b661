"""What a generation of the index records of itself: its manifest and its documents, as files."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.errors import DamagedIndexError
from ingest.types import Document, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "MANIFEST",
    "SCHEMA",
    "Manifest",
    "Stored",
    "read_manifest",
    "read_stored",
    "write_atomically",
    "write_records",
]

SCHEMA = 1
"""Layout version of the index."""
MANIFEST = "manifest.json"
_DOCUMENTS = "documents.jsonl"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document in the index and where it came from.

    Attributes:
        document: The document.
        root: File or folder that was given to `ingest`; None for the pack's own documents.
    """

    document: Document
    root: str | None


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


def write_records(folder: Path, stored: Sequence[Stored], manifest: Manifest) -> None:
    """Writes a generation's documents and manifest; the manifest, which vouches for them, last."""
    lines = "".join(json.dumps(_to_line(item), ensure_ascii=False) + "\n" for item in stored)
    write_atomically(folder / _DOCUMENTS, lines)
    vouched = replace(manifest, documents_sha256=hashlib.sha256(lines.encode()).hexdigest())
    write_atomically(folder / MANIFEST, json.dumps(asdict(vouched), indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation.

    Raises:
        DamagedIndexError: It is missing, not readable or of another layout.
    """
    try:
        fields = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if fields.get("schema") != SCHEMA:
            raise DamagedIndexError(f"the index in {folder} has layout {fields.get('schema')!r}, not {SCHEMA}.")
        return Manifest(**fields)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DamagedIndexError(f"the index in {folder} has no readable {MANIFEST}.") from error


def read_stored(folder: Path, sha256: str) -> list[Stored]:
    """The documents of a generation.

    Raises:
        DamagedIndexError: The file is missing or is not the one that was published.
    """
    try:
        raw = (folder / _DOCUMENTS).read_bytes()
    except OSError as error:
        raise DamagedIndexError(f"the index in {folder} has lost its documents: {error.strerror}.") from error
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise DamagedIndexError(f"the documents in {folder} are not those that were stored.")
    return [_from_line(json.loads(line)) for line in raw.decode().split("\n") if line]


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


def _to_line(item: Stored) -> dict[str, Any]:
    document = item.document
    return {
        "id": document.id,
        "root": item.root,
        "source": asdict(document.source),
        "sha256": document.sha256,
        "text": document.text,
    }


def _from_line(fields: dict[str, Any]) -> Stored:
    source = Source(**{**fields["source"], "aliases": tuple(fields["source"]["aliases"])})
    return Stored(
        Document(id=fields["id"], source=source, text=fields["text"], sha256=fields["sha256"]), fields["root"]
    )
