"""What a passage is worth beyond its score: by the headings above it, the option it speaks of, and how it opens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language import phrases
from bot.language.vocabulary import RARE_IDF, stems_of_names
from ingest.lexicon import QUESTION_WORDS, STANCE_CUES, content_stems, fold, tokens
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.language.vocabulary import Vocabulary
    from ingest.pack import Pack
    from ingest.types import Passage

__all__ = ["Headings", "defines"]

# Added when the question names the heading a passage stands under, word for word: who asks for "the MLOps engineer"
# wants that section before a better-sounding sentence of another.
TITLE_BONUS = 0.25
# Added when a passage speaks of the option asked about, and not merely of none.
OPTION_BONUS = 0.2
# Added to a passage that opens by saying what the thing is whose meaning is asked.
DEFINITION_BONUS = 0.25
# Added when the question asks for what the heading says stands there: an example, advice.
ROLE_BONUS = 0.15
# What is said of an author bears on questions about the author, and otherwise repeats words of the title.
ABOUT_WEIGHT = 0.6
# Headings that stay read: the same ones stand above what is found again and again.
KEPT = 65_536
# Questions that stay read: a message is searched for in several ways, most of them by the same words.
QUESTIONS_KEPT = 32
# A thing whose definition is asked for has few words; more are a question of another kind.
MAX_DEFINED_WORDS = 5
_DEFINED = re.compile(
    r"\b(?:what(?: is|'s|s| are| does| do)|define|definition of|meaning of|explain)\s+(?:an? |the )?(.+?)"
    r"(?:\s+(?:mean|means|stand for|all about|exactly|please|in|according|per|to|by|for|like)\b.*)?[?.!\s]*$"
)
_ABOUT = phrase_pattern(["about the author", "about the authors", "about this source", "about the publisher"])
_ASKS_ABOUT = phrase_pattern(phrases.AUTHORSHIP)
_SLASH = re.compile(r"(\w+)\s*/\s*(\w+)")
# Words of headings that tell what stands there, not what it is about.
_ROLES = frozenset(content_stems("example examples introduction conclusion conclusions advice about author"))
_STRUCTURAL = _ROLES | frozenset(root for cues in STANCE_CUES.values() for cue in cues for root in content_stems(cue))


@dataclass(frozen=True, slots=True)
class _Read:
    """What the headings above a passage tell of it.

    Attributes:
        titles: Stems by which a question can name the section: not an option's, nor one common word.
        roles: What the nearest one says stands there: examples, advice.
        about: Whether it is told there of an author.
    """

    titles: tuple[frozenset[str], ...] = ()
    roles: frozenset[str] = frozenset()
    about: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as headings are held against it.

    Attributes:
        roots: Stems of its words.
        words: How many of them say what it is about, at least 1.
        defined: Finds the opening of a passage that says what the thing is whose meaning is asked; None for no thing.
        about: Whether it asks about an author.
        above: What it makes of headings that it was held against: passages under the same ones are many.
    """

    roots: frozenset[str]
    words: int
    defined: re.Pattern[str] | None
    about: bool
    above: dict[tuple[str, ...], tuple[float, float]] = field(default_factory=dict)


class Headings:
    """Reads the headings of one library.

    Args:
        vocabulary: How rare the words of the library are.
        pack: How options are called.
    """

    def __init__(self, vocabulary: Vocabulary, pack: Pack) -> None:
        self._vocabulary = vocabulary
        self._option_stems = stems_of_names(pack.options)
        self._below_title = lru_cache(maxsize=KEPT)(self._read)
        self._asked = lru_cache(maxsize=QUESTIONS_KEPT)(_asked)

    def title(self, passage: Passage) -> frozenset[str]:
        """Stems of the heading the passage stands under, words that only tell its role left out."""
        return frozenset().union(*self._below_title(passage.heading_path[1:]).titles)

    def named(self, passage: Passage, question: str) -> bool:
        """Whether a question names the heading that the passage stands under."""
        roots = self._asked(question).roots
        return any(title <= roots for title in self._below_title(passage.heading_path[1:]).titles)

    def bonuses(
        self, query: str, options: frozenset[str], passages: Sequence[Passage]
    ) -> Sequence[tuple[float, float]]:
        """What each passage's score is multiplied by, and what is added before, for what it is rather than says.

        Args:
            query: The question, with the messages before it that it refers to.
            options: The options asked about.
            passages: The passages.
        """
        asked = self._asked(query)
        above = asked.above
        found = [above.get(passage.heading_path) or self._above(passage.heading_path, asked) for passage in passages]
        if options:
            found = [
                (factor, extra if options.isdisjoint(passage.options) else extra + OPTION_BONUS)
                for passage, (factor, extra) in zip(passages, found, strict=True)
            ]
        if defined := asked.defined:
            found = [
                (factor, extra + DEFINITION_BONUS if defined.match(fold(passage.text)) else extra)
                for passage, (factor, extra) in zip(passages, found, strict=True)
            ]
        return found

    def _above(self, headings: tuple[str, ...], asked: _Asked) -> tuple[float, float]:
        worth = asked.above[headings] = self._worth(headings[1:], asked)
        return worth

    def _worth(self, headings: tuple[str, ...], asked: _Asked) -> tuple[float, float]:
        read = self._below_title(headings)
        named = max([len(title) for title in read.titles if title <= asked.roots], default=0)
        extra = TITLE_BONUS * named / asked.words + ROLE_BONUS * (not read.roles.isdisjoint(asked.roots))
        return ABOUT_WEIGHT if read.about and not asked.about else 1.0, extra

    def _read(self, headings: tuple[str, ...]) -> _Read:
        """What the headings above a passage, without the document's title, tell of it."""
        if not headings:
            return _Read()
        titles = tuple(
            title
            for title in _titles(headings[-1])
            if not title <= self._option_stems
            and (len(title) > 1 or self._vocabulary.idf(next(iter(title))) >= RARE_IDF)
        )
        roles = frozenset(content_stems(headings[-1])) & _ROLES
        return _Read(titles, roles, bool(_ABOUT.search(fold(" / ".join(headings)))))


def _asked(query: str) -> _Asked:
    words = {root for word in tokens(query) if word not in QUESTION_WORDS for root in content_stems(word)[:1]}
    about = bool(_ASKS_ABOUT.search(fold(query)))
    return _Asked(frozenset(content_stems(query)), max(len(words), 1), _definition_of(query), about)


def defines(passage: Passage, question: str) -> bool:
    """Whether the question asks what something is, and the passage opens by saying so."""
    defined = _definition_of(question)
    return bool(defined and defined.match(fold(passage.text)))


def _definition_of(query: str) -> re.Pattern[str] | None:
    """A pattern for the opening of a passage that says what the query wants defined, if it wants that."""
    asked = _DEFINED.search(fold(query))
    if not asked or len(tokens(asked[1])) > MAX_DEFINED_WORDS:
        return None
    thing = re.escape(asked[1].strip(" ?.!,\"'"))
    return re.compile(rf"(?:an? |the )?{thing}\b.{{0,60}}?\b(?:is|are|means?|consists?|brings|structures)\b")


def _titles(heading: str) -> tuple[frozenset[str], ...]:
    """The stems of a heading, once for each side of a slash: "A / B team" is an A team or a B team."""
    sides = [_SLASH.sub(rf"\{side}", heading) for side in (1, 2)] if _SLASH.search(heading) else [heading]
    stems = (frozenset(found for found in content_stems(side) if found not in _STRUCTURAL) for side in sides)
    return tuple(found for found in stems if found)
