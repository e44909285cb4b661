"""Fills a new generation: with what is taken over, and with what is parsed and embedded while it is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingest.building.batches import Tally
from ingest.building.flow import behind
from ingest.index.records import SCHEMA, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.building.batches import Batch
    from ingest.building.former import Taken
    from ingest.gather import Progress
    from ingest.index.generations import Generation
    from ingest.index.records import Stored
    from ingest.pack import Pack
    from ingest.types import Document, Encoder

    Batches = Callable[[Sequence[Document], Tally], Iterator[Batch]]
    """Parses and embeds documents, wherever that is done."""

__all__ = ["WAITING", "Written", "write_generation"]

WAITING = 2
"""Batches that may wait to be written."""


@dataclass(frozen=True, slots=True)
class Written:
    """A generation that is ready to be published.

    Attributes:
        stored: Its documents, with the number of their passages.
        manifest: What it holds.
        embedded: How many vectors were computed for it.
    """

    stored: list[Stored]
    manifest: Manifest
    embedded: int


def write_generation(
    generation: Generation,
    stored: Sequence[Stored],
    taken: Taken,
    pack: Pack,
    encoder: Encoder,
    batches: Batches,
    progress: Progress,
    *,
    only: bool,
    excluded: tuple[tuple[str, str], ...] = (),
    known: Manifest | None = None,
) -> Written:
    """Writes the passages and vectors of a new generation.

    Args:
        generation: Where they go.
        stored: Its documents.
        taken: What is taken over from the generation before.
        pack: Names the options.
        encoder: Whose vectors they are.
        batches: Parses and embeds the other documents.
        progress: Told how far it is.
        only: Whether the pack's own documents are left out.
        excluded: Files that stay out of it.
        known: What the generation before holds: where nothing is embedded, its vectors are all there are.

    Raises:
        DamagedIndexError: What is to be taken over is not there.
        EncoderError: The model cannot be loaded or fails.
        StoreError: The place cannot be written.
    """
    own = [item.document for item in stored if item.copy_of is None]
    documents = [document for document in own if taken.lacks(document)]
    tally = Tally(sum(len(document.text) for document in documents))
    counts, embedded, done = Counter(taken.counts), 0, taken.total
    progress("embedding", 0, done + tally.expected(0))
    store = taken.begin(generation, encoder.name)

    def write(batch: Batch) -> None:
        store.add(batch.passages, batch.vectors, batch.digests)

    try:
        if documents:
            with behind(write, WAITING) as writer:
                for batch in batches(documents, tally):
                    writer.put(batch)
                    counts.update(passage.document_id for passage in batch.passages)
                    embedded += batch.embedded
                    done += len(batch.passages)
                    progress("embedding", done, taken.total + tally.expected(done - taken.total))
        progress("embedding", done, done)
    finally:
        store.close()
    manifest = Manifest(
        schema=SCHEMA,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder.name,
        pack=pack.name,
        pack_sha256=pack.sha256,
        only=only,
        documents=len(own),
        passages=done,
        documents_sha256="",
        excluded=excluded,
        # Asked of the model only where it is loaded anyway.
        dimension=known.dimension if known and not embedded else encoder.dimension,
        backend=known.backend if known and not embedded else encoder.backend,
    )
    return Written([replace(item, passages=counts[item.document.id]) for item in stored], manifest, embedded)
