"""The generations of an index on disk, of which one is current.

    <home>/index/<slot>/CURRENT               name of the generation that readers open
    <home>/index/<slot>/<generation>/         manifest.json, documents.jsonl, chroma/
    <home>/index/<slot>/damaged-<time>/       a generation that could not be read, kept as it was

A generation is written whole and then named in CURRENT by one atomic rename, so a reader sees the old or the new one
and nothing between.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from filelock import FileLock
from filelock import Timeout as LockTimeout

from ingest.config import BUNDLED_CORPUS
from ingest.errors import DamagedIndexError, StoreError
from ingest.records import MANIFEST, Manifest, Stored, write_atomically, write_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.config import Settings

__all__ = [
    "chroma_folder",
    "current_generation",
    "generations",
    "index_slot",
    "new_generation",
    "publish",
    "set_aside",
    "writing",
]

_CURRENT, _CHROMA, _GENERATION, _DAMAGED = "CURRENT", "chroma", "generation-", "damaged-"
# How long a second process waits while another writes the same index.
_LOCK_SECONDS = 600


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
        if any(slot.glob(f"{_GENERATION}*/{MANIFEST}")):
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
    write_records(generation, stored, manifest)
    previous = _named(slot)
    write_atomically(slot / _CURRENT, generation.name + "\n")
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
        name = _named(slot)
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


def _named(slot: Path) -> str:
    """What CURRENT says, right or wrong; "" when it is not there."""
    current = slot / _CURRENT
    return current.read_text(encoding="utf-8", errors="replace").strip() if current.is_file() else ""
