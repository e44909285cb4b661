"""An index, opened: documents, passages and search over one generation. It stays the same for as long as it is held."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import DamagedIndexError, EncoderError, StoreError
from ingest.index.records import check_count

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from ingest.index.generations import Generation, Slot
    from ingest.index.records import Stored
    from ingest.types import Document, Encoder, Passage

__all__ = ["EXACT_UP_TO", "Library", "open_library", "rescue"]

EXACT_UP_TO = 20_000
"""Passages whose vectors are held in memory (30 MB at 384 dimensions) and compared one by one, in about 2 ms."""
# Of a larger library: what the surroundings of a passage need to be told from nothing.
NEAREST = 1000
# Fewer words are said alike by chance.
_ECHO_WORDS = 8
_WORD = re.compile(r"\w+")


class Library:
    """An open generation: read only, and the same for as long as it is held.

    Args:
        generation: What is opened.

    Raises:
        DamagedIndexError: Something in it is missing or does not agree.
        StoreError: It cannot be read now.
    """

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.manifest = generation.read_manifest()
        self.stored = generation.read_stored(self.manifest)
        self._store = generation.open_store()
        try:
            self.passages: tuple[Passage, ...] = tuple(
                sorted(self._store.passages(), key=lambda passage: (self._rank[passage.document_id], passage.position))
            )
            check_count(generation, len(self.passages), self.manifest)
            if generation.distant and len(self.passages) <= EXACT_UP_TO:
                # Questions are answered from memory then, while the place of the index is away.
                _ = self._matrix
        except KeyError as error:
            self.close()
            raise DamagedIndexError(
                f"the index in {generation} has a passage of an unknown document, {error}."
            ) from error
        except BaseException:
            self.close()
            raise

    def check_encoder(self, encoder: Encoder) -> None:
        """Makes sure that questions are embedded by the model that the passages were. No model is loaded for it.

        Raises:
            EncoderError: They would not be.
        """
        if self.manifest.encoder != encoder.name:
            raise EncoderError(
                f"the index was built with {self.manifest.encoder!r}, but the embedding model is set to "
                f"{encoder.name!r}. Run `groundrule ingest` to rebuild it, or set GROUNDRULE_EMBEDDING_MODEL back."
            )

    def _check_dimension(self, vector: NDArray[np.float32]) -> None:
        if self.manifest.dimension and len(vector) != self.manifest.dimension:
            raise EncoderError(
                f"the index holds vectors of {self.manifest.dimension} numbers, but {self.manifest.encoder!r} gives "
                f"{len(vector)}: it is not the model any more that the index was built with. Run `groundrule ingest` "
                "to rebuild it, or set GROUNDRULE_EMBEDDING_MODEL to the model that it was."
            )

    @cached_property
    def documents(self) -> dict[str, Document]:
        """The documents by id, in the order of the library; copies are in those that they were merged into."""
        return {stored.document.id: stored.document for stored in self.stored if stored.copy_of is None}

    @property
    def works(self) -> dict[str, str | None]:
        """The documents' ids, each with the id of the pack's document on the same work, if it is an original of it."""
        return {id_: document.source.work for id_, document in self.documents.items()}

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {id_: rank for rank, id_ in enumerate(self.documents)}

    @cached_property
    def by_id(self) -> dict[str, Passage]:
        """The passages by id."""
        return {passage.id: passage for passage in self.passages}

    def cosines(self, vector: NDArray[np.float32], documents: Collection[str] = ()) -> NDArray[np.float32]:
        """The cosine similarity of each passage to a vector, shape (passages,).

        Exact in a library of up to `EXACT_UP_TO` passages. In a larger one the nearest `NEAREST` are looked up, and all
        others get the least of those found, which none of them exceeds.

        Args:
            vector: Vector, shape (dimension,).
            documents: Look the nearest up among the documents with these ids alone.

        Raises:
            EncoderError: The vector has another dimension than the passages'.
        """
        self._check_dimension(vector)
        if len(self.passages) <= EXACT_UP_TO:
            return np.asarray(self._matrix @ vector, dtype=np.float32)
        found = self._store.search(vector, NEAREST, documents)
        floor = min((score for _, score in found), default=0.0)
        scores = np.full(len(self.passages), floor, dtype=np.float32)
        for id_, score in found:
            scores[self.ranks[id_]] = score
        return scores

    @cached_property
    def echoes(self) -> frozenset[str]:
        """Ids of passages that say word for word what one of another document says, so that nothing is cited twice.

        Of such passages the one that says most of its option and stance is none of these, else the first.
        """
        same: dict[str, list[Passage]] = {}
        for passage in self.passages:
            words = _WORD.findall(passage.text.lower())
            if len(words) >= _ECHO_WORDS:
                same.setdefault(" ".join(words), []).append(passage)
        found: set[str] = set()
        for group in (group for group in same.values() if len(group) > 1):
            first = max(group, key=lambda one: (one.stance != "neutral", len(one.options)))
            found.update(
                one.id
                for one in group
                if one.document_id != first.document_id
                and set(one.options) <= set(first.options)
                and one.stance in (first.stance, "neutral")
            )
        return frozenset(found)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Where each passage stands in `passages`, by id."""
        return {passage.id: rank for rank, passage in enumerate(self.passages)}

    @cached_property
    def _matrix(self) -> NDArray[np.float32]:
        return self._store.matrix([passage.id for passage in self.passages])

    def close(self) -> None:
        """Lets go of the files."""
        self._store.close()


def open_library(slot: Slot) -> Library | None:
    """The current generation, opened; None when nothing was ever published."""
    generation = slot.current()
    while generation is not None:
        try:
            return Library(generation)
        except StoreError:
            newer = slot.current()
            if newer == generation:
                raise
            generation = newer  # replaced, and dropped, while it was opened
    return None


def rescue(generation: Generation) -> tuple[list[Stored], bool, tuple[tuple[str, str], ...]]:
    """The documents of a generation that was set aside, whether without the pack's own, and what was removed from it.

    Returns:
        Nothing when its documents were damaged too.
    """
    try:
        manifest = generation.read_manifest()
        return generation.read_stored(manifest), manifest.only, manifest.excluded
    except DamagedIndexError:
        return [], False, ()
