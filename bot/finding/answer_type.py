"""What kind of thing a question wants to hear, and whether a passage holds one: a number, a sum, a date, a duration.

A passage on the right subject without the thing asked for is the commonest wrong answer: "how many" wants a number of
them, whatever else is said about them. (Answer typing: Li and Roth, "Learning Question Classifiers", COLING 2002.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.lexicon import STOPWORDS, fold, stem, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bot.finding.retrieve import Hit

__all__ = [
    "has_number",
    "holding_answer",
    "labels",
    "speaks_of_bodies",
    "wants_bodies",
    "wants_kind",
    "wants_product",
    "wants_somebody",
    "wants_unlisted",
]

_NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    "(?:twen|thir|for|fif|six|seven|eigh|nine)ty|dozen|hundred|thousand|million"
)
_NUMERAL = re.compile(rf"\d|\b(?:{_NUMBER_WORDS}|half|third|quarter|single)\b")
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of answer: how it is asked for, and what a passage must hold, both in folded text.

    Attributes:
        asked: Matches a question for it.
        held: Matches a passage that has one.
        listed: Whether a list of claims for or against an option may hold it as well.
    """

    asked: re.Pattern[str]
    held: re.Pattern[str]
    listed: bool = True


_MONEY = re.compile(r"[$€£¥]|\b(?:dollars?|euros?|pounds?|usd|eur|gbp)\b")
_KINDS = (
    # Sums of money.
    _Kind(
        re.compile(
            r"\bhow much (?:does|do|did|would|will|is|are)\b.{0,60}"
            r"\b(?:cost|earn|pay|paid|save|spend|charge|make|budget)\b|"
            r"\bhow much money\b|\b(?:salary|salaries|wage|wages|day rate|hourly rate)\b|"
            r"\b(?:cost|earn|pay|budget)\b.{0,30}\b(?:a|per|each|every) (?:day|month|quarter|year|head)\b"
        ),
        _MONEY,
        listed=False,
    ),
    # Sums, or what somebody has to put up with: "what is the price of it?"
    _Kind(
        re.compile(
            r"\b(?:price|prices|fee|fees|rate for)\b|"
            r"\b(?:what|which) (?:do|does|did) .{0,60}\b(?:cost|earn|pay|make (?:in )?(?:a|per) (?:year|month))\b"
        ),
        _MONEY,
    ),
    # Durations.
    _Kind(
        re.compile(r"\bhow long\b|\bin (?:days|weeks|months|years)\b|\bhow many (?:days|weeks|months|years|hours)\b"),
        re.compile(rf"(?:\d|\b(?:one|{_NUMBER_WORDS}|a|an)\b)[\s-]+(?:hour|day|week|month|year|quarter)s?\b"),
    ),
    # Dates of events.
    _Kind(
        re.compile(
            r"\bwhen (?:did|was|were)\b|\b(?:what|which) (?:date|day|year|month)\b|\bon what date\b|\bsince when\b"
        ),
        re.compile(rf"\b(?:1[89]|20)\d\d\b|\b\d{{1,2}} (?:{_MONTHS})\b|\b(?:{_MONTHS}) \d"),
    ),
    # Releases of software.
    _Kind(
        re.compile(r"\b(?:which|what) (?:\w+ )?versions?\b|\bversion number\b"),
        re.compile(r"\bversions? \d|\bv?\d+\.\d"),
    ),
    # Shares.
    _Kind(
        re.compile(r"\b(?:percent|percentage|per cent|share of|proportion of|how likely)\b|%"),
        re.compile(r"\d\s*%|\bper ?cent\b|\b(?:half|third|quarter) of\b"),
    ),
    # How many of one there are to one of another.
    _Kind(
        re.compile(r"\bratios?\b|\bhow many (?:of each\b|[a-z -]{1,40}\b(?:per|for (?:each|every))\b)"),
        re.compile(
            rf"\bratios?\b|\d\s*:\s*\d|(?:\d|\b(?:one|{_NUMBER_WORDS}|an?)\b)(?: [\w-]+){{1,4}} "
            r"(?:per|to (?:each|every|one)|for (?:each|every))\b"
        ),
        listed=False,
    ),
    # By what success is told.
    _Kind(
        re.compile(
            r"\b(?:kpis?|okrs?|performance indicators?)\b|\b(?:which|what|list of|name|some) [a-z -]{0,20}metrics\b|"
            r"\b(?:how|by what) (?:do|can|could|should|would|to|is|are) (?:\w+ ){0,2}(?:measure|gauge|quantify)d?\b"
        ),
        re.compile(r"\b(?:kpis?|okrs?|indicators?|metrics?)\b"),
        listed=False,
    ),
    # Who wrote a text.
    _Kind(
        re.compile(
            r"\bwho (?:wrote|authored|penned)\b|\bwho(?: is|'s| was) the author\b|"
            r"\bname of the (?:author|person|writer)\b"
        ),
        re.compile(r"\b(?:wrote|writes|written by|author|writer)\b"),
    ),
    # Any other quantity.
    _Kind(
        re.compile(
            r"\bhow (?:many|much|often|big|large|old|far)\b|\b(?:number|size) of\b|\bthresholds?\b|\bcut-?offs?\b"
        ),
        _NUMERAL,
    ),
)
_BODIES = r"(?:company|companies|firm|firms|corporation|corporations|employer|vendor|vendors|brand|brands)"
_BODIES_ASKED = re.compile(r"\b(?:which|what) (?:[\w-]+ ){0,2}(?:companies|firms|corporations|employers)\b")
_SORTS_OF_BODIES = re.compile(
    r"\b(?:startups?|multinationals?|enterprises?|corporations?|mid-sized|companies|firms|institutions?)\b"
)
# Whose customers, clients: somebody again, not customers in general.
_THEIRS = r"(?:customers?|clients?|partners?|competitors?|employers?)"
_SOMEBODY = re.compile(
    rf"\b(?:which|what) (?:(?!type|kind|sort|size)[\w-]+ ){{0,2}}{_BODIES}\b"
    r"(?! (?:need|needs|should|would|must|can|size|with|that)\b)"
    rf"|\bname (?:a|an|the|one|some) (?:(?!type|kind|sort|size)[\w-]+ ){{0,2}}{_BODIES}\b"
    rf"|\b(?:which|who|name (?:one|some|a few)) of (?:\w+'s?|his|her|their|your|its|the author's)(?: own)? {_THEIRS}\b"
)
_PRODUCT = re.compile(
    r"\b(?:which|what) (?:[\w/-]+ ){0,2}"
    r"(?:tools?|products?|software|librar(?:y|ies)|packages?|databases?|programming languages?)\b"
    r"(?= (?:is|are|does|do|did|should|would|can|could|will|shall|must|has|have)\b|\W*$)"
)
# "Level 3", "part two", "the third stage": one of several that somebody numbered.
_NUMBERED = (
    "levels?|stages?|phases?|tiers?|parts?|chapters?|versions?|generations?|releases?|editions?|volumes?|pillars?"
)
_ORDINALS = {"second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8"}
_DIGITS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8"}
_LABEL = re.compile(rf"\b({_NUMBERED}) (?:no\.? ?|number |#)?(\d+|{'|'.join(_DIGITS)})\b")
_LABEL_BEFORE = re.compile(rf"\b({'|'.join(_ORDINALS)}) ({_NUMBERED})\b")
_COUNTED = re.compile(r"\b(?:how many|number of)\s+((?:[a-z&/-]+\s*){1,3})")
# Nouns for ways to do a thing, any of which may be counted for another.
_MANNERS = frozenset(
    map(stem, ("way", "approach", "structure", "form", "option", "model", "type", "kind", "setup", "method", "variant"))
)
# Questions of which is remembered what they want.
QUESTIONS_KEPT = 32
# How far before the counted thing its number may stand, in words.
_COUNT_REACH = 4


def holding_answer(question: str, hits: Sequence[Hit], relatives: Callable[[str], Collection[str]]) -> list[Hit]:
    """The hits that hold a thing of the kind the question wants; all of them when it wants no particular kind.

    Args:
        question: The user's words.
        hits: Passages found for it.
        relatives: Stems of words that mean the same as a given one.
    """
    folded = fold(question)
    if numbered := labels(question):
        hits = [hit for hit in hits if numbered & labels(hit.passage.text)]
    kind = _kind_asked(folded)
    if kind is None:
        return list(hits)
    counted = _COUNTED.search(folded)
    words = [word for word in counted[1].split() if word not in STOPWORDS] if counted else []
    nouns = {stem(word) for word in words}.union(*(relatives(word) for word in words))
    # "How many structures are there?" is answered by "three primary ways".
    nouns |= _MANNERS if nouns & _MANNERS else set()
    held = [hit for hit in hits if kind.held.search(fold(hit.passage.text))]
    return [hit for hit in held if not nouns or kind.held is not _NUMERAL or _counts(hit.passage.text, nouns)]


def labels(text: str) -> frozenset[tuple[str, str]]:
    """What a text calls by a noun and its number, as the noun's stem and the digits: "level 3", "the third level".

    Args:
        text: A question or a passage.
    """
    folded = fold(text)
    after = {(stem(noun), _DIGITS.get(number, number)) for noun, number in _LABEL.findall(folded)}
    # Anything that goes on has a first stage.
    after -= {(stem("stage"), "1"), (stem("phase"), "1")}
    return frozenset(after | {(stem(noun), _ORDINALS[number]) for number, noun in _LABEL_BEFORE.findall(folded)})


def has_number(text: str) -> bool:
    """Whether a text states a number, in digits or in words."""
    return bool(_NUMERAL.search(fold(text)))


def wants_kind(question: str) -> bool:
    """Whether a question wants a thing of some particular kind."""
    return _kind_asked(fold(question)) is not None


def wants_unlisted(question: str) -> bool:
    """Whether a question wants a kind of thing that no list of claims holds: a ratio, a measure of success."""
    kind = _kind_asked(fold(question))
    return kind is not None and not kind.listed


def wants_somebody(question: str) -> bool:
    """Whether a question asks for a company or the like by name."""
    return bool(_SOMEBODY.search(fold(question)))


def speaks_of_bodies(text: str) -> bool:
    """Whether a text says what sort of company it speaks of: what a question for companies in general asks."""
    return bool(_SORTS_OF_BODIES.search(fold(text)))


def wants_bodies(question: str) -> bool:
    """Whether a question asks for companies in general, by name or by sort."""
    return wants_somebody(question) and bool(_BODIES_ASKED.search(fold(question)))


def wants_product(question: str) -> bool:
    """Whether a question asks for software or the like by name."""
    return bool(_PRODUCT.search(fold(question)))


# A question is asked several times what it wants.
@lru_cache(maxsize=QUESTIONS_KEPT)
def _kind_asked(folded: str) -> _Kind | None:
    return next((kind for kind in _KINDS if kind.asked.search(folded)), None)


def _counts(text: str, nouns: set[str]) -> bool:
    """Whether a number stands shortly before one of the nouns."""
    words = tokens(text)
    return any(
        nouns & {stem(word) for word in words[at + 1 : at + 1 + _COUNT_REACH]}
        for at, word in enumerate(words)
        if _NUMERAL.search(word)
    )
