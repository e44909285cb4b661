"""How long new processes of ours take, beside new processes that only import the libraries we are made of.

Each round runs each of them once, one after the other, so that what else the machine does meets all alike.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from evals.benches.loading import served
from ingest.errors import GroundruleError
from ingest.pack import load_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.config import Settings

__all__ = ["RATIOS", "SECONDS", "Ratio", "arms", "ratios", "time_of"]

_OURS = "from bot.surfaces.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Ratio:
    """What is compared with what.

    Attributes:
        ours: The arm of ours.
        other: The arm that it is held against.
        wanted: The most it should take of that one's time.
    """

    ours: str
    other: str
    wanted: float


RATIOS = (Ratio("ask", "libraries", 0.35), Ratio("serve", "page libraries", 0.5))
"""Of the arms below."""
SECONDS = {"help": 0.3, "usage error": 0.3}
"""The most that an arm should take by itself, on a machine of two usual processors."""


def time_of(command: Sequence[str], status: int = 0) -> float:
    """Seconds that a command takes.

    Raises:
        GroundruleError: It ends with another status.
    """
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    spent = time.perf_counter() - began
    if done.returncode != status:
        said = done.stderr.strip().splitlines()
        raise GroundruleError(
            f"{command[-1]!r} ended with {done.returncode}: {said[-1] if said else 'it said nothing'}"
        )
    return spent


def arms(settings: Settings) -> dict[str, Callable[[], float]]:
    """What is measured, by name; each gives its seconds."""
    question = f"What are the pros of {load_pack(settings.corpus).options[0].name}?"
    where = ["--home", str(settings.home), "--corpus", str(settings.corpus)]

    def ours(*arguments: str, status: int = 0) -> float:
        return time_of([sys.executable, "-c", _OURS, *arguments], status)

    def imported(modules: str) -> float:
        return time_of([sys.executable, "-c", f"import {modules}"])

    def serve() -> float:
        began = time.perf_counter()
        with served(settings):
            return time.perf_counter() - began

    return {
        "python": lambda: time_of([sys.executable, "-c", "pass"]),
        "help": lambda: ours("--help"),
        "usage error": lambda: ours("ask", "--no-such-option", status=2),
        "ask": lambda: ours("ask", question, *where),
        "libraries": lambda: imported("llama_index.core, sentence_transformers, chromadb"),
        "serve": serve,
        "page libraries": lambda: imported("gradio, sentence_transformers, llama_index.core"),
    }


def ratios(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Of each ratio its middle over the rounds, by "ours to other"."""
    return {
        f"{one.ours} to {one.other}": round(median(each[one.ours] / each[one.other] for each in rounds), 3)
        for one in RATIOS
    }
