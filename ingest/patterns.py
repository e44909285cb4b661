"""Word patterns: how a pack says which words of a user mean something, and where they stand in a text.

A pattern is words in their order, matched by stem, in one sentence: `ship ... every week|fortnight`. `a|b` is either
word, `...` is up to `MAX_GAP` words of any kind, `<name>` is any word of a list that has that name, and `A & B` is
both, in any order and no further apart than `MAX_SPREAD` words. Spelling, case, hyphens and word forms need no entry of
their own; where another word has the same stem, `=excel` is that word alone and not "excellent".
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

from ingest.lexicon import stem
from ingest.parted import EXACT, Words, joined_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ingest.parted import Word

__all__ = ["Found", "PatternError", "PatternIndex", "compile_pattern", "expanded", "parts_of"]

MAX_GAP = 4
# Words further apart than this tell of different things, whatever is said of both.
MAX_SPREAD = 11
# So many places of one part are weighed up; no sentence says the same more often.
MAX_PLACES = 8
_GAP = "..."
_ALL_OF = " & "
_LIST = re.compile(r"<([a-z0-9-]+)>")
_PATTERN_WORD = re.compile(r"=?[a-z0-9]+(?:[&/+.'-][a-z0-9]+)*")

T = TypeVar("T")
_Elements: TypeAlias = "tuple[frozenset[str] | None, ...]"


class PatternError(ValueError):
    """A word pattern that cannot be matched against anything."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A pattern that matched.

    Attributes:
        value: What the pattern stands for.
        first: Position of the first word that matched.
        last: Position of the last word that matched.
        places: Positions of the words that the pattern names, without those in its gaps: the more, the more it says.
    """

    value: T
    first: int
    last: int
    places: frozenset[int]


def expanded(pattern: str, lists: Mapping[str, Sequence[str]]) -> str:
    """A pattern with every `<name>` replaced by the words of that list.

    Raises:
        PatternError: It names a list that there is not.
    """

    def words(match: re.Match[str]) -> str:
        if match[1] not in lists:
            raise PatternError(f"pattern {pattern!r}: {match[0]} names no list of words; known are {', '.join(lists)}")
        return "|".join(lists[match[1]])

    return _LIST.sub(words, pattern)


def parts_of(pattern: str) -> tuple[str, ...]:
    """The patterns that `A & B` takes together; a pattern without `&` is its own only part."""
    return tuple(pattern.split(_ALL_OF))


@lru_cache(maxsize=16384)
def compile_pattern(pattern: str) -> tuple[frozenset[str] | None, ...]:
    """The elements of a pattern without `&`: stems of which one must stand there, or None for a gap.

    A word that is meant as it is written keeps its mark.

    Raises:
        PatternError: It is empty, begins or ends with a gap, or holds something that is no word.
    """
    elements: list[frozenset[str] | None] = []
    for part in joined_up(pattern).split():
        try:
            elements += _elements_of(part)
        except ValueError as error:
            raise PatternError(f"pattern {pattern!r}: {error}") from error
    if not elements or elements[0] is None or elements[-1] is None:
        raise PatternError(f"pattern {pattern!r} must begin and end with a word")
    if any(a is None and b is None for a, b in itertools.pairwise(elements)):
        raise PatternError(f"pattern {pattern!r} has two gaps in a row")
    return tuple(elements)


# The same words stand in many patterns.
@lru_cache(maxsize=16384)
def _elements_of(part: str) -> tuple[frozenset[str] | None, ...]:
    """The elements that a part of a folded pattern between blanks stands for."""
    if part == _GAP:
        return (None,)
    choices = frozenset(map(_element, part.split("|")))
    if None in choices:
        raise ValueError(f"{part!r} is neither a word, words parted by | nor {_GAP}")
    if "-" in part or "/" in part:
        if "|" in part:
            raise ValueError(f"{part!r}: a choice may have no hyphen; write two patterns")
        return tuple(frozenset({_stem_of(word)}) for word in re.split("[-/]", part))
    return (cast("frozenset[str]", choices),)


@lru_cache(maxsize=16384)
def _element(choice: str) -> str | None:
    """What a word of a pattern is matched by; None when it is no word."""
    return _stem_of(choice) if _PATTERN_WORD.fullmatch(choice) else None


def _stem_of(choice: str) -> str:
    return choice if choice.startswith(EXACT) else stem(choice)


class PatternIndex(Generic[T]):
    """Finds all of many patterns in a sentence at once.

    Args:
        entries: Patterns with what each stands for.

    Raises:
        PatternError: A pattern cannot be matched against anything.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        # Each pattern, or part of one, with the pattern's number and the part's.
        self._parts: list[tuple[_Elements, int, int]] = []
        self._values: list[T] = []
        self._sizes: list[int] = []
        for pattern, value in entries:
            parts = parts_of(pattern)
            for n, part in enumerate(parts):
                self._parts.append((compile_pattern(part), len(self._values), n))
            self._values.append(value)
            self._sizes.append(len(parts))
        # Of those whose telling element is the first, and of the others.
        self._opening: dict[str, list[int]] = defaultdict(list)
        self._telling: dict[str, list[int]] = defaultdict(list)
        self._note_telling_words()

    def _note_telling_words(self) -> None:
        """Notes the places of the parts under the words of an element that no match of theirs can be without.

        Of a part's elements it is the one whose words fewest parts have: "we", "have" and "a" tell little of them.
        """
        having = Counter(word for elements, _, _ in self._parts for element in elements for word in element or ())
        for place, (elements, _, _) in enumerate(self._parts):
            words = min(filter(None, elements), key=lambda element: sum(having[word] for word in element))
            telling = self._opening if words is elements[0] else self._telling
            for word in words:
                telling[word].append(place)

    def _possible(self, present: frozenset[str]) -> dict[str, list[tuple[_Elements, int, int]]]:
        """The parts that words may hold, under the words that each can begin with."""
        opening, telling = self._opening, self._telling
        beginning = [(place, word) for word in present if word in opening for place in opening[word]]
        for place in {place for word in present if word in telling for place in telling[word]}:
            beginning += [(place, first) for first in present.intersection(self._parts[place][0][0] or ())]
        by_first: dict[str, list[tuple[_Elements, int, int]]] = defaultdict(list)
        for place, first in sorted(beginning):
            by_first[first].append(self._parts[place])
        return by_first

    def find(self, words: Sequence[Word]) -> list[Found[T]]:
        """The patterns in a sentence's words, in order; of two that stand for the same the one that holds the other."""
        held = words if isinstance(words, Words) else Words(words)
        possible = self._possible(held.present)
        if not possible:
            return []
        forms = held.forms
        found: list[Found[T]] = []
        together: dict[int, dict[int, list[tuple[int, ...]]]] = defaultdict(lambda: defaultdict(list))
        for at, firsts in enumerate(forms):
            for first in firsts:
                for elements, number, part in possible.get(first, ()):
                    rest = _match(elements, 1, forms, at + 1)
                    if rest is None:
                        continue
                    if self._sizes[number] == 1:
                        found.append(_found(self._values[number], (at, *rest)))
                    elif len(together[number][part]) < MAX_PLACES:
                        together[number][part].append((at, *rest))
        for number, parts in together.items():
            if len(parts) == self._sizes[number] and (places := _nearest(parts)):
                found.append(_found(self._values[number], places))
        return list(_without_inner(sorted(found, key=lambda one: one.first)))


def _nearest(parts: Mapping[int, Sequence[tuple[int, ...]]]) -> tuple[int, ...]:
    """The places of parts that stand nearest to each other; none when they lie too far apart."""
    best: tuple[int, ...] = ()
    spread = MAX_SPREAD + 1
    first, *others = parts.values()
    for one in first:
        places = list(one)
        for other in others:
            _, nearest = min((abs(place[0] - one[0]), place) for place in other)
            places += nearest
        if max(places) - min(places) < spread:
            best, spread = tuple(places), max(places) - min(places)
    return best


def _found(value: T, places: Sequence[int]) -> Found[T]:
    return Found(value, min(places), max(places), frozenset(places))


def _match(elements: _Elements, at: int, forms: Sequence[tuple[str, str]], place: int) -> tuple[int, ...] | None:
    """The positions that `elements[at:]` take from `place` on; None when they do not match."""
    if at == len(elements):
        return ()
    element = elements[at]
    if element is not None:
        if place >= len(forms) or element.isdisjoint(forms[place]):
            return None
        rest = _match(elements, at + 1, forms, place + 1)
        return None if rest is None else (place, *rest)
    for skipped in range(MAX_GAP + 1):
        rest = _match(elements, at + 1, forms, place + skipped)
        if rest is not None:
            return rest
    return None


def _without_inner(found: list[Found[T]]) -> Iterator[Found[T]]:
    for n, one in enumerate(found):
        if not any(
            other.value == one.value
            and other.first <= one.first
            and one.last <= other.last
            and (other.last - other.first > one.last - one.first or (m < n and other.places >= one.places))
            for m, other in enumerate(found)
            if m != n
        ):
            yield one
