"""Shorter ways to say what a passage says, without changing what it means: its name, its gist, and shared openings.

Only whole words are left out, and never a condition: what follows "if", "when" or "unless" stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lexicon import content_stems, sentence_spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.types import Passage

__all__ = ["MAX_LABEL", "Opening", "capital", "gist", "label_of", "named", "shared_openings"]

MAX_LABEL = 60
"""A claim that opens with so short a phrase and a colon opens with its name."""
# An opening worth saying once has this many words; a shorter one is not felt as a repetition.
MIN_OPENING = 5
# After these an opening can stop and its endings stand in a list.
_STOPS_AT = frozenset(
    (
        "to",
        "that",
        "because",
        "of",
        "with",
        "by",
        "for",
        "from",
        "in",
        "on",
        "is",
        "are",
        "be",
        "include",
        "includes",
        "about",
        "as",
    )
)
# What only adds a consequence or a remark to a whole statement. A condition never begins so.
_AFTERTHOUGHT = re.compile(r",? (?:so that|and so|and therefore)\b|, (?:so|which|who|whereas|whose)\b")
_CONDITIONAL = re.compile(r"\b(?:if|unless|when|where|only|provided|especially|particularly|even)\b")
# The least that is a statement of its own, in words.
MIN_GIST = 5


@dataclass(frozen=True, slots=True)
class Opening:
    """Words with which several texts begin.

    Attributes:
        words: The words, as the texts have them.
        members: Positions of the texts, in order.
    """

    words: str
    members: tuple[int, ...]


def label_of(passage: Passage) -> tuple[str, str]:
    """The name that a claim for or against something opens with, or "", and the rest of it."""
    lead, colon, rest = passage.text.partition(": ")
    if colon and len(lead) <= MAX_LABEL and passage.stance in ("pro", "con"):
        return lead, rest
    return "", passage.text


def named(passage: Passage) -> tuple[str, str]:
    """As `label_of`, but without a name that only says again what the first sentence says."""
    label, rest = label_of(passage)
    own = set(content_stems(label.replace("-", " ")))
    first = rest[: sentence_spans(rest)[0][1]] if label else ""
    # All of it, for the one word that the sentence leaves out ("limited", "over") may be the point of the name.
    return ("", rest) if own and own <= set(content_stems(first)) else (label, rest)


def gist(passage: Passage) -> str:
    """The first sentence of a claim up to where an afterthought begins, without its name and its full stop."""
    _, rest = label_of(passage)
    first = rest[: sentence_spans(rest)[0][1]]
    for match in _AFTERTHOUGHT.finditer(first):
        kept, dropped = first[: match.start()], first[match.end() :]
        # "A, which is B, C" goes on behind the remark; a condition in what is dropped could bind the whole.
        if len(kept.split()) >= MIN_GIST and not _CONDITIONAL.search(dropped) and ", " not in dropped:
            return kept.rstrip(" ,")
    return first.rstrip(".")


def shared_openings(texts: Sequence[str]) -> list[Opening]:
    """The openings that two or more of the texts share, those that save most words first; no text is in two."""
    words = [text.split() for text in texts]
    free = set(range(len(texts)))
    found: list[Opening] = []
    while True:
        candidates = {
            stop: [k for k in sorted(free) if _opens(words[k], stop)]
            for i in free
            for j in free
            if i < j and (stop := _common(words[i], words[j]))
        }
        if not candidates:
            return found
        best = max(sorted(candidates), key=lambda stop: (len(candidates[stop]) - 1) * len(stop))
        found.append(Opening(" ".join(best), tuple(candidates[best])))
        free -= set(candidates[best])


def capital(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """The longest opening of both after which each can go on by itself; () when it is too short."""
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    # Something has to be left of both, and a sentence does not end within an opening.
    length = min(length, len(one) - 1, len(other) - 1)
    while length >= MIN_OPENING:
        last = one[length - 1]
        if (last in _STOPS_AT or last.endswith(",")) and not any(word.endswith((".", "?")) for word in one[:length]):
            return tuple(one[:length])
        length -= 1
    return ()


def _opens(words: Sequence[str], opening: Sequence[str]) -> bool:
    return len(words) > len(opening) and tuple(words[: len(opening)]) == tuple(opening)
