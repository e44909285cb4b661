"""The words of a library: where each occurs, how rare it is, and which words mean the same."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.lexicon import content_stems, fold, stem
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ingest.index.library import Library
    from ingest.pack import Option, Pack
    from ingest.types import Passage

__all__ = ["RARE_IDF", "Vocabulary", "Word", "related", "stems_of_names"]

# Stems of this many letters, of which one opens the other and makes up this share of it, are one family.
RELATED_LETTERS = 4
RELATED_SHARE = 0.55
_PARTICLES = frozenset({"up", "down", "in", "out", "off", "over", "back"})
# A word in at most one passage of twenty: log(1 + 20).
RARE_IDF = 3.04
# Look-ups of which passages speak of a word of a question, kept for the questions at hand.
MEANINGS_KEPT = 4096
TEXTS_KEPT = 1024


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


_SMALL = re.compile(r"\b[a-z][\w]*")
_CAPITAL = re.compile(r"\b(?=\w*[a-z])[A-Z]\w{2,}(?:['’]s)?")
# A capital and a small letter within a sentence; abbreviations in capitals alone ("IT") are words like others.
_CAPITAL_WITHIN = re.compile(r"(?<=[a-z,;)] )(?=\w*[a-z])[A-Z]\w{2,}")


# A claim that opens with its own name: at most a few words before a colon.
_LABELLED = re.compile(r"[^.:;]{1,60}:\s")

# One string a question, however many of its words are looked up.
_folded = lru_cache(maxsize=32)(fold)


class Vocabulary:
    """Knows the words of one library.

    Args:
        library: Whose words.
        pack: Names words that mean the same.
    """

    def __init__(self, library: Library, pack: Pack) -> None:
        self._groups = [
            [(phrase_pattern([phrase]), content_stems(phrase)) for phrase in group] for group in pack.synonyms
        ]
        self.stems = [content_stems(passage.embedding_text) for passage in library.passages]
        self._stem_sets = {p.id: frozenset(stems) for p, stems in zip(library.passages, self.stems, strict=True)}
        # Without headings: the same words are the same claim wherever they stand.
        self._own_stems = {passage.id: frozenset(content_stems(passage.text)) for passage in library.passages}
        self._texts = {passage.id: fold(passage.embedding_text) for passage in library.passages}
        self._having: dict[str, list[str]] = {}
        for passage, stems in zip(library.passages, self.stems, strict=True):
            for root in dict.fromkeys(stems):  # in the order of the text: a set's order changes from run to run
                self._having.setdefault(root, []).append(passage.id)
        count = max(len(library.passages), 1)
        self._idf = {root: math.log(1 + count / len(ids)) for root, ids in self._having.items()}
        self._unseen_idf = math.log(1 + count)
        self._by_opening: dict[str, list[str]] = {}
        for root in self._idf:
            self._by_opening.setdefault(root[:RELATED_LETTERS], []).append(root)
        self._names, self._opening_names, self._small = _proper_names(passage.text for passage in library.passages)
        # Authors and options are named in every answer, and are nobody whom it tells of.
        authors = (d.source.author or "" for d in library.documents.values())
        self._own_names = frozenset(
            word
            for name in (*authors, *(n for o in pack.options for n in (o.name, *o.aliases)), *_spoken(pack))
            for word in (*fold(name).split(), stem(fold(name)))
        )
        self._document = {passage.id: passage.document_id for passage in library.passages}
        self._group_passages: dict[int, frozenset[str]] = {}
        # A question and its words are looked up for each passage that may answer it.
        self._speaking_of = lru_cache(maxsize=MEANINGS_KEPT)(self._find_speaking)
        self._said_in = lru_cache(maxsize=TEXTS_KEPT)(self._find_said)

    def covers(self, passage: Passage, word: Word, question: str) -> bool:
        """Whether a passage contains a content word of the question, a relative or a synonym of it."""
        return passage.id in self._speaking_of(word, _folded(question))

    def knows(self, word: Word, question: str, documents: Collection[str] = ()) -> bool:
        """Whether the library, or some documents of it, speaks anywhere of what the word means."""
        ids = self._speaking_of(word, _folded(question))
        return any(self._document[id_] in documents for id_ in ids) if documents else bool(ids)

    def is_name(self, word: Word) -> bool:
        """Whether the library writes the word as a proper name wherever it has it, however the question does."""
        return word.text in self._names or (word.name and word.text in self._opening_names)

    def has(self, passage: Passage, word: Word) -> bool:
        """Whether a passage contains the word itself, in any form."""
        return word.root in self._stem_sets[passage.id]

    def likeness(self, passage: Passage, other: Passage) -> float:
        """The share of their stems that two passages have in common (Jaccard), 0 to 1."""
        one, two = self._own_stems[passage.id], self._own_stems[other.id]
        return len(one & two) / len(one | two) if one or two else 1.0

    def is_rare(self, word: Word) -> bool:
        """Whether the library uses the word, but seldom."""
        return word.root in self._idf and self._idf[word.root] >= RARE_IDF

    def tells_of_somebody(self, passage: Passage) -> bool:
        """Whether a passage holds a proper name that few passages hold: a company, a product, a person."""
        within = {fold(found[0]).removesuffix("'s") for found in _CAPITAL_WITHIN.finditer(passage.text)}
        opening = {fold(found[0]).removesuffix("'s") for found in _CAPITAL.finditer(passage.text)}
        # The first word of a label ("Contextual understanding: ...") or an adverb has its capital from where it stands.
        plain = {
            name for name in opening if not _LABELLED.match(passage.text) and not name.endswith(("ly", "ing", "ed"))
        }
        names = (within | plain | (opening & self._names)) - self._small - self._own_names
        return any(self._idf.get(stem(name), 0.0) >= RARE_IDF for name in names)

    def idf(self, root: str) -> float:
        """How rare a stem is in the library: log(1 + passages / passages with it)."""
        return self._idf.get(root, self._unseen_idf)

    def relatives(self, text: str) -> frozenset[str]:
        """Stems of all words that mean the same as some word of the text."""
        return frozenset(
            found for number in self._said_in(fold(text)) for _, stems in self._groups[number] for found in stems
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
                found.setdefault(said[0], []).extend(root for _, stems in self._groups[number] for root in stems)
        return found

    def _find_said(self, folded: str) -> dict[int, list[tuple[list[str], list[str]]]]:
        """The groups of synonyms that a text has something of: of each such phrase its stems, and how it is written."""
        found: dict[int, list[tuple[list[str], list[str]]]] = {}
        for number, group in enumerate(self._groups):
            for pattern, stems in group:
                if written := pattern.findall(folded):
                    found.setdefault(number, []).append((stems, written))
        return found

    def _family(self, root: str) -> list[str]:
        """The library's other stems of the stem's family; relatives open alike, so few are compared."""
        alike = self._by_opening.get(root[:RELATED_LETTERS], ())
        return [other for other in alike if other != root and related(root, other)]

    def _find_speaking(self, word: Word, folded: str) -> frozenset[str]:
        """Ids of the passages that contain the word, a relative of it, or a synonym of it as the question uses it."""
        roots = [word.root] if word.root in self._idf else []
        roots += self._family(word.root)
        ids = {id_ for root in roots for id_ in self._having[root]}
        for number, phrases in self._said_in(folded).items():
            if any(_has_word(written, word) for _, all_written in phrases for written in all_written):
                ids |= self._in_group(number)
        return frozenset(ids)

    def _in_group(self, number: int) -> frozenset[str]:
        """Ids of the passages that contain a member of a group of synonyms."""
        if number not in self._group_passages:
            patterns = [pattern for pattern, _ in self._groups[number]]
            self._group_passages[number] = frozenset(
                id_ for id_, text in self._texts.items() if any(pattern.search(text) for pattern in patterns)
            )
        return self._group_passages[number]


def _proper_names(texts: Iterable[str]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The words, folded, that are always capitalised, and not only to open a sentence; those that may only open one;
    and those that are written small somewhere. Abbreviations in capitals ("ML") are in none of the first two."""
    within: set[str] = set()
    small: set[str] = set()
    opening: set[str] = set()
    for text in texts:
        opening.update(fold(found[0]).removesuffix("'s") for found in _CAPITAL.finditer(text))
        small.update(fold(found[0]) for found in _SMALL.finditer(text))
        within.update(fold(found[0]) for found in _CAPITAL_WITHIN.finditer(text))
    return frozenset(within - small), frozenset(opening - small), frozenset(small)


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
