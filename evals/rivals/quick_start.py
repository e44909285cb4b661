"""The quick start that most people would build instead: llama-index's vector index and citation query engine.

It reads the same documents with the same embedding model; all else is llama-index's default. One thing that its default
does is known beforehand: chunks of 1,024 tokens are embedded whole, and a small model reads but their beginning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llama_index.core import VectorStoreIndex
from llama_index.core.llms.mock import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.response_synthesizers.no_text import NoText
from llama_index.core.schema import Document as LlamaDocument

from evals.adapters import LlamaEncoder, LlamaModel, load_tokenisers
from evals.reply import Cited, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llama_index.core.schema import BaseNode, NodeWithScore

    from bot.llm.writer import TextModel
    from ingest.types import Document, Encoder

__all__ = ["QuickStart"]

# Both as in the example of llama-index's documentation. 512 is the engine's default too; of chunks, its retriever's
# default is 2, and the example's 3 is the kinder choice.
CITATION_CHUNK_SIZE = 512
SIMILARITY_TOP_K = 3
SOURCE = "source_id"

_SOURCES = r"(?:the|these|those|provided|given)(?: (?:provided|given))? (?:sources?|context|documents?)"
_SAY = (
    "provided?|mention(?:ed)?|contain(?:ed)?|stated?|specif(?:y|ied)|address(?:ed)?|cover(?:ed)?|included?|given?|found|"
    "discuss(?:ed)?|described?|answer(?:ed)?|say|offer"
)
_DECLINES = re.compile(
    rf"\bnone of {_SOURCES}"
    rf"|\bnot (?:\w+ )?(?:{_SAY}) (?:in|by|from) (?:any of )?{_SOURCES}"
    rf"|\b{_SOURCES} (?:do|does|did)(?: not|n['’]t) (?:\w+ )?(?:{_SAY})\b"
    rf"|\b{_SOURCES} (?:provides?|contains?|offers?|gives?|says?) (?:no|nothing)\b"
    rf"|\bno (?:\w+ )?(?:information|mention|answer)\b[^.]* {_SOURCES}"
    r"|\b(?:I|we)(?:['’]m| am| are)? (?:cannot|can['’]t|can not|could not|unable|not able)\b"
    r"|\A\W*empty response\W*\Z",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(r"\b(?:but|however|though|although|yet)\b", re.IGNORECASE)
_FIRST_SENTENCE = re.compile(r".*?[.!?](?=\s|\Z)|.+", re.DOTALL)


class QuickStart:
    """The quick start over a library's documents.

    Args:
        documents: What it knows.
        encoder: Embeds its chunks and questions.
        model: Writes its answers; without one, it answers with what it retrieved.
    """

    def __init__(self, documents: Iterable[Document], encoder: Encoder, model: TextModel | None = None) -> None:
        load_tokenisers()
        self._documents = {document.id: document for document in documents}
        self._model = model
        self._index = VectorStoreIndex.from_documents(
            [
                LlamaDocument(doc_id=document.id, text=document.text, metadata={SOURCE: document.id})
                for document in self._documents.values()
            ],
            # Its default splitter, but for random ids: by them the index orders chunks that are equally near.
            transformations=[SentenceSplitter(id_func=_chunk_id)],
            embed_model=LlamaEncoder(encoder),
        )
        silent = MockLLM()
        self._engine = CitationQueryEngine.from_args(
            self._index,
            llm=LlamaModel(model) if model else silent,
            response_synthesizer=None if model else NoText(llm=silent),
            citation_chunk_size=CITATION_CHUNK_SIZE,
            similarity_top_k=SIMILARITY_TOP_K,
        )

    def ask(self, turns: Sequence[str]) -> Reply:
        """The answer to the last message.

        The engine answers single questions, so what was said before is not told to it. It refuses nothing by itself: a
        reply is taken for a refusal where nothing was found, or where the model's first sentence says that the sources
        do not hold the answer and does not go on with "but". A refusal in other words is missed. Without a model, the
        answer is the text of each source behind which its number stands.

        Args:
            turns: The user's messages, at least one.

        Raises:
            ModelError: The language model failed.
        """
        response = self._engine.query(turns[-1])
        found = response.source_nodes
        citations = tuple(self._cited(number, node.node) for number, node in enumerate(found, start=1))
        answer = str(response)
        if self._model is None and citations:
            answer = "\n\n".join(f"{one.quote} [{one.number}]" for one in citations)
        return Reply(
            answer=answer,
            kind="fact",
            refused=not citations or (self._model is not None and _declines(answer)),
            confidence=_similarity(found),
            citations=citations,
            generator=self._model.name if self._model else "extractive",
        )

    def retrieve(self, question: str, k: int) -> list[str]:
        """The texts of the `k` chunks nearest to a question, nearest first; fewer where there are fewer."""
        found = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [node.node.get_content() for node in found]

    def _cited(self, number: int, node: BaseNode) -> Cited:
        # The engine writes each source's number above it.
        text = node.get_content().removeprefix(f"Source {number}:\n").strip()
        id_ = str(node.metadata[SOURCE])
        return Cited(number=number, source_id=id_, quote=text, text=text, exact=text in self._documents[id_].text)


def _chunk_id(i: int, doc: BaseNode) -> str:
    """Ids in the order of the document; llama-index calls this with these names."""
    return f"{doc.node_id}#{i:06d}"


def _similarity(found: Sequence[NodeWithScore]) -> float:
    """The cosine of the nearest source, clipped to 0 and 1; 0 where nothing was found."""
    return min(max([0.0, *(node.score or 0.0 for node in found)]), 1.0)


def _declines(answer: str) -> bool:
    """Whether an answer begins by saying that the sources do not hold it."""
    first = _FIRST_SENTENCE.match(answer.strip())
    said = _DECLINES.search(first.group()) if first else None
    return first is None or (said is not None and not _TAKES_BACK.search(first.group(), said.end()))
