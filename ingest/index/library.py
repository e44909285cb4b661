"""An index, opened: documents, passages and search over one generation. It stays the same for as long as it is held."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import DamagedIndexError, EncoderError, StoreError
from ingest.index.near import Near
from ingest.index.records import check_count
from ingest.index.words import read_words, words_of, write_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from numpy.typing import NDArray

    from ingest.index.generations import Generation, Slot
    from ingest.index.records import Stored
    from ingest.index.words import Words
    from ingest.types import Document, Encoder, Passage

__all__ = ["EXACT_UP_TO", "FEW", "Library", "open_library", "rescue"]

EXACT_UP_TO = 20_000
"""Passages whose vectors are held in memory (30 MB at 384 dimensions) and compared one by one, in about 2 ms."""
# Of a larger library: enough to choose from, and looked up in the time that it takes to embed the question.
NEAREST = 100
# Where some documents are asked about, and a larger library has more passages of them than can be compared one by one.
NEAREST_AMONG = 1000
FEW = 2000
"""Passages of the documents asked about that are compared one by one, however large the library is."""
# Documents whose vectors are kept for the next question about them.
_DOCUMENTS_KEPT = 64
# From so many passages on, their words are kept in a file: to find them anew takes seconds.
_WORDS_KEPT_FROM = 5000
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

    @property
    def exact(self) -> bool:
        """Whether every passage is compared with a question; of a larger library those are that may bear on it."""
        return len(self.passages) <= EXACT_UP_TO

    @cached_property
    def words(self) -> Words:
        """The words of the passages; of a large library as they were kept when it was first opened."""
        large, (folder, key) = len(self.passages) >= _WORDS_KEPT_FROM, self.generation.kept
        kept = read_words(folder, key, len(self.passages)) if large else None
        if kept is not None:
            return kept
        words = words_of(self.passages)
        if large:
            write_words(words, folder, key)
        return words

    @cached_property
    def spans(self) -> dict[str, range]:
        """The ranks of the passages of each document, by its id."""
        ends = np.cumsum([self.counts[id_] for id_ in self.documents]).tolist()
        return {id_: range(end - self.counts[id_], end) for id_, end in zip(self.documents, ends, strict=True)}

    @cached_property
    def counts(self) -> Counter[str]:
        """How many passages each document has, by its id."""
        return Counter(passage.document_id for passage in self.passages)

    def of_document(self, id_: str) -> Sequence[Passage]:
        """The passages of a document, in order; none where there is no such document."""
        span = self.spans.get(id_, range(0))
        return self.passages[span.start : span.stop]

    def of_option(self, option: str) -> Sequence[Passage]:
        """The passages that speak of an option, in order."""
        return self._by_option.get(option, ())

    @cached_property
    def _by_option(self) -> dict[str, list[Passage]]:
        found: dict[str, list[Passage]] = {}
        for passage in self.passages:
            for option in passage.options:
                found.setdefault(option, []).append(passage)
        return found

    def near(self, vector: NDArray[np.float32], documents: Collection[str] = ()) -> Near:
        """How near the passages are to a vector.

        In a library of up to `EXACT_UP_TO` passages, and in documents of up to `FEW` together, every one is compared.
        Otherwise the nearest are looked up, among all: to look among some documents alone takes Chroma longer the more
        passages there are.

        Args:
            vector: Vector, shape (dimension,).
            documents: Only passages of these documents matter; all when empty.

        Raises:
            EncoderError: The vector has another dimension than the passages'.
        """
        self._check_dimension(vector)
        if self.exact:
            return Near(self._all_ranks, np.asarray(self._matrix @ vector, dtype=np.float32), 0.0, everything=True)
        wanted = sorted((self.spans.get(id_, range(0)) for id_ in documents), key=lambda span: span.start)
        if documents and sum(map(len, wanted)) <= FEW:
            ranks = np.concatenate([np.asarray(span, dtype=np.int32) for span in wanted])
            known = [self._vectors_of(span) @ vector for span in wanted if span]
            return Near(ranks, np.concatenate([np.zeros(0, dtype=np.float32), *known]), 0.0)
        found = self._store.search(vector, NEAREST_AMONG if documents else NEAREST)
        ranks = np.array([self.ranks[id_] for id_, _ in found], dtype=np.int32)
        order = np.argsort(ranks)
        cosines = np.array([score for _, score in found], dtype=np.float32)
        return Near(ranks[order], cosines[order], float(cosines.min(initial=1.0)))

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

    @cached_property
    def _all_ranks(self) -> NDArray[np.int32]:
        return np.arange(len(self.passages), dtype=np.int32)

    @cached_property
    def _vectors_of(self) -> Callable[[range], NDArray[np.float32]]:
        """The vectors of the passages of one document, given by their ranks."""
        return lru_cache(maxsize=_DOCUMENTS_KEPT)(
            lambda span: self._store.matrix([self.passages[rank].id for rank in span])
        )

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
