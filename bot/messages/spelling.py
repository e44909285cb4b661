"""Abbreviations spelt out, and typing errors mended."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from rapidfuzz.distance import DamerauLevenshtein

from bot.language import phrases
from ingest.lexicon import QUESTION_WORDS, STOPWORDS, fold, stem

if TYPE_CHECKING:
    from bot.language.vocabulary import Word
    from ingest.index.words import Words
    from ingest.naming import Namer
    from ingest.pack import Pack

__all__ = ["Spelling"]

# What an abbreviation is parted from by anything else.
_ALONE = re.compile(r"[\w/&-]+")
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
# Typing errors are mended only in words of the subject, and only this close (Damerau-Levenshtein), by length.
_MAX_EDITS = {5: 1, 6: 1, 7: 1}
_MAX_EDITS_LONG = 2
# A shorter word is too often another word, one letter off.
MISSPELT_FROM = 7
# A cue is mended only where it is long: "minds" is no "minus".
MENDED_CUE = 7


class Spelling:
    """Knows how the words of one pack and library are written.

    Args:
        pack: Its abbreviations.
        namer: Knows the words of options' names.
        words: The library's.
    """

    def __init__(self, pack: Pack, namer: Namer, words: Words) -> None:
        short = {**phrases.SHORTHAND, **pack.abbreviations}
        self._abbreviations = [(re.compile(_abbreviation(word)), full) for word, full in short.items()]
        # Most texts have none: one is a word by itself, unless somebody's has a full stop or a blank.
        self._short = None if any(not _ALONE.fullmatch(word) for word in short) else {word.casefold() for word in short}
        self._namer = namer
        self._words = words

    def mended(self, text: str) -> str:
        """`text` with abbreviations spelt out and misspelt words of the subject mended; all else untouched."""
        if self._short is None or not self._short.isdisjoint(_ALONE.findall(text.casefold())):
            for pattern, full in self._abbreviations:
                text = pattern.sub(full, text)
        return _LONG_WORD.sub(lambda match: self._mended_word(match[0]), text)

    def is_misspelt(self, word: Word) -> bool:
        """Whether a word is one of the library's but for a slip of the pen."""
        if len(word.root) < MISSPELT_FROM or word.root in self._words.place:
            return False
        alike = self._by_letter.get(word.root[0], ())
        return any(DamerauLevenshtein.distance(word.root, known, score_cutoff=1) == 1 for known in alike)

    def _mended_word(self, word: str) -> str:
        folded = fold(word)
        if folded in self._known or stem(folded) in self._words.place:
            return word
        limit = _MAX_EDITS.get(len(folded), _MAX_EDITS_LONG)
        ranked = sorted(
            (DamerauLevenshtein.distance(folded, known, score_cutoff=limit), known)
            for known in self._mendable
            if known[0] == folded[0]
        )
        close = [(edits, known) for edits, known in ranked if edits <= limit]
        nearest = [known for edits, known in close if edits == close[0][0]]
        # Two different words equally close: leave it as it is.
        return nearest[-1] if nearest and len({stem(known) for known in nearest}) == 1 else word

    @cached_property
    def _mendable(self) -> frozenset[str]:
        cues = (word for cue in (phrases.PROS, phrases.CONS) for phrase in cue for word in fold(phrase).split())
        return frozenset(
            word
            for words, shortest in ((self._namer.alias_words, min(_MAX_EDITS)), (cues, MENDED_CUE))
            for word in words
            if len(word) >= shortest
        )

    @cached_property
    def _known(self) -> frozenset[str]:
        return self._mendable | STOPWORDS | QUESTION_WORDS

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        """The library's stems by their first letters."""
        found: dict[str, list[str]] = {}
        for root in self._words.roots:
            found.setdefault(root[0], []).append(root)
        return found


def _abbreviation(word: str) -> str:
    """An expression for an abbreviation; one in capitals only so, for "DE" is a data engineer and "de" is French."""
    return rf"(?<![\w/&-])(?{'' if word.isupper() else 'i'}:{re.escape(word)})(?![\w/&-])"
