"""One evaluation: the cases asked, marked and summed up."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from evals.asking import Groundrule, ask_all, case_key
from evals.results import code_sha256
from evals.runner import Ledger
from evals.scoring import Marker
from evals.summary import summary
from evals.timing import timings
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bot.assistant import Assistant
    from bot.verifying.verify import Verifier
    from evals.cases import Case
    from evals.scoring import Marked
    from ingest.config import Settings
    from ingest.gather import Progress

__all__ = ["LEDGER", "Evaluation", "about", "evaluate", "finish"]

LEDGER = "unfinished.jsonl"
"""Where answers are kept until a run is finished."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of a run.

    Attributes:
        marked: The marked cases, in the set's order.
        result: The summary: the same on every run of one commit.
        timings: How long answers took: different on every run.
        times: Kind of case to the milliseconds of its answers.
    """

    marked: tuple[Marked, ...]
    result: dict[str, Any]
    timings: dict[str, Any]
    times: Mapping[str, Sequence[float]]


def about(settings: Settings, assistant: Assistant, cases: Sequence[Case]) -> dict[str, Any]:
    """What is measured: everything that the figures depend on."""
    book = assistant.advisor.book if assistant.advisor else None
    return {
        "groundrule": version("groundrule"),
        "code_sha256": code_sha256(),
        "pack_sha256": assistant.pack.sha256,
        "rubric_sha256": book.rubric.sha256 if book else None,
        "documents_sha256": assistant.library.manifest.documents_sha256,
        "encoder": assistant.library.manifest.encoder,
        "generator": settings.llm_model if assistant.phrasing else "extractive",
        "reranker": settings.reranker,
        "nli_model": settings.nli_model,
        "cases_sha256": hashlib.sha256("\n".join(sorted(map(case_key, cases))).encode()).hexdigest(),
    }


def evaluate(
    cases: Sequence[Case],
    assistant: Assistant,
    verifier: Verifier,
    what: Mapping[str, Any],
    *,
    out: Path | None,
    workers: int,
    told: Progress,
) -> Evaluation:
    """Asks, marks and sums up.

    Args:
        cases: The cases.
        assistant: The product.
        verifier: Judges citations.
        what: What is measured, from `about`.
        out: Folder in which answers are kept until `finish`, so that another run goes on from there; None for none.
        workers: How many cases are asked at a time.
        told: Told how far it is.
    """
    began = time.perf_counter()
    # Whatever the cases, an answer to one of them depends on the system alone.
    system = {key: value for key, value in what.items() if key != "cases_sha256"}
    ledger = Ledger(out / LEDGER, system) if out else None
    try:
        asked = ask_all(cases, Groundrule(assistant), workers=workers, told=told, ledger=ledger)
    finally:
        if ledger is not None:
            ledger.close()
    marker = Marker(verifier, assistant.advisor, list(assistant.documents))
    marked = []
    for done, (case, one) in enumerate(zip(cases, asked, strict=True), start=1):
        marked.append(marker.mark(case, one))
        told("marking", done, len(cases))
    times: dict[str, list[float]] = {}
    for one_marked in marked:
        times.setdefault(one_marked.case.kind, []).extend(one_marked.asked.milliseconds)
    return Evaluation(
        marked=tuple(marked),
        result=summary(marked, what),
        timings=timings(times, workers, time.perf_counter() - began),
        times=times,
    )


def finish(out: Path) -> None:
    """Removes the answers that were kept in a folder for a run that is over.

    Raises:
        StoreError: They cannot be removed.
    """
    file = out / LEDGER
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{file} cannot be removed: {error.strerror}. Remove it by hand.") from error
