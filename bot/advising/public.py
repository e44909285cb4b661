"""A decision of the rubric's in its public form, as every door gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.types import KnownFact, Ranked, Recommendation, Tipping

if TYPE_CHECKING:
    from bot.advising.evidence import RubricBook
    from bot.deciding.decision import Decision
    from bot.deciding.facts import Profile
    from ingest.pack import Pack

__all__ = ["recommendation_json"]


def recommendation_json(
    book: RubricBook, pack: Pack, decision: Decision, profile: Profile, supposed: tuple[str, ...] = ()
) -> Recommendation:
    """A decision in the public form.

    Args:
        book: The rubric that made it.
        pack: Names its options.
        decision: What was decided.
        profile: The facts that were known, and what there is today.
        supposed: Criteria whose facts were only supposed.
    """
    question = decision.next_question
    return Recommendation(
        decision=decision.decision,
        rubric_version=book.rubric.version,
        rubric_sha256=book.rubric.sha256,
        ranking=tuple(
            Ranked(
                option=s.option,
                name=pack.option(s.option).name,
                score=s.score,
                low=s.low,
                high=s.high,
                first_share=s.first_share,
            )
            for s in decision.ranking
        ),
        clear_winner=decision.clear_winner,
        facts=tuple(
            KnownFact(criterion=c, level=f.level, said=f.said, how=f.how)
            for c, f in profile.facts.items()
            if c in decision.facts
        ),
        unknown=decision.unknown,
        next_question=book.rubric.criteria[question.criterion].question if question else None,
        tipping_points=tuple(
            Tipping(criterion=t.criterion, before=t.before, after=t.after, winner=t.winner)
            for t in decision.tipping_points
        ),
        present=profile.present.get(decision.decision, (None,))[0],
        supposed=supposed,
    )
