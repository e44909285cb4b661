"""What a library costs as it grows, in files of its own or on a Chroma server: building, opening, searching.

An index grows from size to size, as a library does. At each size it is built and then asked in processes of their own,
so that memory is that of a process which does nothing else.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.benches.made_up import WordsEncoder, prose_of, write_documents
from evals.benches.processes import most_resident, resident, run_apart
from ingest.config import BUNDLED_CORPUS, Settings
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.index.library import Library
    from ingest.types import Encoder

__all__ = ["WANTED_GROWTH", "ask", "build", "grown", "measure"]

WANTED_GROWTH = 2.0
"""The most that a search of the largest library should take, in searches of the smallest."""
PASSAGES_A_FILE = 20
# Words of a question, and questions that are asked before any is timed.
_WORDS, _WARMING = 10, 60
# Of Chroma's own filter, which takes long.
_FILTERED = 7
_MIB = 2**20


def measure(
    settings: Settings, text: Path, sizes: Sequence[int], questions: int, *, made_up: bool, place: Path
) -> Iterator[dict[str, Any]]:
    """Grows an index from size to size and yields what each cost; see `build` and `ask` for the figures.

    Args:
        settings: The model, and the server where the index is to be on one; its home is not used.
        text: Folder of prose, of which documents are put together.
        sizes: Passages, rising.
        questions: How many are asked at each size.
        made_up: Take an encoder that costs nothing instead of the model.
        place: An empty folder for documents and index.

    Raises:
        GroundruleError: A run failed.
    """
    prose, former = prose_of(text), 0
    given = {
        "home": str(place / "home"),
        "chroma_url": settings.chroma_url,
        "model": settings.embedding_model,
        "batch": settings.embedding_batch,
        "made_up": made_up,
        "documents": str(place / "documents"),
        "text": str(text),
        "questions": questions,
    }
    for size in sizes:
        first = former // PASSAGES_A_FILE
        documents = max(size // PASSAGES_A_FILE - first, 1)
        write_documents(prose, place / "documents", documents, size - former, first=first)
        row = {"passages": size} | run_apart(__name__, "build", given) | run_apart(__name__, "ask", given)
        yield row | {"added": size - former, "passages_per_second": round((size - former) / row["build_seconds"], 1)}
        former = size


def grown(rows: Sequence[dict[str, Any]]) -> float:
    """How many times as long a search of the largest library takes as one of the smallest.

    Each is taken in embeddings of a question, which are timed beside it and take the same at any size: a machine that
    is slower at times is so for both.
    """
    least, most = (rows[place]["search_ms"] / rows[place]["encode_ms"] for place in (0, -1))
    return round(float(most / least), 2)


def build(given: dict[str, Any]) -> dict[str, Any]:
    """Ingests what is new: seconds, the most memory in MiB, and MiB on the disk (None on a server)."""
    from ingest.pipeline import build_index

    settings, encoder = _settings(given), _encoder(given)
    encoder.encode(["Warm."])
    begun = time.perf_counter()
    build_index(settings, encoder, [Path(given["documents"])], only=True)
    seconds = time.perf_counter() - begun
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    current = max((path.parent for path in files if path.name == "manifest.json"), default=None)
    size = sum(path.stat().st_size for path in files if current in path.parents) if current else None
    return {
        "build_seconds": round(seconds, 2),
        "build_peak_mib": round(most_resident()),
        "index_mib": round(size / _MIB, 1) if size is not None else None,
    }


def ask(given: dict[str, Any]) -> dict[str, Any]:
    """Opens the index and asks it.

    The milliseconds are the middle ones of all questions: of embedding a question, of a search that includes it, of the
    same among the passages of one document, of the same by Chroma's own filter, and of answers to questions on the
    pack's subject. Embedding is always timed with the model, and with a made-up encoder added to the searches, which
    took none; answers are then timed without it.
    """
    from bot.service.settling import settle
    from bot.wiring import assistant_maker
    from evals.cases import load_cases
    from evals.sets import DATASETS
    from ingest.embedding.choice import make_encoder

    settings, encoder = _settings(given), _encoder(given)
    model = make_encoder(settings)
    model.encode(["Warm."])
    first, former = _opened(settings)
    former.close()
    # Of a large library's words, the first to open it makes the file that the next reads.
    again, library = _opened(settings)
    words = library.words
    assistant = assistant_maker(settings, encoder)(library)
    assistant.warm_up()
    settle()
    asked = _questions(Path(given["text"]), _WARMING + given["questions"])
    chosen = random.Random(2)  # noqa: S311 - a benchmark's
    documents = [chosen.choice(list(library.documents)) for _ in asked]

    def search(question: str, sources: tuple[str, ...] = ()) -> object:
        return assistant.retriever.search(question, 10, sources=sources)

    times: dict[str, list[float]] = {name: [] for name in ("encode_ms", "search_ms", "in_one_document_ms")}
    for question, document in zip(asked, documents, strict=True):
        embedding = _milliseconds(model.encode, [question])
        times["encode_ms"].append(embedding)
        times["search_ms"].append(_milliseconds(search, question) + embedding * given["made_up"])
        # In other words: what a search has found is kept for the next.
        times["in_one_document_ms"].append(
            _milliseconds(search, f"so {question}", (document,)) + embedding * given["made_up"]
        )
    cases = list(dict.fromkeys(case.turns[0] for case in load_cases([DATASETS])))
    random.Random(3).shuffle(cases)  # noqa: S311 - a benchmark's
    times["ask_ms"] = [_milliseconds(assistant.ask, question) for question in cases[: len(asked)]]
    found = {name: round(median(values[_WARMING:]), 2) for name, values in times.items()}
    return found | {
        "search_p95_ms": round(float(np.quantile(times["search_ms"][_WARMING:], 0.95)), 2),
        "chroma_filter_ms": _by_chromas_filter(library, encoder, asked, documents),
        "first_open_seconds": round(sum(first), 2),
        "open_seconds": round(sum(again), 2),
        "words_seconds": round(again[1], 2),
        "words_mib": round(words.nbytes / _MIB, 1),
        "memory_mib": round(resident(os.getpid())),
    }


def _opened(settings: Settings) -> tuple[tuple[float, float], Library]:
    """The library, and the seconds until it was open and until its words were there."""
    from ingest.index.generations import index_slot
    from ingest.index.library import open_library

    begun = time.perf_counter()
    library = open_library(index_slot(settings))
    if library is None:
        raise GroundruleError("the index that was built is not there.")
    opened = time.perf_counter()
    _ = library.words
    return (opened - begun, time.perf_counter() - opened), library


def _by_chromas_filter(library: Library, encoder: Encoder, asked: Sequence[str], documents: Sequence[str]) -> float:
    """The middle milliseconds of a search by Chroma alone among one document's passages, without embedding."""
    store = library.generation.open_store()
    try:
        vectors = encoder.encode(asked[:_FILTERED])
        found = zip(vectors, documents, strict=False)
        return round(median(_milliseconds(store.search, vector, 10, (id_,)) for vector, id_ in found), 2)
    finally:
        store.close()


def _questions(text: Path, count: int) -> list[str]:
    """The beginnings of lines of the prose, in an order that is always the same, none twice."""
    lines = prose_of(text)
    random.Random(2).shuffle(lines)  # noqa: S311 - a benchmark's
    beginnings = list(dict.fromkeys(" ".join(line.split()[:_WORDS]) for line in lines))
    # Of little prose the same beginnings come again in other words.
    return [f"{beginnings[n % len(beginnings)]} {n // len(beginnings) or ''}".strip() for n in range(count)]


def _milliseconds(call: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    call(*arguments)
    return 1000 * (time.perf_counter() - begun)


def _settings(given: dict[str, Any]) -> Settings:
    return Settings(
        home=Path(given["home"]),
        corpus=BUNDLED_CORPUS,
        chroma_url=given["chroma_url"],
        embedding_model=given["model"],
        embedding_batch=given["batch"],
    )


def _encoder(given: dict[str, Any]) -> Encoder:
    from ingest.embedding.choice import make_encoder

    return WordsEncoder() if given["made_up"] else make_encoder(_settings(given))


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"build": build, "ask": ask}[sys.argv[1]](json.loads(sys.argv[2]))) + "\n")
