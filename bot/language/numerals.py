"""Numbers in running text, digits and words alike: "1,500", "fifteen hundred", "21st", "twice", "the 1980s"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.language.quantities import TENS, UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Number", "numbers_of"]

_SMALL = {word: n for n, word in enumerate(UNITS)}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "k": 1e3, "m": 1e6, "mn": 1e6,
    "bn": 1e9, "tn": 1e12, "hundreds": 1e2, "thousands": 1e3, "millions": 1e6, "billions": 1e9,
}  # fmt: skip
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40,
    "fiftieth": 50, "sixtieth": 60, "seventieth": 70, "eightieth": 80, "ninetieth": 90, "hundredth": 100,
    "thousandth": 1000, "millionth": 1_000_000,
}  # fmt: skip
# What multiplies or divides, and plurals of tens ("the eighties", "dozens").
_OTHERS: dict[str, tuple[float, str]] = {
    "once": (1, "times"), "twice": (2, "times"), "thrice": (3, "times"), "single": (1, "multiple"),
    "double": (2, "multiple"), "doubled": (2, "multiple"), "doubles": (2, "multiple"), "doubling": (2, "multiple"),
    "triple": (3, "multiple"), "tripled": (3, "multiple"), "triples": (3, "multiple"), "tripling": (3, "multiple"),
    "quadruple": (4, "multiple"), "quadrupled": (4, "multiple"), "twofold": (2, "multiple"),
    "threefold": (3, "multiple"),
    "tenfold": (10, "multiple"), "half": (0.5, "part"), "halves": (0.5, "part"), "quarter": (0.25, "part"),
    "quarters": (0.25, "part"), "thirds": (3, "ordinal"), "dozen": (12, "count"), "dozens": (12, "count"),
    "pair": (2, "count"), "couple": (2, "count"), "trio": (3, "count"), "both": (2, "count"),
    "twenties": (20, "count"), "thirties": (30, "count"), "forties": (40, "count"), "fifties": (50, "count"),
    "sixties": (60, "count"), "seventies": (70, "count"), "eighties": (80, "count"), "nineties": (90, "count"),
}  # fmt: skip
_NUMERAL = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)(st|nd|rd|th|s|k|m|mn|bn|b|x|%)?")


@dataclass(frozen=True, slots=True)
class Number:
    """A number among the words of a sentence.

    Attributes:
        value: Its value; 2 for "twice" and for "second".
        kind: "count", "ordinal", "times", "multiple", "part" or "code" (a mark with digits, no value: "6.15.0").
        first: Index of its first word.
        last: Index of its last word.
        written: Its words.
        vague: Whether it also serves as a word that counts nothing ("one", "first", "second").
    """

    value: float
    kind: str
    first: int
    last: int
    written: str
    vague: bool = False


def numbers_of(words: Sequence[str]) -> tuple[Number, ...]:
    """The numbers among folded words, in order; neighbours that make one number are read as one."""
    found: list[Number] = []
    at = 0
    while at < len(words):
        word = words[at]
        number = _digits(words, at) if word[0].isdigit() else _spelt(words, at)
        if number is None:
            at += 1
            continue
        found.append(number)
        at = number.last + 1
    return tuple(found)


def _digits(words: Sequence[str], at: int) -> Number:
    word = words[at]
    match = _NUMERAL.fullmatch(word)
    if match is None:
        return Number(0.0, "code", at, at, word)
    value = float(match[1].replace(",", ""))
    kind = "ordinal" if match[2] in {"st", "nd", "rd", "th"} else "count"
    if match[2] in {"k", "m", "mn", "bn", "b"}:
        value *= _SCALES[match[2] if match[2] != "b" else "bn"]
    last = at
    if kind == "count" and at + 1 < len(words) and words[at + 1] in _SCALES and len(words[at + 1]) > 1:
        last += 1
        value *= _SCALES[words[last]]
    return Number(value, kind, at, last, " ".join(words[at : last + 1]))


def _spelt(words: Sequence[str], at: int) -> Number | None:
    word = words[at]
    if word in _OTHERS:
        value, kind = _OTHERS[word]
        return Number(value, kind, at, at, word, vague=word in {"single", "both", "once", "couple", "pair", "quarter"})
    if word in _ORDINALS:
        return Number(_ORDINALS[word], "ordinal", at, at, word, vague=word in {"first", "second", "third"})
    total = 0.0
    current = 0.0
    kind = "count"
    n = at
    while n < len(words):
        one = words[n]
        if one in _SMALL:
            # "Twenty one" is one number; "one two" are two.
            if n > at and words[n - 1] not in TENS and words[n - 1] not in _SCALES and words[n - 1] != "and":
                break
            current += _SMALL[one]
        elif one in TENS:
            if n > at and words[n - 1] not in _SCALES and words[n - 1] != "and":
                break
            current += TENS[one]
        elif one in _SCALES and len(one) > 2 and (n > at or one.endswith("s") or one in _SCALES):
            if one.startswith("hundred"):
                current = max(current, 1.0) * 100
            else:
                total += max(current, 1.0) * _SCALES[one]
                current = 0.0
        elif one == "and" and n > at and words[n - 1] in _SCALES and n + 1 < len(words) and _joins(words[n + 1]):
            pass
        elif one in _ORDINALS and n > at and words[n - 1] in TENS:
            current += _ORDINALS[one]
            kind = "ordinal"
            n += 1
            break
        else:
            break
        n += 1
    if n == at:
        return None
    return Number(total + current, kind, at, n - 1, " ".join(words[at:n]), vague=n == at + 1 and word == "one")


def _joins(word: str) -> bool:
    return word in _SMALL or word in TENS
