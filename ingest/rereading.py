"""Reads a document of the next index, but none again whose bytes are those of the stored version."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.index.records import Stored
from ingest.reading.address import is_address
from ingest.reading.load import address_document, bytes_of, file_document, reading_version
from ingest.reading.sidecar import Sidecars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.reading.isolated import Reader
    from ingest.reading.urls import Fetcher
    from ingest.types import Document

__all__ = ["Key", "Readable", "Rereading"]

Key = tuple[str | None, str | None]
"""The place that a document was added from, and its path there."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A document to read.

    Attributes:
        root: What is recorded as the place that it comes from; None for the pack's own.
        folder: What its recorded path is relative to.
        file: The file; None for an address.
    """

    root: str | None
    folder: Path = Path()
    file: Path | None = None

    @property
    def key(self) -> Key:
        """Where it comes from."""
        return (self.root, self.file.relative_to(self.folder).as_posix() if self.file else None)

    @property
    def shown(self) -> str:
        """The same for people."""
        return str(self.file or self.root)


class Rereading:
    """Reads one document after the other, each with what a `sources.yaml` beside it tells of it.

    Args:
        reader: Reads what needs a process of its own.
        fetcher: Fetches addresses.
        max_bytes: Largest file that is read.
    """

    def __init__(self, reader: Reader, fetcher: Fetcher, max_bytes: int) -> None:
        self._reader = reader
        self._fetcher = fetcher
        self._max_bytes = max_bytes
        self._sidecars = Sidecars()

    def read(self, one: Readable, old: Stored | None) -> tuple[Stored, tuple[str, ...]]:
        """The document as it is to be stored, and what is to know about how it was read.

        Args:
            one: The document.
            old: The version of it that is stored now.

        Raises:
            DocumentError: It cannot be read.
        """
        if one.file is None:
            address = str(one.root)
            fetched = self._fetcher.fetch(address)
            content, more = fetched.content, self._sidecars.fields_of_address(address)
        else:
            content = bytes_of(one.file, self._max_bytes)
            more = {} if one.root is None else self._sidecars.fields_of(one.file, one.folder)
            if old is not None and one.root is not None and self._sidecars.is_broken_for(one.file, one.folder):
                more = {}
                if old.raw_sha256 == hashlib.sha256(content).hexdigest():
                    return old, ()  # rather the citation of before than none
        raw, read_by = hashlib.sha256(content).hexdigest(), _read_by(more)
        if old is not None and (old.raw_sha256, old.read_by) == (raw, read_by):
            return replace(old, document=_as_read(old.document), root=one.root), ()
        if one.file is None:
            document, notes = address_document(content, address, fetched.address, self._reader, more)
        else:
            document, notes = file_document(content, one.file, one.folder, self._reader, more)
        return Stored(document, one.root, raw, read_by), notes

    def sidecar_faults(self, read: Sequence[Readable]) -> Iterator[tuple[Path, str]]:
        """What is wrong with the `sources.yaml` that were read, by file.

        Args:
            read: The documents that they could tell of.
        """
        yield from self._sidecars.broken.items()
        files = [one.file for one in read if one.file is not None and one.root is not None]
        addresses = {str(one.root) for one in read if one.file is None}
        for path, key in self._sidecars.unmatched(files, addresses):
            what = "address that is indexed" if is_address(key) else "file in its folder"
            yield path, f"{path}: {key!r} is no {what}. Correct or remove it."


def _read_by(more: Mapping[str, Any]) -> str:
    """Names what a document is read with: the code, and the fields that people gave it."""
    told = hashlib.sha256(json.dumps(more, sort_keys=True).encode()).hexdigest()[:16] if more else ""
    return f"{reading_version()}.{told}".rstrip(".")


def _as_read(document: Document) -> Document:
    """The document under the id that it has before ids are made distinct."""
    return replace(document, id=document.id.removesuffix(f"-{document.sha256[:8]}"))
