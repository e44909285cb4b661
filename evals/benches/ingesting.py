"""The runs that `groundrule bench ingest` measures, each in a process of its own: ours, the bare encoder, the default.

The default is llama-index's: SentenceSplitter, HuggingFaceEmbedding and ChromaVectorStore in an IngestionPipeline, with
the same model and, as its nodes, the passages that ours reads, word for word. All else is left as it comes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from evals.benches.made_up import HashEncoder
from evals.benches.processes import most_resident, run_apart
from ingest.config import BUNDLED_CORPUS, Settings
from ingest.embedding.model_files import find_folder
from ingest.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.building.batches import Batch
    from ingest.types import Encoder, Passage

__all__ = ["ARMS", "measure", "summarise"]

_MIB = 2**20


def measure(arm: str, folder: Path, home: Path, model: str, batch: int, *, made_up: bool) -> dict[str, Any]:
    """Runs one arm in a process of its own.

    Args:
        arm: Which one, of `ARMS`.
        folder: The documents.
        home: An empty folder for what is made.
        model: Name of the embedding model.
        batch: Passages that ours embeds at a time.
        made_up: Take an encoder that costs nothing instead of the model.

    Raises:
        GroundruleError: The run failed.
    """
    return run_apart(__name__, arm, [str(folder), str(home), model, batch, made_up])


def summarise(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Rates by arm, in passages a second, the middle of all rounds; and how ours compares with the others' of a round.

    Args:
        rounds: What each arm gave, by its name.
    """
    arms = {
        arm: {
            "passages_per_second": round(median([one[arm]["passages"] / one[arm]["seconds"] for one in rounds]), 1),
            "peak_rss_mib": round(max(one[arm]["peak_rss_mib"] for one in rounds)),
        }
        for arm in rounds[0]
    }
    result: dict[str, Any] = {"passages": rounds[0]["ours"]["passages"], "arms": arms}
    for other in (arm for arm in arms if arm != "ours"):
        result[f"ours_to_{other}"] = round(
            median([one[other]["seconds"] / one["ours"]["seconds"] for one in rounds]), 3
        )
    result["whole_per_second"] = round(median([one["ours"]["passages"] / one["ours"]["whole"] for one in rounds]), 1)
    result["unchanged_share"] = round(median([one["ours"]["again"] / one["ours"]["whole"] for one in rounds]), 4)
    return result


def _ours(folder: Path, settings: Settings, encoder: Encoder) -> dict[str, Any]:
    """Our own stages on the passages as they were split; then the whole way from files to a published index."""
    from ingest.building.flow import behind
    from ingest.building.former import Vectors
    from ingest.building.here import WINDOW, embedded
    from ingest.building.writing import WAITING
    from ingest.index.folders import FolderSlot
    from ingest.pipeline import build_index

    passages = _passages(folder, settings, encoder)
    generation = FolderSlot(settings.home / "split").new_generation()
    store = generation.create_store(encoder.name)
    begun = time.perf_counter()

    def write(batch: Batch) -> None:
        store.add(batch.passages, batch.vectors, batch.digests)

    with Vectors([], encoder.name) as vectors, behind(write, WAITING) as writer:
        for first in range(0, len(passages), WINDOW):
            for batch in embedded(passages[first : first + WINDOW], encoder, vectors, settings.embedding_batch):
                writer.put(batch)
    store.close()
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    report = build_index(settings, encoder, [folder], only=True)
    ended = time.perf_counter()
    build_index(settings, encoder, [folder], only=True)
    again = time.perf_counter() - ended
    return {"passages": report.passages, "seconds": seconds, "whole": ended - begun, "again": again}


def _bare(folder: Path, settings: Settings, encoder: Encoder) -> dict[str, Any]:
    """The encoder alone, with the batches and the order that ours gives it."""
    from ingest.building.here import BATCHES, WINDOW

    passages = _passages(folder, settings, encoder)
    size, spent = BATCHES * settings.embedding_batch, 0.0
    for first in range(0, len(passages), WINDOW):
        texts = sorted((passage.embedding_text for passage in passages[first : first + WINDOW]), key=len)
        begun = time.perf_counter()
        for place in range(0, len(texts), size):
            encoder.encode(texts[place : place + size])
        spent += time.perf_counter() - begun
    return {"passages": len(passages), "seconds": spent}


def _default(folder: Path, settings: Settings, encoder: Encoder) -> dict[str, Any]:
    """llama-index's default pipeline."""
    try:
        import chromadb
        from llama_index.core.ingestion import IngestionPipeline
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.core.schema import TextNode
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.vector_stores.chroma import ChromaVectorStore
    except ImportError as error:
        raise SettingError(f"{error}. What is measured beside comes with `pip install 'groundrule[bench]'`.") from error
    passages = _passages(folder, settings, encoder)
    model = settings.embedding_model
    embedding = HuggingFaceEmbedding(model_name=str(find_folder(model) or model))
    embedding.get_text_embedding("Warm.")
    collection = chromadb.PersistentClient(str(settings.home)).get_or_create_collection("default")
    nodes = [TextNode(id_=passage.id, text=passage.embedding_text) for passage in passages]
    begun = time.perf_counter()
    IngestionPipeline(
        transformations=[SentenceSplitter(), embedding],
        vector_store=ChromaVectorStore(chroma_collection=collection),
    ).run(nodes=nodes)
    spent = time.perf_counter() - begun
    assert collection.count() == len(passages), "the default pipeline split or lost passages"  # noqa: S101 - a measure
    return {"passages": len(passages), "seconds": spent}


ARMS: dict[str, Callable[[Path, Settings, Encoder], dict[str, Any]]] = {
    "ours": _ours,
    "bare": _bare,
    "default": _default,
}
"""What is measured, by name."""


def _passages(folder: Path, settings: Settings, encoder: Encoder) -> list[Passage]:
    """The passages of the documents, as ours parses them."""
    from ingest.building.claims import ClaimParser, parse
    from ingest.pack import load_pack
    from ingest.reading.load import load_file
    from ingest.reading.places import find_files

    parser = ClaimParser(load_pack(settings.corpus), encoder)
    documents = [load_file(file, root, settings.max_document_mb * _MIB) for root, file in find_files([folder])]
    return parse(parser, documents)


def _run(arm: str, folder: str, home: str, model: str, batch: int, made_up: bool) -> None:
    from ingest.embedding.choice import make_encoder

    settings = Settings(home=Path(home), corpus=BUNDLED_CORPUS, embedding_model=model, embedding_batch=batch)
    encoder: Encoder = HashEncoder() if made_up else make_encoder(settings)
    encoder.encode(["Warm."])
    found = ARMS[arm](Path(folder), settings, encoder)
    found["peak_rss_mib"] = most_resident()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    _run(sys.argv[1], *json.loads(sys.argv[2]))
