"""The generations of an index as folders in the home, of which one is current.

    <home>/index/<slot>/CURRENT               name of the generation that readers open
    <home>/index/<slot>/<generation>/         manifest.json, documents.jsonl, chroma/
    <home>/index/<slot>/damaged-<time>/       a generation that could not be read, kept as it was

A generation is written whole and then named in CURRENT by one atomic rename, so a reader sees the old or the new one
and nothing between.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from filelock import FileLock
from filelock import Timeout as LockTimeout

from ingest.errors import DamagedIndexError, StoreError
from ingest.index.chroma import create_in_folder, open_in_folder
from ingest.index.chroma_files import check_folder, copy_folder
from ingest.index.records import (
    MANIFEST,
    check_count,
    flush,
    read_manifest,
    read_stored,
    write_atomically,
    write_records,
)
from ingest.index.store import PassageStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ingest.index.records import Manifest, Stored

__all__ = ["DAMAGED", "GENERATION", "LOCK_SECONDS", "FolderGeneration", "FolderSlot", "time_stamp", "writing"]

GENERATION, DAMAGED = "generation-", "damaged-"
"""What the names of generations begin with."""
LOCK_SECONDS = 600
"""How long a second process waits while another writes the same index."""
_CURRENT, _CHROMA = "CURRENT", "chroma"
# What CURRENT says while the first index is written.
_NONE = "none"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Holds the right to write a folder; one process at a time.

    Raises:
        StoreError: The folder cannot be written, or another process holds the right for too long.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=LOCK_SECONDS)
        lock.acquire()
    except LockTimeout as error:
        raise StoreError(
            f"another process has been writing {folder} for {LOCK_SECONDS} s. Wait for it or end it."
        ) from error
    except OSError as error:
        raise StoreError(
            f"the data folder {folder} cannot be written: {error.strerror or error}. "
            "Give another with --home or GROUNDRULE_HOME, or mend its permissions."
        ) from error
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the data folder {folder} cannot be written: {error.strerror or error}. Check its space and permissions."
        ) from error
    finally:
        lock.release()


@dataclass(frozen=True)
class FolderGeneration:
    """One generation, in a folder of its own; see `ingest.index.generations.Generation`."""

    folder: Path
    distant = False

    def __str__(self) -> str:
        return str(self.folder)

    @property
    def kept(self) -> tuple[Path, str]:
        """Its own folder, with which it goes."""
        return self.folder, self.folder.name

    def read_manifest(self) -> Manifest:
        """What it holds."""
        return read_manifest(self.folder)

    def read_stored(self, manifest: Manifest) -> list[Stored]:
        """Its documents."""
        return read_stored(self.folder, manifest.documents_sha256)

    def create_store(self, encoder: str) -> PassageStore:
        """A new store for its passages."""
        return PassageStore(create_in_folder(self.folder / _CHROMA, {"encoder": encoder}))

    def copy_store(self, other: object, most_dropped: int) -> PassageStore | None:
        """A store that begins as a copy of another generation's, unless too much was removed from that."""
        if not isinstance(other, FolderGeneration):
            return None
        old = PassageStore(open_in_folder(other.folder / _CHROMA, search=False))
        dropped = old.dropped
        old.close()
        if dropped > most_dropped or not copy_folder(other.folder / _CHROMA, self.folder / _CHROMA):
            return None
        return PassageStore(open_in_folder(self.folder / _CHROMA, search=False))

    def open_store(self) -> PassageStore:
        """The store of its passages."""
        return PassageStore(open_in_folder(self.folder / _CHROMA))

    def check(self, manifest: Manifest) -> None:
        """Makes sure that its passages are there."""
        check_folder(self.folder / _CHROMA)
        store = PassageStore(open_in_folder(self.folder / _CHROMA, search=False))
        try:
            check_count(self, store.count(), manifest)
        finally:
            store.close()

    def publish(self, stored: Sequence[Stored], manifest: Manifest) -> None:
        """Writes what makes it whole, names it current, and drops those older than the one before it."""
        slot = FolderSlot(self.folder.parent)
        # What Chroma has to put in order when it first reads is done here, and not by several readers at once.
        self.open_store().close()
        write_records(self.folder, stored, manifest)
        # All that CURRENT is about to name is on the disk before it is named, whatever becomes of the machine.
        for path in [*self.folder.rglob("*"), self.folder, slot.folder]:
            flush(path)
        previous = slot.named()
        write_atomically(slot.folder / _CURRENT, self.folder.name + "\n")
        for other in slot.generations():
            # A running reader may still hold the one before.
            if other.folder.name not in (self.folder.name, previous):
                other.discard()

    def discard(self) -> None:
        """Removes it, as far as that can be done."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class FolderSlot:
    """The generations of one pack's index, in a folder; see `ingest.index.generations.Slot`."""

    folder: Path
    shared = False

    @property
    def name(self) -> str:
        """The folder's own."""
        return self.folder.name

    def __str__(self) -> str:
        return str(self.folder)

    def writing(self) -> AbstractContextManager[None]:
        """Holds the right to write the index; one process at a time."""
        return writing(self.folder)

    def current(self) -> FolderGeneration | None:
        """The current generation, or None when nothing was ever published.

        Raises:
            DamagedIndexError: CURRENT does not name a generation that is there.
        """
        try:
            name = (self.folder / _CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            if any(self.folder.glob(f"{GENERATION}*/{MANIFEST}")):
                raise DamagedIndexError(f"the index in {self} has lost its {_CURRENT} file.") from None
            return None
        except UnicodeDecodeError as error:
            raise DamagedIndexError(f"{self.folder / _CURRENT} is not text.") from error
        except OSError as error:
            raise StoreError(
                f"the index in {self} cannot be read: {error.strerror}. Check the path and its permissions."
            ) from error
        if name == _NONE:
            return None
        if not name.startswith(GENERATION) or "/" in name or not (self.folder / name).is_dir():
            raise DamagedIndexError(f"{self.folder / _CURRENT} names {name!r:.60}, which is not there.")
        return FolderGeneration(self.folder / name)

    def new_generation(self) -> FolderGeneration:
        """A fresh, empty generation; not current until it is published."""
        folder = self.folder / f"{GENERATION}{time_stamp()}-{os.getpid()}"
        folder.mkdir(parents=True)
        if not (self.folder / _CURRENT).exists():
            # Else a first index, killed just before it is named, would look like one whose name was lost.
            write_atomically(self.folder / _CURRENT, _NONE + "\n")
        return FolderGeneration(folder)

    def generations(self) -> list[FolderGeneration]:
        """All generations, the newest first, finished or not."""
        folders = sorted((path for path in self.folder.glob(f"{GENERATION}*") if path.is_dir()), reverse=True)
        return [FolderGeneration(folder) for folder in folders]

    def set_aside(self) -> FolderGeneration | None:
        """Moves what CURRENT points to out of the way, unread and unharmed.

        Returns:
            What lies there now, or None when there was nothing to move.
        """
        target = self.folder / f"{DAMAGED}{time_stamp()}"
        moved = None
        try:
            name = self.named()
            folder = self.folder / name if name.startswith(GENERATION) and "/" not in name else None
            if folder is None or not folder.is_dir():
                folder = next((one.folder for one in self.generations()), None)
            if folder is not None:
                folder.rename(target)
                moved = FolderGeneration(target)
            (self.folder / _CURRENT).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"the damaged index in {self} cannot be moved: {error.strerror}. Check the folder's permissions."
            ) from error
        return moved

    def named(self) -> str:
        """What CURRENT says, right or wrong; "" when it is not there."""
        current = self.folder / _CURRENT
        return current.read_text(encoding="utf-8", errors="replace").strip() if current.is_file() else ""


def time_stamp() -> str:
    """The time, as generations have it in their names."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
