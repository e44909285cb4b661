"""Facts about an organisation, read from what its people write. Knows no criterion but what the rubric tells it.

Three readings, the surer one first: a number with its unit, a word pattern, and a hint. Each fact keeps the user's own words. What is merely supposed ("if we
had 50 models"), planned, denied, or said of somebody else is no fact about the organisation now.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from bot.patterns import PatternIndex, words_of
from bot.quantities import quantities
from ingest.lexicon import fold, sentence_spans, stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.patterns import Found, Word
    from bot.quantities import Quantity
    from bot.rubric_model import Numbers, Rubric

__all__ = ["Fact", "Profile", "Profiler", "Reading"]

How = Literal["number", "phrase", "hint", "reply", "chosen"]
_SURENESS: dict[How, int] = {"hint": 0, "phrase": 2, "number": 3, "reply": 4, "chosen": 5}

# A unit stands at most so many words from its number.
MAX_UNIT_GAP = 3
# Words before a pattern in which a denial of it is looked for.
DENIAL_REACH = 4
MAX_SAID = 80
MAX_CLAUSES = 60
# Short words of a user are shown with their surroundings up to so many words.
SAID_WORDS = 4
MAX_BARE_WORDS = 8

_DENIALS = frozenset(
    "not no never without nobody nothing none neither nor hardly barely cannot lack lacks lacking isn't aren't wasn't weren't don't doesn't didn't "
    "haven't hasn't hadn't won't wouldn't can't couldn't shouldn't needn't dont doesnt isnt arent havent cant wont zero".split()
)
# "Not only" and "no more" deny nothing about what follows.
_NO_DENIAL = frozenset("only just merely necessarily more longer".split())
# "... is not an issue", after what it speaks of.
_DISMISSED = re.compile(
    r"^(?:\W+\w+){0,2}?\W+(?:is|are|was|were|would be|do|does)?\s?(?:not|n't|no|never|hardly)\b(?:\W+\w+){0,3}?\W+"
    r"(?:issue|problem|concern|matter|matters|important|priority|necessary|needed|required|obstacle|worry|bother|hurt|care)\b"
)
# "We do not need ..." denies everything up to the end of the clause.
_NO_NEED = re.compile(
    r"\b(?:(?:don't|do not|does not|doesn't|dont|didn't) need|no need|needn't|need no|needs no|(?:don't|do not|doesn't|does not) care)\b"
)
_SUPPOSED = re.compile(
    r"\b(?:what if|if (?:we|our|i|they|the|it|there|that|all|each|every)\b|suppose|supposing|imagine|assuming|assume|hypothetically|say we (?:had|have|were|get|grow)|"
    r"were we to|had we|what would (?:change|happen)|once we (?:have|reach|hit|grow)|when we (?:reach|hit|grow|get to|have grown))"
)
_PLANNED = re.compile(
    r"\b(?:will|we'll|plan(?:s|ned|ning)? (?:to|on|for)|going to|aim(?:s|ing)? (?:to|for)|hope(?:s)? to|want(?:s)? to (?:have|get|reach|grow)|target(?:ing)? (?:of )?|"
    r"next (?:year|quarter|month)|by (?:20\d\d|next|the end of)|in (?:two|three|four|five|\d+) years?|eventually|over the (?:next|coming)|expect(?:s|ed|ing)? to|"
    r"in the pipeline|roadmap|used to|last year we had|years ago|previously|formerly|back then)\b"
)
_OTHERS = re.compile(
    r"\b(?:competitors?|rivals?|peers?|other (?:companies|firms|organisations|banks|players)|our (?:client|customer)s? (?:has|have|run|runs)|"
    r"a friend|my friend|former employer|previous (?:employer|company|job)|last (?:employer|company|job)|the article|the author|according to)\b"
)
_WISH = re.compile(
    r"\b(?:want|wants|wanted|would like|we'd like|i'd like|should|consider\w*|thinking (?:of|about)|mov(?:e|ing) (?:to|towards?)|switch\w* to|go(?:ing)? (?:for|to|with)|"
    r"adopt\w*|wonder\w*|propos\w*|suggest\w*|ask\w* for|introduc\w*|instead|prefer|dream\w*|plan\w*|become|becoming|better off|need a|needs a|whether)\b"
)
_WANTED = re.compile(r"\b(?:want|wants|would like|i'd like|we'd like|wish|prefer|need|needs)\b")
_PRESENT = re.compile(
    r"\b(?:we are|we're|we have|we've|we run|we use|we work|we sit|we operate|we went|we started|i run|i lead|i head|our|today|currently|right now|at the moment|now|existing|present|so far|already|is|are|sits?|has|have)\b"
)
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|i think|i guess|i believe|not sure|might|roughly|sort of|kind of|more or less)\b"
)
_CLAUSE_END = re.compile(
    r"[.!?]+(?=\s)|[;—–]|:(?!\s*(?:about|around|roughly|some|maybe|over|almost|nearly|[\d~]))|,(?!\d)|\s-\s|\.\.\.|\bbut\b|\bwhile\b|\bwhereas\b|\balthough\b|\bthough\b|\bbecause\b|\bso that\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\b(?:actually|correction|sorry|i meant|i mean|rather|make that|wait|no,|not \w+ but|i misspoke|scrap that|scratch that)"
)
_LINKS = frozenset(
    "of is are was about around approximately roughly over some nearly almost now currently at count number total say to the in".split()
)
# Between a number and its unit these start something else.
_BREAKS = frozenset(
    "and or but in for with on per a an by from within across that who which where when whose of".split()
)


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


@dataclass(frozen=True, slots=True)
class Profile:
    """What a conversation has told about an organisation so far.

    Attributes:
        facts: What is known, by criterion.
        present: Decision to the option that the organisation has today, and the words that say so.
        asked: Criterion that the user was asked about last.
        last_number: Criterion that the user's last number was about.
        decision: The decision that was talked about last.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    present: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: str | None = None
    last_number: str | None = None
    decision: str | None = None

    @property
    def levels(self) -> dict[str, str]:
        """Criterion to level, as `Scorecard.decide` takes them."""
        return {criterion: fact.level for criterion, fact in self.facts.items()}

    def after(self, reading: Reading) -> Profile:
        """The profile with what a further message tells: what is surer, or as sure and later, replaces what stood there."""
        facts = dict(self.facts)
        for criterion, fact in reading.facts.items():
            old = facts.get(criterion)
            if old is None or reading.corrects or _SURENESS[fact.how] >= min(_SURENESS[old.how], _SURENESS["phrase"]):
                facts[criterion] = fact
        numbers = [criterion for criterion, fact in reading.facts.items() if fact.value is not None]
        last_number = numbers[-1] if numbers else self.last_number
        return replace(self, facts=facts, present={**self.present, **reading.present}, last_number=last_number)

    def with_more(self, other: Profile) -> Profile:
        """The profile with what another one knows, which comes first."""
        return replace(self, facts={**self.facts, **other.facts}, present={**self.present, **other.present})

    def supposing(self, reading: Reading) -> Profile:
        """The profile as it would be if what a message supposes were so."""
        return replace(self, facts={**self.facts, **reading.supposed})


@dataclass(frozen=True, slots=True)
class _Clause:
    """A stretch of a message that is judged as one: supposed or not, planned or not, ours or another's."""

    text: str
    start: int
    words: tuple[Word, ...]
    numbers: tuple[Quantity, ...]
    supposed: bool
    planned: bool
    others: bool


class Profiler:
    """Reads facts.

    Args:
        rubric: Criteria, levels, their words and numbers.
    """

    def __init__(self, rubric: Rubric) -> None:
        self._rubric = rubric
        levels = [
            (c, name, level) for c, criterion in rubric.criteria.items() for name, level in criterion.levels.items()
        ]
        self._phrases = PatternIndex(((p, (c, name)) for c, name, level in levels for p in level.phrases))
        self._hints = PatternIndex(((p, (c, name)) for c, name, level in levels for p in level.hints))
        self._units = PatternIndex(
            (
                (unit, (c, n, unit))
                for c, criterion in rubric.criteria.items()
                for n, spec in enumerate(criterion.numbers)
                for unit in spec.units
            )
        )
        self._present = PatternIndex(
            (
                (p, (d, option))
                for d, decision in rubric.decisions.items()
                for option, ps in decision.present.items()
                for p in ps
            )
        )

    def read(self, message: str, asked: str | None = None, last_number: str | None = None) -> Reading:
        """The facts in a message.

        Args:
            message: The user's words.
            asked: Criterion that the user was asked about last: a bare answer is taken to be about it.
            last_number: Criterion that the user's last number was about: "actually 40" is taken to correct it.
        """
        clauses = self._clauses(message)
        facts: dict[str, list[tuple[Fact, int]]] = defaultdict(list)
        supposed: dict[str, list[tuple[Fact, int]]] = defaultdict(list)
        for clause in clauses:
            into = supposed if clause.supposed else facts
            for fact, weight in self._facts_of(clause):
                into[fact.criterion].append((fact, weight))
        corrects = bool(_CORRECTS.search(fold(message)))
        settled = {c: _surest(found, corrects) for c, found in facts.items()}
        assumed = {c: _surest(found, corrects) for c, found in supposed.items()}
        counted = any(fact.value is not None for fact in settled.values())
        about = asked if asked and asked not in settled else last_number if corrects and not counted else None
        bare = self._bare_answer(message, about)
        if bare and not assumed:
            settled.setdefault(bare.criterion, bare)
        return Reading(settled, assumed, self._presents(clauses), corrects)

    def _clauses(self, message: str) -> list[_Clause]:
        found = []
        for start, end in sentence_spans(message) or [(0, len(message))]:
            folded = fold(message[start:end])
            # A condition holds for the whole sentence, whichever half it stands in.
            supposed = bool(_SUPPOSED.search(folded))
            bounds = [start]
            for match in _CLAUSE_END.finditer(message, start, end):
                bounds += [match.start(), match.end()] if not match[0].isalpha() else [match.start()]
            bounds.append(end)
            for left, right in _pieces(bounds, message, start):
                text = message[left:right]
                words = tuple(words_of(message, left, right))
                if words:
                    part = fold(text)
                    planned, others = bool(_PLANNED.search(part)), bool(_OTHERS.search(part))
                    numbers = tuple(quantities(message, left, right))
                    found.append(_Clause(text, left, words, numbers, supposed, planned, others))
        return found[:MAX_CLAUSES]

    def _facts_of(self, clause: _Clause) -> Iterable[tuple[Fact, int]]:
        if clause.others:
            return
        hedged = bool(_HEDGE.search(fold(clause.text)))
        if not clause.planned:
            yield from ((fact, 1) for fact in self._counted(clause))
        for index, how in ((self._phrases, "phrase"), (self._hints, "hint")):
            for found in index.find(clause.words):
                fact = self._matched(clause, found, how, hedged)  # type: ignore[arg-type]
                if fact:
                    yield fact, found.weight

    def _matched(self, clause: _Clause, found: Found[tuple[str, str]], how: How, hedged: bool) -> Fact | None:
        criterion, level = found.value
        known = self._rubric.criteria[criterion].levels[level]
        if _is_dismissed(clause, found):
            turned = known.dismissed
        else:
            turned = known.denied if _is_denied(clause.words, found) else level
        if turned is None:
            return None
        level = turned
        return Fact(criterion, level, _said(clause, found.first, found.last), how, hedged)

    def _counted(self, clause: _Clause) -> Iterable[Fact]:
        units = self._units.find(clause.words)
        for number in clause.numbers:
            if _WANTED.search(fold(clause.text[: number.start - clause.start])):
                continue
            at = [n for n, word in enumerate(clause.words) if word.start >= number.end]
            inside = [n for n, word in enumerate(clause.words) if word.end > number.start and word.start < number.end]
            after = at[0] if at else len(clause.words)
            before = inside[0] if inside else after
            options = []
            for unit in units:
                criterion, n, name = unit.value
                spec = self._rubric.criteria[criterion].numbers[n]
                if unit.first > 0 and clause.words[unit.first - 1].text in spec.unless:
                    continue
                # "No" may belong to something else: "no reason to ask the data scientists".
                reach = MAX_UNIT_GAP if number.value else 1
                if after <= unit.first <= after + reach:
                    between = clause.words[after : unit.first]
                    blocked = any(word.text in _BREAKS for word in between)
                    distance = float(unit.first - after)
                elif number.value and before - MAX_UNIT_GAP <= unit.last + 1 <= before:
                    between = clause.words[unit.last + 1 : before]
                    blocked = any(word.text not in _LINKS for word in between)
                    distance = 0.5 + unit.last + 1 - before + 2 * MAX_UNIT_GAP
                else:
                    continue
                if not blocked:
                    options.append((distance, -unit.weight, criterion, n, name, unit))
            for option in sorted(options, key=lambda o: o[:5])[:1]:
                criterion, spec = option[2], self._rubric.criteria[option[2]].numbers[option[3]]
                value = number.value * spec.units[option[4]] * _rate(clause.words, option[5].last, spec)
                level = spec.level(value)
                if level:
                    first, last = min(before, option[5].first), max(before, option[5].last)
                    yield Fact(criterion, level, _said(clause, first, last), "number", number.rough, value)

    def _presents(self, clauses: Sequence[_Clause]) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        for clause in clauses:
            part = fold(clause.text)
            if clause.supposed or clause.others or _WISH.search(part) or not _PRESENT.search(part):
                continue
            for match in self._present.find(clause.words):
                if not _is_denied(clause.words, match):
                    decision, option = match.value
                    found.setdefault(decision, (option, _said(clause, match.first, match.last)))
        return found

    def _bare_answer(self, message: str, criterion: str | None) -> Fact | None:
        """An answer that makes sense only as one: "about 40", "yes", "the second"."""
        if criterion is None or criterion not in self._rubric.criteria:
            return None
        levels = self._rubric.criteria[criterion].levels
        folded = fold(message).strip(" .!")
        words = words_of(message)
        for name, level in levels.items():
            if folded in {fold(reply) for reply in (*level.replies, level.label, name)}:
                return Fact(criterion, name, _shortened(message), "reply")
        numbers = quantities(message)
        specs = self._rubric.criteria[criterion].numbers
        if numbers and specs and len(words) <= MAX_BARE_WORDS:
            value = numbers[-1].value * next(iter(specs[0].units.values()))
            level_id = specs[0].level(value)
            if level_id:
                return Fact(criterion, level_id, _shortened(message), "reply", numbers[-1].rough, value)
        if words and len(words) <= SAID_WORDS:
            for name, level in levels.items():
                if any(words[0].stem == stem(fold(reply)) for reply in level.replies if " " not in reply):
                    return Fact(criterion, name, _shortened(message), "reply")
        return None


def _pieces(bounds: Sequence[int], message: str, start: int) -> list[tuple[int, int]]:
    """The stretches between the ends of clauses; separators themselves hold no letter and fall away."""
    pairs = list(zip(bounds, bounds[1:], strict=False))
    return [(left, right) for left, right in pairs if any(ch.isalnum() for ch in message[left:right])]


def _surest(found: Sequence[tuple[Fact, int]], corrects: bool) -> Fact:
    """Of several readings of one criterion the surest kind; then the level with most words behind it, then the last.

    Of several numbers the largest, for the others are mostly parts of it ("900 people, 14 of them in the hub"); the last
    when the message corrects itself.
    """
    top = max(_SURENESS[fact.how] for fact, _ in found)
    kept = [(fact, weight) for fact, weight in found if _SURENESS[fact.how] == top]
    if top == _SURENESS["number"]:
        return kept[-1][0] if corrects else max((fact for fact, _ in kept), key=lambda fact: fact.value or 0.0)
    weights: dict[str, int] = defaultdict(int)
    for fact, weight in kept:
        weights[fact.level] += weight
    best = max(weights.values())
    return [fact for fact, _ in kept if weights[fact.level] == best][-1]


def _is_denied(words: Sequence[Word], found: Found[object]) -> bool:
    """Whether a denial stands shortly before the match, and is not itself part of the pattern."""
    before = words[max(0, found.first - DENIAL_REACH) : found.first]
    for n, word in enumerate(before):
        following = before[n + 1].text if n + 1 < len(before) else words[found.first].text
        if word.text in _DENIALS and following not in _NO_DENIAL:
            return True
    return False


def _is_dismissed(clause: _Clause, found: Found[tuple[str, str]]) -> bool:
    """Whether the clause says that what the pattern says does not matter: before it or after it."""
    words = clause.words
    before = fold(clause.text[: words[found.first].start - clause.start])
    after = fold(clause.text[words[found.last].end - clause.start :])
    return bool(_NO_NEED.search(before) or _DISMISSED.match(after))


def _rate(words: Sequence[Word], unit: int, spec: Numbers) -> float:
    """What a rate is multiplied by to be stated in the period of the cut-offs; 1 when none is named."""
    for word in words[unit + 1 : unit + 2 + MAX_UNIT_GAP]:
        for period, times in spec.a.items():
            if word.stem == stem(period):
                return times
    return 1.0


def _said(clause: _Clause, first: int, last: int) -> str:
    """The user's own words around a match: itself and, where it is short, a word or two of its surroundings."""
    words = clause.words
    left, right = first, last
    while left > 0 and right - left < SAID_WORDS and _belongs(words[left - 1]) and first - left < 2:
        left -= 1
    while right + 1 < len(words) and right - left < SAID_WORDS and _belongs(words[right + 1]) and right - last < 2:
        right += 1
    start = clause.text.rfind(" ", 0, words[left].start - clause.start) + 1
    return _shortened(clause.text[start : words[right].end - clause.start])


def _belongs(word: Word) -> bool:
    return word.text not in _BREAKS


def _shortened(text: str) -> str:
    flat = re.sub(r"\s+", " ", text).strip(" ,.;:!?-–—\"'“”")
    return flat if len(flat) <= MAX_SAID else flat[:MAX_SAID].rsplit(" ", 1)[0] + " …"
