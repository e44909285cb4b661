"""Finds options that a question describes instead of naming: "one group for the whole firm", "everybody for himself".

The descriptions are the pack's, as word patterns. Comparing a question with example descriptions by embedding was tried
first and found the right one of six structures for 44 of 67 held-out descriptions (MiniLM, mean of the three nearest;
`evals/datasets/descriptions`): a set-up and its opposite are told in nearly the same words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lexicon import sentence_spans
from ingest.parted import words_of
from ingest.patterns import PatternIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pack import Pack
    from ingest.parted import Word

__all__ = ["Describer", "Description"]

# A description is looked for in so many words of a sentence: a wall of text must not cost a second.
MAX_WORDS = 120
MAX_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Description:
    """An option that a sentence describes.

    Attributes:
        option: Its id.
        words: Offsets (start, end) in the text of the words that describe it.
    """

    option: str
    words: frozenset[tuple[int, int]]

    def left_out(self, text: str) -> str:
        """The text without the words that describe the option."""
        for start, end in sorted(self.words, reverse=True):
            text = f"{text[:start]} {text[end:]}"
        return text


class Describer:
    """Finds descriptions.

    Args:
        pack: Whose options are described.
    """

    def __init__(self, pack: Pack) -> None:
        self._described: list[tuple[str, int]] = []
        entries: list[tuple[str, tuple[int, int]]] = []
        for option in pack.options:
            for parts in pack.descriptions(option):
                number = len(self._described)
                self._described.append((option.id, len(parts)))
                entries += [(part, (number, n)) for n, part in enumerate(parts)]
        self._index = PatternIndex(entries)

    def find(self, text: str) -> Description | None:
        """The option that a sentence describes; of several the one told in most words, none when that is even.

        Args:
            text: The user's words.
        """
        found: list[Description] = []
        for start, end in sentence_spans(text)[:MAX_SENTENCES]:
            found += self._in_sentence(words_of(text, start, end)[:MAX_WORDS])
        most = max((len(one.words) for one in found), default=0)
        best = {one.option for one in found if len(one.words) == most}
        if len(best) != 1:
            return None
        option = best.pop()
        return Description(option, frozenset().union(*(one.words for one in found if one.option == option)))

    def _in_sentence(self, words: Sequence[Word]) -> list[Description]:
        """Every description all of whose parts are in the words of a sentence."""
        places: dict[int, dict[int, frozenset[int]]] = defaultdict(dict)
        for match in self._index.find(words):
            number, part = match.value
            if len(match.places) > len(places[number].get(part, ())):
                places[number][part] = match.places
        return [
            Description(
                self._described[number][0],
                frozenset((words[n].start, words[n].end) for found in parts.values() for n in found),
            )
            for number, parts in places.items()
            if len(parts) == self._described[number][1]
        ]
