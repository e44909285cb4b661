"""Retrieval test sets in BEIR's layout, and an index over one.

The layout (Thakur et al., "BEIR", arXiv 2104.08663): `corpus.jsonl` with `_id`, `title`, `text`; `queries.jsonl` with
`_id`, `text` and, for conversations, all user turns in `metadata.turns`; `qrels/test.tsv` with a header and the columns
query, document, grade.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import DocumentError, PathError, StoreError
from ingest.index.generations import index_slot
from ingest.index.library import open_library
from ingest.pipeline import build_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.config import Settings
    from ingest.gather import Progress
    from ingest.index.library import Library
    from ingest.types import Encoder

__all__ = ["BeirQuery", "index_corpus", "load_judgements", "load_queries", "read_lines"]

CORPUS_FILE = "corpus.jsonl"
QUERIES_FILE = "queries.jsonl"
JUDGEMENTS_FILE = Path("qrels") / "test.tsv"


@dataclass(frozen=True, slots=True)
class BeirQuery:
    """A query.

    Attributes:
        id: Its id.
        turns: The user's messages, the query last.
    """

    id: str
    turns: tuple[str, ...]


def load_queries(folder: Path) -> list[BeirQuery]:
    """The queries of a set; errors as in `read_lines`."""
    return [
        BeirQuery(fields["_id"], turns_of((fields.get("metadata") or {}).get("turns") or [fields["text"]]))
        for fields in read_lines(folder / QUERIES_FILE, ("_id", "text"))
    ]


def turns_of(value: object) -> tuple[str, ...]:
    """A conversation's messages; nothing for what is none."""
    return tuple(str(turn) for turn in value) if isinstance(value, list) else ()


def load_judgements(folder: Path) -> dict[str, dict[str, int]]:
    """Query id to the documents that answer it with their grades.

    Raises:
        PathError: The file is not there.
        DocumentError: A line that is no judgement; names the line.
    """
    path = folder / JUDGEMENTS_FILE
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_text(path).splitlines()[1:], start=2):
        if not line.strip():
            continue
        try:
            query, document, grade = line.split("\t")
            found.setdefault(query, {})[document] = int(grade)
        except ValueError as error:
            raise DocumentError(f"{path}, line {number}: not query, document and grade. Correct the line.") from error
    return found


def index_corpus(
    folder: Path, settings: Settings, encoder: Encoder, progress: Progress
) -> tuple[Library, dict[str, str]]:
    """An index over a set's documents, built by the product's own ingestion and kept for the next run.

    Args:
        folder: The set.
        settings: The data folder (the index lies in `bench/` under it) and the pack.
        encoder: Embeds the passages.
        progress: Told how far a build is.

    Returns:
        The index, and the document's id in the set by its id in the index.
    """
    documents = list(read_lines(folder / CORPUS_FILE, ("_id", "text")))
    digest = hashlib.sha256((folder / CORPUS_FILE).read_bytes()).hexdigest()[:16]
    # Never on a server: what others are answered from is there.
    own = settings.model_copy(update={"home": settings.home / "bench" / digest, "chroma_url": None})
    place = own.home / "documents"
    try:
        place.mkdir(parents=True, exist_ok=True)
        for number, fields in enumerate(documents):
            front = {"id": f"d{number}", "title": fields.get("title") or f"Document {number}"}
            page = place / f"{number:06}.md"
            if not page.exists():
                page.write_text(f"---\n{json.dumps(front)}\n---\n{fields['text']}\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{place} cannot be written: {error.strerror}. Choose another --home.") from error
    library = open_library(index_slot(own))
    if library is None or library.manifest.encoder != encoder.name:
        build_index(own, encoder, [place], only=True, progress=progress)
        library = open_library(index_slot(own))
    if library is None:
        raise StoreError(f"the index in {own.home} vanished while it was built. Run the command again.")
    return library, {f"d{number}": fields["_id"] for number, fields in enumerate(documents)}


def read_lines(path: Path, keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines.

    Args:
        path: The file.
        keys: What each object must have, as text.

    Raises:
        PathError: The file is not there.
        DocumentError: A line that is no such object; names the line.
    """
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict):
                raise TypeError("not an object")
            for key in keys:
                if not isinstance(fields[key], str):
                    raise TypeError(f"{key} is no text")
        except (ValueError, TypeError, KeyError) as error:
            raise DocumentError(
                f"{path}, line {number}: {error}. Each line must be an object with {', '.join(keys)}."
            ) from error
        yield fields


def _text(path: Path) -> str:
    if not path.is_file():
        raise PathError(f"{path} does not exist. Give a folder in BEIR's layout.")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path} cannot be read: {error}. It must be UTF-8 text.") from error
