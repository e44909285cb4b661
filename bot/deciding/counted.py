"""Numbers in a message as facts: which criterion each is about, and which of several counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.deciding.facts import Fact
from bot.deciding.remarks import corrects, denies, words_said
from bot.language import phrases, telling
from ingest.lexicon import stem
from ingest.naming import phrase_pattern
from ingest.patterns import PatternIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.deciding.remarks import Remark
    from bot.deciding.rubric_model import Numbers, Rubric
    from bot.language.quantities import Quantity
    from ingest.parted import Word
    from ingest.patterns import Found

__all__ = ["Counted", "NumberReader"]

# A unit stands at most so many words from its number.
MAX_UNIT_GAP = 3
# Numbers that are read in one remark; nobody states more facts in a sentence.
MAX_NUMBERS = 12
# Words before a number in which a denial of it is looked for.
DENIAL_REACH = 3

_WANTED = phrase_pattern(telling.WANTED)
# Between a unit and the number behind it only these may stand ("headcount is about 400").
_LINKS = frozenset(phrases.LINKS)
# Between a number and its unit these start something else.
_BREAKS = frozenset(phrases.BREAKS)
_JOINS = frozenset({"and", "or"})
# "Three apps should get ML features": what is counted is done with before the verb.
_VERBS = frozenset(phrases.VERBS)
# "We are fourteen in a lab": who counts themselves says no noun.
# "A 25-person team at": part of something larger.
_PART = (frozenset({"team", "group", "unit", "crew", "lab", "department"}), frozenset({"at", "within", "inside"}))
_BEING = frozenset({"are", "we're", "were", "number"})
# "Two of our five departments": between the part and the whole.
_OF = re.compile(r"\s+(?:out\s+)?of\s+(?:(?:the|our|my|all|these|those|its|their)\s+)*$", re.IGNORECASE)


# "Six of the models": which they are part of.
_WHOSE = frozenset({"the", "our", "my", "all", "these", "those", "its", "their"})
_THEM = frozenset({"them", "those", "these"})


@dataclass(frozen=True, slots=True)
class Counted:
    """A number that tells a fact.

    Attributes:
        fact: The fact.
        remark: Where it stands.
        place: Offset of the number in the message.
        decisive: Whether it comes before other numbers of its criterion.
    """

    fact: Fact
    remark: Remark
    place: int
    decisive: bool


@dataclass(frozen=True, slots=True)
class _Unit:
    criterion: str
    name: str
    spec: Numbers
    rate: float
    first: int
    last: int


class NumberReader:
    """Reads numbers with their units.

    Args:
        rubric: Criteria with the units that they count.
    """

    def __init__(self, rubric: Rubric) -> None:
        self._specs = {c: criterion.numbers for c, criterion in rubric.criteria.items()}
        self._units = PatternIndex(
            (unit, (c, n, unit))
            for c, specs in self._specs.items()
            for n, spec in enumerate(specs)
            for unit in spec.units
        )

    def read(self, remarks: Iterable[Remark]) -> Iterator[Counted]:
        """The numbers of a message that tell facts, in order.

        A number that is denied tells nothing, but lends its unit to the next one without: "not 80 people but 8,000". So
        does the number before a correction: "200 models; sorry, 20", or one of another time.
        """
        last: _Unit | None = None
        denied: _Unit | None = None
        lends = False
        for remark in remarks:
            if remark.others:
                continue
            lends = lends or corrects(remark.text)
            units = self._units.find(remark.words) if remark.numbers else []
            for n, number in enumerate(remark.numbers[:MAX_NUMBERS]):
                if (remark.offers and number.value <= 1) or _WANTED.search(remark.before(number.start)):
                    # "Squads or one team?" tells what is weighed up, not what is there.
                    continue
                whole = _whole_of(remark, n)
                own = self._unit_of(remark, number, units) or (self._unit_of(remark, whole, units) if whole else None)
                # A bare "no" is no number of anything.
                lent = (denied or (last if lends else None)) if number.value else None
                unit = own or lent
                if unit is None or not self._has_period(remark, unit):
                    continue
                if _is_denied(remark, number):
                    denied = unit
                    continue
                # After a number of another time comes the one of today: "50 models last year, now 20".
                denied, last, lends = None, unit, remark.past
                if _is_whole(remark, n) and unit.spec.parts:
                    continue
                value = number.value * unit.spec.units[unit.name] * unit.rate
                if level := unit.spec.level(value):
                    fact = Fact(unit.criterion, level, _said(remark, number, own), "number", number.rough, value)
                    yield Counted(fact, remark, number.start, unit.name in unit.spec.decisive)

    def standing_alone(self, remarks: Iterable[Remark]) -> Quantity | None:
        """The first number of a message that names nothing counted and is not denied: the 40 of "40, not 4"."""
        for remark in remarks:
            if remark.past or remark.others or not remark.numbers:
                continue
            units = self._units.find(remark.words)
            for number in remark.numbers[:MAX_NUMBERS]:
                alone = _stands_alone(remark, _past(remark, number)) and not self._unit_of(remark, number, units)
                if number.value and alone and not _is_denied(remark, number):
                    return number
        return None

    def _has_period(self, remark: Remark, unit: _Unit) -> bool:
        """Whether the period is named of what is counted by the day: "all three trades" are no trades a day."""
        periods = {stem(period) for period in unit.spec.a}
        return not periods or any(word.stem in periods for word in remark.words)

    def _unit_of(self, remark: Remark, number: Quantity, units: Sequence[Found[tuple[str, int, str]]]) -> _Unit | None:
        """The nearest unit of a number."""
        near = []
        for unit in units:
            criterion, n, name = unit.value
            spec = self._specs[criterion][n]
            distance = _distance(remark, number, unit, spec)
            if distance is not None:
                near.append((distance, -len(unit.places), criterion, name, unit, spec))
        if not near:
            return self._state_of_part(remark, number, units)
        _, _, criterion, name, found, spec = min(near, key=lambda one: one[:4])
        return _Unit(criterion, name, spec, _rate(remark.words, found.last, spec), found.first, found.last)

    def _state_of_part(
        self, remark: Remark, number: Quantity, units: Sequence[Found[tuple[str, int, str]]]
    ) -> _Unit | None:
        """What is told of a part of what was counted before: "only six of the models are really live"."""
        words, past = remark.words, _past(remark, number)
        if past + 1 >= len(words) or words[past].text != "of" or words[past + 1].text not in _WHOSE:
            return None
        counted = {unit.value[:2] for unit in units if unit.first == past + 2}
        for unit in units:
            spec = self._specs[unit.value[0]][unit.value[1]]
            state = spec.parts and unit.value[2] in spec.decisive and unit.value[:2] in counted
            if state and not any(other.start > number.start for other in remark.numbers):
                return _Unit(unit.value[0], unit.value[2], spec, 1.0, unit.first, unit.last)
        return None


def _distance(remark: Remark, number: Quantity, unit: Found[tuple[str, int, str]], spec: Numbers) -> float | None:
    """How far a unit stands from its number, in words; None when it is not the number's. A unit behind it is nearer."""
    words = remark.words
    if unit.first > 0 and words[unit.first - 1].text in spec.unless:
        return None
    first = next((n for n, word in enumerate(words) if word.end > number.start), len(words))
    past = _past(remark, number)
    start, end = words[unit.first].start, words[unit.last].end
    if [word.text in names for word, names in zip(words[unit.last + 1 :], _PART, strict=False)] == [True, True]:
        # "A 25-person team at a utility" says nothing of the size of the whole.
        return None
    if any(start < other.start < end and other != number for other in remark.numbers):
        # "Five people with one ML model" are not five people in ML.
        return None
    # "No" may belong to something else: "no reason to ask the data scientists".
    reach = MAX_UNIT_GAP if number.value else 1
    # "Team of" can only have its number behind it.
    if past <= unit.first <= past + reach and words[unit.last].text not in ("of", *_BEING):
        blocked = any(_breaks(remark, n, unit.value[2] in spec.decisive) for n in range(past, unit.first))
        # "A 25-person team" is one team.
        one = spec.parts and number.value > 1 and not _is_many(words[unit.last], unit.value[2] in spec.decisive)
        blocked = blocked or (one and unit.first > past)
        return None if blocked or remark.parted(number.end) else float(unit.first - past)
    if number.value and first - MAX_UNIT_GAP <= unit.last + 1 <= first:
        if words[unit.last].text in _BEING and not _stands_alone(remark, past):
            return None
        if spec.parts and not _is_many(words[unit.last], unit.value[2] in spec.decisive):
            # "Tiny team (five)": five people rather than five teams.
            return None
        blocked = any(word.text not in _LINKS for word in words[unit.last + 1 : first])
        blocked = blocked or any(remark.parted(word.end) for word in words[unit.last : first])
        return None if blocked else MAX_UNIT_GAP + 1.0 + first - unit.last
    return None


def _past(remark: Remark, number: Quantity) -> int:
    """The place of the first word behind a number."""
    return next((n for n, word in enumerate(remark.words) if word.start >= number.end), len(remark.words))


def _breaks(remark: Remark, n: int, decisive: bool) -> bool:
    """Whether something else begins at a word between a number and its unit."""
    words = remark.words
    if remark.parted(words[n].end):
        return True
    if words[n].text in _VERBS:
        return not decisive
    # "150 scoring and collections models", but not "150 people and models".
    return words[n].text in _BREAKS and not (words[n].text in _JOINS and not words[n - 1].text.endswith("s"))


def _is_many(word: Word, decisive: bool) -> bool:
    """Whether a word is a plural, or tells of a state ("in production: 12")."""
    return decisive or word.text.endswith("s")


def _stands_alone(remark: Remark, past: int) -> bool:
    """Whether nothing is named behind a number: "we are 14 in Basel", not "we are 14 days late"."""
    words = remark.words
    if past < len(words) and words[past].text == "of":
        # "Six of them", but not "six of the people".
        return past + 1 < len(words) and words[past + 1].text in _THEM
    return past >= len(words) or words[past].text in _BREAKS or remark.parted(words[past - 1].end)


def _is_denied(remark: Remark, number: Quantity) -> bool:
    """Whether a denial stands right before a number: "we don't have 100 models", but not "no more than 100"."""
    before = [word for word in remark.words if word.end <= number.start][-DENIAL_REACH:]
    behind = next((word for word in remark.words if word.end > number.start), None)
    return denies([*before, *([behind] if behind else [])])


def _whole_of(remark: Remark, n: int) -> Quantity | None:
    """The whole that a number is given as part of: ten, for the two of "two of ten"."""
    if n + 1 >= len(remark.numbers):
        return None
    here, after = remark.numbers[n : n + 2]
    between = remark.text[here.end - remark.start : after.start - remark.start]
    return after if _OF.fullmatch(between) else None


def _is_whole(remark: Remark, n: int) -> bool:
    return n > 0 and _whole_of(remark, n - 1) is not None


def _rate(words: Sequence[Word], unit: int, spec: Numbers) -> float:
    """What a rate is multiplied by to be stated in the period of the cut-offs; 1 when none is named."""
    for word in words[unit + 1 : unit + 2 + MAX_UNIT_GAP]:
        for period, times in spec.a.items():
            if word.stem == stem(period):
                return times
    return 1.0


def _said(remark: Remark, number: Quantity, unit: _Unit | None) -> str:
    inside = [n for n, word in enumerate(remark.words) if word.end > number.start and word.start < number.end]
    places = [*inside, *((unit.first, unit.last) if unit else ())]
    return words_said(remark, min(places), max(places))
