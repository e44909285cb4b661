"""Reads facts about an organisation out of what its people write. Knows no criterion but what the rubric tells it.

Three readings, the surer one first: a number with its unit, a word pattern, and a hint. Each fact keeps the user's own
words. What is merely supposed ("if we had 50 models"), planned, denied, or said of somebody else is no fact about the
organisation now.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.deciding.counted import NumberReader
from bot.deciding.facts import SURENESS, Fact, Reading
from bot.deciding.remarks import corrects, is_denied, is_dismissed, remarks_of, shortened, words_said
from bot.language import telling
from bot.language.quantities import quantities
from ingest.lexicon import fold, stem
from ingest.naming import phrase_pattern
from ingest.parted import words_of
from ingest.patterns import PatternIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.deciding.counted import Counted
    from bot.deciding.facts import How
    from bot.deciding.remarks import Remark
    from bot.deciding.rubric_model import Rubric
    from ingest.patterns import Found

    # A fact and the places in the message of the words that it rests on.
    _Seen = tuple[Fact, set[int]]

__all__ = ["Profiler"]

# Up to so many words a reply may be told by its first: "strict, I'd say".
MAX_FIRST_WORD_REPLY = 4
# A longer message is no bare reply to a question.
MAX_BARE_WORDS = 8
# A number that corrects another is shown with so many characters before it.
SAID_BEFORE = 16

_WISH = phrase_pattern(telling.WISH)
_INVERTED = frozenset({"is", "are", "was", "were"})
_WANTED = phrase_pattern(telling.WANTED)
_TODAY = phrase_pattern(telling.TODAY)
# "How many models ...": no number is told.
_HOW = re.compile(r"\bhow\W*$")
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
        self._numbers = NumberReader(rubric)
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
        later: dict[str, list[_Seen]] = defaultdict(list)
        for remark in remarks:
            kind = supposed if remark.supposed else later if remark.planned else facts
            for fact, places in self._facts_of(remark):
                kind[fact.criterion].append((fact, places))
        # "Papers first; some of it will end up in the product": what is planned counts where nothing else is said.
        for criterion, seen in later.items():
            facts.setdefault(criterion, seen)
        counts: dict[str, list[Counted]] = defaultdict(list)
        for counted in self._numbers.read(remarks):
            if not counted.remark.past:
                counts[counted.fact.criterion].append(counted)
        for criterion, found in counts.items():
            # "15 models, but only 3 are live": the narrower one.
            decisive = [one for one in found if one.decisive]
            for one in decisive or found:
                imagined = one.remark.supposed or one.remark.planned
                (supposed if imagined else facts)[criterion].append((one.fact, {one.place}))
        corrected = corrects(message)
        settled = {c: _surest(found, corrected) for c, found in facts.items()}
        assumed = {c: _surest(found, corrected) for c, found in supposed.items()}
        has_number = any(fact.value is not None for fact in settled.values())
        about = asked if asked and asked not in settled else last_number if corrected and not has_number else None
        bare = self._bare_answer(message, about) if not assumed else None
        if bare:
            settled.setdefault(bare.criterion, bare)
        elif last_number and (mended := self._mended_number(message, remarks, last_number, corrected)):
            settled.setdefault(last_number, mended)
        return Reading(settled, assumed, self._presents(remarks), corrected)

    def _facts_of(self, remark: Remark) -> Iterable[_Seen]:
        """The facts in the words of one remark, each with the places in the message of the words that it rests on."""
        if remark.others or remark.offers:
            return
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
        # What is counted is a state; wishing for "one team" tells nothing about how many there are, and asking neither.
        before = remark.before(remark.words[found.first].start)
        if self._rubric.criteria[criterion].numbers and (_WANTED.search(before) or _HOW.search(before)):
            return None
        known = self._rubric.criteria[criterion].levels[level]
        turned: str | None = level
        if is_dismissed(remark, found):
            turned = known.dismissed
        elif is_denied(remark, found):
            turned = known.denied
        if turned is None:
            return None
        return Fact(criterion, turned, words_said(remark, found.first, found.last), how, remark.hedged)

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
            inside = sum(map(bool, parts[first + 1 : last + 1]))
            # Further items of the list need no name that is known.
            outside = parts[: first + 1].count(1) + parts[last + 1 :].count(1)
            level = self._rubric.criteria[criterion].numbers[n].level(1 + inside + outside)
            if inside and level:
                said = words_said(remark, first, last)
                yield Fact(criterion, level, said, "hint", remark.hedged), {remark.words[p].start for p in places}

    def _presents(self, remarks: Sequence[Remark]) -> dict[str, tuple[str, str]]:
        """What the organisation says it has today, by decision."""
        found: dict[str, tuple[str, str]] = {}
        for remark in remarks:
            if remark.supposed or remark.others or _WISH.search(remark.folded) or not _TODAY.search(remark.folded):
                continue
            for match in self._present.find(remark.words):
                # "Is decentralised a handicap when we recruit?" does not say that they are.
                inverted = remark.asked and match.first <= 1 and remark.words[0].text in _INVERTED
                if not inverted and not is_denied(remark, match):
                    decision, option = match.value
                    found.setdefault(decision, (option, words_said(remark, match.first, match.last)))
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
                return Fact(criterion, id_, shortened(message), "reply")
        numbers = quantities(message)
        specs = self._rubric.criteria[criterion].numbers
        if numbers and specs and len(words) <= MAX_BARE_WORDS:
            # "It's 40, not 4."
            said = [one for one in numbers if not fold(message[: one.start]).rstrip().endswith(" not")] or numbers
            value = said[-1].value * next(iter(specs[0].units.values()))
            counted = specs[0].level(value)
            if counted:
                return Fact(criterion, counted, shortened(message), "reply", said[-1].rough, value)
        if words and len(words) <= MAX_FIRST_WORD_REPLY:
            for id_, level in levels.items():
                if any(words[0].stem == stem(fold(reply)) for reply in level.replies if " " not in reply):
                    return Fact(criterion, id_, shortened(message), "reply")
        return self._answer_to_another(message, folded, criterion)

    def _mended_number(self, message: str, remarks: Sequence[Remark], criterion: str, corrected: bool) -> Fact | None:
        """What a message that corrects itself says of the last number, among other things: "it's 40, in 5 brands"."""
        specs = self._rubric.criteria[criterion].numbers if criterion in self._rubric.criteria else ()
        number = self._numbers.standing_alone(remarks) if corrected and specs else None
        if number is None:
            return None
        value = number.value * next(iter(specs[0].units.values()))
        level = specs[0].level(value)
        said = shortened(message[max(0, number.start - SAID_BEFORE) : number.end].partition(" ")[2])
        return (
            Fact(criterion, level, said or message[number.start : number.end], "number", number.rough, value)
            if level
            else None
        )

    def _answer_to_another(self, message: str, folded: str, asked: str) -> Fact | None:
        """A reply that names a level of one other criterion alone: "strict", whatever was asked."""
        named = [
            (c, id_)
            for c, criterion in self._rubric.criteria.items()
            for id_, level in criterion.levels.items()
            if c != asked and folded in {fold(reply) for reply in (*level.replies, level.label)}
        ]
        return Fact(*named[0], shortened(message), "reply") if len(named) == 1 else None


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
