"""Reads `rubric.yaml` and the words that go with it, and gives the rubric's JSON Schema."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.deciding.rubric_model import Rubric
from bot.deciding.rubric_rules import broken_rules, broken_words
from bot.deciding.rubric_words import Words, with_words
from ingest.errors import PackError
from ingest.yaml_file import line_of, load_model, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from bot.deciding.rubric_rules import BrokenRule
    from ingest.pack import Pack
    from ingest.types import Document

__all__ = [
    "RUBRIC_FILE",
    "SCHEMA_FILE",
    "WORDS_FILE",
    "has_rubric",
    "json_schema",
    "load_rubric",
    "read_rubric",
    "rubric_faults",
]

RUBRIC_FILE = "rubric.yaml"
WORDS_FILE = "phrases.yaml"
SCHEMA_FILE = "rubric.schema.json"


def has_rubric(pack: Pack) -> bool:
    """Whether the pack brings a rubric; one without answers questions and recommends nothing."""
    return (pack.folder / RUBRIC_FILE).is_file()


def load_rubric(pack: Pack, documents: Mapping[str, Document]) -> Rubric:
    """Reads a pack's rubric and checks every rule that does not need arithmetic.

    Args:
        pack: Whose decisions and options it must speak of.
        documents: The pack's own documents by id, which must hold its quotes.

    Raises:
        PackError: It is missing, not YAML, or breaks a rule; the message names the file, line, path, value and rule.
    """
    files = _read(pack)
    for fault in _faults(files, pack, documents):
        raise PackError(fault)
    return with_words(files.rubric, files.words) if files.words else files.rubric


def read_rubric(pack: Pack) -> Rubric:
    """A pack's rubric, whether it keeps the rules or not; for whoever looks for what it lost.

    Raises:
        PackError: It is missing or has not even the shape that it must have.
    """
    return _read(pack).rubric


def rubric_faults(pack: Pack, documents: Mapping[str, Document]) -> Iterator[str]:
    """Every static rule that a pack's rubric and words break, one message each.

    Raises:
        PackError: A file is missing or has not even the shape that it must have.
    """
    yield from _faults(_read(pack), pack, documents)


@dataclass(frozen=True, slots=True)
class _Files:
    """A rubric and its words, each with the text that it was read from."""

    rubric: Rubric
    text: str
    words: Words | None
    words_text: str


def _faults(files: _Files, pack: Pack, documents: Mapping[str, Document]) -> Iterator[str]:
    yield from _messages(pack.folder / RUBRIC_FILE, files.text, broken_rules(files.rubric, pack, documents))
    if files.words:
        yield from _messages(pack.folder / WORDS_FILE, files.words_text, broken_words(files.words, files.rubric, pack))


def _read(pack: Pack) -> _Files:
    path = pack.folder / RUBRIC_FILE
    text = read_text(path, f"{pack.folder} has no {RUBRIC_FILE}, so nothing can be recommended from it.")
    rubric = load_model(path, text, Rubric, sha256=hashlib.sha256(text.encode()).hexdigest())
    words_path = pack.folder / WORDS_FILE
    if not words_path.is_file():
        return _Files(rubric, text, None, "")
    words_text = read_text(words_path, f"{words_path} is missing.")
    return _Files(rubric, text, load_model(words_path, words_text, Words), words_text)


def _messages(path: Path, text: str, broken: Iterable[BrokenRule]) -> Iterator[str]:
    for one in broken:
        line = line_of(text, one.path)
        where = f"{path}{f', line {line}' if line else ''}: {'.'.join(map(str, one.path))}"
        yield f"{where}: {one.rule} (found {one.value!r:.80})."


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `rubric.yaml`, with which editors complete and check it."""
    schema = Rubric.model_json_schema(by_alias=True)
    # A field that the file does not have.
    schema["properties"].pop("sha256", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Groundrule rubric"}
