"""Evaluation cases: questions with what a right answer must hold, as JSON lines.

A case file holds one JSON object a line with the keys `id`, `kind`, `turns` (the user's messages), `expect` ("answer",
"refuse", "clarify" or "recommend"), `nuggets` (facts with a regex that any wording of them matches; `vital` ones
decide), `forbidden` (regexes that must not match), `gold_sources` (source ids) and `why`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ingest.errors import DocumentError, PathError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Case", "Nugget", "load_cases"]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return pattern


class Nugget(BaseModel):
    """A fact that a right answer holds.

    Attributes:
        text: The fact in words.
        regex: Matches any wording of it, case ignored.
        vital: Whether an answer without it is incomplete.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    regex: str
    vital: bool = False

    _check = field_validator("regex")(_compiles)


class Case(BaseModel):
    """One conversation and what its last answer should be."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Annotated[str, Field(min_length=1)]
    kind: str
    turns: Annotated[tuple[str, ...], Field(min_length=1)]
    expect: Literal["answer", "refuse", "clarify", "recommend"]
    nuggets: tuple[Nugget, ...] = ()
    forbidden: tuple[str, ...] = ()
    gold_sources: tuple[str, ...] = ()
    why: str = ""

    @field_validator("forbidden")
    @classmethod
    def _forbidden_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_compiles, patterns))


def load_cases(paths: Sequence[Path]) -> list[Case]:
    """The cases of files and of the `*.jsonl` files in folders, in order.

    Raises:
        PathError: A path that is not there.
        DocumentError: A line that is no case; names file, line and what is wrong. Or an id used twice.
    """
    cases: dict[str, Case] = {}
    for path in paths:
        if not path.exists():
            raise PathError(f"{path} does not exist. Give case files (.jsonl) or folders of them.")
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
            for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
                if not line.strip():
                    continue
                try:
                    case = Case.model_validate_json(line)
                except ValidationError as error:
                    first = error.errors(include_url=False)[0]
                    where = ".".join(str(part) for part in first["loc"])
                    raise DocumentError(f"{file}, line {number}: {where}: {first['msg']}. Correct the case.") from error
                if case.id in cases:
                    raise DocumentError(f"{file}, line {number}: id {case.id!r} is used twice. Give each case its own.")
                cases[case.id] = case
    return list(cases.values())
