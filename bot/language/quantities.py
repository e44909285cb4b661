"""Numbers in what people write: digits and words, ranges, roundings and bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["TENS", "UNITS", "Quantity", "quantities"]

# Stretches of text whose numbers are remembered.
STRETCHES_KEPT = 64
UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}
_WORDS: dict[str, float] = {
    **{word: float(n) for n, word in enumerate(UNITS)},
    **{word: float(n) for word, n in TENS.items()},
    **{f"{ten}{sep}{UNITS[n]}": float(tens + n) for ten, tens in TENS.items() for n in range(1, 10) for sep in "- "},
    "no": 0,
    "none": 0,
    "single": 1,
    "a single": 1,
    "just a": 1,
    "a pair of": 2,
    "a couple": 2,
    "couple": 2,
    "a couple of": 2,
    "a few": 4,
    "a handful": 5,
    "a handful of": 5,
    "handful of": 5,
    "several": 5,
    "half a dozen": 6,
    "a half dozen": 6,
    "a dozen": 12,
    "one dozen": 12,
    "dozen": 12,
    "two dozen": 24,
    "three dozen": 36,
    "several dozen": 50,
    "dozens of": 50,
    "dozens": 50,
    "a hundred": 100,
    "one hundred": 100,
    "two hundred": 200,
    "three hundred": 300,
    "four hundred": 400,
    "five hundred": 500,
    "several hundred": 400,
    "hundreds of": 300,
    "hundreds": 300,
    "a thousand": 1000,
    "thousands of": 5000,
    "thousands": 5000,
    "tens of thousands": 50_000,
    "tens of thousands of": 50_000,
    "hundreds of thousands of": 300_000,
    "a million": 1e6,
    "millions of": 5e6,
    "millions": 5e6,
}
_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "million": 1e6,
    "b": 1e9,
    "bn": 1e9,
    "billion": 1e9,
}
# Thousands are parted by a comma, an apostrophe, a thin space or, in much of Europe, a full stop.
_NUMERAL = r"[1-9]\d{0,2}(?:[., ’']\d{3})+(?![\d.,]\d)|\d+(?:\.\d+)?"
_SCALE = r"(?:\s?(?:million|billion|thousand|mio|mn|bn|[kKmMbB])(?![A-Za-z]))?"
_NAMED = "|".join(re.escape(word) for word in sorted(_WORDS, key=lambda w: (-len(w), w)))
_JOIN = r"\s?(?:-|–|—|to|or|and)\s?"
_DIGITS = rf"(?:{_NUMERAL}){_SCALE}"
_QUANTITY = re.compile(
    rf"(?P<currency>[€$£¥]\s?)?(?<![\w.,])(?P<low>{_DIGITS})(?:{_JOIN}[€$£¥]?(?P<high>{_DIGITS}))?(?P<more>\+)?"
    r"(?P<percent>\s?(?:%|percent|per cent))?"
    rf"|\b(?P<word>{_NAMED})(?:{_JOIN}(?P<word_high>{_NAMED}))?(?P<scale>\s(?:hundred|thousand|million|billion))?\b",
    re.IGNORECASE,
)
# Of each number in words one that it cannot be without: most texts hold none, and the pattern is slow to say so.
_TELLING = frozenset(max(re.findall("[a-z]+", word), key=len) for word in _WORDS)
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[a-z]+")
_ABOVE = re.compile(r"(?:more than|over|above|upwards of|north of|beyond|exceeds?|>)\s*$", re.IGNORECASE)
_BELOW = re.compile(r"(?:less than|fewer than|under|below|not even|<)\s*$", re.IGNORECASE)
_ROUND = re.compile(
    r"(?:about|around|roughly|approx\.?|approximately|circa|ca\.?|some|maybe|perhaps|probably|nearly|almost|say|like|"
    r"or so|~|i think|i guess|i believe|i'd say|at most|up to)\s*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
# "It grew from 15 to 60": the end of the way counts, not its middle.
_CHANGED = re.compile(
    r"\b(?:went|gone|grew|grown|grow|growing|rose|risen|up|increased|jumped|expanded|scaled|down|shrank|shrunk|fell|fallen|"
    r"dropped|moved|cut)\s+(?:\w+\s+){0,2}?from\s+$",
    re.IGNORECASE,
)
_ROUND_AFTER = re.compile(r"\s*(?:or so|ish\b|-ish\b|give or take|\?)", re.IGNORECASE)
_ROUND_WORDS = ("few", "handful", "several", "dozens", "hundreds", "thousands", "millions", "couple")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that somebody wrote.

    Attributes:
        value: The number; of a range the middle, of "more than 10" a little more.
        start: Offset of its first character.
        end: Offset past its last.
        rough: Whether it is a rounding, a range or a guess.
        money: Whether a currency sign stands before it.
    """

    value: float
    start: int
    end: int
    rough: bool
    money: bool


def quantities(text: str, start: int = 0, end: int | None = None) -> list[Quantity]:
    """The numbers in `text[start:end]`, offsets counted in `text`; shares of a hundred are left out."""
    return list(_quantities(text, start, end))


# A message is read for several things that are counted.
@lru_cache(maxsize=STRETCHES_KEPT)
def _quantities(text: str, start: int, end: int | None) -> tuple[Quantity, ...]:
    stretch = text[start:end]
    if not _DIGIT.search(stretch) and _TELLING.isdisjoint(_LETTERS.findall(stretch.lower())):
        return ()
    found = []
    for match in _QUANTITY.finditer(text, start, len(text) if end is None else end):
        if match["percent"] or not f"{match['word'] or ''}{match['word_high'] or ''}".isascii():
            # Case is ignored beyond English too: "fıve" matches "five", and is none.
            continue
        low, high = _bounds(match)
        stop = match.end()
        if match["high"] and _is_joined_by_and(match, "low", "high"):
            stop, high = match.end("low"), low
        if match["word_high"] and _is_joined_by_and(match, "word", "word_high"):
            stop, high = match.end("word"), low
        before = text[max(start, match.start() - 24) : match.start()]
        value = high if _CHANGED.search(text[max(start, match.start() - 40) : match.start()]) else (low + high) / 2
        if _ABOVE.search(before):
            value += max(1.0, value / 100)
        elif _BELOW.search(before):
            value = max(value - max(1.0, value / 100), 0.0)
        rough = (
            low != high
            or bool(match["more"])
            or bool(_ROUND.search(before) or _ROUND_AFTER.match(text, stop))
            or any(word in (match["word"] or "").lower() for word in _ROUND_WORDS)
        )
        found.append(Quantity(value, match.start(), stop, rough, bool(match["currency"])))
    return tuple(found)


def _bounds(match: re.Match[str]) -> tuple[float, float]:
    if match["word"]:
        scale = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}.get(
            (match["scale"] or "").strip().lower(), 1
        )
        low = _WORDS[match["word"].lower()]
        high = _WORDS[match["word_high"].lower()] if match["word_high"] else low
        return low * scale, high * scale
    low, low_scale = _numeral(match["low"])
    if not match["high"]:
        return low * low_scale, low * low_scale
    high, high_scale = _numeral(match["high"])
    # "2-3k" is thousands on both sides.
    return low * (low_scale if low_scale > 1 else high_scale), high * high_scale


def _numeral(text: str) -> tuple[float, float]:
    found = re.fullmatch(rf"({_NUMERAL})\s?([a-zA-Z]*)", text)
    if found is None:
        return 0.0, 1.0
    digits = found[1]
    if re.fullmatch(r"[1-9]\d{0,2}(?:[., ’']\d{3})+", digits):
        digits = re.sub(r"\D", "", digits)
    return float(digits), _SCALES.get(found[2].lower(), 1.0)


def _is_joined_by_and(match: re.Match[str], low: str, high: str) -> bool:
    between = match.string[match.end(low) : match.start(high)]
    return between.strip().lower() == "and" and not _BETWEEN.search(match.string[: match.start(low)])
