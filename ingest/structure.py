"""A document's claims: cuts the canonical text into passages and says what each speaks of.

Reads only the canonical text (see `ingest.reading.markdown`): one block a line. Names come from the pack, stances from
general English (`ingest.lexicon`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.blocks import read_blocks
from ingest.lexicon import sentence_spans
from ingest.stance import announces, stance_of, with_lists_weighed
from ingest.types import Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.naming import Namer
    from ingest.types import Document

__all__ = ["parse_passages"]

# Words that begin the end of a text.
_CLOSING = re.compile(
    r"(?:in (?:conclusion|summary|closing)|to (?:conclude|sum up|summari[sz]e)|summing up)\b", re.IGNORECASE
)


# A paragraph of more sentences and words than these tells several things.
_SENTENCES, _WORDS = 2, 50


def parse_passages(
    document: Document, namer: Namer, token_count: Callable[[str], int], max_tokens: int
) -> list[Passage]:
    """The passages of a document in reading order.

    A passage is one bullet, paragraph, table row, or cell of a table whose columns are pros, cons or options. A long
    paragraph is told in parts of a sentence or two. One that the encoder could not read whole is cut between sentences,
    and a sentence that is still too long between words, so that no text is lost.

    Args:
        document: The document.
        namer: Finds the options a text names.
        token_count: Word pieces of a text, as the encoder counts them.
        max_tokens: Word pieces the encoder reads.
    """
    passages: list[Passage] = []
    seen: dict[str, int] = {}
    closing: tuple[str, ...] | None = None
    about = _About(document, namer)
    for block in read_blocks(document.text, document.source.title, about.tells):
        if block.kind == "paragraph" and _CLOSING.match(document.text, block.start):
            closing = block.path
        text = document.text[block.start : block.end]
        whole = Passage("", document.id, 0, block.path, text, block.start, block.end, block.kind, lead_in=block.lead_in)
        for piece in (part for one in _apart(whole) for part in _fit(one, token_count, max_tokens)):
            key = hashlib.sha256("\n".join([*piece.heading_path, piece.text]).encode()).hexdigest()[:12]
            seen[key] = repeat = seen.get(key, 0) + 1
            passages.append(
                replace(
                    piece,
                    id=f"{document.id}#{key}" + (f".{repeat}" if repeat > 1 else ""),
                    position=len(passages),
                    options=about.options(piece, closing=block.path == closing),
                    stance=stance_of(piece),
                )
            )
    return with_lists_weighed(passages)


def _apart(passage: Passage) -> Iterator[Passage]:
    """A long paragraph in parts of a few sentences, each of which a reader would quote by itself."""
    spans = sentence_spans(passage.text) if passage.kind == "paragraph" else []
    if len(spans) <= _SENTENCES or len(passage.text.split()) <= _WORDS:
        yield passage
        return
    parts = -(-len(spans) // _SENTENCES)
    for part in range(parts):
        own = spans[part * len(spans) // parts : (part + 1) * len(spans) // parts]
        yield _cut(passage, own[0][0], own[-1][1])


def _fit(passage: Passage, token_count: Callable[[str], int], max_tokens: int) -> Iterator[Passage]:
    if token_count(passage.embedding_text) <= max_tokens:
        yield passage
        return
    # Headings help the encoder, but never at the price of the claim itself.
    context = token_count(replace(passage, text="").embedding_text)
    budget = max(max_tokens - context, max_tokens // 2)
    spans = [
        span
        for sentence in sentence_spans(passage.text)
        for span in _shorten(passage.text, sentence, token_count, budget)
    ]
    open_start, open_end = spans[0]
    for start, end in spans[1:]:
        if token_count(passage.text[open_start:end]) > budget:
            yield _cut(passage, open_start, open_end)
            open_start = start
        open_end = end
    yield _cut(passage, open_start, open_end)


def _shorten(
    text: str, span: tuple[int, int], token_count: Callable[[str], int], budget: int
) -> Iterator[tuple[int, int]]:
    """Halves a sentence between words until each part is short enough."""
    start, end = span
    gaps = [match.start() + start for match in re.finditer(r"\s+", text[start:end])]
    if token_count(text[start:end]) <= budget or end - start < 2:
        yield span
        return
    middle = (start + end) // 2
    cut = min(gaps, key=lambda gap: abs(gap - middle)) if gaps else middle
    right = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    yield from _shorten(text, (start, cut), token_count, budget)
    yield from _shorten(text, (right, end), token_count, budget)


def _cut(passage: Passage, start: int, end: int) -> Passage:
    # A part of a long block keeps the block's headings only while they leave room; `max_tokens` is the encoder's own.
    return replace(passage, text=passage.text[start:end], start=passage.start + start, end=passage.start + end)


class _About:
    """Says which options the passages of a document speak of."""

    def __init__(self, document: Document, namer: Namer) -> None:
        self._namer = namer
        # An original uses words as the notes on it say.
        self._source = document.source.work or document.id
        self._known: dict[str, tuple[str, ...]] = {}

    def tells(self, head: str) -> bool:
        """Whether the head of a column announces pros or cons, or names one option."""
        return announces(head) or len(self._named(head)) == 1

    def options(self, passage: Passage, *, closing: bool) -> tuple[str, ...]:
        """The options that the nearest heading names, else those of the text, else those of the title.

        A heading says what its claims are about; a claim below it may mention another option only to compare. A title
        that names several options says that they are discussed, not which one a claim is about. Nor does the last
        heading say what the closing words of a text are about. Of a cell, the head of its column comes first.
        """
        if passage.kind == "cell" and (named := self._named(passage.lead_in)):
            return named
        for heading in () if closing else reversed(passage.heading_path[1:]):
            if named := self._named(heading):
                return named
        title = self._named(passage.heading_path[0])
        if len(title) == 1:
            return title
        return self._namer.option_ids(f"{passage.lead_in} {passage.text}", self._source) or title

    def _named(self, heading: str) -> tuple[str, ...]:
        if heading not in self._known:
            self._known[heading] = self._namer.option_ids(heading, self._source)
        return self._known[heading]
