"""Sentences as words that can be compared: stems, numbers, negations, capitals, and where commas stand.

It reads form alone and knows no subject. Text that was tokenised before ("does n't", "ten - pin") reads as other text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.language.numerals import Number, numbers_of
from ingest.lexicon import STOPWORDS, fold, stem

__all__ = ["Sentence", "Word", "read_sentence", "split_sentences"]

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "\u00a0": " "})
# A number with its letters ("3.5", "1,000", "19th", "1980s", "6.15.0", "401(k)"), or a word with what is joined to it
# ("don't", "U.S", "R&D").
_WORD = re.compile(
    r"\d+\([a-z]\)|\d+(?:,\d{3}(?!\d)|\.\d+)*[^\W_]*|[^\W\d_]+[^\W_]*(?:['.&][^\W_]+)*|n't|(?<=\w)%|(?<=\d )%"
)
# Full stops end sentences; so do line breaks and, in texts that were tokenised, a full stop between spaces.
_BREAK = re.compile(
    r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9•*_-])|(?<=\s[.!?])\s+|(?<=[.!?])\s+(?=[a-z])|(?<=[:;])\s+(?=\d{1,2}[.)]\s)|\n+|\s[•*]\s"
)
_ABBREVIATIONS = frozenset(
    "e.g i.e etc vs cf approx dr mr mrs ms prof st no fig inc ltd co dept jr sr gen col rev hon al ed vol ca".split()
)
# Words are cut off here: no sentence that a person writes is longer, and the work stays bounded.
MAX_WORDS = 400
_NOT = frozenset({"not", "n't", "nt", "cannot"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared.

    Attributes:
        text: As written.
        low: Folded: lower case, British, without an ending 's.
        stem: Its stem; "n't" is "not".
        content: Whether it carries a subject.
        capital: Whether it is written with a capital or digits inside.
        comma: Whether a comma, semicolon, bracket or the like stands before it.
    """

    text: str
    low: str
    stem: str
    content: bool
    capital: bool
    comma: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that has been read.

    Attributes:
        text: As written.
        words: Its words in order.
        stems: Their stems.
        numbers: Its numbers, in order.
        question: Whether it ends as a question.
    """

    text: str
    words: tuple[Word, ...]
    stems: tuple[str, ...]
    numbers: tuple[Number, ...]
    question: bool


@lru_cache(maxsize=65536)
def _read_word(text: str) -> tuple[Word, ...]:
    """The words of one written word: two for "don't" and "cannot", none for a bare 's."""
    low = fold(text)
    if low.endswith(")"):
        # "401(k)" is "401k".
        low = low.replace("(", "").replace(")", "")
    if low == "cannot":
        return (*_read_word("can"), *_read_word("not"))
    if low in _NOT:
        return (Word(text, "not", "not", False, False),)
    if low.endswith("n't") and len(low) > 3:
        head = {"ca": "can", "wo": "will", "sha": "shall"}.get(low[:-3], low[:-3])
        return (*_read_word(head), Word("n't", "not", "not", False, False))
    if "'" in low:
        head, _, tail = text.partition("'")
        if tail.lower() in {"s", "re", "ve", "ll", "d", "m", ""}:
            return _read_word(head) if head else ()
    plain = low.replace(".", "") if not low[0].isdigit() else low
    if not plain:
        return ()
    capital = any(c.isupper() for c in text) or any(c.isdigit() for c in text)
    return (Word(text, plain, stem(plain), low not in STOPWORDS and len(plain) > 1, capital),)


def read_sentence(text: str) -> Sentence:
    """Reads one sentence."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    words: list[Word] = []
    last = 0
    for match in _WORD.finditer(plain):
        gap = plain[last : match.start()]
        comma = any(mark in gap for mark in ",;:()[]") if gap != " " else False
        for n, word in enumerate(_read_word(match[0])):
            if comma and n == 0:
                word = Word(word.text, word.low, word.stem, word.content, word.capital, True)
            words.append(word)
        last = match.end()
        if len(words) >= MAX_WORDS:
            break
    lows = [word.low for word in words]
    return Sentence(
        text, tuple(words), tuple(word.stem for word in words), numbers_of(lows), plain.rstrip(" \"')*").endswith("?")
    )


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, list items and lines each by itself."""
    plain = unicodedata.normalize("NFKC", text)
    found = []
    start = 0
    for match in _BREAK.finditer(plain):
        before = plain[start : match.start()].rstrip()
        if not before:
            start = match.end()
            continue
        if "\n" not in match[0] and before.endswith("."):
            tail = before[-12:].split()[-1].rstrip(".").lstrip("(\"'").lower()
            # "Mr. Smith", "J. Smith", and "1." before an item go on.
            if tail == "no" and not plain[match.end() : match.end() + 1].isdigit():
                pass
            elif (
                tail in _ABBREVIATIONS
                or (len(tail) == 1 and tail.isalpha())
                or (tail.isdigit() and tail == before[:-1].strip())
            ):
                continue
        found.append(before)
        start = match.end()
    rest = plain[start:].strip()
    if rest:
        found.append(rest)
    return [one for one in found if any(c.isalnum() for c in one)]
