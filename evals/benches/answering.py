"""How long answers take in a process that is warm, beside the least that any answer by search must do.

That least, the floor, is to embed the question and to search the index once. Both are timed on the same questions, one
right after the other, each asked once, so that nothing is answered from what an earlier answer left.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.assistant import Assistant
    from ingest.index.library import Library
    from ingest.types import Encoder

__all__ = ["WANTED", "Timed", "floor_of", "measure", "summarise"]

WANTED = {"facts": 2.0, "recommendations": 3.0}
"""The most that the middle answer of a group should take, in floors."""
WANTED_SPREAD = 2.0
"""The most that 95 % of the answers of a group should take, in its middle answers."""
RECOMMENDATIONS = "recommend"
_NEAREST = 10


@dataclass(frozen=True, slots=True)
class Timed:
    """A question's times.

    Attributes:
        kind: What it asks for.
        floor: Seconds to embed it and to search once.
        answer: Seconds to answer it.
    """

    kind: str
    floor: float
    answer: float


def floor_of(library: Library, encoder: Encoder) -> Callable[[str], object]:
    """What embeds a question and searches the index once."""

    def search(question: str) -> object:
        return np.argsort(-library.near(encoder.encode([question])[0]).cosines)[:_NEAREST]

    return search


def measure(
    questions: Iterable[tuple[str, str]], search: Callable[[str], object], assistant: Assistant
) -> Iterable[Timed]:
    """Times each question, given as its kind and its words."""
    for kind, question in questions:
        began = time.perf_counter()
        search(question)
        found = time.perf_counter()
        assistant.ask(question)
        yield Timed(kind, found - began, time.perf_counter() - found)


def summarise(timed: Iterable[Timed]) -> dict[str, Mapping[str, float]]:
    """Figures of all, of each group that something is wanted of, and of each kind; times in milliseconds."""
    everything = list(timed)
    floor = float(np.median([one.floor for one in everything]))
    groups: dict[str, list[float]] = {name: [] for name in WANTED}
    for one in everything:
        groups["recommendations" if one.kind == RECOMMENDATIONS else "facts"].append(one.answer)
        groups.setdefault(one.kind, []).append(one.answer)
    found: dict[str, Mapping[str, float]] = {"floor": {"median_ms": round(1000 * floor, 2), "count": len(everything)}}
    for name, answers in groups.items():
        if answers:
            middle, most = (float(value) for value in np.quantile(answers, [0.5, 0.95]))
            found[name] = {
                "median_ms": round(1000 * middle, 2),
                "p95_ms": round(1000 * most, 2),
                "to_floor": round(middle / floor, 2),
                "p95_to_median": round(most / middle, 2),
                "count": len(answers),
            }
    return found
