"""Where a quote stands today: in its document, elsewhere in it, or nowhere any more; and what reads most like it.

A quote that drifted is no fault of whoever keeps it: the document changed, was removed or goes by another id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from rapidfuzz import fuzz, process, utils

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.types import Document

__all__ = ["LOST", "Nearest", "Span", "Spans", "State"]

State = Literal["stands", "moved", "changed", "gone"]
"""Where it was; elsewhere in the document; not in the document any more; and no such document any more."""
LOST: tuple[State, ...] = ("changed", "gone")
"""The states in which nobody can read the quote in its document any more."""
# Below this share of alike characters, out of 100, two texts have only their language in common.
_ALIKE = 60.0
# Answers cite the same passages again and again.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Span:
    """What became of a quote.

    Attributes:
        state: See `State`.
        source_id: The document it stands in now, or was cut from.
        start: Where it stands now, or None.
    """

    state: State
    source_id: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The line of a document that reads most like a quote.

    Attributes:
        text: The line: a bullet, a paragraph or a row.
        start: Offset of its first character in the document's text.
        likeness: Share of alike characters, 0 to 1.
    """

    text: str
    start: int
    likeness: float


class Spans:
    """Looks quotes up in documents.

    Args:
        libraries: Documents by id. An id may be in several: what an answer cites is the pack's own or what is indexed.
    """

    def __init__(self, *libraries: Mapping[str, Document]) -> None:
        self._libraries = libraries
        self._by_digest = {one.sha256: one for library in reversed(libraries) for one in library.values()}
        self.nearest = lru_cache(_REMEMBERED)(self._nearest)

    def look(self, source_id: str, quote: str, start: int, sha256: str) -> Span:
        """What became of a quote.

        Args:
            source_id: The document it was cut from.
            quote: Its exact characters.
            start: Offset of the first of them.
            sha256: Digest of the document's text then.
        """
        named = self._named(source_id)
        for document in named:
            if document.text.startswith(quote, start):
                return Span("stands", source_id, start)
        for document in named:
            if (found := _closest(document.text, quote, start)) is not None:
                return Span("moved", source_id, found)
        # The same text under another id, as after a removal of another document of that name.
        same = self._by_digest.get(sha256)
        if same is not None and same.text.startswith(quote, start):
            return Span("moved", same.id, start)
        return Span("changed" if named else "gone", source_id)

    def _named(self, source_id: str) -> list[Document]:
        return [library[source_id] for library in self._libraries if source_id in library]

    def _nearest(self, source_id: str, quote: str) -> Nearest | None:
        """What reads most like a quote in its document today; None where nothing does, or there is no document."""
        best: Nearest | None = None
        for document in self._named(source_id):
            lines = document.text.split("\n")
            found = process.extractOne(
                quote, lines, scorer=_likeness, processor=utils.default_process, score_cutoff=_ALIKE
            )
            if found is not None and (best is None or found[1] / 100 > best.likeness):
                line, score, number = found
                start = sum(len(one) + 1 for one in lines[:number])
                best = Nearest(line, start, round(score / 100, 2))
        return best


def _likeness(quote: str, line: str, *, score_cutoff: float | None = None) -> float:
    """How alike two texts are, 0 to 100; a quote may be a part of a longer line, but not the other way round."""
    scorer = fuzz.partial_ratio if len(line) > len(quote) else fuzz.ratio
    return float(scorer(quote, line, score_cutoff=score_cutoff))


def _closest(text: str, quote: str, start: int) -> int | None:
    """Of the places where a quote stands in a text the one nearest to where it stood; None where it does not stand."""
    after = text.find(quote, start)
    # One that begins before may reach past where it stood.
    before = text.rfind(quote, 0, start + len(quote))
    places = [place for place in (before, after) if place >= 0]
    return min(places, key=lambda place: abs(place - start), default=None)
