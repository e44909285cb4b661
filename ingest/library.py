"""The index on disk: generations of documents and passages, of which one is current.

    <home>/index/<slot>/CURRENT               name of the generation that readers open
    <home>/index/<slot>/<generation>/         manifest.json, documents.jsonl, chroma/
    <home>/index/<slot>/damaged-<time>/       a generation that could not be read, kept as it was

A generation is written whole and then named in CURRENT by one atomic rename, so a reader sees the old or the new one
and nothing between. `documents.jsonl` holds every document's text: an index can be rebuilt from it alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from filelock import FileLock
from filelock import Timeout as LockTimeout

from ingest.config import BUNDLED_CORPUS
from ingest.errors import DamagedIndexError, StoreError
from ingest.store import PassageStore
from ingest.types import Document, Passage, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ingest.config import Settings

__all__ = [
    "Library",
    "Manifest",
    "Stored",
    "current_generation",
    "index_slot",
    "open_library",
    "publish",
    "set_aside",
    "writing",
]

SCHEMA = 1
_CURRENT, _MANIFEST, _DOCUMENTS, _CHROMA, _DAMAGED = "CURRENT", "manifest.json", "documents.jsonl", "chroma", "damaged-"
_GENERATION = "generation-"
# How long a second process waits while another writes the same index.
_LOCK_SECONDS = 600


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


class Library:
    """An open generation: read only, and the same for as long as it is held.

    Args:
        folder: The generation's folder.

    Raises:
        DamagedIndexError: Something in it is missing or does not agree.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = _read_manifest(folder)
        self.stored = read_stored(folder, self.manifest.documents_sha256)
        self._store = PassageStore(folder / _CHROMA)
        try:
            self.passages: tuple[Passage, ...] = tuple(
                sorted(self._store.passages(), key=lambda passage: (self._rank[passage.document_id], passage.position))
            )
            if len(self.passages) != self.manifest.passages:
                raise DamagedIndexError(
                    f"the index in {folder} holds {len(self.passages)} passages, not {self.manifest.passages}."
                )
        except KeyError as error:
            self.close()
            raise DamagedIndexError(f"the index in {folder} has a passage of an unknown document, {error}.") from error
        except BaseException:
            self.close()
            raise

    @cached_property
    def documents(self) -> dict[str, Document]:
        """The documents by id, in the order of the library."""
        return {stored.document.id: stored.document for stored in self.stored}

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {id_: rank for rank, id_ in enumerate(self.documents)}

    @cached_property
    def by_id(self) -> dict[str, Passage]:
        """The passages by id."""
        return {passage.id: passage for passage in self.passages}

    def search(self, vector: NDArray[np.float32], k: int) -> list[tuple[Passage, float]]:
        """The `k` passages nearest to a unit vector with their cosine similarity, best first."""
        return [(self.by_id[id_], score) for id_, score in self._store.search(vector, k) if id_ in self.by_id]

    def close(self) -> None:
        """Lets go of the files."""
        self._store.close()


def index_slot(settings: Settings) -> Path:
    """The folder that holds the generations of the chosen pack: packs never overwrite one another's index."""
    if settings.corpus == BUNDLED_CORPUS:
        return settings.home / "index" / "bundled"
    digest = hashlib.sha256(str(settings.corpus).encode()).hexdigest()[:8]
    return settings.home / "index" / f"{settings.corpus.name or 'pack'}-{digest}"


def current_generation(slot: Path) -> Path | None:
    """The folder of the current generation, or None when nothing was ever published.

    Raises:
        DamagedIndexError: CURRENT does not name a generation that is there.
    """
    try:
        name = (slot / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        if any(slot.glob(f"{_GENERATION}*/{_MANIFEST}")):
            raise DamagedIndexError(f"the index in {slot} has lost its {_CURRENT} file.") from None
        return None
    except UnicodeDecodeError as error:
        raise DamagedIndexError(f"{slot / _CURRENT} is not text.") from error
    except OSError as error:
        raise StoreError(
            f"the index in {slot} cannot be read: {error.strerror}. Check the path and its permissions."
        ) from error
    if not name.startswith(_GENERATION) or "/" in name or not (slot / name).is_dir():
        raise DamagedIndexError(f"{slot / _CURRENT} names {name!r:.60}, which is not there.")
    return slot / name


def open_library(slot: Path) -> Library | None:
    """The current generation, opened; None when nothing was ever published."""
    folder = current_generation(slot)
    return Library(folder) if folder else None


@contextmanager
def writing(slot: Path) -> Iterator[None]:
    """Holds the right to write the index; one process at a time.

    Raises:
        StoreError: The folder cannot be written, or another process holds the right for too long.
    """
    try:
        slot.mkdir(parents=True, exist_ok=True)
        lock = FileLock(slot / ".lock", timeout=_LOCK_SECONDS)
        lock.acquire()
    except LockTimeout as error:
        raise StoreError(
            f"another process has been writing {slot} for {_LOCK_SECONDS} s. Wait for it or end it."
        ) from error
    except OSError as error:
        raise StoreError(
            f"the data folder {slot} cannot be written: {error.strerror or error}. "
            "Give another with --home or GROUNDRULE_HOME, or mend its permissions."
        ) from error
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the data folder {slot} cannot be written: {error.strerror or error}. Check its space and permissions."
        ) from error
    finally:
        lock.release()


def new_generation(slot: Path) -> Path:
    """A fresh, empty generation folder; not current until `publish`."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    folder = slot / f"{_GENERATION}{stamp}-{os.getpid()}"
    folder.mkdir(parents=True)
    return folder


def generations(slot: Path) -> list[Path]:
    """All generation folders, the newest first, finished or not."""
    return sorted((path for path in slot.glob(f"{_GENERATION}*") if path.is_dir()), reverse=True)


def chroma_folder(generation: Path) -> Path:
    """Where a generation keeps its vectors."""
    return generation / _CHROMA


def publish(generation: Path, stored: Sequence[Stored], manifest: Manifest) -> None:
    """Writes what makes the generation whole, names it current, and drops those older than the one before it."""
    slot = generation.parent
    lines = "".join(json.dumps(_to_line(item), ensure_ascii=False) + "\n" for item in stored)
    manifest = replace(manifest, documents_sha256=hashlib.sha256(lines.encode()).hexdigest())
    _write_atomically(generation / _DOCUMENTS, lines)
    _write_atomically(generation / _MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    previous = (
        (slot / _CURRENT).read_text(encoding="utf-8", errors="replace").strip() if (slot / _CURRENT).exists() else ""
    )
    _write_atomically(slot / _CURRENT, generation.name + "\n")
    for folder in generations(slot):
        # A running reader may still hold the one before.
        if folder.name not in (generation.name, previous):
            shutil.rmtree(folder, ignore_errors=True)


def set_aside(slot: Path) -> Path | None:
    """Moves what CURRENT points to out of the way, unread and unharmed.

    Returns:
        Where it lies now, or None when there was nothing to move.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = slot / f"{_DAMAGED}{stamp}"
    moved = None
    try:
        name = (
            (slot / _CURRENT).read_text(encoding="utf-8", errors="replace").strip()
            if (slot / _CURRENT).is_file()
            else ""
        )
        folder = slot / name if name.startswith(_GENERATION) and "/" not in name else None
        if folder is None or not folder.is_dir():
            folder = next(iter(generations(slot)), None)
        if folder is not None:
            folder.rename(target)
            moved = target
        (slot / _CURRENT).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the damaged index in {slot} cannot be moved: {error.strerror}. Check the folder's permissions."
        ) from error
    return moved


def rescue(folder: Path) -> tuple[list[Stored], bool]:
    """The documents of a generation that was set aside, and whether the pack's own were left out of it.

    Returns:
        Nothing when its documents were damaged too.
    """
    try:
        manifest = _read_manifest(folder)
        return read_stored(folder, manifest.documents_sha256), manifest.only
    except DamagedIndexError:
        return [], False


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


def _read_manifest(folder: Path) -> Manifest:
    try:
        fields = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if fields.get("schema") != SCHEMA:
            raise DamagedIndexError(f"the index in {folder} has layout {fields.get('schema')!r}, not {SCHEMA}.")
        return Manifest(**fields)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DamagedIndexError(f"the index in {folder} has no readable {_MANIFEST}.") from error


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


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".tmp")
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
