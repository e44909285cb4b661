"""From answers to marks: every metric of every case."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from evals.metrics.citations import (
    citation_precision,
    citation_recall,
    exact_share,
    source_precision,
    source_recall,
    unsupported,
)
from evals.metrics.consistency import same_citations, same_verdict
from evals.metrics.nuggets import forbidden_found, missed, nugget_recall
from evals.metrics.recommendations import changing_share, top_one, unacceptable_first
from evals.metrics.statements import plain_text, statements
from evals.metrics.verdict import crag_score, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.advising.advisor import Advisor
    from bot.types import Recommendation
    from bot.verifying.verify import Verifier
    from evals.asking import Asked
    from evals.cases import Case
    from evals.metrics.verdict import Verdict
    from evals.reply import Reply

__all__ = ["Marked", "Marker"]

# Verdicts that are kept: those of the answers of a few cases.
VERDICTS_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Marked:
    """A case with its answer and marks.

    Attributes:
        case: What was asked and expected.
        asked: What was answered.
        verdict: Right, missing or wrong.
        marks: Metric to mark; a metric that does not apply to the case is left out.
        missed: The facts that the answer lacks.
        forbidden: The patterns that it should not match.
        unsupported: Its statements that nothing cited supports.
    """

    case: Case
    asked: Asked
    verdict: Verdict
    marks: Mapping[str, float]
    missed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = field(default=())


class Marker:
    """Marks answers.

    Args:
        verifier: Says whether passages support a statement.
        advisor: The rubric's arithmetic, for what a question back would change; None when there is no rubric.
        sources: Ids of the documents; a case that names others says nothing of which are cited.
    """

    def __init__(self, verifier: Verifier, advisor: Advisor | None, sources: Sequence[str]) -> None:
        # Recall, precision and the list of what is unsupported ask about the same statements.
        self._verdict = lru_cache(maxsize=VERDICTS_KEPT)(
            lambda said, passages: verifier.sentence(said, passages).supported
        )
        self._advisor = advisor
        self._sources = frozenset(sources)

    def mark(self, case: Case, asked: Asked) -> Marked:
        """The marks of one answer; without an answer every metric that asks for one is zero."""
        reply = asked.reply
        found = verdict(case, reply)
        marks: dict[str, float | None] = {"right": float(found == "right"), "crag": float(crag_score(found))}
        text = plain_text(reply.answer) if reply else ""
        bad: tuple[str, ...] = ()
        if case.expect == "refuse":
            marks["refusal_recall"] = float(reply is not None and reply.refused)
        else:
            marks["false_refusal"] = float(reply is None or reply.refused)
            marks["vital_nuggets"] = nugget_recall(case.nuggets, text, vital=True)
            marks["all_nuggets"] = nugget_recall(case.nuggets, text, vital=False)
            gold = case.gold_sources if self._sources.issuperset(case.gold_sources) else ()
            cited = reply.citations if reply else ()
            marks["source_precision"] = source_precision(cited, gold)
            marks["source_recall"] = source_recall(cited, gold)
            marks["top_one"] = top_one(reply.first if reply else None, case.best_models)
            marks["unacceptable_first"] = unacceptable_first(reply.first if reply else None, case.wrong_models)
        if reply is not None:
            cited_marks, bad = self._citations(reply)
            marks |= cited_marks
            marks |= self._question_back(reply.recommendation)
            marks |= self._consistency(case, asked, found)
        return Marked(
            case=case,
            asked=asked,
            verdict=found,
            marks={name: mark for name, mark in marks.items() if mark is not None},
            missed=tuple(one.text for one in missed(case.nuggets, text)) if case.expect != "refuse" else (),
            forbidden=tuple(forbidden_found(case.forbidden, text)),
            unsupported=bad,
        )

    def _citations(self, reply: Reply) -> tuple[dict[str, float | None], tuple[str, ...]]:
        stated = statements(reply.answer, reply.kind)
        texts = {one.number: one.text for one in reply.citations}
        lost = unsupported(stated, texts, self._supports)
        marks = {
            "citation_recall": citation_recall(stated, texts, self._supports),
            "citation_precision": citation_precision(stated, texts, self._supports),
            "citations_exact": exact_share(reply.citations),
        }
        return marks, tuple(one.text for one in lost)

    def _supports(self, sentence: str, passages: Sequence[str]) -> bool:
        return self._verdict(sentence, tuple(passages))

    def _question_back(self, made: Recommendation | None) -> dict[str, float | None]:
        """What the answers to the question asked would change, and what those to the other open ones would."""
        if made is None or made.next_question is None or self._advisor is None:
            return {}
        criteria = self._advisor.book.rubric.criteria
        asked = next((id_ for id_, one in criteria.items() if one.question == made.next_question), None)
        card = self._advisor.cards.get(made.decision)
        if asked is None or card is None:
            return {}
        facts = {fact.criterion: fact.level for fact in made.facts}
        shares = {c: changing_share(facts, c, card.levels[c], card.winners) for c in made.unknown if c in card.levels}
        if asked not in shares:
            # It asks about something that it was told.
            return {"question_useful": 0.0}
        others = [share for c, share in shares.items() if c != asked]
        return {
            "question_useful": float(shares[asked] > 0),
            "question_changes": shares[asked],
            "other_questions_change": sum(others) / len(others) if others else None,
        }

    def _consistency(self, case: Case, asked: Asked, found: Verdict) -> dict[str, float | None]:
        marks: dict[str, float | None] = {}
        if asked.reply is None:
            return marks
        others = [verdict(case, other) for other in asked.paraphrased]
        marks["paraphrase_verdict"] = same_verdict(found, others)
        marks["paraphrase_citations"] = same_citations(asked.reply, [one for one in asked.paraphrased if one])
        if asked.swapped_question:
            marks["order_verdict"] = same_verdict(found, [verdict(case, asked.swapped)])
            marks["order_citations"] = same_citations(asked.reply, [asked.swapped]) if asked.swapped else 0.0
        return marks
