"""Recommendations from facts that are given outright: by the rubric alone, without a conversation or an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.advising.advisor import Advisor
from bot.advising.evidence import require_rubric_book
from bot.deciding.facts import Profile
from bot.deciding.facts_given import given_profile
from bot.responding import advised
from ingest.errors import UsageError
from ingest.pack import load_pack

if TYPE_CHECKING:
    from bot.advising.advisor import Advice
    from bot.types import Answer
    from ingest.config import Settings
    from ingest.pack import Pack

__all__ = ["advise_on", "answer_of", "chosen_decision", "in_conversation", "in_words", "open_advisor"]


def open_advisor(pack: Pack) -> Advisor:
    """An advisor over the pack's rubric; needs neither index nor model.

    Raises:
        PackError: The pack has no rubric, or one that breaks a rule.
    """
    book = require_rubric_book(pack)
    return Advisor(book, pack, book.evidence)


def chosen_decision(advisor: Advisor, decision: str | None, profile: Profile) -> str:
    """The decision asked for; without one, that on which the facts bear.

    Raises:
        UsageError: The rubric makes no such decision.
    """
    if decision is not None and decision not in advisor.cards:
        raise UsageError(f"decision {decision!r}: no such decision. Known: {', '.join(advisor.cards)}")
    return decision or advisor.decision_for(profile)


def advise_on(facts: tuple[str, ...], decision: str | None, settings: Settings) -> tuple[Advisor, str, Profile]:
    """An advisor over the settings' pack, the decision to make, and the facts given on a command line.

    Raises:
        PackError: The pack has no rubric, or one that breaks a rule.
        UsageError: The decision or a fact is not known.
    """
    pack = load_pack(settings.corpus)
    advisor = open_advisor(pack)
    # Before the facts: whoever names a decision wrongly should be told of that.
    chosen_decision(advisor, decision, Profile())
    profile = given_profile(facts, advisor.book.rubric, pack)
    return advisor, chosen_decision(advisor, decision, profile), profile


def in_conversation(session: str | None) -> str:
    """The conversation that something which is known is taken from.

    Raises:
        UsageError: There is none.
    """
    if session is None:
        raise UsageError(
            "a fact without a value makes what a conversation knows unknown again, but no session is given. "
            "Give one, or leave the fact out."
        )
    return session


def answer_of(advisor: Advisor, advice: Advice) -> Answer:
    """Advice that belongs to no conversation, in the form that every door shows."""
    return advised(advice, advisor.book.evidence.documents, confidence=1.0)


def in_words(profile: Profile, advisor: Advisor) -> str:
    """Facts that were given outright, as a transcript shows them: "Team size: up to 20; we have: Central"."""
    criteria = advisor.book.rubric.criteria
    told = [f"{criteria[c].name}: {criteria[c].levels[fact.level].label}" for c, fact in profile.facts.items()]
    told += [f"we have: {advisor.name(option)}" for option, _ in profile.present.values()]
    return "; ".join(told) or "What do you need to know of us?"
