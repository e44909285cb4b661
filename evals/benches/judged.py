"""Responses with their passages, judged by people or not, and what the verifier makes of them."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field

from bot.verifying.reading import split_sentences
from evals.benches.planted import plant
from evals.json_lines import Identified, load_lines
from evals.metrics.curves import auroc
from evals.runner import run_each
from ingest.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.verifying.verify import Verifier
    from evals.benches.planted import Kind
    from ingest.gather import Progress

__all__ = ["Judged", "Result", "figures", "judge", "load_judged", "passage_sentences", "planted_pairs"]

# Sentences of passages that are taken as true ones: neither scraps nor run-on lists, and few of each item.
SENTENCE_WORDS = range(6, 51)
SENTENCES_EACH = 2


class Judged(Identified):
    """A response with its passages.

    Attributes:
        passages: What it was written from.
        response: What was written.
        label: Whether people found it supported.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    passages: Annotated[tuple[str, ...], Field(min_length=1)]
    response: str
    label: Literal["supported", "unsupported"] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the verifier makes of one.

    Attributes:
        item: The response.
        score: Probability that it is supported.
        supported: Whether it passes.
        seconds: How long it took.
    """

    item: Judged
    score: float
    supported: bool
    seconds: float

    def line(self) -> dict[str, Any]:
        """The item as it was read, with score and supported."""
        return self.item.model_dump(mode="json", exclude_unset=True) | {
            "score": round(self.score, 6),
            "supported": self.supported,
        }


def load_judged(file: Path) -> list[Judged]:
    """The items of a file.

    Raises:
        PathError: It is not there.
        DocumentError: A line is none, or there is none.
    """
    items = load_lines([file], Judged, "item")
    if not items:
        raise DocumentError(f"{file} holds no item. Give JSON lines with id, passages and response.")
    return items


def judge(items: Sequence[Judged], verifier: Verifier, told: Progress, stage: str) -> list[Result]:
    """The verifier's verdicts, in order."""

    def one(item: Judged) -> Result:
        start = time.perf_counter()
        verdict = verifier.text(item.response, item.passages)
        return Result(item, verdict.score, verdict.supported, time.perf_counter() - start)

    # One at a time: how long each takes is a figure, too.
    return run_each(items, one, told=told, stage=stage, workers=1)


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """How results agree with the labels, where there are any, and how long they took."""
    labelled = [one for one in results if one.item.label]
    truth = [one.item.label == "supported" for one in labelled]
    area = auroc(truth, [one.score for one in labelled]) if labelled else None
    passed = {
        kind: [one.supported for one, true in zip(labelled, truth, strict=True) if true is kind]
        for kind in (True, False)
    }
    times = [1000 * one.seconds for one in results] or [0.0]
    return {
        "items": len(results),
        "labelled": len(labelled),
        "auroc": area.as_json() if area else None,
        "flagged_supported": 1 - sum(passed[True]) / len(passed[True]) if passed[True] else None,
        "caught_unsupported": 1 - sum(passed[False]) / len(passed[False]) if passed[False] else None,
        "median_ms": statistics.median(times),
        "worst_ms": max(times),
    }


def planted_pairs(items: Sequence[Judged], kind: Kind) -> list[tuple[Judged, Judged]]:
    """Items that offer a place for an error, each with itself changed; the changed one is labelled unsupported."""
    found = []
    for item in items:
        changed = plant(kind, item.response, item.passages, item.id)
        if changed is not None:
            found.append((item, item.model_copy(update={"response": changed, "label": "unsupported"})))
    return found


def passage_sentences(items: Sequence[Judged]) -> list[Judged]:
    """Sentences of the passages as items of their own, each once: what a passage says it supports."""
    found: dict[str, Judged] = {}
    for item in items:
        sentences = [one for passage in item.passages for one in split_sentences(passage)]
        fit = [one for one in sentences if len(one.split()) in SENTENCE_WORDS and one not in found]
        # Spread over the passages, not the first ones alone.
        for n, sentence in enumerate(fit[:: max(1, len(fit) // SENTENCES_EACH)][:SENTENCES_EACH]):
            found[sentence] = Judged(id=f"{item.id}#{n}", passages=item.passages, response=sentence, label="supported")
    return list(found.values())
