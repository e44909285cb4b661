"""What the buttons under an answer show, as Markdown: its sources in full, its scorecard, its decision record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.advising.record import write_record
from bot.composing.draft import escape, joined
from bot.deciding.facts_given import profile_behind
from bot.service.cited import quoted, source_line
from ingest.reading.markdown import split_front_matter

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from bot.advising.advisor import Advisor
    from bot.types import Answer, Citation, Ranked, Recommendation

__all__ = ["decision_record", "scorecard", "sources"]

BAR = 10
"""Characters of a full bar: with the figures beside it a line fits a telephone's screen."""
_FULL, _EMPTY = "█", "░"


def sources(citations: Sequence[Citation]) -> str:
    """Every cited passage to the character, with where it stands."""
    return "\n\n".join(f"{source_line(one)}\n\n> {quoted(one)}" for one in citations)


def scorecard(answer: Answer, advisor: Advisor) -> str:
    """The rankings behind an answer: scores with what open answers could make of them, facts and what would change it.

    Args:
        answer: One with a recommendation.
        advisor: Knows the names of options, criteria and levels.
    """
    made = [one for one in (answer.recommendation, *answer.other_decisions) if one]
    return "\n\n---\n\n".join(_card(one, advisor) for one in made)


def _card(made: Recommendation, advisor: Advisor) -> str:
    name = next((d.name for d in advisor.pack.decisions if d.id == made.decision), made.decision)
    verdict = "a clear winner" if made.clear_winner else "no clear winner yet"
    parts = [f"# {escape(name)}: {verdict}", "```\n" + "\n".join(_ranking(made.ranking)) + "\n```"]
    parts.append(
        "*Points of 100, and what the open answers could still make of them; then the share of weightings and open "
        "answers under which it comes first.*"
    )
    if made.facts:
        facts = (
            f"- {_criterion(f.criterion, advisor)}: {_level(f.criterion, f.level, advisor)}"
            + (f" (“{escape(f.said)}”)" if f.how != "chosen" else "")
            + (" *supposed*" if f.criterion in made.supposed else "")
            for f in made.facts
        )
        parts.append("**What I know of you**\n\n" + "\n".join(facts))
    if made.present:
        parts.append(f"**What you have today:** {escape(_option(made.present, advisor))}")
    if made.tipping_points:
        tips = (
            f"- {_criterion(t.criterion, advisor)}: {_level(t.criterion, t.after, advisor)} instead of "
            f"{_level(t.criterion, t.before, advisor)} → **{escape(_option(t.winner, advisor))}**"
            for t in made.tipping_points
        )
        parts.append("**Each of these alone would change it**\n\n" + "\n".join(tips))
    if made.unknown:
        parts.append("**Not known:** " + joined([_criterion(c, advisor) for c in made.unknown]))
    parts.append(f"*Rubric {escape(made.rubric_version)}, {made.rubric_sha256[:12]}*")
    return "\n\n".join(parts)


def _ranking(ranking: Sequence[Ranked]) -> list[str]:
    lines = []
    for place, one in enumerate(ranking, start=1):
        full = min(max(round(one.score / 100 * BAR), 0), BAR)
        lines.append(f"{place}. {' '.join(one.name.split())}")
        lines.append(
            f"   {_FULL * full}{_EMPTY * (BAR - full)} {one.score:4.0f}  ({one.low:.0f} to {one.high:.0f})"
            f"  first {one.first_share * 100:.0f} %"
        )
    return lines


def decision_record(answer: Answer, advisor: Advisor, today: dt.date) -> str:
    """The decision record of an answer's recommendation, without what only a replay needs.

    Args:
        answer: The answer.
        advisor: Over the pack's rubric.
        today: The day it is made.

    Raises:
        UsageError: The answer recommends nothing, or rests on facts that the rubric no longer knows.
        GroundruleError: No fact bears on the decision.
    """
    profile, decision = profile_behind(answer, advisor.book.rubric, advisor.pack, "the answer")
    return split_front_matter(write_record(advisor, decision, profile, today), "the record")[1]


def _option(id_: str, advisor: Advisor) -> str:
    return next((option.name for option in advisor.pack.options if option.id == id_), id_)


def _criterion(id_: str, advisor: Advisor) -> str:
    criterion = advisor.book.rubric.criteria.get(id_)
    return escape(criterion.name if criterion else id_)


def _level(criterion: str, level: str, advisor: Advisor) -> str:
    known = advisor.book.rubric.criteria.get(criterion)
    return escape(known.levels[level].label if known and level in known.levels else level)
