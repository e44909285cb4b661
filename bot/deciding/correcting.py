"""Corrections of what a conversation knows: facts that replace others, and facts that are unknown again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.deciding.facts_given import PRESENT, check_criterion, told_profile
from bot.language.shortening import capital
from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.deciding.facts import Profile
    from bot.deciding.rubric_model import Rubric
    from ingest.pack import Pack

__all__ = ["Correction", "read_correction"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody corrects of what is known about their organisation.

    Attributes:
        told: What holds instead, given outright.
        unknown: Criteria that nothing is known of any more; `present` for the options that there are today.
    """

    told: Profile
    unknown: tuple[str, ...]

    def applied(self, known: Profile) -> Profile:
        """What is known once it is corrected."""
        left = known.without(self.unknown)
        if PRESENT in self.unknown:
            left = replace(left, present={})
        return left.with_more(self.told)

    def in_words(self, known: Profile, rubric: Rubric, pack: Pack) -> str:
        """The correction as a transcript shows it: "Correction: Team size: up to 20 (was: more); Budget: unknown".

        What was not known before is told, not corrected: "Budget: below a million".

        Args:
            known: What was known before.
            rubric: Names of criteria and levels.
            pack: Names of options.
        """
        parts = "; ".join(self._parts(known, rubric, pack))
        corrects = self.unknown or self.told.facts.keys() & known.facts or self.told.present.keys() & known.present
        return f"Correction: {parts}" if corrects else parts

    def _parts(self, known: Profile, rubric: Rubric, pack: Pack) -> Iterator[str]:
        for criterion, fact in self.told.facts.items():
            named, old = rubric.criteria[criterion], known.facts.get(criterion)
            was = f" (was: {named.levels[old.level].label})" if old and old.level != fact.level else ""
            yield f"{capital(named.name)}: {named.levels[fact.level].label}{was}"
        for option, _ in self.told.present.values():
            yield f"We have: {pack.option(option).name}"
        for criterion in self.unknown:
            name = "We have" if criterion == PRESENT else capital(rubric.criteria[criterion].name)
            yield f"{name}: unknown"


def read_correction(facts: Mapping[str, Any], rubric: Rubric, pack: Pack) -> Correction:
    """The correction in a mapping of criteria to levels or numbers, with None for what is unknown again.

    Args:
        facts: As `told_profile` takes them, but for None; `present` names the option that there is today.
        rubric: Criteria and levels.
        pack: Decisions and options.

    Raises:
        UsageError: It corrects nothing, or a criterion, a level or an option is not known.
    """
    if not facts:
        raise UsageError("nothing to correct. Give a criterion with its level, or with null to make it unknown.")
    unknown = tuple(name for name, level in facts.items() if level is None)
    for name in unknown:
        if name != PRESENT:
            check_criterion(name, rubric)
    told = told_profile({name: level for name, level in facts.items() if level is not None}, rubric, pack)
    # Shown as the user's own words, an id would look odd.
    chosen = {
        c: replace(fact, said=rubric.criteria[c].levels[fact.level].label) if fact.said == fact.level else fact
        for c, fact in told.facts.items()
    }
    return Correction(replace(told, facts=chosen), unknown)
