"""The whole rubric as a page: what is asked, what each answer counts for each option, and the words that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.composing.draft import short_name
from bot.deciding.rubric_model import JUDGEMENT
from bot.surfaces.page.templating import render

if TYPE_CHECKING:
    from bot.advising.advisor import Advisor
    from bot.deciding.rubric_model import Criterion, Weighing
    from ingest.pack import Decision

__all__ = ["rubric_page"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A score other than 0, with what it rests on: each quote's words, whose they are, and the passage's id."""

    score: int
    option: str
    level: str
    quotes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A criterion in a decision.

    Attributes:
        criterion: What is asked.
        weight: Its share of the whole, 0 to 1.
        why: Why it weighs so much.
        ours: Whether it has cut-offs that no source states.
        levels: Label, meaning, and the score of each option.
        proofs: What the scores rest on.
    """

    criterion: Criterion
    weight: float
    why: str
    ours: bool
    levels: tuple[tuple[str, str, tuple[int, ...]], ...]
    proofs: tuple[Proof, ...]


def rubric_page(advisor: Advisor) -> str:
    """The rubric, one part a decision, the criteria by weight."""
    rubric = advisor.book.rubric
    decisions = []
    for decision in advisor.pack.decisions:
        if decision.id not in rubric.decisions:
            continue
        weighings = rubric.decisions[decision.id].criteria
        by_weight = sorted(weighings, key=lambda c: -weighings[c].weight)
        decisions.append((decision, rubric.decisions[decision.id], [_section(c, decision, advisor) for c in by_weight]))
    return render("rubric", rubric=rubric, decisions=decisions, quoted=lambda name: _quoted(name, advisor))


def _section(id_: str, decision: Decision, advisor: Advisor) -> Section:
    criterion = advisor.book.rubric.criteria[id_]
    weighing = advisor.book.rubric.decisions[decision.id].criteria[id_]
    levels = tuple(
        (known.label, known.meaning, tuple(weighing.score(option.id, level) for option in decision.options))
        for level, known in criterion.levels.items()
    )
    ours = any(numbers.basis == JUDGEMENT for numbers in criterion.numbers)
    return Section(criterion, weighing.weight, weighing.why, ours, levels, _proofs(weighing, criterion, advisor))


def _proofs(weighing: Weighing, criterion: Criterion, advisor: Advisor) -> tuple[Proof, ...]:
    return tuple(
        Proof(
            cell.score,
            advisor.pack.option(option).name,
            criterion.levels[level].label,
            tuple(_quoted(name, advisor) for name in cell.evidence),
        )
        for option, cells in weighing.scores.items()
        for level, cell in cells.items()
        if cell.score
    )


def _quoted(name: str, advisor: Advisor) -> tuple[str, str, str]:
    """A quote of the rubric: its words, whose they are, and the passage's id."""
    evidence = advisor.book.evidence
    passage = evidence.passage(name)
    source = evidence.documents[passage.document_id].source
    notes = "our notes on " if source.text == "notes" else ""
    return evidence.words(name), f"{notes}{short_name(source)}", passage.id
