"""The generations of an index, of which one is current: in the home folder, or on a Chroma server for several servers.

A generation is written whole and becomes current in one step, so a reader sees the old or the new one and nothing
between. `ingest.index.folders` and `ingest.index.served` say how each place does that.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from ingest.config import BUNDLED_CORPUS
from ingest.index.chroma import chroma_server
from ingest.index.folders import FolderSlot, writing
from ingest.index.served import ServedSlot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ingest.config import Settings
    from ingest.index.records import Manifest, Stored
    from ingest.index.store import PassageStore

__all__ = ["Generation", "Slot", "index_slot", "writing"]


class Generation(Protocol):
    """One generation of an index; it is compared by value, and `str` says where it is."""

    @property
    def distant(self) -> bool:
        """Whether it can go away while it is read."""

    @property
    def kept(self) -> tuple[Path, str]:
        """A folder on this machine for what is made of it and can be made again, and what it is known by there."""

    def read_manifest(self) -> Manifest:
        """What it holds.

        Raises:
            DamagedIndexError: It does not say, or not in a way that is understood.
        """

    def read_stored(self, manifest: Manifest) -> list[Stored]:
        """Its documents.

        Raises:
            DamagedIndexError: They are not those that the manifest vouches for.
        """

    def create_store(self, encoder: str) -> PassageStore:
        """A new store for its passages, with vectors of the model of this name."""

    def copy_store(self, other: object, most_dropped: int) -> PassageStore | None:
        """A store that begins as a copy of another generation's; None where that cannot be had.

        Args:
            other: The other generation.
            most_dropped: How many passages may have been removed from the other's since that was made.

        Raises:
            DamagedIndexError: The other's is not whole.
        """

    def check(self, manifest: Manifest) -> None:
        """Makes sure that its passages are there, without reading them.

        Raises:
            DamagedIndexError: They are missing, too few, or cannot be read.
        """

    def open_store(self) -> PassageStore:
        """The store of its passages.

        Raises:
            DamagedIndexError: It is missing or cannot be used.
        """

    def publish(self, stored: Sequence[Stored], manifest: Manifest) -> None:
        """Adds what makes it whole, makes it current, and drops those older than the one before it."""

    def discard(self) -> None:
        """Removes it, as far as that can be done; a current one stays where that can be told."""


class Slot(Protocol):
    """Where the generations of one pack's index are; `str` says it."""

    @property
    def name(self) -> str:
        """The pack's own name for it."""

    @property
    def folder(self) -> Path:
        """Its folder in the home, which an index that is elsewhere has too."""

    @property
    def shared(self) -> bool:
        """Whether processes with other homes use it."""

    def writing(self) -> AbstractContextManager[None]:
        """Holds the right to write the index; one process at a time.

        Raises:
            StoreError: It cannot be written, or another process holds the right for too long.
        """

    def current(self) -> Generation | None:
        """The current generation, or None when nothing was ever published.

        Raises:
            DamagedIndexError: What is named current is not there.
            StoreError: It cannot be told.
        """

    def new_generation(self) -> Generation:
        """A fresh, empty generation; not current until it is published."""

    def generations(self) -> Sequence[Generation]:
        """All generations, the newest first, finished or not."""

    def set_aside(self) -> Generation | None:
        """Moves a damaged current generation out of the way, unread and unharmed; None when there was none."""


def index_slot(settings: Settings) -> Slot:
    """Where the generations of the chosen pack are: packs never overwrite one another's index."""
    if settings.corpus == BUNDLED_CORPUS:
        name = "bundled"
    else:
        digest = hashlib.sha256(str(settings.corpus).encode()).hexdigest()[:8]
        name = f"{settings.corpus.name or 'pack'}-{digest}"
    folder = settings.home / "index" / name
    return ServedSlot(folder, chroma_server(settings.chroma_url)) if settings.chroma_url else FolderSlot(folder)
