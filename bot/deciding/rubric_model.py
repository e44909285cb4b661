"""What a rubric says: the shape of `rubric.yaml`.

Reading it is `bot.deciding.rubric_file`'s, further words are `bot.deciding.rubric_words`', the rules between its parts
are `bot.deciding.rubric_rules`', the arithmetic is `bot.deciding.rubric`'s, and how word patterns are matched is
`ingest.patterns`'.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from ingest.pack_shapes import Shape, Slug, Text

__all__ = [
    "JUDGEMENT",
    "Cell",
    "Criterion",
    "DecisionRubric",
    "Disagreement",
    "Level",
    "Numbers",
    "Position",
    "Quote",
    "Rubric",
    "Weighing",
]

JUDGEMENT = "judgement"
"""The basis of a cut-off that no source states: ours, and said to be ours."""

Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Worth = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]


class Quote(Shape):
    """A piece of evidence: words that stand in one of the pack's documents, byte for byte.

    Attributes:
        source: Id of the document.
        quote: The words.
    """

    source: Slug
    quote: Text


class Numbers(Shape):
    """How a number with a unit says which level holds.

    Attributes:
        units: Words for what is counted, each with what one of it is worth (`gb: 1`, `tb: 1000`).
        named: Names of single ones of what is counted ("finance" for departments): so many in one list make a hint.
        decisive: Units that come before the others where both are told: of "15 models, 3 of them live" the three.
        parts: Whether of "two of our five departments" the two count.
        unless: Words that, right before the unit, make it something else ("operating" before "model").
        a: For rates: words for the period, each with how often it comes in the period that `from` is stated in.
        from: For each level the number it begins at; it holds up to the next.
        basis: "judgement" when the cut-offs are ours, else the name of the quote that states them.
        name: What is counted, for people.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Text
    units: dict[Text, Worth] = Field(min_length=1)
    named: tuple[Text, ...] = ()
    decisive: tuple[Text, ...] = ()
    parts: bool = False
    unless: tuple[Text, ...] = ()
    a: dict[Text, Worth] = Field(default_factory=dict)
    start: dict[Slug, Annotated[float, Field(ge=0)]] = Field(alias="from", min_length=1)
    basis: Literal["judgement"] | Slug

    def level(self, value: float) -> str | None:
        """The level that a number lies in; None below the lowest."""
        reached = [(start, level) for level, start in self.start.items() if value >= start]
        return max(reached)[1] if reached else None


class Level(Shape):
    """One answer to a criterion's question.

    Attributes:
        label: The answer in a few words.
        meaning: What it means, in plain English.
        phrases: Word patterns that say it; see `ingest.patterns`.
        hints: Word patterns that make it likely; anything else that is said comes before them.
        replies: Short replies to the question that mean this level ("yes").
        denied: The level that holds when a pattern of this one is denied ("we are not ..."); none follows when absent.
            For a need it is the level itself: "we do not share code" tells of the need to.
        dismissed: The level that holds when a pattern is said not to matter ("... is not an issue").
    """

    label: Text
    meaning: Text
    phrases: tuple[Text, ...] = ()
    hints: tuple[Text, ...] = ()
    replies: tuple[Text, ...] = ()
    denied: Slug | None = None
    dismissed: Slug | None = None


class Criterion(Shape):
    """Something about an organisation that a decision rests on.

    Attributes:
        name: What it is called.
        question: How it is asked.
        ordinal: Whether the levels stand in an order, lowest first.
        grows: Whether it rises as the organisation does more of what the pack is about.
        levels: The possible answers by id.
        numbers: Numbers that say which level holds.
    """

    name: Text
    question: Text
    ordinal: bool = False
    grows: bool = False
    levels: dict[Slug, Level] = Field(min_length=2)
    numbers: tuple[Numbers, ...] = ()


class Cell(Shape):
    """How much a level speaks for an option.

    Attributes:
        score: From -2 (speaks strongly against) to +2 (strongly for); 0 needs no entry.
        evidence: Names of the quotes it rests on.
    """

    score: Annotated[int, Field(ge=-2, le=2)]
    evidence: tuple[Slug, ...] = ()


class Weighing(Shape):
    """What a criterion counts for in one decision.

    Attributes:
        weight: Its share of the whole, 0 to 1.
        why: Why it weighs so much: no source gives weights, so each is argued.
        evidence: Names of the quotes that the argument rests on.
        monotone: Whether each option's scores run one way along the levels.
        scores: Option to level to score; what is not listed is 0.
    """

    weight: Share
    why: Text
    evidence: tuple[Slug, ...] = ()
    monotone: bool = False
    scores: dict[Slug, dict[Slug, Cell]] = Field(min_length=1)

    def score(self, option: str, level: str) -> int:
        """The score of an option at a level."""
        cell = self.scores.get(option, {}).get(level)
        return cell.score if cell else 0


class Position(Shape):
    """What one source holds where the sources disagree.

    Attributes:
        says: Its view in a few words.
        evidence: Name of the quote.
    """

    says: Text
    evidence: Slug


class Disagreement(Shape):
    """A point on which the sources differ, shown when it bears on an answer.

    Attributes:
        topic: What they differ on.
        when: Criterion to levels: it is shown when one of them holds.
        options: And when one of these options is first or second; any when empty.
        positions: What each source says.
        ours: How the rubric weighs them, in a sentence.
    """

    topic: Text
    when: dict[Slug, tuple[Slug, ...]] = Field(min_length=1)
    options: tuple[Slug, ...] = ()
    positions: tuple[Position, ...] = Field(min_length=2)
    ours: Text


class DecisionRubric(Shape):
    """How one decision is made.

    Attributes:
        clear_from: Rank-1 acceptability from which the first option is called a clear winner.
        concentration: Sum of the Dirichlet parameters that weights are drawn with; the more, the nearer to the stated.
        criteria: Criterion to its weight and scores.
        disagreements: Where the sources differ.
        present: Option to word patterns by which people describe that they have it today.
    """

    clear_from: Share
    concentration: Annotated[float, Field(ge=1, le=100_000)]
    criteria: dict[Slug, Weighing] = Field(min_length=1)
    disagreements: tuple[Disagreement, ...] = ()
    present: dict[Slug, tuple[Text, ...]] = Field(default_factory=dict)


class Rubric(Shape):
    """The fixed decision rubric.

    Attributes:
        version: Semantic version: a changed score or weight is a new one.
        quotes: Evidence by name.
        criteria: What organisations are asked, by id.
        decisions: How each decision of the pack is made, by id.
    """

    version: Version
    quotes: dict[Slug, Quote]
    criteria: dict[Slug, Criterion] = Field(min_length=1)
    decisions: dict[Slug, DecisionRubric] = Field(min_length=1)
    sha256: str = Field(default="", exclude=True)

    def as_json(self) -> dict[str, Any]:
        """The whole rubric for programs, with its digest."""
        return {"sha256": self.sha256, **self.model_dump(mode="json", by_alias=True)}

    @cached_property
    def cells(self) -> tuple[tuple[str, str, str, str, Cell], ...]:
        """Every stated score: (decision, criterion, option, level, cell)."""
        return tuple(
            (decision_id, criterion, option, level, cell)
            for decision_id, decision in self.decisions.items()
            for criterion, weighing in decision.criteria.items()
            for option, cells in weighing.scores.items()
            for level, cell in cells.items()
        )
