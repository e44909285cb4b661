"""The rules between the parts of a rubric, each broken one named with its path, its value and the rule.

Static rules only: what takes arithmetic over organisations is proved in `bot.deciding.rubric_proofs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.deciding.rubric_model import JUDGEMENT
from ingest.patterns import PatternError, compile_pattern, expanded, parts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bot.deciding.rubric_model import Criterion, DecisionRubric, Rubric, Weighing
    from bot.deciding.rubric_words import Words
    from ingest.pack import Pack
    from ingest.types import Document

__all__ = ["BrokenRule", "broken_rules", "broken_words"]

# Weights are written as decimals by hand.
WEIGHT_TOLERANCE = 1e-6
SHOWN = 12


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that a rubric breaks.

    Attributes:
        path: Keys and positions that lead to the place in the file.
        value: What stands there.
        rule: What should hold.
    """

    path: tuple[str | int, ...]
    value: Any
    rule: str


def broken_rules(rubric: Rubric, pack: Pack, documents: Mapping[str, Document]) -> Iterator[BrokenRule]:
    """Every static rule that the rubric breaks, in the order of the file.

    Args:
        rubric: The rubric.
        pack: Whose decisions and options it must speak of.
        documents: The pack's own documents by id, which must hold its quotes.
    """
    for name, quote in rubric.quotes.items():
        if quote.source not in documents:
            yield BrokenRule(("quotes", name, "source"), quote.source, _unknown("document of the pack", documents))
        elif quote.quote not in documents[quote.source].text:
            rule = f"must stand in {quote.source} byte for byte"
            yield BrokenRule(("quotes", name, "quote"), quote.quote, rule)
    for id_, criterion in rubric.criteria.items():
        yield from _criterion(rubric, id_, criterion)
    options = _options(pack)
    for id_, decision in rubric.decisions.items():
        if id_ not in options:
            yield BrokenRule(("decisions", id_), id_, _unknown("decision of options.yaml", options))
        else:
            yield from _decision(rubric, id_, decision, options[id_])
    cited = {name for *_, cell in rubric.cells for name in cell.evidence}
    cited |= {name for d in rubric.decisions.values() for w in d.criteria.values() for name in w.evidence}
    cited |= {p.evidence for d in rubric.decisions.values() for one in d.disagreements for p in one.positions}
    cited |= {numbers.basis for criterion in rubric.criteria.values() for numbers in criterion.numbers}
    for name in rubric.quotes:
        if name not in cited:
            yield BrokenRule(("quotes", name), name, "no score, weight or cut-off rests on it")
    used = {criterion for decision in rubric.decisions.values() for criterion in decision.criteria}
    for id_ in rubric.criteria:
        if id_ not in used:
            yield BrokenRule(("criteria", id_), id_, "no decision weighs it; every criterion must have an effect")


def broken_words(words: Words, rubric: Rubric, pack: Pack) -> Iterator[BrokenRule]:
    """Every rule that a file of words breaks: it speaks of what the rubric knows, and each pattern can be matched."""
    for id_, levels in words.criteria.items():
        if id_ not in rubric.criteria:
            yield BrokenRule(("criteria", id_), id_, _unknown("criterion", rubric.criteria))
            continue
        known = rubric.criteria[id_].levels
        for name, level in levels.items():
            if name not in known:
                yield BrokenRule(("criteria", id_, name), name, _unknown("level of this criterion", known))
            yield from _patterns(("criteria", id_, name, "phrases"), level.phrases, words.lists)
            yield from _patterns(("criteria", id_, name, "hints"), level.hints, words.lists)
    known_options = _options(pack)
    for id_, options in words.present.items():
        if id_ not in rubric.decisions:
            yield BrokenRule(("present", id_), id_, _unknown("decision of the rubric", rubric.decisions))
        for option, phrases in options.items():
            if option not in known_options.get(id_, [option]):
                yield BrokenRule(("present", id_, option), option, _unknown(f"option of {id_}", known_options[id_]))
            yield from _patterns(("present", id_, option), phrases, words.lists)


def _criterion(rubric: Rubric, id_: str, criterion: Criterion) -> Iterator[BrokenRule]:
    if criterion.grows and not criterion.ordinal:
        yield BrokenRule(("criteria", id_, "grows"), True, "only an ordinal criterion can grow")
    for level_id, level in criterion.levels.items():
        where = ("criteria", id_, "levels", level_id)
        for key, other in (("denied", level.denied), ("dismissed", level.dismissed)):
            if other is not None and other not in criterion.levels:
                yield BrokenRule((*where, key), other, _unknown("level of this criterion", criterion.levels))
        yield from _patterns((*where, "phrases"), level.phrases)
        yield from _patterns((*where, "hints"), level.hints)
    for number, numbers in enumerate(criterion.numbers):
        place = ("criteria", id_, "numbers", number)
        yield from _patterns((*place, "units"), tuple(numbers.units))
        yield from _patterns((*place, "named"), numbers.named)
        for unit in numbers.decisive:
            if unit not in numbers.units:
                yield BrokenRule((*place, "decisive"), unit, _unknown("unit of these numbers", numbers.units))
        for level_id in numbers.start:
            if level_id not in criterion.levels:
                yield BrokenRule((*place, "from", level_id), level_id, _unknown("level", criterion.levels))
        starts = [numbers.start[level_id] for level_id in criterion.levels if level_id in numbers.start]
        if criterion.ordinal and starts != sorted(set(starts)):
            yield BrokenRule((*place, "from"), starts, "the cut-offs must rise from level to level")
        for period in numbers.a:
            if " " in period.strip():
                yield BrokenRule((*place, "a", period), period, "a period is one word")
        if numbers.basis != JUDGEMENT and numbers.basis not in rubric.quotes:
            rule = f"must be {JUDGEMENT!r} or the name of a quote"
            yield BrokenRule((*place, "basis"), numbers.basis, rule)


def _decision(rubric: Rubric, id_: str, decision: DecisionRubric, options: list[str]) -> Iterator[BrokenRule]:
    where = ("decisions", id_)
    total = sum(weighing.weight for weighing in decision.criteria.values())
    if abs(total - 1) > WEIGHT_TOLERANCE:
        yield BrokenRule((*where, "criteria"), round(total, 6), "the weights must sum to 1")
    for criterion_id, weighing in decision.criteria.items():
        place = (*where, "criteria", criterion_id)
        if criterion_id not in rubric.criteria:
            yield BrokenRule(place, criterion_id, _unknown("criterion", rubric.criteria))
        else:
            yield from _weighing(rubric, place, weighing, rubric.criteria[criterion_id], options)
    for option, phrases in decision.present.items():
        if option not in options:
            yield BrokenRule((*where, "present", option), option, _unknown(f"option of {id_}", options))
        yield from _patterns((*where, "present", option), phrases)
    for number, disagreement in enumerate(decision.disagreements):
        spot = (*where, "disagreements", number)
        for n, option in enumerate(disagreement.options):
            if option not in options:
                yield BrokenRule((*spot, "options", n), option, _unknown(f"option of {id_}", options))
        for criterion_id, levels in disagreement.when.items():
            if criterion_id not in decision.criteria or criterion_id not in rubric.criteria:
                yield BrokenRule((*spot, "when", criterion_id), criterion_id, _unknown("criterion", decision.criteria))
                continue
            known = rubric.criteria[criterion_id].levels
            for level in levels:
                if level not in known:
                    yield BrokenRule((*spot, "when", criterion_id), level, _unknown("level", known))
        for n, position in enumerate(disagreement.positions):
            if position.evidence not in rubric.quotes:
                rule = _unknown("quote", rubric.quotes)
                yield BrokenRule((*spot, "positions", n, "evidence"), position.evidence, rule)


def _weighing(
    rubric: Rubric, place: tuple[str, ...], weighing: Weighing, criterion: Criterion, options: list[str]
) -> Iterator[BrokenRule]:
    for name in weighing.evidence:
        if name not in rubric.quotes:
            yield BrokenRule((*place, "evidence"), name, _unknown("quote", rubric.quotes))
    for option, cells in weighing.scores.items():
        where = (*place, "scores", option)
        if option not in options:
            yield BrokenRule(where, option, _unknown("option of this decision", options))
        for level, cell in cells.items():
            if level not in criterion.levels:
                yield BrokenRule((*where, level), level, _unknown("level of this criterion", criterion.levels))
            if cell.score and not cell.evidence:
                yield BrokenRule((*where, level), cell.score, "a score other than 0 needs evidence")
            for name in cell.evidence:
                if name not in rubric.quotes:
                    yield BrokenRule((*where, level, "evidence"), name, _unknown("quote", rubric.quotes))
    if weighing.monotone and not criterion.ordinal:
        yield BrokenRule((*place, "monotone"), True, "goes with an ordinal criterion only")
    rows = {option: [weighing.score(option, level) for level in criterion.levels] for option in options}
    if weighing.monotone:
        for option, scores in rows.items():
            if scores not in (sorted(scores), sorted(scores, reverse=True)):
                rule = "the criterion is monotone, so the scores must run one way along the levels"
                yield BrokenRule((*place, "scores", option), scores, rule)
    for option, scores in rows.items():
        if min(scores) > 0 or max(scores) < 0:
            rule = "some level must count 0 or the other way, for a level that is not known counts 0"
            yield BrokenRule((*place, "scores", option), scores, rule)
    if len({tuple(scores) for scores in rows.values()}) == 1:
        yield BrokenRule((*place, "scores"), next(iter(rows.values())), "must tell one option from another")


def _options(pack: Pack) -> dict[str, list[str]]:
    """Decision to the ids of its options."""
    return {decision.id: [option.id for option in decision.options] for decision in pack.decisions}


def _patterns(
    where: tuple[str | int, ...], phrases: Collection[str], lists: Mapping[str, Sequence[str]] | None = None
) -> Iterator[BrokenRule]:
    for phrase in phrases:
        try:
            for part in parts_of(expanded(phrase, lists or {})):
                compile_pattern(part)
        except PatternError as error:
            yield BrokenRule(where, phrase, str(error))


def _unknown(what: str, known: Collection[str]) -> str:
    shown = ", ".join(list(known)[:SHOWN]) + (", ..." if len(known) > SHOWN else "")
    return f"names no {what}; known are {shown}"
