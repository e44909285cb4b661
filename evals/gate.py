"""The gate: thresholds that a change must not fall below, each with its reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from evals.metrics.catalogue import METRICS
from evals.summary import BY_KIND
from ingest.errors import DocumentError, PathError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evals.results import Change

__all__ = ["GATES", "Gate", "Outcome", "load_gates", "pass_gates"]

GATES = Path(__file__).resolve().parent / "gates.toml"
"""The project's own thresholds."""

# Counts beside the metrics.
_COUNTS = ("broken_cases", "failures")
_MEASURED = (*(metric.name for metric in METRICS), *_COUNTS)


class Gate(BaseModel):
    """One threshold.

    Attributes:
        metric: A metric's name, "broken_cases" (right in the result compared with, and not right now) or "failures"
            (cases at which the product itself failed).
        kind: Only over cases of this kind; over all when empty. The metrics of `BY_KIND` alone are told so.
        at_least: The least that passes.
        at_most: The most that passes.
        why: Why there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    kind: str = ""
    at_least: float | None = None
    at_most: float | None = None
    why: Annotated[str, Field(min_length=1)]

    @field_validator("metric")
    @classmethod
    def _is_measured(cls, name: str) -> str:
        if name not in _MEASURED:
            raise ValueError(f"{name!r} is not measured; give one of {', '.join(_MEASURED)}")
        return name

    @model_validator(mode="after")
    def _one_bound(self) -> Gate:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give at_least or at_most, one of them")
        if self.kind and self.metric not in BY_KIND:
            raise ValueError(f"{self.metric} is not told by kind; {', '.join(BY_KIND)} are")
        return self


class _Gates(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    gate: Annotated[tuple[Gate, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A threshold and what was measured.

    Attributes:
        gate: The threshold.
        value: The figure; None when nothing was measured, which does not pass.
    """

    gate: Gate
    value: float | None

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        if self.value is None:
            return False
        low, high = self.gate.at_least, self.gate.at_most
        return (low is None or self.value >= low) and (high is None or self.value <= high)

    @property
    def sentence(self) -> str:
        """What it says, for people."""
        over = f" over {self.gate.kind}" if self.gate.kind else ""
        bound = (
            f"at least {self.gate.at_least:g}" if self.gate.at_least is not None else f"at most {self.gate.at_most:g}"
        )
        value = "was not measured" if self.value is None else f"is {self.value:g}"
        return f"{self.gate.metric}{over} {value}; the gate asks for {bound}: {self.gate.why}"

    def as_json(self) -> dict[str, Any]:
        """The outcome for programs."""
        return {**self.gate.model_dump(exclude_none=True), "value": self.value, "passed": self.passed}


def load_gates(file: Path) -> tuple[Gate, ...]:
    """The thresholds of a file.

    Raises:
        PathError: It cannot be read.
        DocumentError: It is no TOML, or a threshold is none.
    """
    try:
        return _Gates.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).gate
    except OSError as error:
        raise PathError(f"{file} cannot be read: {error.strerror}. Give a TOML file of gates.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DocumentError(f"{file} is no valid TOML: {error}. Correct it.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DocumentError(f"{file}: {where}: {first['msg']}. Correct the gate.") from error


def pass_gates(gates: Sequence[Gate], result: Mapping[str, Any], change: Change | None) -> list[Outcome]:
    """Each threshold with what was measured.

    Args:
        gates: The thresholds.
        result: A summary.
        change: What changed since the result that is compared with; without one no case counts as broken.
    """
    return [Outcome(gate, _value(gate, result, change)) for gate in gates]


def _value(gate: Gate, result: Mapping[str, Any], change: Change | None) -> float | None:
    if gate.metric == "broken_cases":
        return float(len(change.broken)) if change else 0.0
    if gate.metric == "failures":
        return float(result["failures"])
    metrics = result["kinds"].get(gate.kind, {}).get("metrics", {}) if gate.kind else result["metrics"]
    return metrics[gate.metric]["value"] if gate.metric in metrics else None
