"""Scenarios: organisations with the options that a careful reader of the sources would accept, as JSON lines.

Each is told twice: as `facts`, which the rubric can weigh at once, and as `turns`, which have to be read first. They
were written from the sources by people who had not seen the rubric's scores. `written.jsonl` was looked at while the
words of the rubric were written; `held-out.jsonl` was not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import ConfigDict, Field, model_validator

from evals.json_lines import Identified, load_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Scenario", "load_scenarios"]


class Scenario(Identified):
    """An organisation and what would be right for it.

    Attributes:
        decision: Which decision it is about.
        turns: What its people write; the last message asks for a recommendation.
        facts: What a reader takes from the turns: criterion to level.
        acceptable: Options that are a fine first choice.
        unacceptable: Options that must not be the first choice.
        why: What in the sources says so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: str
    turns: Annotated[tuple[str, ...], Field(min_length=1)]
    facts: dict[str, str]
    acceptable: Annotated[tuple[str, ...], Field(min_length=1)]
    unacceptable: tuple[str, ...] = ()
    why: str

    @model_validator(mode="after")
    def _not_both(self) -> Scenario:
        both = sorted(set(self.acceptable) & set(self.unacceptable))
        if both:
            raise ValueError(f"{', '.join(both)} cannot be both acceptable and unacceptable")
        return self


def load_scenarios(paths: Sequence[Path]) -> list[Scenario]:
    """The scenarios of files and of the `*.jsonl` files in folders, in order; errors as in `load_lines`."""
    return load_lines(paths, Scenario, "scenario")
