"""The words of a library: which passages have each stem, and how often. Made once an index, and kept beside it.

A posting is a passage that has a stem, with how often it does (Manning, Raghavan and Schütze, "Introduction to
Information Retrieval", 2008, section 1.2). Whatever is asked of the words of a large library is asked of these lists,
so that no question reads passages that have none of its words.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest import lexicon
from ingest.code import digest_of
from ingest.errors import StoreError
from ingest.index import surroundings as neighbourhoods
from ingest.index.surroundings import Surroundings, surroundings_of
from ingest.lexicon import content_stems, fold
from ingest.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ingest.types import Passage

__all__ = ["CAPITAL", "CAPITAL_WITHIN", "Words", "bare_name", "distinct", "read_words", "words_of", "write_words"]

_SMALL = re.compile(r"\b[a-z][\w]*")
_PLAIN = re.compile(r"\b[a-z]+\b")
CAPITAL = re.compile(r"\b(?=\w*[a-z])[A-Z]\w{2,}(?:['’]s)?")
"""A word with a capital, wherever it stands; abbreviations in capitals alone ("IT") are words like others."""
CAPITAL_WITHIN = re.compile(r"(?<=[a-z,;)] )(?=\w*[a-z])[A-Z]\w{2,}")
"""A word with a capital within a sentence."""
_NAMES = ("names", "opening_names", "small", "plain")
_ARRAYS = ("tokens", "starts", "order", "counts", "ends", "having_around")
_SURROUNDINGS = ("first", "past", "lengths")
# Of a generation on a server nobody tells this machine when it goes.
_FILES = 3
# Neighbourhoods whose words are counted at a time: a few MiB.
_AT_A_TIME = 2000


@dataclass(frozen=True)
class Words:
    """The stems of all passages, by passage and by stem.

    Attributes:
        roots: Each stem once, in the order in which the library first has them.
        tokens: Places in `roots` of the stems of all passages, one passage after the other.
        starts: Where the stems of each passage begin in `tokens`, and at the end where the last one's end;
            shape (passages + 1,).
        order: Ranks of the passages that have the first stem, rising; then those that have the second ...
        counts: How often each of them has it.
        ends: Where the postings of each stem begin in `order`, and where the last one's end; shape (roots + 1,).
        names: Words, folded, that are written as proper names within sentences, and nowhere small.
        opening_names: Words, folded, that are written with a capital somewhere, and nowhere small.
        small: Words, folded, that are written small somewhere.
        plain: Words of letters alone that are written small somewhere, as they stand.
        having_around: How many neighbourhoods have each stem, shape (roots,).
        surroundings: The neighbourhoods.
    """

    roots: tuple[str, ...]
    tokens: NDArray[np.int32]
    starts: NDArray[np.int64]
    order: NDArray[np.int32]
    counts: NDArray[np.int32]
    ends: NDArray[np.int64]
    names: frozenset[str]
    opening_names: frozenset[str]
    small: frozenset[str]
    plain: frozenset[str]
    having_around: NDArray[np.int32]
    surroundings: Surroundings

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each stem stands in `roots`."""
        return {root: place for place, root in enumerate(self.roots)}

    @cached_property
    def counted(self) -> NDArray[np.int32]:
        """The sum of `counts` before each posting, and at the end of all; shape (postings + 1,)."""
        return np.concatenate([[0], np.cumsum(self.counts, dtype=np.int32)]).astype(np.int32)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays, and about those of its words."""
        near = self.surroundings
        arrays = (self.tokens, self.starts, self.order, self.counts, self.ends, self.having_around)
        texts = (self.roots, self.names, self.opening_names, self.small, self.plain)
        held = sum(one.nbytes for one in (*arrays, near.first, near.past, near.lengths))
        return held + sum(sys.getsizeof(word) for words in texts for word in words)

    def having(self, root: str) -> int:
        """How many passages have a stem."""
        at = self.place.get(root)
        return 0 if at is None else int(self.ends[at + 1] - self.ends[at])

    def postings(self, root: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Ranks of the passages that have a stem, rising, and how often each has it."""
        own = self._own(root)
        return self.order[own], self.counts[own]

    def within(self, root: str, first: NDArray[np.int32], past: NDArray[np.int32]) -> NDArray[np.int32]:
        """How often the passages from `first` to before `past` have a stem together, shape as theirs."""
        own = self._own(root)
        edges = np.searchsorted(self.order[own], (first, past))
        counted: NDArray[np.int32] = self.counted[own.start : own.stop + 1]
        return np.asarray(counted[edges[1]] - counted[edges[0]])

    def at(self, root: str, ranks: NDArray[np.int32]) -> NDArray[np.int32]:
        """How often some passages have a stem, shape (ranks,)."""
        having, counts = self.postings(root)
        if not len(having):
            return np.zeros(len(ranks), dtype=np.int32)
        place = np.minimum(np.searchsorted(having, ranks), len(having) - 1)
        return np.where(having[place] == ranks, counts[place], 0)

    def _own(self, root: str) -> slice:
        at = self.place.get(root)
        return slice(0, 0) if at is None else slice(int(self.ends[at]), int(self.ends[at + 1]))

    def of(self, rank: int) -> frozenset[str]:
        """The stems of a passage."""
        own = self.tokens[self.starts[rank] : self.starts[rank + 1]].tolist()
        return frozenset(map(self.roots.__getitem__, own))


def words_of(passages: Sequence[Passage]) -> Words:
    """The words of passages, those of a document together and in order: about 0.1 ms a passage."""
    place: dict[str, int] = {}
    flat: list[int] = []
    starts = np.zeros(len(passages) + 1, dtype=np.int64)
    above: dict[tuple[str, ...], list[int]] = {}

    def places(text: str) -> list[int]:
        return [place.setdefault(root, len(place)) for root in content_stems(text)]

    for rank, passage in enumerate(passages):
        # What the encoder reads, part for part: the headings of a passage are those of its neighbours.
        headings = passage.heading_path[1:]
        if headings not in above:
            above[headings] = [one for heading in headings for one in places(heading)]
        flat += above[headings]
        if passage.lead_in:
            flat += places(passage.lead_in)
        flat += places(passage.text)
        starts[rank + 1] = len(flat)
    tokens = np.array(flat, dtype=np.int32)
    ranks = np.repeat(np.arange(len(passages), dtype=np.int32), np.diff(starts))
    # Of each stem and passage one posting: sorted by stem, and as they stand within, so alike ones are neighbours.
    by_stem = np.argsort(tokens, kind="stable")
    stems, holders = tokens[by_stem], ranks[by_stem]
    fresh = np.ones(len(stems), dtype=bool)
    fresh[1:] = (stems[1:] != stems[:-1]) | (holders[1:] != holders[:-1])
    first = np.flatnonzero(fresh)
    ends = np.searchsorted(stems[first], np.arange(len(place) + 1)).astype(np.int64)
    counts = np.diff(np.append(first, len(stems))).astype(np.int32)
    surroundings = surroundings_of(passages)
    return Words(
        tuple(place),
        tokens,
        starts,
        holders[first],
        counts,
        ends,
        *_written(passage.text for passage in passages),
        _having_around(tokens, starts, surroundings, len(place)),
        surroundings,
    )


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """The values, rising, each once; sorting takes a fraction of the time of numpy's `unique`, which hashes."""
    values = np.sort(values)
    fresh = np.ones(len(values), dtype=bool)
    fresh[1:] = values[1:] != values[:-1]
    return np.asarray(values[fresh])


def _having_around(
    tokens: NDArray[np.int32], starts: NDArray[np.int64], near: Surroundings, roots: int
) -> NDArray[np.int32]:
    """How many neighbourhoods have each stem."""
    having = np.zeros(roots, dtype=np.int32)
    for begin in range(0, len(near.first), _AT_A_TIME):
        first = starts[near.first[begin : begin + _AT_A_TIME]]
        counts = starts[near.past[begin : begin + _AT_A_TIME]] - first
        whose = np.repeat(np.arange(len(counts)), counts)
        # Places in `tokens` of all stems of each neighbourhood, one neighbourhood after the other.
        places = np.arange(counts.sum()) + np.repeat(first - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        once = distinct(whose * roots + tokens[places])
        having += np.bincount(once % roots, minlength=roots).astype(np.int32) if roots else 0
    return having


def _written(texts: Iterable[str]) -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """How words are written: always with a capital, and not only to open a sentence; with one that may only open it;
    small; and small in letters alone. Abbreviations in capitals ("ML") are in none of the first two."""
    within: set[str] = set()
    opening: set[str] = set()
    small: set[str] = set()
    plain: set[str] = set()
    for text in texts:
        # As written: the same words come again and again, and are folded once.
        opening.update(CAPITAL.findall(text))
        small.update(_SMALL.findall(text))
        within.update(CAPITAL_WITHIN.findall(text))
        plain.update(_PLAIN.findall(text))
    folded = frozenset(map(fold, small))
    return (
        frozenset(bare_name(one) for one in within) - folded,
        frozenset(bare_name(one) for one in opening) - folded,
        folded,
        frozenset(plain),
    )


def bare_name(name: str) -> str:
    """A word that is written like a name, folded, without a possessive ending."""
    return fold(name).removesuffix("'s")


def write_words(words: Words, folder: Path, key: str) -> None:
    """Keeps words in a file for whoever opens the index next; where that cannot be, they are made anew.

    Args:
        words: The words.
        folder: Where the file goes.
        key: Says which index they are of.
    """
    texts = {"roots": list(words.roots), **{name: sorted(getattr(words, name)) for name in _NAMES}}
    arrays: dict[str, Any] = {name: getattr(words, name) for name in _ARRAYS}
    arrays |= {name: getattr(words.surroundings, name) for name in _SURROUNDINGS}
    with suppress(OSError, StoreError):
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(_file(folder, key)) as file:
            np.savez(file, texts=np.frombuffer(json.dumps(texts).encode(), dtype=np.uint8), **arrays)
        files = sorted(folder.glob("words-*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in files[_FILES:]:
            old.unlink(missing_ok=True)


def read_words(folder: Path, key: str, passages: int) -> Words | None:
    """The words that were kept; None where there are none, or the file is not what was written.

    Args:
        folder: Where the file is.
        key: Says which index they are of.
        passages: How many passages it has.
    """
    try:
        with _file(folder, key).open("rb") as file, np.load(file, allow_pickle=False) as found:
            texts = json.loads(found["texts"].tobytes())
            parts: dict[str, Any] = {name: found[name] for name in _ARRAYS}
            parts |= {name: frozenset(texts[name]) for name in _NAMES}
            surroundings = Surroundings(**{name: found[name] for name in _SURROUNDINGS})
            words = Words(roots=tuple(texts["roots"]), surroundings=surroundings, **parts)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    whole = (
        len(words) == len(words.surroundings.first) == passages
        and words.starts[-1] == len(words.tokens)
        and len(words.ends) == len(words.roots) + 1
    )
    return words if whole and words.ends[-1] == len(words.order) == len(words.counts) else None


def _file(folder: Path, key: str) -> Path:
    return folder / f"words-{_making()}-{key}.npz"


@cache
def _making() -> str:
    """Names the code that finds words: what another has found is not read."""
    return digest_of(Path(str(one)) for one in (lexicon.__file__, neighbourhoods.__file__, __file__))[:8]
