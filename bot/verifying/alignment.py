"""How the words of a sentence lie in a sentence of a passage: which stay, move, are put in, left out or replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.reading import Sentence, Word

__all__ = ["VERBATIM", "Match", "Step", "steps", "written_as_name"]

VERBATIM = 0.75
"""From this share of words in the passage's order a sentence is a copy of it, and whatever differs counts."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a comparison: words `first:last` of the sentence against words `there:until` of the passage's.

    Attributes:
        kind: "equal", "replace", "insert" (in the sentence alone) or "delete" (in the passage alone).
    """

    kind: str
    first: int
    last: int
    there: int
    until: int


def steps(stems: Sequence[str], others: Sequence[str]) -> list[Step]:
    """How the passage's words become the sentence's, by the fewest edits (Levenshtein 1966, over words).

    Neighbouring edits are one step, so that a name of two words that gave way to a name of one is one replacement.
    """
    found: list[Step] = []
    for one in Levenshtein.opcodes(others, stems):
        last = found[-1] if found else None
        if last is not None and last.kind != "equal" and one.tag != "equal":
            first, there = last.first, last.there
            kind = "insert" if there == one.src_end else "delete" if first == one.dest_end else "replace"
            found[-1] = Step(kind, first, one.dest_end, there, one.src_end)
        else:
            found.append(Step(one.tag, one.dest_start, one.dest_end, one.src_start, one.src_end))
    return found


class Match:
    """A sentence beside one of the passages'.

    Args:
        sentence: The sentence.
        stems: Its stems, synonyms marked.
        other: The passage's sentence.
        others: Its stems.
        overlap: Weight of what both share.

    `share` is the share of the sentence's words that stand in the passage in the same order, `cover` the share of its
    content words that stand there at all; `pairs` says for each word where it stands there.
    """

    def __init__(
        self, sentence: Sentence, stems: Sequence[str], other: Sentence, others: Sequence[str], overlap: float
    ) -> None:
        self.sentence = sentence
        self.stems = stems
        self.other = other
        self.others = others
        self.overlap = overlap
        self.steps = steps(stems, others)
        self.pairs: list[int | None] = [None] * len(stems)
        self._back: dict[int, int] = {}
        for step in self.steps:
            if step.kind == "equal":
                for n in range(step.last - step.first):
                    self._pair(step.first + n, step.there + n)
        held = sum(step.last - step.first for step in self.steps if step.kind == "equal")
        self.share = held / max(len(stems), 1)
        self._moved()
        content = [n for n, word in enumerate(sentence.words) if word.content]
        self.cover = sum(1 for n in content if self.pairs[n] is not None) / max(len(content), 1)

    def _pair(self, here: int, there: int) -> None:
        self.pairs[here] = there
        self._back[there] = here

    def _moved(self) -> None:
        """Pairs content words that both have, but not in the same order."""
        free: dict[str, list[int]] = {}
        for j, one in enumerate(self.others):
            if j not in self._back and self.other.words[j].content:
                free.setdefault(one, []).append(j)
        for n, one in enumerate(self.stems):
            if self.pairs[n] is None and one in free and self.sentence.words[n].content:
                left = free[one]
                # The one whose neighbour is already paired beside it, else the first.
                before = self.pairs[n - 1] if n else None
                there = before + 1 if before is not None and before + 1 in left else left[0]
                left.remove(there)
                if not left:
                    del free[one]
                self._pair(n, there)

    def here(self, there: int) -> int | None:
        """Where a word of the passage stands in the sentence."""
        return self._back.get(there)

    def place(self, here: int) -> tuple[int, int]:
        """Between which words of the passage a word of the sentence belongs, by its nearest neighbours in both."""
        own = self.pairs[here]
        if own is not None:
            return own, own
        low = next((j for n in range(here - 1, -1, -1) if (j := self.pairs[n]) is not None), None)
        high = next((j for n in range(here + 1, len(self.pairs)) if (j := self.pairs[n]) is not None), None)
        if low is None and high is None:
            return 0, len(self.others)
        if low is None or high is None:
            only = high if low is None else low
            assert only is not None  # noqa: S101 - one of both is there
            return only, only
        return min(low, high), max(low, high)


def written_as_name(words: Sequence[Word], at: int) -> bool:
    """Whether a word has a capital that the start of a sentence or of a list's item does not explain."""
    starts = at == 0 or (at == 1 and words[0].low[0].isdigit())
    return words[at].capital and not words[at].low[0].isdigit() and not starts
