"""The words of a library: where each occurs, how rare it is, and which words mean the same."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ingest.index.words import CAPITAL, CAPITAL_WITHIN, bare_name
from ingest.lexicon import content_stems, fold, stem
from ingest.naming import PhraseTable, phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from ingest.index.library import Library
    from ingest.naming import PhrasePattern
    from ingest.pack import Option, Pack
    from ingest.types import Passage

__all__ = ["RARE_IDF", "Vocabulary", "Word", "likeness", "own_stems", "related", "stems_of_names"]

# Stems of this many letters, of which one opens the other and makes up this share of it, are one family.
RELATED_LETTERS = 4
RELATED_SHARE = 0.55
_PARTICLES = frozenset({"up", "down", "in", "out", "off", "over", "back"})
# A word in at most one passage of twenty: log(1 + 20).
RARE_IDF = 3.04
# Look-ups of which passages speak of a word of a question, kept for the questions at hand.
MEANINGS_KEPT = 4096
TEXTS_KEPT = 1024
# Parts of a compound from this length on are stems of their own.
PART_LETTERS = 3
# Passages whose words are kept as sets, for those that answers are chosen from: the same come again and again.
PASSAGES_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Word:
    """A content word of a question.

    Attributes:
        text: The word, folded.
        root: Its stem.
        name: Whether it is written like a proper name.
        everyday: Whether its absence from the library says little about what was asked.
    """

    text: str
    root: str
    name: bool = False
    everyday: bool = True


# A claim that opens with its own name: at most a few words before a colon.
_LABELLED = re.compile(r"[^.:;]{1,60}:\s")

_PARTED = re.compile(r"[^a-z0-9]+")

# One string a question, however many of its words are looked up.
_folded = lru_cache(maxsize=32)(fold)


@dataclass(frozen=True)
class _Synonym:
    """A phrase of a group of those that mean the same."""

    phrase: str

    @cached_property
    def pattern(self) -> PhrasePattern:
        return phrase_pattern([self.phrase])

    @cached_property
    def stems(self) -> list[str]:
        return content_stems(self.phrase)


class Vocabulary:
    """Knows the words of one library.

    Args:
        library: Whose words.
        pack: Names words that mean the same.
    """

    def __init__(self, library: Library, pack: Pack) -> None:
        self._groups = [[_Synonym(phrase) for phrase in group] for group in pack.synonyms]
        # Most texts have none of the hundreds of phrases.
        self._phrases = PhraseTable(
            {(number, one): [one.phrase] for number, group in enumerate(self._groups) for one in group}
        )
        self._library = library
        self.words = library.words
        count = max(len(library.passages), 1)
        having = np.diff(self.words.ends).tolist()
        self._idf = {root: math.log(1 + count / one) for root, one in zip(self.words.roots, having, strict=True)}
        self._unseen_idf = math.log(1 + count)
        self._by_opening: dict[str, list[str]] = {}
        for root in self.words.roots:
            self._by_opening.setdefault(root[:RELATED_LETTERS], []).append(root)
        # Authors and options are named in every answer, and are nobody whom it tells of.
        authors = (d.source.author or "" for d in library.documents.values())
        self._own_names = frozenset(
            word
            for name in (*authors, *(n for o in pack.options for n in (o.name, *o.aliases)), *_spoken(pack))
            for word in (*fold(name).split(), stem(fold(name)))
        )
        # A question and its words are looked up for each passage that may answer it.
        self._meant_by = lru_cache(maxsize=MEANINGS_KEPT)(self._find_meant)
        self._said_in = lru_cache(maxsize=TEXTS_KEPT)(self._find_said)
        self._stems = lru_cache(maxsize=PASSAGES_KEPT)(self.words.of)
        self._folded_text = lru_cache(maxsize=PASSAGES_KEPT)(lambda rank: fold(library.passages[rank].embedding_text))
        self._holds = lru_cache(maxsize=MEANINGS_KEPT)(self._find_holding)

    def covers(self, passage: Passage, word: Word, question: str) -> bool:
        """Whether a passage contains a content word of the question, a relative or a synonym of it."""
        rank = self._library.ranks.get(passage.id)
        if rank is None:
            return False
        roots, groups = self._meant_by(word, _folded(question))
        if not roots.isdisjoint(self._stems(rank)):
            return True
        text = self._folded_text(rank) if groups else ""
        return any(one.pattern.search(text) for number in groups for one in self._groups[number])

    def knows(self, word: Word, question: str, documents: Collection[str] = ()) -> bool:
        """Whether the library, or some documents of it, speaks anywhere of what the word means."""
        roots, groups = self._meant_by(word, _folded(question))
        spans = tuple(self._library.spans.get(id_, range(0)) for id_ in sorted(documents)) if documents else None
        return any(self._is_within(self.words.postings(root)[0], spans) for root in roots) or any(
            self._holds(number, spans) for number in groups
        )

    def is_name(self, word: Word) -> bool:
        """Whether the library writes the word as a proper name wherever it has it, however the question does."""
        return word.text in self.words.names or (word.name and word.text in self.words.opening_names)

    def has(self, passage: Passage, word: Word) -> bool:
        """Whether a passage contains the word itself, in any form."""
        return word.root in self._stems(self._library.ranks[passage.id])

    def is_rare(self, word: Word) -> bool:
        """Whether the library uses the word, but seldom."""
        return word.root in self._idf and self._idf[word.root] >= RARE_IDF

    def tells_of_somebody(self, passage: Passage) -> bool:
        """Whether a passage holds a proper name that few passages hold: a company, a product, a person."""
        within = {bare_name(found) for found in CAPITAL_WITHIN.findall(passage.text)}
        opening = {bare_name(found) for found in CAPITAL.findall(passage.text)}
        # The first word of a label ("Contextual understanding: ...") or an adverb has its capital from where it stands.
        plain = {
            name for name in opening if not _LABELLED.match(passage.text) and not name.endswith(("ly", "ing", "ed"))
        }
        names = (within | plain | (opening & self.words.names)) - self.words.small - self._own_names
        return any(self._idf.get(stem(name), 0.0) >= RARE_IDF for name in names)

    def idf(self, root: str) -> float:
        """How rare a stem is in the library: log(1 + passages / passages with it)."""
        return self._idf.get(root, self._unseen_idf)

    def relatives(self, text: str) -> frozenset[str]:
        """Stems of all words that mean the same as some word of the text."""
        return frozenset(
            found for number in self._said_in(fold(text)) for one in self._groups[number] for found in one.stems
        )

    def kin(self, query: str) -> dict[str, list[str]]:
        """For stems of the query, the library's stems that stand for them as well.

        A stem that the library lacks is stood for by its relatives, a phrase of a group of synonyms by the others.
        """
        folded = _folded(query)
        found = {root: self._family(root) for root in content_stems(query) if root not in self._idf}
        for number, phrases in self._said_in(folded).items():
            said = next((stems for stems, _ in phrases if stems), None)
            if said:
                found.setdefault(said[0], []).extend(root for one in self._groups[number] for root in one.stems)
        return found

    def _find_said(self, folded: str) -> dict[int, list[tuple[list[str], list[str]]]]:
        """The groups of synonyms that a text has something of: of each such phrase its stems, and how it is written."""
        found: dict[int, list[tuple[list[str], list[str]]]] = {}
        for (number, one), pattern in self._phrases.possible(folded):
            if written := pattern.findall(folded):
                found.setdefault(number, []).append((one.stems, written))
        return found

    def _family(self, root: str) -> list[str]:
        """The library's other stems of the stem's family; relatives open alike, so few are compared."""
        alike = self._by_opening.get(root[:RELATED_LETTERS], ())
        return [other for other in alike if other != root and related(root, other)]

    def _find_meant(self, word: Word, folded: str) -> tuple[frozenset[str], tuple[int, ...]]:
        """The word's stem and its relatives, as far as the library has them, and the groups of synonyms that the word
        belongs to as the question uses it."""
        roots = [word.root] if word.root in self._idf else []
        groups = tuple(
            number
            for number, phrases in self._said_in(folded).items()
            if any(_has_word(written, word) for _, all_written in phrases for written in all_written)
        )
        return frozenset([*roots, *self._family(word.root)]), groups

    def _find_holding(self, number: int, spans: tuple[range, ...] | None) -> bool:
        """Whether a passage, or one within some spans, has a member of a group of synonyms."""
        # Only passages with a word of a member are read, and the reading ends with the first that has all of it.
        return any(
            one.pattern.search(self._folded_text(rank))
            for one in self._groups[number]
            for root in self._roots_of(one.phrase)
            for rank in self.words.postings(root)[0].tolist()
            if spans is None or any(rank in span for span in spans)
        )

    def _roots_of(self, phrase: str) -> list[str]:
        """Stems of which every passage with the phrase has one, whatever its words are joined by."""
        longest = max(_PARTED.split(fold(phrase)), key=len)
        if content_stems(longest) and len(longest) >= PART_LETTERS:
            return [stem(longest)]
        return [root for root in self.words.roots if longest in _PARTED.split(root)]

    @staticmethod
    def _is_within(ranks: NDArray[np.int32], spans: tuple[range, ...] | None) -> bool:
        """Whether one of the ranks, which rise, lies within one of the spans."""
        if spans is None:
            return len(ranks) > 0
        begin, end = (np.searchsorted(ranks, edge) for edge in zip(*((s.start, s.stop) for s in spans), strict=True))
        return bool((end > begin).any())


@lru_cache(maxsize=PASSAGES_KEPT)
def own_stems(text: str) -> frozenset[str]:
    """The stems of a passage's text, without its headings: the same words are the same claim wherever they stand."""
    return frozenset(content_stems(text))


def likeness(one: frozenset[str], two: frozenset[str]) -> float:
    """The share of their stems that two passages have in common (Jaccard), 0 to 1."""
    return len(one & two) / len(one | two) if one or two else 1.0


def _spoken(pack: Pack) -> list[str]:
    """The phrases of the pack's synonyms: words of the subject, and no names."""
    return [phrase for group in pack.synonyms for phrase in group]


def stems_of_names(options: Iterable[Option]) -> frozenset[str]:
    """Stems of the words by which options are called."""
    return frozenset(root for o in options for name in (o.name, *o.aliases) for root in content_stems(name))


def related(root: str, other: str) -> bool:
    """Whether two stems are of one family that the stemmer leaves apart ("bore", "boredom")."""
    if min(len(root), len(other)) < RELATED_LETTERS:
        return False
    short, long = sorted((root, other), key=len)
    # A verb with a particle is another word: a startup need not start.
    if long.removeprefix(short) in _PARTICLES:
        return False
    return long.startswith(short) and len(short) >= RELATED_SHARE * len(long)


def _has_word(written: str, word: Word) -> bool:
    """Whether a phrase, as it is written, has the word in it."""
    return word.text == written or word.root in (stem(part) for part in re.split(r"[\s/-]+", written))
