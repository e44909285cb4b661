"""What earlier generations hold: what is indexed now, what is taken over from it, and whose vectors serve."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.errors import DamagedIndexError, StoreError
from ingest.index.library import rescue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    from ingest.gather import Gathered
    from ingest.index.generations import Generation, Slot
    from ingest.index.records import Manifest, Stored
    from ingest.index.store import PassageStore
    from ingest.types import Document

__all__ = ["Former", "Taken", "Vectors", "indexed_now", "unfinished"]

# Unfinished generations whose vectors are kept for the next run: the fullest ones. Runs that are killed again and
# again leave no more behind.
_UNFINISHED = 2
# A copy keeps a place for every passage that was removed from it. Beyond this share of those that remain, the next
# generation is made anew.
_MOST_DROPPED = 0.5


@dataclass(frozen=True, slots=True)
class Former:
    """What is indexed now.

    Attributes:
        stored: Its documents.
        only: Whether the pack's own documents are left out of it.
        generation: Where it is; None where there is none that can be relied on.
        manifest: What that holds.
        moved: A damaged index that was set aside.
        excluded: Files that were removed from it and stay out: the place they were added from, and their path there.
    """

    stored: list[Stored] = field(default_factory=list)
    only: bool = False
    generation: Generation | None = None
    manifest: Manifest | None = None
    moved: Generation | None = None
    excluded: tuple[tuple[str, str], ...] = ()

    def is_what(self, gathered: Gathered, pack_sha256: str, encoder: str, *, only: bool) -> bool:
        """Whether an index of these documents, made with this pack and model, is the one there is."""
        same = (self.only, self.stored, self.excluded) == (only, gathered.stored, gathered.excluded)
        return same and self._made_with(pack_sha256, encoder)

    def taken(self, stored: Sequence[Stored], pack_sha256: str, encoder: str) -> Taken:
        """What an index of these documents has in common with it."""
        if self.generation is None or not self._made_with(pack_sha256, encoder):
            return Taken()
        wanted = {(item.document.id, item.document.sha256) for item in stored if item.copy_of is None}
        counts, dropped = {}, []
        for item in self.stored:
            if item.copy_of is not None:
                continue  # it has no passages of its own
            if item.passages is not None and (item.document.id, item.document.sha256) in wanted:
                counts[item.document.id] = item.passages
            else:
                dropped.append(item.document.id)
        return Taken(self.generation, counts, tuple(dropped), self.manifest.passages if self.manifest else 0)

    def _made_with(self, pack_sha256: str, encoder: str) -> bool:
        return self.manifest is not None and (self.manifest.pack_sha256, self.manifest.encoder) == (
            pack_sha256,
            encoder,
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What the next generation takes over, passages and vectors, as it is.

    Attributes:
        generation: From where; None for nothing.
        counts: How many passages each document has that stays the same, by its id.
        dropped: Ids of that generation's other documents.
        held: How many passages that generation has.
    """

    generation: Generation | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    held: int = 0

    @property
    def total(self) -> int:
        """How many passages are taken over."""
        return sum(self.counts.values())

    def lacks(self, document: Document) -> bool:
        """Whether a document's passages have to be made."""
        return document.id not in self.counts

    def is_whole(self) -> bool:
        """Whether all that is taken over can be read.

        Raises:
            StoreError: It cannot be got at now.
        """
        if self.generation is None:
            return True
        try:
            with closing(self.generation.open_store()) as store:
                return sum(len(passages) for passages, *_ in store.kept(self.counts.keys())) == self.total
        except DamagedIndexError:
            return False

    def begin(self, generation: Generation, encoder: str) -> PassageStore:
        """The store of the next generation, with what is taken over in it.

        Raises:
            DamagedIndexError: What is to be taken over is not there.
        """
        if self.generation is None or not self.counts:
            return generation.create_store(encoder)
        most_dropped = int(_MOST_DROPPED * self.total) - (self.held - self.total)
        store = generation.copy_store(self.generation, most_dropped) if most_dropped >= 0 else None
        copied = store is not None
        store = store or generation.create_store(encoder)
        try:
            if copied:
                store.drop(self.dropped)
            else:
                self._bring(self.generation, store)
            if store.count() != self.total:
                raise DamagedIndexError(
                    f"the index in {self.generation} has {store.count()} of the {self.total} passages it should have."
                )
        except BaseException:
            store.close()
            raise
        return store

    def _bring(self, generation: Generation, store: PassageStore) -> None:
        old = generation.open_store()
        try:
            for passages, vectors, digests in old.kept(self.counts.keys()):
                store.add(passages, vectors, digests)
        finally:
            old.close()


class Vectors:
    """The vectors of earlier generations, finished or not; for a run that begins.

    Args:
        generations: Those that are looked into, in this order.
        encoder: Name of the model that the vectors have to be of.
    """

    def __init__(self, generations: Sequence[Generation], encoder: str) -> None:
        self._stores: list[PassageStore] = []
        for generation in generations:
            try:
                store = generation.open_store()
            except StoreError:
                continue  # only a chance to save work
            if store.encoder == encoder:
                self._stores.append(store)
            else:
                store.close()

    def find(self, digests: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """Those of the passages with these ids that were computed from what has the given digest."""
        found: dict[str, NDArray[np.float32]] = {}
        for store in self._stores:
            missing = {id_: digest for id_, digest in digests.items() if id_ not in found}
            if not missing:
                break
            try:
                found |= store.vectors(missing)
            except StoreError:
                continue
        return found

    def digests(self, documents: Sequence[str]) -> dict[str, str]:
        """What they were computed from, by passage, of the documents with these ids."""
        found: dict[str, str] = {}
        for store in reversed(self._stores):
            try:
                found |= store.digests(documents)
            except StoreError:
                continue
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for store in self._stores:
            store.close()


def indexed_now(slot: Slot) -> Former:
    """What is indexed now; a damaged index is moved aside, and its documents are saved from it."""
    try:
        current = slot.current()
        if current is None:
            return Former()
        manifest = current.read_manifest()
        stored = current.read_stored(manifest)
        current.check(manifest)
    except StoreError as error:
        if error.__class__ is StoreError:
            raise
        return set_aside(slot)
    return Former(stored, manifest.only, current, manifest, excluded=manifest.excluded)


def set_aside(slot: Slot) -> Former:
    """Moves a damaged index out of the way, and saves its documents."""
    moved = slot.set_aside()
    stored, only, excluded = rescue(moved) if moved else ([], False, ())
    return Former([*stored], only, moved=moved, excluded=excluded)


def unfinished(slot: Slot, current: Generation | None) -> list[Generation]:
    """The generations that were never published, the fullest first; those beyond the first few are removed."""
    found = []
    for generation in slot.generations():
        if generation == current:
            break
        found.append((_fill(generation), generation))
    found.sort(key=lambda one: -one[0])
    kept = [generation for fill, generation in found[:_UNFINISHED] if fill]
    for _, generation in found:
        if generation not in kept:
            generation.discard()
    return kept


def _fill(generation: Generation) -> int:
    try:
        store = generation.open_store()
        try:
            return store.count()
        finally:
            store.close()
    except StoreError:
        return 0
