"""What the rubric says about some facts. Values only; `bot.deciding.rubric` computes them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Decision", "Reason", "Standing", "TippingPoint", "Unanswered"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an option stands.

    Attributes:
        option: Its id.
        score: 0 to 100; a criterion that nothing is known of counts neither way.
        low: The score if every open answer were the worst for it.
        high: The score if every open answer were the best for it.
        first_share: Share of weight vectors and open answers under which it comes first, 0 to 1; ties are split.
    """

    option: str
    score: float
    low: float
    high: float
    first_share: float


@dataclass(frozen=True, slots=True)
class Reason:
    """What a known fact does for the first option.

    Attributes:
        criterion: The criterion.
        level: Its level.
        points: Points (of 100) it gives the first option; negative when it takes them away.
        lead: Points it adds to the lead over the second.
        evidence: Names of the quotes behind the first option's score, or behind the second's when the first has none.
    """

    criterion: str
    level: str
    points: float
    lead: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A criterion that nothing is known of and that can still change who comes first.

    Attributes:
        criterion: The criterion.
        gain: Bits of uncertainty about the first place that its answer removes on average.
        winners: Level to the options that would then come first.
    """

    criterion: str
    gain: float
    winners: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """A single change of a known fact that changes who comes first.

    Attributes:
        criterion: The criterion.
        before: Its level now.
        after: The level it would have.
        winners: The options that would then share the first place: mostly one.
        steps: How many levels apart the two are; 1 where the levels have no order.
    """

    criterion: str
    before: str
    after: str
    winners: tuple[str, ...]
    steps: int

    @property
    def winner(self) -> str:
        """The option that would then come first; of several that share the place the first by name."""
        return self.winners[0]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rubric says about some facts.

    Attributes:
        decision: Id of the decision.
        facts: The facts that bear on it: criterion to level.
        ranking: The options, best first.
        tied: The options that share the first place: mostly one.
        margin: Points between the first and the second.
        clear_winner: Whether the first is ahead and comes first in a large enough share (`clear_from`).
        reasons: The known facts, those that add most to the lead first.
        unknown: Criteria that nothing is known of.
        questions: Those of them that can change who comes first and may be asked about, the most telling first.
        settled: Whether no answer that is open could change who comes first.
        tipping_points: Single changes of facts that change who comes first, the nearest first.
    """

    decision: str
    facts: dict[str, str]
    ranking: tuple[Standing, ...]
    tied: tuple[str, ...]
    margin: float
    clear_winner: bool
    reasons: tuple[Reason, ...]
    unknown: tuple[str, ...]
    questions: tuple[Unanswered, ...]
    settled: bool
    tipping_points: tuple[TippingPoint, ...]

    @property
    def first(self) -> Standing:
        """The option that comes first."""
        return self.ranking[0]

    @property
    def next_question(self) -> Unanswered | None:
        """What to ask next; None once no answer could change who comes first."""
        return self.questions[0] if self.questions else None
