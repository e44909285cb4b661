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
            is no place on this machine (`OTHER_HOME`), but for addresses, which are every machine's.
        raw_sha256: Digest of the bytes that it was read from; "" when that is not known.
        read_by: Names the code and the citation fields of `sources.yaml` that it was read with; "" likewise.
        as_read: The document as it was read, where what is indexed differs: copies were merged into it, or the pack
            knows more of the work.
        copy_of: Id of the document that it is merged into; such a one is no document of the library.
        passages: How many passages of it are in the index; None where that was not counted.
    """

    document: Document
    root: str | None
    raw_sha256: str = ""
    read_by: str = ""
    as_read: Document | None = None
    copy_of: str | None = None
    passages: int | None = field(default=None, compare=False)

    @property
    def read(self) -> Document:
        """The document as it was read."""
        return self.as_read or self.document


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
        excluded: Files that were removed from the library and stay out of it until they are named again: the place
            they were added from and their path there.
        dimension: Numbers of a vector; 0 in an index from before it was recorded.
        backend: What computed the vectors (`Encoder.backend`); "" in an index from before it was recorded.
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
    excluded: tuple[tuple[str, str], ...] = ()
    dimension: int = 0
    backend: str = ""


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
        excluded = fields.get("excluded", ())
        # On a server, whose fields are plain values, as text; releases before recorded none.
        pairs = json.loads(excluded) if isinstance(excluded, str) else excluded
        return Manifest(**{**fields, "excluded": tuple((str(root), str(path)) for root, path in pairs)})
    except (TypeError, ValueError, AttributeError) as error:
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


def write_atomically(path: Path, text: str | bytes, mode: int | None = None) -> None:
    """Writes a file so that a reader sees the old content or the new one, whatever happens on the way.

    Args:
        path: The file.
        text: What it holds from now on; text is written as UTF-8.
        mode: Its permissions, which hold before the first character is written; None leaves them to the process.
    """
    draft = path.with_name(path.name + ".tmp")
    with draft.open("wb") as file:
        if mode is not None:
            draft.chmod(mode)
        file.write(text.encode() if isinstance(text, str) else text)
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
    line = {
        **_fields_of(item.document),
        "root": item.root,
        "raw_sha256": item.raw_sha256,
        "read_by": item.read_by,
    }
    if item.passages is not None:
        line["passages"] = item.passages
    if item.as_read is not None:
        line["as_read"] = _fields_of(item.as_read)
    if item.copy_of is not None:
        line["copy_of"] = item.copy_of
    return line


def _fields_of(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "source": asdict(document.source),
        "sha256": document.sha256,
        "text": document.text,
    }


def _from_line(line: dict[str, Any]) -> Stored:
    as_read = line.get("as_read")
    return Stored(
        _document_of(line),
        line["root"],
        # Indexes of before these were recorded do not have them.
        line.get("raw_sha256", ""),
        line.get("read_by", ""),
        _document_of(as_read) if as_read is not None else None,
        line.get("copy_of"),
        line.get("passages"),
    )


def _document_of(fields: dict[str, Any]) -> Document:
    lists = {name: tuple(fields["source"].get(name, ())) for name in ("aliases", "also_at")}
    source = Source(**{**fields["source"], **lists})
    return Document(id=fields["id"], source=source, text=fields["text"], sha256=fields["sha256"])
