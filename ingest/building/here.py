"""Parses and embeds documents in this process: parsing runs ahead, and each window is embedded from short to long.

A window is parsed whole, so that texts of one length lie together, and is given out in chunks, so that an end, be it
Ctrl-C or a fault, loses a chunk and not a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest.building.batches import Batch
from ingest.building.claims import ClaimParser, PassageEmbedder, digest_of, embed, parse
from ingest.building.flow import ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.building.batches import Tally
    from ingest.building.former import Vectors
    from ingest.pack import Pack
    from ingest.types import Document, Encoder, Passage

__all__ = ["batches_here", "embedded"]

# Passages in a window, unless one document has more: enough for their lengths to lie close together in each batch.
WINDOW = 4096
# Batches of the encoder in a chunk: what is embedded, and written, at a time.
BATCHES = 8
# Documents are parsed in groups of about so many characters.
_GROUP_CHARS = 200_000


def batches_here(
    documents: Sequence[Document], pack: Pack, encoder: Encoder, former: Vectors, batch_size: int, tally: Tally
) -> Iterator[Batch]:
    """The passages of documents with their vectors, a chunk at a time.

    Args:
        documents: What is parsed.
        pack: Names the options.
        encoder: Embeds what `former` does not have.
        former: Vectors of before.
        batch_size: Passages that the encoder reads at a time.
        tally: Told what is parsed.

    Raises:
        EncoderError: The model cannot be loaded or fails.
    """
    with ahead(_windows(documents, ClaimParser(pack, encoder), tally), 1) as windows:
        for window in windows:
            yield from embedded(window, encoder, former, batch_size)


def embedded(window: Sequence[Passage], encoder: Encoder, former: Vectors, batch_size: int) -> Iterator[Batch]:
    """Passages with their vectors, a chunk at a time: first those that `former` has, then from short to long."""
    embedder = PassageEmbedder(encoder)
    digests = {passage.id: digest_of(passage, encoder.name) for passage in window}
    found = former.find(digests)
    known = [passage for passage in window if passage.id in found]
    for chunk in _chunks(known, BATCHES * batch_size):
        vectors = np.stack([found[passage.id] for passage in chunk])
        yield Batch(chunk, vectors, [digests[passage.id] for passage in chunk])
    fresh = [passage for passage in window if passage.id not in found]
    fresh.sort(key=lambda passage: len(passage.embedding_text))
    for chunk in _chunks(fresh, BATCHES * batch_size):
        yield Batch(chunk, embed(embedder, chunk), [digests[passage.id] for passage in chunk], len(chunk))


def _windows(documents: Sequence[Document], parser: ClaimParser, tally: Tally) -> Iterator[list[Passage]]:
    window: list[Passage] = []
    for group in _groups(documents):
        parsed = parse(parser, group)
        tally.parse(sum(len(document.text) for document in group), len(parsed))
        window += parsed
        while len(window) >= WINDOW:
            yield window[:WINDOW]
            del window[:WINDOW]
    if window:
        yield window


def _groups(documents: Sequence[Document]) -> Iterator[list[Document]]:
    group: list[Document] = []
    chars = 0
    for document in documents:
        group.append(document)
        chars += len(document.text)
        if chars >= _GROUP_CHARS:
            yield group
            group, chars = [], 0
    if group:
        yield group


def _chunks(passages: list[Passage], size: int) -> Iterator[list[Passage]]:
    for first in range(0, len(passages), size):
        yield passages[first : first + size]
