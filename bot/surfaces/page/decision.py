"""The decision beside an answer: ranking, facts that can be corrected, scores and evidence, what would change it.

Nothing is decided here: what a recommendation holds is shown by the names that the rubric has for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.composing.draft import short_name
from bot.deciding.rubric_model import JUDGEMENT
from bot.surfaces.page.templating import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.advising.advisor import Advisor
    from bot.deciding.rubric_model import Criterion
    from bot.types import KnownFact, Recommendation

__all__ = ["decision_panel", "no_decision"]

_HOW = {
    "number": "read from a number",
    "phrase": "",
    "hint": "a guess",
    "reply": "your reply",
    "model": "read by the language model",
    "chosen": "as you chose",
}
MAX_TIPPING = 8
"""Tipping points shown: those nearest come first, and more would not be read."""


@dataclass(frozen=True, slots=True)
class Backing:
    """A quote behind a score.

    Attributes:
        words: Its words.
        source: Whose, in short.
        notes: Whether the words are our own about the source.
        passage: Id of the passage that it stands in.
    """

    words: str
    source: str
    notes: bool
    passage: str


@dataclass(frozen=True, slots=True)
class Square:
    """One square of the heat map: what a criterion says of an option.

    Attributes:
        option: The option's name.
        score: -2 to +2; the lowest possible where the criterion is open.
        highest: The highest possible; `score` where the criterion is known.
        points: What the score adds to the option's 50, in points of 100.
        evidence: What the score rests on.
    """

    option: str
    score: int
    highest: int
    points: float
    evidence: tuple[Backing, ...]

    @property
    def shown(self) -> str:
        """The score as people read it: "+2", "0", "−1", "−1 to +2"."""
        low, high = _signed(self.score), _signed(self.highest)
        return low if low == high else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Row:
    """A criterion of the heat map, and how it stands.

    Attributes:
        name: The criterion.
        level: How it stands; None where that is open.
        weight: Its share of the whole, 0 to 1.
        squares: Its scores, in the order of the ranking.
    """

    name: str
    level: str | None
    weight: float
    squares: tuple[Square, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A fact that can be corrected.

    Attributes:
        criterion: Its id.
        name: What it is about.
        question: How it is asked.
        level: Id of the level that holds; "" where it is not known.
        said: The user's own words; "" where there are none.
        how: How it was read; "" where that goes without saying.
        supposed: Whether it is only supposed.
        levels: Id and label of each level.
    """

    criterion: str
    name: str
    question: str
    level: str
    said: str
    how: str
    supposed: bool
    levels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One decision, ready to be shown."""

    made: Recommendation
    name: str
    present: str | None
    rows: tuple[Row, ...]
    known: tuple[Control, ...]
    open: tuple[Control, ...]
    tips: tuple[tuple[str, str, str, str], ...]
    changed: bool


def no_decision() -> str:
    """What stands where a decision would."""
    return render("decision", panels=())


def decision_panel(made: Sequence[Recommendation], advisor: Advisor) -> str:
    """Recommendations as panels, the one that was asked for first.

    Args:
        made: The recommendations of an answer; those that the rubric no longer makes are left out.
        advisor: Knows the rubric, its evidence and all names.
    """
    return render("decision", panels=[_panel(one, advisor) for one in made if one.decision in advisor.cards])


def _panel(made: Recommendation, advisor: Advisor) -> Panel:
    criteria = {c: advisor.book.rubric.criteria[c] for c in advisor.cards[made.decision].criteria}
    facts = {f.criterion: f for f in made.facts if f.criterion in criteria and f.level in criteria[f.criterion].levels}
    by_weight = sorted(criteria, key=lambda c: -advisor.book.rubric.decisions[made.decision].criteria[c].weight)
    controls = [_control(c, criteria[c], facts.get(c), made) for c in by_weight]
    rows = [_row(made, c, facts.get(c), advisor) for c in by_weight]
    return Panel(
        made=made,
        name=advisor.decision_name(made.decision),
        present=_option(made.present, advisor) if made.present else None,
        rows=tuple(sorted(rows, key=lambda row: row.level is None)),
        known=tuple(control for control in controls if control.level),
        open=tuple(control for control in controls if not control.level),
        tips=_tips(made, criteria, advisor),
        changed=made.rubric_sha256 != advisor.book.rubric.sha256,
    )


def _control(id_: str, criterion: Criterion, fact: KnownFact | None, made: Recommendation) -> Control:
    chosen = fact is None or fact.how == "chosen"
    ours = fact is not None and fact.how == "number" and any(n.basis == JUDGEMENT for n in criterion.numbers)
    how = "read from a number, by our own cut-off" if ours else _HOW.get(fact.how, "") if fact else ""
    return Control(
        criterion=id_,
        name=criterion.name,
        question=criterion.question,
        level=fact.level if fact else "",
        said="" if fact is None or chosen else fact.said,
        how=how,
        supposed=id_ in made.supposed,
        levels=tuple((level, known.label) for level, known in criterion.levels.items()),
    )


def _row(made: Recommendation, id_: str, fact: KnownFact | None, advisor: Advisor) -> Row:
    criterion = advisor.book.rubric.criteria[id_]
    weighing = advisor.book.rubric.decisions[made.decision].criteria[id_]
    known = [one for one in made.ranking if one.option in advisor.cards[made.decision].options]
    return Row(
        name=criterion.name,
        level=criterion.levels[fact.level].label if fact else None,
        weight=weighing.weight,
        squares=tuple(_square(made.decision, id_, one.option, fact, advisor) for one in known),
    )


def _square(decision: str, id_: str, option: str, fact: KnownFact | None, advisor: Advisor) -> Square:
    weighing = advisor.book.rubric.decisions[decision].criteria[id_]
    if fact is None:
        scores = [weighing.score(option, level) for level in advisor.book.rubric.criteria[id_].levels]
        return Square(_option(option, advisor), min(scores), max(scores), 0.0, ())
    card = advisor.cards[decision]
    score = weighing.score(option, fact.level)
    points = card.points(id_, fact.level)[option]
    evidence = tuple(_backing(quote, advisor) for quote in card.evidence(id_, option, fact.level))
    return Square(_option(option, advisor), score, score, points, evidence)


def _backing(quote: str, advisor: Advisor) -> Backing:
    evidence = advisor.book.evidence
    passage = evidence.passage(quote)
    source = evidence.documents[passage.document_id].source
    return Backing(evidence.words(quote), short_name(source), source.text == "notes", passage.id)


def _tips(
    made: Recommendation, criteria: dict[str, Criterion], advisor: Advisor
) -> tuple[tuple[str, str, str, str], ...]:
    """Single changes that would change who comes first: what, as it is, as it would be, and who would then."""
    told = []
    for tip in made.tipping_points:
        levels = criteria[tip.criterion].levels if tip.criterion in criteria else {}
        if tip.before in levels and tip.after in levels:
            labels = levels[tip.before].label, levels[tip.after].label
            told.append((criteria[tip.criterion].name, *labels, _option(tip.winner, advisor)))
    return tuple(told[:MAX_TIPPING])


def _option(id_: str, advisor: Advisor) -> str:
    """What people read for an option; one that the pack no longer has goes by its id."""
    return next((option.name for option in advisor.pack.options if option.id == id_), id_)


def _signed(score: int) -> str:
    return "0" if score == 0 else f"{'+' if score > 0 else '−'}{abs(score)}"
