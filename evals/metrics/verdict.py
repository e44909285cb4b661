"""Whether an answer is right, missing or wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from evals.metrics.nuggets import forbidden_found, nugget_recall
from evals.metrics.statements import plain_text

if TYPE_CHECKING:
    from evals.cases import Case
    from evals.reply import Reply

__all__ = ["RIGHT_FROM", "Verdict", "crag_score", "verdict"]

Verdict = Literal["right", "missing", "wrong"]

RIGHT_FROM = 0.5
"""Share of the vital nuggets from which an answer is right. Half, because cases name up to six vital facts of which a
short answer may fairly leave some to its follow-up; how many it holds is a figure of its own."""

_CLAIMS_NOTHING = frozenset({"refusal", "clarification", "smalltalk"})


def verdict(case: Case, reply: Reply | None) -> Verdict:
    """What an answer is worth to the person who asked.

    Right is what the case expects: a refusal; a question back; a recommendation with an acceptable option first; or at
    least half of the vital facts; and nothing forbidden. A case that names no such options or facts expects that any
    option comes first, or that something is claimed. What is not right is missing when it claims nothing (it refuses or
    asks back, or there is no answer, or an empty one), else wrong.

    Args:
        case: What is expected.
        reply: What was answered; None when there was no answer.
    """
    text = plain_text(reply.answer) if reply else ""
    if reply is None or not text:
        return "missing"
    if forbidden_found(case.forbidden, text):
        return "wrong"
    if _as_expected(case, reply, text):
        return "right"
    return "missing" if reply.kind in _CLAIMS_NOTHING or reply.refused else "wrong"


def _as_expected(case: Case, reply: Reply, text: str) -> bool:
    if case.expect == "refuse":
        return reply.refused
    if reply.refused:
        return False
    if case.expect == "clarify":
        asked = reply.recommendation.next_question if reply.recommendation else None
        return reply.kind == "clarification" or asked is not None
    if case.best_models:
        return reply.first in case.best_models
    held = nugget_recall(case.nuggets, text, vital=True)
    if held is not None:
        return held >= RIGHT_FROM
    return reply.first is not None if case.expect == "recommend" else reply.kind not in _CLAIMS_NOTHING


def crag_score(found: Verdict) -> int:
    """1 for right, 0 for missing, -1 for wrong: a false answer costs more than none.

    Yang et al., "CRAG: Comprehensive RAG Benchmark", NeurIPS 2024, without its half points for acceptable answers.
    """
    return {"right": 1, "missing": 0, "wrong": -1}[found]
