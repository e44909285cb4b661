"""Documents to a published index. Owns llama-index: parsing and embedding run as its transformations."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from llama_index.core.ingestion import IngestionPipeline, run_transformations
from llama_index.core.schema import BaseNode, TextNode, TransformComponent
from llama_index.core.schema import Document as LlamaDocument

from ingest.errors import DocumentError, GroundruleError, PathError, StoreError
from ingest.gather import FileReport, gather
from ingest.index.generations import index_slot
from ingest.index.library import Library, rescue
from ingest.index.records import SCHEMA, Manifest, Stored
from ingest.naming import Namer
from ingest.pack import load_pack
from ingest.reading.places import find_files
from ingest.structure import parse_passages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.config import Settings
    from ingest.gather import Gathered, Progress
    from ingest.index.generations import Generation, Slot
    from ingest.pack import Pack
    from ingest.types import Encoder, Passage

__all__ = ["Report", "build_index"]


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did.

    Attributes:
        files: One entry a document.
        documents: Documents in the published index.
        passages: Passages in it.
        embedded: Passages embedded now; the others' vectors were taken over.
        set_aside: Where a damaged index lies now, or None.
        skipped: Files of other kinds in the folders that were read.
    """

    files: tuple[FileReport, ...]
    documents: int
    passages: int
    embedded: int
    set_aside: str | None = None
    skipped: int = 0

    @property
    def failed(self) -> tuple[FileReport, ...]:
        """The documents that could not be read."""
        return tuple(file for file in self.files if file.status == "failed")

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "files": [file.as_json() for file in self.files],
            "summary": dict(sorted(Counter(file.status for file in self.files).items())),
            "documents": self.documents,
            "passages": self.passages,
            "embedded": self.embedded,
            "skipped": self.skipped,
            "set_aside": self.set_aside,
        }


def build_index(
    settings: Settings,
    encoder: Encoder,
    paths: Sequence[Path | str] = (),
    *,
    only: bool = False,
    join: bool = False,
    root: str | None = None,
    without: Collection[tuple[str | None, str | None]] = (),
    read_again: bool = True,
    progress: Progress | None = None,
) -> Report:
    """Builds and publishes a new generation of the index.

    Without paths, the pack's documents and all that were added before are read again. Vectors whose text and model are
    unchanged are taken over from what is there, an interrupted run's included. A damaged index is set aside first.

    Args:
        settings: Where the pack and the index are.
        encoder: Embeds what is new.
        paths: Files, folders, patterns and addresses to add.
        only: Index `paths` alone, without the pack's documents and what was added before.
        join: `paths` join what there is, be the pack's documents in it or not; without it, they join the pack's.
        root: What is recorded as the place that `paths` come from, in their stead; what was added under it before
            stays.
        without: Documents to leave out, by the place they were added from and their path there; they stay out of
            later indexes too, until `paths` name them.
        read_again: Whether what was added before is read again, or taken as it is stored.
        progress: Told how far the work is.

    Raises:
        PathError: A path that is not there, or `only` without paths.
        PackError: The pack breaks a rule.
        StoreError: The data folder cannot be written.
    """
    if only and not paths:
        raise PathError("there is nothing to index: --only needs at least one file or folder.")
    told = progress or (lambda *_: None)
    pack = load_pack(settings.corpus)
    find_files(paths)  # a missing path is refused before anything is touched
    slot = index_slot(settings)
    with slot.writing():
        previous, was_only, excluded, moved = _previous(slot)
        alone = only or (was_only and (join or not paths))
        gathered = gather(
            settings,
            pack,
            previous,
            paths,
            only=alone,
            progress=told,
            join=join,
            root=root,
            without=without,
            excluded=excluded,
            read_again=read_again,
        )
        if not gathered.stored:
            raise DocumentError(
                "no document could be read, so the index is left as it was. " + gathered.files[0].detail
            )
        generation = slot.new_generation()
        try:
            manifest, embedded, counts = _write(
                slot, generation, gathered.stored, pack, encoder, told, only=alone, batch_size=settings.embedding_batch
            )
            manifest = replace(manifest, excluded=gathered.excluded)
            generation.publish(gathered.stored, manifest)
        except GroundruleError:
            generation.discard()
            raise
        # On Ctrl-C the unfinished generation stays: the next run takes its vectors over, then removes it.
    files = tuple(_counted(gathered, counts))
    return Report(
        files, manifest.documents, manifest.passages, embedded, str(moved) if moved else None, gathered.skipped
    )


def _previous(slot: Slot) -> tuple[list[Stored], bool, tuple[tuple[str, str], ...], Generation | None]:
    """What is indexed now, whether without the pack's own, what was removed, and a damaged index that was moved."""
    try:
        current = slot.current()
        if current is None:
            return [], False, (), None
        library = Library(current)
        stored, only, excluded = list(library.stored), library.manifest.only, library.manifest.excluded
        library.close()
    except StoreError as error:
        if error.__class__ is StoreError:
            raise
        moved = slot.set_aside()
        stored, only, excluded = rescue(moved) if moved else ([], False, ())
        return stored, only, excluded, moved
    return stored, only, excluded, None


def _write(
    slot: Slot,
    generation: Generation,
    stored: Sequence[Stored],
    pack: Pack,
    encoder: Encoder,
    progress: Progress,
    *,
    only: bool,
    batch_size: int,
) -> tuple[Manifest, int, Counter[str]]:
    """The manifest of what was written, how many passages were embedded for it, and how many each document has."""
    documents = [item.document for item in stored if item.copy_of is None]
    parsed = IngestionPipeline(transformations=[ClaimParser(pack, encoder)], disable_cache=True).run(
        documents=[
            LlamaDocument(doc_id=document.id, text=document.text, metadata={"document": document})
            for document in documents
        ]
    )
    reused = _reusable(slot, generation, parsed, encoder)
    store = generation.create_store(encoder.name)
    try:
        done = 0
        progress("embedding", done, len(parsed))
        for batch in _batched(parsed, batch_size):
            fresh = [node for node in batch if node.node_id not in reused]
            embedded = run_transformations(fresh, [PassageEmbedder(encoder)])
            vectors = reused | {node.node_id: np.asarray(node.embedding, dtype=np.float32) for node in embedded}
            store.add(
                [node.metadata["passage"] for node in batch],
                np.stack([vectors[node.node_id] for node in batch]),
                [_digest(node.metadata["passage"], encoder) for node in batch],
            )
            done += len(batch)
            progress("embedding", done, len(parsed))
    finally:
        store.close()
    manifest = Manifest(
        schema=SCHEMA,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder.name,
        pack=pack.name,
        pack_sha256=pack.sha256,
        only=only,
        documents=len(documents),
        passages=len(parsed),
        documents_sha256="",
        dimension=encoder.dimension,
        backend=encoder.backend,
    )
    counts = Counter(node.metadata["passage"].document_id for node in parsed)
    return manifest, sum(node.node_id not in reused for node in parsed), counts


def _counted(gathered: Gathered, counts: Mapping[str, int]) -> Iterator[FileReport]:
    """The reports of documents with the number of their passages."""
    ids = {(item.root, item.document.source.path): item.document.id for item in gathered.stored}
    for file in gathered.files:
        yield replace(file, passages=counts.get(ids.get(file.place, ""), 0))


def _batched(nodes: Sequence[BaseNode], size: int) -> list[Sequence[BaseNode]]:
    return [nodes[first : first + size] for first in range(0, len(nodes), size)]


def _reusable(
    slot: Slot, generation: Generation, nodes: Sequence[BaseNode], encoder: Encoder
) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """Vectors that an earlier generation, finished or not, already has for these passages."""
    wanted = {node.node_id: _digest(node.metadata["passage"], encoder) for node in nodes}
    found: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}
    for other in slot.generations():
        missing = {id_: digest for id_, digest in wanted.items() if id_ not in found}
        if other == generation or not missing:
            continue
        try:
            store = other.open_store()
            found |= store.vectors(missing)
            store.close()
        except StoreError:
            continue  # only a chance to save work
    return found


def _digest(passage: Passage, encoder: Encoder) -> str:
    return hashlib.sha256(f"{encoder.name}\0{passage.embedding_text}".encode()).hexdigest()


class ClaimParser(TransformComponent):
    """Documents to one node a claim (`ingest.structure`). The passage travels in the node's metadata."""

    def __init__(self, pack: Pack, encoder: Encoder) -> None:
        super().__init__()
        self._namer = Namer(pack)
        self._encoder = encoder

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:
        """The claims of the given documents, in order."""
        return [
            TextNode(
                id_=passage.id,
                text=passage.text,
                start_char_idx=passage.start,
                end_char_idx=passage.end,
                metadata={"passage": passage},
            )
            for node in nodes
            for passage in parse_passages(
                node.metadata["document"], self._namer, self._encoder.count_tokens, self._encoder.max_tokens
            )
        ]


class PassageEmbedder(TransformComponent):
    """Gives each node the vector of its claim behind its headings."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._encoder = encoder

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> Sequence[BaseNode]:
        """The same nodes, embedded."""
        vectors = self._encoder.encode([node.metadata["passage"].embedding_text for node in nodes])
        for node, vector in zip(nodes, vectors, strict=True):
            node.embedding = vector.tolist()
        return nodes
