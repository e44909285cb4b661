"""Reads facts about an organisation out of what its people write. Knows no criterion but what the rubric tells it.

Three readings, the surer one first: a number with its unit, a word pattern, and a hint. Each fact keeps the user's own
words. What is merely supposed ("if we had 50 models"), planned, denied, or said of somebody else is no fact about the
organisation now.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bot import phrases
from bot.facts import SURENESS, Fact, Reading
from bot.patterns import PatternIndex, words_of
from bot.quantities import quantities
from bot.remarks import corrects, is_denied, is_dismissed, remarks_of
from ingest.lexicon import fold, stem
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.facts import How
    from bot.patterns import Found, Word
    from bot.quantities import Quantity
    from bot.remarks import Remark
    from bot.rubric_model import Numbers, Rubric

    # A fact and the places in the message of the words that it rests on.
    _Seen = tuple[Fact, set[int]]

__all__ = ["Profiler"]

# A unit stands at most so many words from its number.
MAX_UNIT_GAP = 3
# Short words of a user are shown with their surroundings up to so many words, and never at more characters.
SAID_WORDS = 4
MAX_SAID = 80
# A longer message is no bare reply to a question.
MAX_BARE_WORDS = 8

_WISH = phrase_pattern(phrases.WISH)
_WANTED = phrase_pattern(phrases.WANTED)
_TODAY = phrase_pattern(phrases.TODAY)
# Between a unit and the number behind it only these may stand ("headcount is about 400").
_LINKS = frozenset(
    (
        "of is are was about around approximately roughly over some nearly almost now currently at count number total "
        "say to the in"
    ).split()
)
# Between a number and its unit these start something else.
_BREAKS = frozenset(
    "and or but in for with on per a an by from within across that who which where when whose of".split()
)


# What parts the items of a list, beside commas.
_AND = frozenset({"and", "or", "plus", "&"})


class Profiler:
    """Reads facts.

    Args:
        rubric: Criteria, levels, their words and numbers.
    """

    def __init__(self, rubric: Rubric) -> None:
        self._rubric = rubric
        criteria = rubric.criteria.items()
        levels = [(c, id_, level) for c, criterion in criteria for id_, level in criterion.levels.items()]
        numbers = [(c, n, spec) for c, criterion in criteria for n, spec in enumerate(criterion.numbers)]
        present = [(d, o, ps) for d, decision in rubric.decisions.items() for o, ps in decision.present.items()]
        self._phrases = PatternIndex((p, (c, id_)) for c, id_, level in levels for p in level.phrases)
        self._hints = PatternIndex((p, (c, id_)) for c, id_, level in levels for p in level.hints)
        self._units = PatternIndex((unit, (c, n, unit)) for c, n, spec in numbers for unit in spec.units)
        self._named = PatternIndex((name, (c, n)) for c, n, spec in numbers for name in spec.named)
        self._present = PatternIndex((p, (d, o)) for d, o, patterns in present for p in patterns)

    def read(self, message: str, asked: str | None = None, last_number: str | None = None) -> Reading:
        """The facts in a message.

        Args:
            message: The user's words.
            asked: Criterion that the user was asked about last: a bare answer is taken to be about it.
            last_number: Criterion that the user's last number was about: "actually 40" is taken to correct it.
        """
        remarks = remarks_of(message)
        facts: dict[str, list[_Seen]] = defaultdict(list)
        supposed: dict[str, list[_Seen]] = defaultdict(list)
        for remark in remarks:
            for fact, places in self._facts_of(remark):
                (supposed if remark.supposed else facts)[fact.criterion].append((fact, places))
        corrected = corrects(message)
        settled = {c: _surest(found, corrected) for c, found in facts.items()}
        assumed = {c: _surest(found, corrected) for c, found in supposed.items()}
        counted = any(fact.value is not None for fact in settled.values())
        about = asked if asked and asked not in settled else last_number if corrected and not counted else None
        bare = self._bare_answer(message, about) if not assumed else None
        if bare:
            settled.setdefault(bare.criterion, bare)
        return Reading(settled, assumed, self._presents(remarks), corrected)

    def _facts_of(self, remark: Remark) -> Iterable[_Seen]:
        """The facts in one remark, each with the places in the message of the words that it rests on."""
        if remark.others:
            return
        if remark.offers:
            # "Squads or one team?" tells what is weighed up, not what is there.
            yield from ((fact, {n.start}) for n in remark.numbers if n.value > 1 and (fact := self._counted(remark, n)))
            return
        if not remark.planned:
            yield from ((fact, {number.start}) for number in remark.numbers if (fact := self._counted(remark, number)))
        yield from self._listed(remark)
        indexes: tuple[tuple[PatternIndex[tuple[str, str]], How], ...] = (
            (self._phrases, "phrase"),
            (self._hints, "hint"),
        )
        for index, how in indexes:
            for found in index.find(remark.words):
                if fact := self._matched(remark, found, how):
                    # What a denial turns round is told less surely than what is said outright.
                    turned = fact.level != found.value[1]
                    places = {found.first} if turned else found.places
                    yield fact, {remark.words[place].start for place in places}

    def _matched(self, remark: Remark, found: Found[tuple[str, str]], how: How) -> Fact | None:
        criterion, level = found.value
        # What is counted is a state; wishing for "one team" tells nothing about how many there are.
        if self._rubric.criteria[criterion].numbers and _WANTED.search(remark.before(remark.words[found.first].start)):
            return None
        known = self._rubric.criteria[criterion].levels[level]
        turned: str | None = level
        if is_dismissed(remark, found):
            turned = known.dismissed
        elif is_denied(remark, found):
            turned = known.denied
        if turned is None:
            return None
        return Fact(criterion, turned, _said(remark, found.first, found.last), how, remark.hedged)

    def _counted(self, remark: Remark, number: Quantity) -> Fact | None:
        """The fact that a number tells together with the nearest unit."""
        if _WANTED.search(remark.before(number.start)):
            return None
        near = []
        for unit in self._units.find(remark.words):
            criterion, n, name = unit.value
            spec = self._rubric.criteria[criterion].numbers[n]
            distance = _distance(remark, number, unit, spec)
            if distance is not None:
                near.append((distance, -len(unit.places), criterion, name, unit, spec))
        if not near:
            return None
        _, _, criterion, name, unit, spec = min(near, key=lambda found: found[:4])
        value = number.value * spec.units[name] * _rate(remark.words, unit.last, spec)
        level = spec.level(value)
        if level is None:
            return None
        inside = [n for n, word in enumerate(remark.words) if word.end > number.start and word.start < number.end]
        places = [unit.first, unit.last, *inside]
        return Fact(criterion, level, _said(remark, min(places), max(places)), "number", number.rough, value)

    def _listed(self, remark: Remark) -> Iterator[_Seen]:
        """Hints from lists that hold two names: "finance, our shops and HR" are three departments."""
        # Between words: 1 where a comma parts two items of a list, 2 where a conjunction does.
        parts = [0] * len(remark.words)
        for n in range(1, len(remark.words)):
            parts[n] = 1 if remark.parted(remark.words[n - 1].end) else 2 if remark.words[n].text in _AND else 0
        named: dict[tuple[str, int], list[int]] = defaultdict(list)
        for found in self._named.find(remark.words):
            named[found.value] += sorted(found.places)
        for (criterion, n), places in named.items():
            first, last = min(places), max(places)
            if len({sum(map(bool, parts[: place + 1])) for place in places}) == 1:
                continue
            inside = sum(map(bool, parts[first + 1 : last + 1]))
            before = parts[: first + 1].count(1)
            after = parts[last + 1 :]
            level = self._rubric.criteria[criterion].numbers[n].level(1 + inside + before + after.count(1))
            if level:
                said = _said(remark, first, last)
                yield Fact(criterion, level, said, "hint", remark.hedged), {remark.words[p].start for p in places}

    def _presents(self, remarks: Sequence[Remark]) -> dict[str, tuple[str, str]]:
        """What the organisation says it has today, by decision."""
        found: dict[str, tuple[str, str]] = {}
        for remark in remarks:
            if remark.supposed or remark.others or _WISH.search(remark.folded) or not _TODAY.search(remark.folded):
                continue
            for match in self._present.find(remark.words):
                if not is_denied(remark, match):
                    decision, option = match.value
                    found.setdefault(decision, (option, _said(remark, match.first, match.last)))
        return found

    def _bare_answer(self, message: str, criterion: str | None) -> Fact | None:
        """An answer that makes sense only as one: "about 40", "yes", "the strict kind"."""
        if criterion is None or criterion not in self._rubric.criteria:
            return None
        levels = self._rubric.criteria[criterion].levels
        folded = fold(message).strip(" .!")
        words = words_of(message)
        for id_, level in levels.items():
            if folded in {fold(reply) for reply in (*level.replies, level.label, id_)}:
                return Fact(criterion, id_, _shortened(message), "reply")
        numbers = quantities(message)
        specs = self._rubric.criteria[criterion].numbers
        if numbers and specs and len(words) <= MAX_BARE_WORDS:
            value = numbers[-1].value * next(iter(specs[0].units.values()))
            counted = specs[0].level(value)
            if counted:
                return Fact(criterion, counted, _shortened(message), "reply", numbers[-1].rough, value)
        if words and len(words) <= SAID_WORDS:
            for id_, level in levels.items():
                if any(words[0].stem == stem(fold(reply)) for reply in level.replies if " " not in reply):
                    return Fact(criterion, id_, _shortened(message), "reply")
        return None


def _distance(remark: Remark, number: Quantity, unit: Found[tuple[str, int, str]], spec: Numbers) -> float | None:
    """How far a unit stands from its number, in words; None when it is not the number's. A unit behind it is nearer."""
    words = remark.words
    if unit.first > 0 and words[unit.first - 1].text in spec.unless:
        return None
    first = next((n for n, word in enumerate(words) if word.end > number.start), len(words))
    past = next((n for n, word in enumerate(words) if word.start >= number.end), len(words))
    # "No" may belong to something else: "no reason to ask the data scientists".
    reach = MAX_UNIT_GAP if number.value else 1
    if past <= unit.first <= past + reach:
        blocked = any(word.text in _BREAKS or remark.parted(word.end) for word in words[past : unit.first])
        blocked = blocked or remark.parted(number.end)
        return None if blocked else float(unit.first - past)
    if number.value and first - MAX_UNIT_GAP <= unit.last + 1 <= first:
        between = words[unit.last + 1 : first]
        blocked = any(word.text not in _LINKS for word in between)
        blocked = blocked or any(remark.parted(word.end) for word in words[unit.last : first])
        return None if blocked else MAX_UNIT_GAP + 1.0 + first - unit.last
    return None


def _surest(found: Sequence[_Seen], corrected: bool) -> Fact:
    """Of several readings of one criterion the surest kind; then the level with most words behind it, then the last.

    Of several numbers the largest, for the others are mostly parts of it ("900 people, 14 of them in the hub"); the
    last when the message corrects itself.
    """
    top = max(SURENESS[fact.how] for fact, _ in found)
    kept = [(fact, places) for fact, places in found if SURENESS[fact.how] == top]
    if top == SURENESS["number"]:
        return kept[-1][0] if corrected else max((fact for fact, _ in kept), key=lambda fact: fact.value or 0.0)
    # Words count once, however many patterns they are part of.
    words: dict[str, set[int]] = defaultdict(set)
    for fact, places in kept:
        words[fact.level] |= places
    best = max(map(len, words.values()))
    return [fact for fact, _ in kept if len(words[fact.level]) == best][-1]


def _rate(words: Sequence[Word], unit: int, spec: Numbers) -> float:
    """What a rate is multiplied by to be stated in the period of the cut-offs; 1 when none is named."""
    for word in words[unit + 1 : unit + 2 + MAX_UNIT_GAP]:
        for period, times in spec.a.items():
            if word.stem == stem(period):
                return times
    return 1.0


def _said(remark: Remark, first: int, last: int) -> str:
    """The user's own words around a match: itself and, where it is short, a word or two of its surroundings."""
    words = remark.words
    left, right = first, last
    # Words beyond a comma or another break belong to something else.
    while left > 0 and right - left < SAID_WORDS and first - left < 2 and _joined(remark, left - 1, left):
        left -= 1
    while right + 1 < len(words) and right - left < SAID_WORDS and right - last < 2:
        if words[right + 1].text in _BREAKS or not _joined(remark, right, right + 1):
            break
        right += 1
    # A sign before the first word ("~90", "€2bn") is part of what was said.
    start = remark.text.rfind(" ", 0, words[left].start - remark.start) + 1
    return _shortened(remark.text[start : words[right].end - remark.start])


def _joined(remark: Remark, one: int, other: int) -> bool:
    """Whether nothing but space stands between two neighbouring words, the first of which does not break."""
    words = remark.words
    between = remark.text[words[one].end - remark.start : words[other].start - remark.start]
    return words[one].text not in _BREAKS and not between.strip(" \t\n-/'’~≈€$£")


def _shortened(text: str) -> str:
    flat = re.sub(r"\s+", " ", text).strip(" ,.;:!?-–—\"'“”")
    return flat if len(flat) <= MAX_SAID else flat[:MAX_SAID].rsplit(" ", 1)[0] + " …"
