"""Parsing and embedding as llama-index's transformations. Owns llama-index.

Passages travel in the metadata of llama-index's nodes, where all but their vectors can be written as JSON.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from llama_index.core.ingestion import IngestionPipeline, run_transformations
from llama_index.core.schema import BaseNode, TextNode, TransformComponent
from llama_index.core.schema import Document as LlamaDocument

from ingest.naming import Namer
from ingest.structure import parse_passages
from ingest.types import Document, Passage, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.pack import Pack
    from ingest.types import Encoder

__all__ = ["ClaimParser", "DistantClaims", "PassageEmbedder", "digest_of", "embed", "parse", "to_node", "to_passage"]

DOCUMENT, PASSAGE, KNOWN = "document", "passage", "known"
"""Names of the fields of a node's metadata."""
# Special word pieces that a tokeniser may add, generously.
_SPECIAL = 8


class ClaimParser(TransformComponent):
    """Documents to one node a claim (`ingest.structure`). The passage travels in the node's metadata."""

    def __init__(self, pack: Pack, encoder: Encoder) -> None:
        super().__init__()
        self._namer = Namer(pack)
        self._encoder = encoder

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:
        """The claims of the given documents, in order."""
        most = self._encoder.max_tokens
        return [
            TextNode(
                id_=passage.id,
                text=passage.text,
                start_char_idx=passage.start,
                end_char_idx=passage.end,
                metadata={PASSAGE: passage},
            )
            for node in nodes
            for passage in parse_passages(node.metadata[DOCUMENT], self._namer, self._counted, most)
        ]

    def _counted(self, text: str) -> int:
        """Word pieces of a text, or more: one is at least a character, so most texts need no counting."""
        bound = len(text) + _SPECIAL
        return bound if bound <= self._encoder.max_tokens and text.isascii() else self._encoder.count_tokens(text)


class PassageEmbedder(TransformComponent):
    """Gives each node the vector of its claim behind its headings."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self._encoder = encoder

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> Sequence[BaseNode]:
        """The same nodes, embedded."""
        vectors = self._encoder.encode([node.metadata[PASSAGE].embedding_text for node in nodes])
        for node, vector in zip(nodes, vectors, strict=True):
            node.embedding = vector.tolist()
        return nodes


def parse(parser: ClaimParser, documents: Sequence[Document]) -> list[Passage]:
    """The claims of documents, in order."""
    nodes = IngestionPipeline(transformations=[parser], disable_cache=True).run(
        documents=[
            LlamaDocument(doc_id=document.id, text=document.text, metadata={DOCUMENT: document})
            for document in documents
        ]
    )
    return [node.metadata[PASSAGE] for node in nodes]


def embed(embedder: PassageEmbedder, passages: Sequence[Passage]) -> NDArray[np.float32]:
    """The vectors of passages, shape (passages, dimension)."""
    nodes = [TextNode(id_=passage.id, text=passage.text, metadata={PASSAGE: passage}) for passage in passages]
    return np.asarray([node.embedding for node in run_transformations(nodes, [embedder])], dtype=np.float32)


def digest_of(passage: Passage, encoder: str) -> str:
    """What the vector of a passage is computed from: the model of this name, and what it reads."""
    return hashlib.sha256(f"{encoder}\0{passage.embedding_text}".encode()).hexdigest()


class DistantClaims(TransformComponent):
    """Documents to one embedded node a claim, in another process: what comes and goes can be written as JSON.

    A claim whose vector is known has none, which a single 0 stands for.
    """

    def __init__(self, pack: Pack, encoder: Encoder) -> None:
        super().__init__()
        self._parser = ClaimParser(pack, encoder)
        self._embedder = PassageEmbedder(encoder)
        self._name = encoder.name

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:
        """The claims of the given documents, in order."""
        known: dict[str, str] = {}
        for node in nodes:
            known |= node.metadata[KNOWN]
        passages = parse(self._parser, [_from_node(node) for node in nodes])
        fresh = [passage for passage in passages if known.get(passage.id) != digest_of(passage, self._name)]
        vectors = dict(zip((passage.id for passage in fresh), embed(self._embedder, fresh).tolist(), strict=True))
        return [
            TextNode(
                id_=passage.id,
                text=passage.text,
                metadata={PASSAGE: asdict(passage)},
                embedding=vectors.get(passage.id, [0.0]),
            )
            for passage in passages
        ]


def to_node(document: Document, known: Mapping[str, str]) -> BaseNode:
    """A document as a node that can be written as JSON.

    Args:
        document: The document.
        known: What the vectors of its claims that need not be embedded were computed from, by the claim's id.
    """
    return LlamaDocument(
        doc_id=document.id, text=document.text, metadata={DOCUMENT: asdict(document), KNOWN: dict(known)}
    )


def to_passage(node: BaseNode) -> tuple[Passage, list[float] | None]:
    """The passage of a node that was written as JSON, and its vector, unless that is known."""
    fields = node.metadata[PASSAGE]
    passage = Passage(**{**fields, "heading_path": tuple(fields["heading_path"]), "options": tuple(fields["options"])})
    return passage, node.embedding if node.embedding and len(node.embedding) > 1 else None


def _from_node(node: BaseNode) -> Document:
    fields = node.metadata[DOCUMENT]
    lists = {name: tuple(fields["source"][name]) for name in ("aliases", "also_at")}
    source = Source(**{**fields["source"], **lists})
    return Document(**{**fields, "source": source})
