"""Documents that are copies of one another: found among many, and merged so that nothing only one of them has is lost.

Owns datasketch. Candidates come from MinHash signatures of word shingles in a locality-sensitive index (Broder 1997;
Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3); what they share is then counted exactly.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from datasketch import MinHash, MinHashLSH

from ingest.lexicon import fold
from ingest.types import Document, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["find_copies", "merged"]

# Words of a shingle: long enough that two articles on one subject share next to none.
_SHINGLE = 5
_PERMUTATIONS = 128
# Estimated resemblance above which two documents are looked at, and counted one from which they are copies.
_LOOK_FROM, _COPY_FROM = 0.4, 0.6
# A shorter one is a copy, too, when the longer one has this share of it.
_CONTAINED_FROM = 0.85
# Documents of fewer shingles say too little to be told apart.
_FEWEST = 40
# Two paragraphs are one, with a word changed here and there, when they share this much, unless the change is one that
# turns what is said around.
_SAME_PARAGRAPH = 0.75
_TELLING = re.compile(
    r".*\d.*|not?|never|none|nor|neither|without|cannot|\w+nt|un\w+|in\w+able|dis\w+|less|fewer|more|most|least"
)
_HEADING = re.compile(r"(#{1,6}) (.*)")
_FILLED = ("author", "author_role", "publisher", "published", "url", "licence")


def find_copies(documents: Sequence[Document]) -> list[tuple[Document, ...]]:
    """Groups of documents that are copies of one another.

    Returns:
        Each group with the document to keep first: the one whose citation is the most complete, then the longest, then
        the first by id. Documents that are alone are in none.
    """
    shingles = {document.id: _shingles(document.text) for document in documents}
    told = [document for document in documents if len(shingles[document.id]) >= _FEWEST]
    if len(told) < 2:
        return []
    index = MinHashLSH(threshold=_LOOK_FROM, num_perm=_PERMUTATIONS)
    leader: dict[str, str] = {}
    for document in told:
        signature = _signature(shingles[document.id])
        for other in sorted(index.query(signature)):
            if _resemble(shingles[document.id], shingles[other]):
                _join(leader, document.id, other)
        index.insert(document.id, signature)
    groups: dict[str, list[Document]] = {}
    for document in told:
        groups.setdefault(_leader(leader, document.id), []).append(document)
    return [tuple(sorted(group, key=_preference)) for group in groups.values() if len(group) > 1]


def merged(documents: Sequence[Document]) -> Document:
    """The first document with what only its copies have, each piece at its place, and where the copies are."""
    kept = documents[0]
    text = kept.text
    source = kept.source
    for copy in documents[1:]:
        text = _merge_texts(text, copy.text)
        known = {name: getattr(source, name) or getattr(copy.source, name) for name in _FILLED}
        aliases = tuple(dict.fromkeys([*source.aliases, *copy.source.aliases]))
        source = replace(source, **known, aliases=aliases, also_at=(*source.also_at, _place(copy.source)))
    return Document(kept.id, source, text, hashlib.sha256(text.encode()).hexdigest())


def _place(source: Source) -> str:
    return source.url or source.path or source.title


def _preference(document: Document) -> tuple[int, int, str]:
    source = document.source
    known = sum(getattr(source, name) is not None for name in _FILLED) + document.text.startswith("# ")
    return -known, -len(document.text), document.id


def _shingles(text: str) -> frozenset[int]:
    # Headings are what copies differ in.
    words = [
        word
        for line in text.split("\n")
        if line and not _HEADING.match(line)
        for word in re.findall(r"\w+", fold(line))
    ]
    return frozenset(
        zlib.crc32(" ".join(words[first : first + _SHINGLE]).encode()) for first in range(len(words) - _SHINGLE + 1)
    )


def _signature(shingles: frozenset[int]) -> MinHash:
    signature = MinHash(num_perm=_PERMUTATIONS, hashfunc=lambda shingle: shingle)
    signature.update_batch(shingles)
    return signature


def _resemble(one: frozenset[int], other: frozenset[int]) -> bool:
    shared = len(one & other)
    return shared >= _COPY_FROM * len(one | other) or shared >= _CONTAINED_FROM * min(len(one), len(other))


def _join(leader: dict[str, str], one: str, other: str) -> None:
    leader[_leader(leader, one)] = _leader(leader, other)


def _leader(leader: dict[str, str], id_: str) -> str:
    while leader.get(id_, id_) != id_:
        id_ = leader[id_]
    return id_


def _merge_texts(kept: str, copy: str) -> str:
    """A canonical text with the blocks that only the other one has put in where they stand there."""
    ours = [line for line in kept.split("\n") if line]
    theirs = [line for line in copy.split("\n") if line]
    if _HEADING.match(ours[0]) and _HEADING.match(theirs[0]) and _level(ours[0]) == _level(theirs[0]) == 1:
        theirs[0] = ours[0]  # one title
    pairs = _pairs(ours, theirs)
    levels = _levels(ours, theirs, pairs)
    found: list[str] = []
    at = begun = 0  # what is not yet told of each
    for here, there in [*pairs, (len(ours), len(theirs))]:
        while at < here:
            found.append(ours[at])
            at += 1
        found += [_at_level(line, levels.get(place)) for place, line in enumerate(theirs[begun:there], begun)]
        if here < len(ours):
            found.append(_at_level(_fuller(ours[here], theirs[there]), levels.get(there)))
            at, begun = here + 1, there + 1
    return _laid_out(found)


def _pairs(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """Which block here is which block there: the same words, or nearly, in the same order."""
    keys, other_keys = [_key(line) for line in ours], [_key(line) for line in theirs]
    matcher = SequenceMatcher(None, keys, other_keys, autojunk=False)
    found: list[tuple[int, int]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found += zip(range(a, b), range(c, d), strict=True)
        elif tag == "replace":
            found += _near_pairs(keys, other_keys, range(a, b), range(c, d))
    return found


def _near_pairs(ours: Sequence[str], theirs: Sequence[str], here: range, there: range) -> Iterator[tuple[int, int]]:
    start = there.start
    for place in here:
        words = set(ours[place].split())
        for other in range(start, there.stop):
            others = set(theirs[other].split())
            same = len(words & others) >= _SAME_PARAGRAPH * len(words | others)
            if same and min(len(words), len(others)) > _SHINGLE and not any(map(_TELLING.fullmatch, words ^ others)):
                yield place, other
                start = other + 1
                break


def _levels(ours: Sequence[str], theirs: Sequence[str], pairs: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The level that each heading of the copy has among ours: as far below a heading that both have as it is there.

    A heading that both have goes as deep as the copy has it where one that only the copy has stands above it.
    """
    here = {there: place for place, there in pairs}
    levels: dict[int, int] = {}
    above: list[tuple[int, int, bool]] = []  # level there, level here, whether only the copy has it
    for place, line in enumerate(theirs):
        if not (level := _level(line)):
            continue
        above = [one for one in above if one[0] < level]
        added = place not in here
        inserted = next((one for one in reversed(above) if one[2]), None)
        if added or inserted:
            anchor = above[-1] if above else (1, 1, False)
            levels[place] = min(anchor[1] + level - anchor[0], 6)
        else:
            levels[place] = _level(ours[here[place]]) or level
        above.append((level, levels[place], added and level > 1))  # a title is above everything
    return levels


def _level(line: str) -> int:
    match = _HEADING.fullmatch(line)
    return len(match[1]) if match else 0


def _at_level(line: str, level: int | None) -> str:
    match = _HEADING.fullmatch(line)
    return f"{'#' * level} {match[2]}" if match and level else line


def _fuller(ours: str, theirs: str) -> str:
    """Of two forms of one block, the one that says more of what it is: a heading, then a bullet, then ours."""
    if _level(theirs) and not _level(ours):
        return theirs
    return theirs if theirs.startswith("- ") and not ours.startswith(("- ", "#", "| ")) else ours


def _key(line: str) -> str:
    match = _HEADING.fullmatch(line)
    return " ".join(re.findall(r"\w+", fold(match[2] if match else line.removeprefix("- "))))


def _laid_out(lines: Sequence[str]) -> str:
    """Blocks as canonical text has them: a blank line between them, but not between bullets or rows."""
    found: list[str] = []
    for place, line in enumerate(lines):
        kind = line[:2] if line.startswith(("- ", "| ")) else ""
        if place and not (kind and lines[place - 1].startswith(kind)):
            found.append("")
        found.append(line)
    return "\n".join(found) + "\n"
