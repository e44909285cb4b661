"""Evaluation cases: questions with what a right answer must hold, as JSON lines.

A case file holds one JSON object a line with the keys `id`, `kind`, `turns` (the user's messages), `expect` ("answer",
"refuse", "clarify" or "recommend"), `nuggets` (facts with a regex that any wording of them matches; `vital` ones
decide), `forbidden` (regexes that must not match), `gold_sources` (source ids), for recommendations `best_models` and
`wrong_models` (options that are right, or plainly wrong, in the first place), `paraphrases` (other wordings of the last
message, for which the answer must come out the same) and `why`. A draft of `groundrule eval draft` is no case yet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from evals.json_lines import Identified, load_lines

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


class Case(Identified):
    """One conversation and what its last answer should be.

    Attributes:
        kind: What sort of question it is; figures are told by kind.
        turns: The user's messages; the answer to the last one is judged.
        expect: "answer", "refuse" (the documents do not hold it), "clarify" (the bot must ask back) or "recommend".
        nuggets: Facts that a right answer holds.
        forbidden: Regular expressions, case ignored, that no right answer matches.
        gold_sources: Ids of the documents that hold the answer.
        best_models: Options that are a right first choice.
        wrong_models: Options that are plainly wrong as a first choice.
        paraphrases: Other wordings of the last message.
        why: What in the documents says so.
        draft: Never true: a person has to finish a draft first.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str
    turns: Annotated[tuple[str, ...], Field(min_length=1)]
    expect: Literal["answer", "refuse", "clarify", "recommend"]
    nuggets: tuple[Nugget, ...] = ()
    forbidden: tuple[str, ...] = ()
    gold_sources: tuple[str, ...] = ()
    best_models: tuple[str, ...] = ()
    wrong_models: tuple[str, ...] = ()
    paraphrases: tuple[str, ...] = ()
    why: str = ""
    draft: Annotated[bool, Field(exclude=True, repr=False)] = False

    @field_validator("forbidden")
    @classmethod
    def _forbidden_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_compiles, patterns))

    @field_validator("draft")
    @classmethod
    def _is_finished(cls, draft: bool) -> bool:
        if draft:
            raise PydanticCustomError("draft", "is a draft: finish it and take it over with `groundrule eval accept`")
        return draft


def load_cases(paths: Sequence[Path]) -> list[Case]:
    """The cases of files and of the `*.jsonl` files in folders, in order; errors as in `load_lines`."""
    return load_lines(paths, Case, "case")
