"""Passages made ready for the sentences that cite them: what words, numbers and names they hold, and where.

Owns which of their sentences a sentence may go back to, and which phrases mean the same.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.verifying.alignment import Match, written_as_name
from bot.verifying.denials import DENIES, denials
from bot.verifying.reading import Sentence, Word, read_sentence, split_sentences
from ingest.lexicon import stem, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.language.numerals import Number

__all__ = ["AROUND", "Evidence", "Synonyms", "read_passage"]

# Sentences of the passages that a sentence is compared with word by word.
MAX_BEST = 6
# A sentence of a passage counts as one the sentence may go back to from this share of the best one's overlap.
NEAR_BEST = 0.5
# Words to either side of a number that say what it counts, and of a name that say something of it.
AROUND = 6
BESIDE = 8
# Fewer words in a row are no copy of anything.
MIN_COPY = 3
# A copy that begins within so many words behind a denial may turn its meaning round ("it is not true that ...").
DENIAL_REACH = 5


class Synonyms:
    """Words and phrases that mean the same, as stems.

    Args:
        groups: Groups of phrases; a phrase of several words is replaced by the group's mark before words are compared.
    """

    def __init__(self, groups: Sequence[Sequence[str]] = ()) -> None:
        self._single: dict[str, str] = {}
        self._several: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for n, group in enumerate(groups):
            for phrase in group:
                key = tuple(stem(one) for word in tokens(phrase) for one in word.replace("-", " ").split())
                if len(key) == 1:
                    self._single.setdefault(key[0], f"={n}")
                elif key:
                    self._several.setdefault(key[0], []).append((key, f"={n}"))
        for phrases in self._several.values():
            phrases.sort(key=lambda one: -len(one[0]))

    def marks(self, stems: Sequence[str]) -> tuple[str, ...]:
        """The stems with every known phrase written as its group's mark; a mark for each of a phrase's words."""
        if not self._single and not self._several:
            return tuple(stems)
        found: list[str] = []
        at = 0
        while at < len(stems):
            for key, mark in self._several.get(stems[at], ()):
                if tuple(stems[at : at + len(key)]) == key:
                    # One mark for the phrase, so that "machine learning" equals "ML"; blanks keep the rest in place.
                    found.extend([mark] + [""] * (len(key) - 1))
                    at += len(key)
                    break
            else:
                found.append(self._single.get(stems[at], stems[at]))
                at += 1
        return tuple(found)


@lru_cache(maxsize=4096)
def read_passage(text: str) -> tuple[Sentence, ...]:
    """The sentences of a passage, read; kept, as passages are asked for again and again."""
    return tuple(read_sentence(one) for one in split_sentences(text))


class Evidence:
    """Passages prepared for the sentences that cite them.

    Args:
        passages: Their texts.
        synonyms: What means the same.
    """

    def __init__(self, passages: Iterable[str], synonyms: Synonyms) -> None:
        self.sentences: list[Sentence] = [one for text in passages for one in read_passage(text)]
        self.synonyms = synonyms
        self.stems: list[tuple[str, ...]] = [synonyms.marks(one.stems) for one in self.sentences]
        self._sets = [frozenset(one) for one in self.stems]
        self.known: Counter[str] = Counter()
        for one in self._sets:
            self.known.update(one)
        self.values = frozenset(number.value for one in self.sentences for number in one.numbers)
        self._rarest = math.log(1 + len(self.sentences)) + 1

    def weight(self, one: str) -> float:
        """How much a stem tells: its inverse frequency among the passages' sentences."""
        seen = self.known[one]
        return self._rarest - math.log(seen) if seen else self._rarest

    def best(self, content: Sequence[str], most: int = MAX_BEST) -> list[tuple[float, int]]:
        """The passages' sentences that share most with a sentence: (shared weight, index), best first."""
        scores: dict[int, float] = {}
        wanted = {one for one in content if self.known[one]}
        if not wanted:
            return []
        weights = {one: self.weight(one) for one in wanted}
        for n, there in enumerate(self._sets):
            shared = wanted & there
            if shared:
                scores[n] = sum(weights[one] for one in shared)
        top = heapq.nlargest(most, ((score, -n) for n, score in scores.items()))
        return [(score, -n) for score, n in top if score >= NEAR_BEST * top[0][0]]

    @cached_property
    def surroundings(self) -> list[tuple[Number, frozenset[str]]]:
        """The numbers of the passages, each with the stems around it."""
        return [
            (number, frozenset(stems[max(0, number.first - AROUND - 1) : number.last + AROUND + 2]))
            for one, stems in zip(self.sentences, self.stems, strict=True)
            for number in one.numbers
        ]

    @cached_property
    def _running(self) -> str:
        return (
            " ".join(f" {' '.join(word.low for word in one.words)}" for one in self.sentences).replace("  ", " ") + " "
        )

    def copies(self, sentence: Sentence) -> bool:
        """Whether a sentence stands in the passages word for word, and not behind a denial that it leaves out."""
        if len(sentence.words) < MIN_COPY:
            return False
        wanted = f" {' '.join(word.low for word in sentence.words)} "
        at = self._running.find(wanted)
        while at >= 0:
            if not any(word in DENIES for word in self._running[max(0, at - 60) : at].split()[-DENIAL_REACH:]):
                return True
            at = self._running.find(wanted, at + 1)
        return any(one.words and [w.low for w in one.words] == wanted.split() for one in self.sentences)

    @cached_property
    def neighbours(self) -> frozenset[tuple[str, str]]:
        """Pairs of stems that stand side by side in a sentence of the passages."""
        filled = ([one for one in stems if one] for stems in self.stems)
        return frozenset(pair for stems in filled for pair in pairwise(stems))

    def held(self, content: set[str]) -> float:
        """The weighted share of content words that the best sentence, or it and a neighbour, has."""
        best = self.best(list(content), 1)
        if not best:
            return 0.0
        score, n = best[0]
        for beside in (n - 1, n + 1):
            if 0 <= beside < len(self._sets):
                both = self._sets[n] | self._sets[beside]
                score = max(score, sum(self.weight(one) for one in content if one in both))
        return score / sum(self.weight(one) for one in content)

    @cached_property
    def denying(self) -> list[tuple[list[int], tuple[str, ...]]]:
        """The sentences that deny something: where, and their stems."""
        places = ((denials(one.words), stems) for one, stems in zip(self.sentences, self.stems, strict=True))
        return [(found, stems) for found, stems in places if found]

    @cached_property
    def caseless(self) -> bool:
        """Whether the passages are written without capitals, so that names do not show."""
        return not self.names

    @cached_property
    def names(self) -> frozenset[str]:
        """Stems that stand with a capital within a sentence, and more often so than in small letters."""
        capital: Counter[str] = Counter()
        small: Counter[str] = Counter()
        for one, stems in zip(self.sentences, self.stems, strict=True):
            for n, word in enumerate(one.words):
                if not word.capital:
                    small[stems[n]] += 1
                elif n and word.content and not word.low[0].isdigit():
                    capital[stems[n]] += 1
        return frozenset(one for one, times in capital.items() if times > small[one])

    @cached_property
    def named(self) -> list[tuple[str, str, frozenset[str]]]:
        """Each place of a name: its stem, the word, and the stems around it."""
        return [
            (stems[n], word.text, frozenset(stems[max(0, n - BESIDE) : n + BESIDE + 1]))
            for one, stems in zip(self.sentences, self.stems, strict=True)
            for n, word in enumerate(one.words)
            if stems[n] in self.names
        ]

    def is_name(self, words: Sequence[Word], stems: Sequence[str], at: int) -> bool:
        """Whether a word is a name in these passages, or is written like one and not known to them."""
        return stems[at] in self.names or (written_as_name(words, at) and not self.known[stems[at]])

    def is_term(self, stems: Sequence[str]) -> bool:
        """Whether several words stand side by side in the passages, as a term of theirs does."""
        return len(stems) > 1 and all(pair in self.neighbours for pair in pairwise(stems))

    def match(self, sentence: Sentence, stems: Sequence[str], best: Sequence[tuple[float, int]]) -> list[Match]:
        """A sentence beside those of the passages' that it may go back to, the one with most in common first."""
        found = [Match(sentence, stems, self.sentences[n], self.stems[n], score) for score, n in best]
        if not found:
            return []
        most = max(one.overlap for one in found)
        return sorted(found, key=lambda one: -(one.overlap / most + one.share))
