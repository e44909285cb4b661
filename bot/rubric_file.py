"""Reads `rubric.yaml` and the words that go with it, and gives the rubric's JSON Schema."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from bot.rubric_model import Rubric, Words
from bot.rubric_rules import broken_rules, broken_words
from ingest.errors import PackError
from ingest.yaml_file import line_of, load_model, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.rubric_rules import BrokenRule
    from ingest.pack import Pack
    from ingest.types import Document

__all__ = ["RUBRIC_FILE", "SCHEMA_FILE", "WORDS_FILE", "has_rubric", "json_schema", "load_rubric"]

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
    path = pack.folder / RUBRIC_FILE
    text = read_text(
        path, f"{pack.folder} has no {RUBRIC_FILE}, so nothing can be recommended. `groundrule init DIR` writes one."
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    rubric = load_model(path, text, Rubric, sha256=digest)
    _refuse(path, text, broken_rules(rubric, pack, documents))
    words_path = pack.folder / WORDS_FILE
    if not words_path.is_file():
        return rubric
    text = read_text(words_path, "")
    words = load_model(words_path, text, Words)
    _refuse(words_path, text, broken_words(words, rubric))
    return rubric.with_words(words)


def _refuse(path: Path, text: str, broken: Iterable[BrokenRule]) -> None:
    for first in broken:
        line = line_of(text, first.path)
        where = f"{path}{f', line {line}' if line else ''}: {'.'.join(map(str, first.path))}"
        raise PackError(f"{where}: {first.rule} (found {first.value!r:.80}).")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `rubric.yaml`, with which editors complete and check it."""
    schema = Rubric.model_json_schema(by_alias=True)
    # A field that the file does not have.
    schema["properties"].pop("sha256", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Groundrule rubric"}
