"""A text parted into the words that patterns are held against."""

from __future__ import annotations

import itertools
import re
from functools import cached_property
from typing import NamedTuple

from ingest.lexicon import fold, stem

__all__ = ["EXACT", "Word", "Words", "joined_up", "words_of"]

EXACT = "="
"""Before a word that is meant as it is written."""
_WORD = re.compile(r"[A-Za-z0-9]+(?:[&/+.'’-][A-Za-z0-9]+)*")
# A number with its unit; "40k" and "2bn" are numbers, and "1st" is none.
_GLUED = re.compile(r"(\d+(?:\.\d+)?)(?!(?:bn|mn|mio|st|nd|rd|th)\b)([a-z]{2,})")
_JOINT, _PART = re.compile("[-/]"), re.compile("[^-/]+")
_NOBODY = re.compile(r"\bno one\b")


class Word(NamedTuple):
    """A word of a text.

    Attributes:
        text: As it is compared: folded.
        stem: Its stem.
        start: Offset of its first character in the text.
        end: Offset past its last.
    """

    text: str
    stem: str
    start: int
    end: int


class Words(tuple[Word, ...]):
    """Words that are held against several indexes: what those compare is made once."""

    @cached_property
    def forms(self) -> list[tuple[str, str]]:
        """Of each word its stem, and how it is written, marked: a word counts by either."""
        return [(word.stem, EXACT + word.text) for word in self]

    @cached_property
    def present(self) -> frozenset[str]:
        """All forms."""
        return frozenset(itertools.chain.from_iterable(self.forms))


def words_of(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words of `text[start:end]`, compounds by their parts; offsets are counted in `text`."""
    found: list[Word] = []
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        folded = fold(match[0])
        if found:
            # "Start up" is one word wherever "start-up" is.
            joined = joined_up(f"{found[-1].text} {folded}")
            if " " not in joined:
                found[-1] = Word(joined, stem(joined), found[-1].start, match.end())
                continue
        if glued := _GLUED.fullmatch(folded):
            # "5TB"
            parted = match.start() + len(glued[1])
            found += [
                Word(glued[1], glued[1], match.start(), parted),
                Word(glued[2], stem(glued[2]), parted, match.end()),
            ]
            continue
        if "-" not in folded and "/" not in folded:
            found.append(Word(folded, stem(folded.removesuffix("'s")), match.start(), match.end()))
            continue
        parts = _JOINT.split(folded)
        # Folding may join some of a compound ("start-up-like"); its parts are placed only where it did not.
        spans = [(piece.start(), piece.end()) for piece in _PART.finditer(match[0])]
        if len(spans) != len(parts):
            parts, spans = [_JOINT.sub("", folded)], [(0, len(match[0]))]
        for part, (left, right) in zip(parts, spans, strict=True):
            found.append(Word(part, stem(part.removesuffix("'s")), match.start() + left, match.start() + right))
    return found


def joined_up(text: str) -> str:
    """The text, folded, with two words that mean one as one."""
    return _NOBODY.sub("nobody", fold(text))
