"""What is known about an organisation: facts, what one message tells, and what a conversation has told so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["SURENESS", "Fact", "How", "Profile", "Reading"]

How = Literal["number", "phrase", "hint", "reply", "chosen", "model"]
"""How a fact was read: from a number with its unit, from a word pattern, from a pattern that merely makes it likely,
from a bare reply to a question, by a language model; or it was given outright."""

SURENESS: dict[How, int] = {"model": -1, "hint": 0, "phrase": 1, "number": 2, "reply": 3, "chosen": 4}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known about an organisation.

    Attributes:
        criterion: What it is about.
        level: Which answer holds.
        said: The user's own words.
        how: How it was read.
        rough: Whether the user was not sure, or rounded.
        value: The number that was said, in the unit of the cut-offs; None when it was no number.
    """

    criterion: str
    level: str
    said: str
    how: How
    rough: bool = False
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message tells.

    Attributes:
        facts: What holds now, by criterion.
        supposed: What is only supposed, by criterion.
        present: Decision to the option that the organisation has today, and the words that say so.
        corrects: Whether the message corrects an earlier one.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    supposed: dict[str, Fact] = field(default_factory=dict)
    present: dict[str, tuple[str, str]] = field(default_factory=dict)
    corrects: bool = False

    def with_suggested(self, facts: dict[str, Fact]) -> Reading:
        """The reading with further facts, which never replace what it holds."""
        return replace(self, facts={**facts, **self.facts})


def _newer(fact: Fact, old: Fact) -> bool:
    """Whether a plain statement replaces an earlier number or reply; what was chosen outright stays."""
    return fact.how == "phrase" and old.how in ("number", "reply")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a conversation has told about an organisation so far.

    Attributes:
        facts: What is known, by criterion.
        present: Decision to the option that the organisation has today, and the words that say so.
        asked: Criterion that the user was asked about last.
        last_number: Criterion that the user's last number was about.
        decision: The decision that was talked about last.
        skipped: Criteria that the user could not answer for.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    present: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: str | None = None
    last_number: str | None = None
    decision: str | None = None
    skipped: tuple[str, ...] = ()

    @property
    def levels(self) -> dict[str, str]:
        """Criterion to level, as `Scorecard.decide` takes them."""
        return {criterion: fact.level for criterion, fact in self.facts.items()}

    def after(self, reading: Reading) -> Profile:
        """The profile with what a further message tells; what is as sure or surer replaces what stood there."""
        facts = dict(self.facts)
        for criterion, fact in reading.facts.items():
            old = facts.get(criterion)
            corrects = reading.corrects and fact.how != "model"
            if old is None or corrects or SURENESS[fact.how] >= SURENESS[old.how] or _newer(fact, old):
                facts[criterion] = fact
        numbers = [criterion for criterion, fact in reading.facts.items() if fact.value is not None]
        last_number = numbers[-1] if numbers else self.last_number
        return replace(self, facts=facts, present={**self.present, **reading.present}, last_number=last_number)

    def with_more(self, other: Profile) -> Profile:
        """The profile with what another one knows, which comes first."""
        return replace(self, facts={**self.facts, **other.facts}, present={**self.present, **other.present})

    def without(self, criteria: Collection[str]) -> Profile:
        """The profile as if nothing had been told of these criteria."""
        facts = {criterion: fact for criterion, fact in self.facts.items() if criterion not in criteria}
        last_number = None if self.last_number in criteria else self.last_number
        return replace(self, facts=facts, last_number=last_number)

    def supposing(self, reading: Reading) -> Profile:
        """The profile as it would be if what a message supposes were so."""
        return replace(self, facts={**self.facts, **reading.supposed})
