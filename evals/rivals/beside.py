"""The quick-start on the cases of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.llm.generate import language_model
from bot.wiring import make_verifier
from evals.asking import ask_all
from evals.rivals.comparison import BUDGETS, compared, reading_compared
from evals.rivals.quick_start import QuickStart
from evals.scoring import Marker
from ingest.embedding.choice import make_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.assistant import Assistant
    from evals.reply import Reply
    from evals.scoring import Marked
    from ingest.config import Settings
    from ingest.gather import Progress

__all__ = ["quick_start_beside"]

NAME = "LlamaIndex quick-start"
# More passages than the longest reading holds.
PASSAGES, CHUNKS = 120, 8


class _QuickStartAsked:
    """The quick-start as a system that cases are put to."""

    def __init__(self, quick_start: QuickStart) -> None:
        self._quick_start = quick_start

    def converse(self, turns: Sequence[str]) -> tuple[list[Reply], list[float]]:
        """Its answer to the last message: it knows no conversations."""
        return [self._quick_start.ask(turns)], []

    def other_order(self, question: str) -> None:
        """Not asked of it."""


def quick_start_beside(
    settings: Settings, assistant: Assistant, ours: Sequence[Marked], told: Progress
) -> dict[str, Any]:
    """How LlamaIndex's quick-start does on the same documents, embedder and cases.

    Args:
        settings: Which embedder, and which language model, if any.
        assistant: The product, whose documents it gets.
        ours: The product's marked answers.
        told: Told how far it is.

    Returns:
        "name", "about" and what `compared` returns.
    """
    model = language_model(settings)
    quick_start = QuickStart(assistant.library.documents.values(), make_encoder(settings), model)
    cases = [one.case.model_copy(update={"paraphrases": ()}) for one in ours]
    asked = ask_all(cases, _QuickStartAsked(quick_start), workers=1, told=told)
    marker = Marker(make_verifier(settings, assistant.pack.synonyms), None, list(assistant.documents))
    theirs = [marker.mark(case, one) for case, one in zip(cases, asked, strict=True)]
    found = compared(ours, theirs, NAME, citations=model is not None)
    found["figures"] += reading_compared(
        ours, own=lambda turns: _own(assistant, turns), other=lambda turns: _chunks(quick_start, turns), name=NAME
    )
    how = (
        f"its citation query engine with {model.name}"
        if model
        else "its retrieval alone, as no language model is set: what it retrieves counts as its answer, so it never "
        "refuses and its answers are long"
    )
    return {
        "name": NAME,
        "about": f"The same documents and embedder, llama-index's defaults, {how}. It is asked the last message alone; "
        f"the search rows compare what each finds first, cut at {', '.join(f'{n:,}' for n in BUDGETS)} characters.",
        **found,
    }


def _own(assistant: Assistant, turns: Sequence[str]) -> str:
    hits = assistant.retriever.search(turns[-1], PASSAGES)
    return "\n".join(f"{hit.passage.section}. {hit.passage.lead_in} {hit.passage.text}" for hit in hits)


def _chunks(quick_start: QuickStart, turns: Sequence[str]) -> str:
    return "\n".join(quick_start.retrieve(turns[-1], CHUNKS))
