"""A document's claims: cuts the canonical text into passages and says what each speaks of.

Reads only the canonical text (see `ingest.reading.markdown`): one block a line. Names come from the pack, stances from
general English (`ingest.lexicon`).
"""

from __future__ import annotations

import hashlib
import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.lexicon import (
    CONDITION_CUES,
    DRAWBACK_WORDS,
    GAIN_WORDS,
    LEAD_IN_CUES,
    STANCE_CUES,
    fold,
    sentence_spans,
)
from ingest.naming import phrase_pattern
from ingest.types import Passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.naming import Namer
    from ingest.types import Document, Stance

__all__ = ["parse_passages"]

_HEADING = re.compile(r"(#{1,6}) (.*)")
_CONDITION = phrase_pattern(CONDITION_CUES)
_CUES: dict[Stance, re.Pattern[str]] = {
    "pro": phrase_pattern(STANCE_CUES["pro"]),
    "con": phrase_pattern(STANCE_CUES["con"]),
    "fit": phrase_pattern(STANCE_CUES["fit"]),
    "neutral": phrase_pattern(STANCE_CUES["neutral"]),
}
_LEAD_INS: dict[Stance, re.Pattern[str]] = {
    stance: phrase_pattern([*STANCE_CUES[stance], *LEAD_IN_CUES.get(stance, ())]) for stance in _CUES
}
_DRAWBACK, _GAIN = phrase_pattern(DRAWBACK_WORDS), phrase_pattern(GAIN_WORDS)
# Words that begin the end of a text.
_CLOSING = re.compile(
    r"(?:in (?:conclusion|summary|closing)|to (?:conclude|sum up|summari[sz]e)|summing up)\b", re.IGNORECASE
)
# Of the points of a list, so many have to speak of drawbacks before all are.
_MOST_POINTS = 0.6
# Behind the word that announces pros or cons, a heading says of what.
_OF_WHAT = re.compile(r"\s*(?:$|[:,(&/|-]|(?:of|with|for|in|to|and|when|why|faced|from|by)\b)")
# Paragraphs below a first one that tell an example or a remedy tell no pro or con of their own.
_ASIDE = re.compile(
    r"(?:for (?:example|instance)|to (?:avoid|address|counter|mitigate|overcome)"
    r"|therefore|thus|hence|however|given (?:this|these|that))\b",
    re.IGNORECASE,
)


def parse_passages(
    document: Document, namer: Namer, token_count: Callable[[str], int], max_tokens: int
) -> list[Passage]:
    """The passages of a document in reading order.

    A passage is one bullet, paragraph or table row. One that the encoder could not read whole is cut between
    sentences, and a sentence that is still too long between words, so that no text is lost.

    Args:
        document: The document.
        namer: Finds the options a text names.
        token_count: Word pieces of a text, as the encoder counts them.
        max_tokens: Word pieces the encoder reads.
    """
    passages: list[Passage] = []
    seen: dict[str, int] = {}
    closing: tuple[str, ...] | None = None
    for path, kind, start, end, lead_in in _blocks(document.text, document.source.title):
        if kind == "paragraph" and _CLOSING.match(document.text, start):
            closing = path
        whole = Passage("", document.id, 0, path, document.text[start:end], start, end, kind, lead_in=lead_in)
        for piece in _fit(whole, token_count, max_tokens):
            key = hashlib.sha256("\n".join([*piece.heading_path, piece.text]).encode()).hexdigest()[:12]
            seen[key] = repeat = seen.get(key, 0) + 1
            passages.append(
                replace(
                    piece,
                    id=f"{document.id}#{key}" + (f".{repeat}" if repeat > 1 else ""),
                    position=len(passages),
                    options=_options(piece, document, namer, closing=path == closing),
                    stance=_stance(piece),
                )
            )
    return _with_lists_weighed(passages)


def _blocks(text: str, title: str) -> Iterator[tuple[tuple[str, ...], str, int, int, str]]:
    """(heading path, kind, start, end, lead-in) of each block that is not a heading; a title opens every path."""
    # A heading of the first level is the title where it is the only one and comes first; else all stand below it.
    first = _HEADING.match(text)
    titled = first is not None and first[1] == "#" and text.count("\n# ") == 0
    headings: list[tuple[int, str]] = [] if titled else [(0, title)]
    lead_in = ""
    offset = 0
    for line in text.split("\n"):
        start, offset = offset, offset + len(line) + 1
        if not line:
            continue
        heading = _HEADING.fullmatch(line)
        if heading:
            level = len(heading[1])
            headings = [(depth, title) for depth, title in headings if depth < level] + [(level, heading[2])]
            lead_in = ""
            continue
        path = tuple(title for _, title in headings)
        if line.startswith("- "):
            yield path, "bullet", start + 2, start + len(line), lead_in
        elif line.startswith("| "):
            yield path, "row", start, start + len(line), lead_in
        else:
            # A paragraph that ends in a colon or comma opens the list below it.
            lead_in = line if line.rstrip().endswith((":", ",")) else ""
            yield path, "paragraph", start, start + len(line), ""


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


def _options(passage: Passage, document: Document, namer: Namer, *, closing: bool) -> tuple[str, ...]:
    """The options that the nearest heading names, else those of the text, else those of the title.

    A heading says what its claims are about; a claim below it may mention another option only to compare. A title
    that names several options says that they are discussed, not which one a claim is about. Nor does the last heading
    say what the closing words of a text are about.
    """
    source = document.source.work or document.id
    for heading in () if closing else reversed(passage.heading_path[1:]):
        if named := namer.option_ids(heading, source):
            return named
    title = namer.option_ids(passage.heading_path[0], source)
    if len(title) == 1:
        return title
    return namer.option_ids(f"{passage.lead_in} {passage.text}", source) or title


def _stance(passage: Passage) -> Stance:
    """The stance that the nearest heading shows, else the lead-in, else the text itself (only for "fit").

    A heading that only has a word such as "risk" in it shows nothing below one that announces what stands under it:
    "risk management" under "Benefits" is a benefit.
    """
    headings = list(reversed(passage.heading_path[1:]))
    announced = next((place for place, heading in enumerate(headings) if _announces(heading)), len(headings))
    for place, heading in enumerate(headings):
        shown = _shown(heading, _CUES)
        if place < announced < len(headings) and set(shown) & {"pro", "con"}:
            continue
        # "Pros and cons" over one list shows neither.
        if {"pro", "con"} <= set(shown):
            return "neutral"
        if shown:
            return "neutral" if shown[0] in ("pro", "con") and _is_aside(passage) else shown[0]
    shown = _shown(passage.lead_in, _LEAD_INS)
    if {"pro", "con"} <= set(shown):
        return "neutral"
    if shown:
        return shown[0]
    return "fit" if _CONDITION.search(fold(passage.text)) else "neutral"


def _shown(words: str, cues: dict[Stance, re.Pattern[str]]) -> list[Stance]:
    folded = fold(words)
    return [stance for stance, pattern in cues.items() if pattern.search(folded)]


def _announces(heading: str) -> bool:
    """Whether a heading says that pros or cons stand under it, rather than having the word for another reason."""
    folded = fold(heading).strip(" .:!?")
    found = [match for stance in ("pro", "con") for match in _CUES[stance].finditer(folded)]
    return any(_OF_WHAT.match(folded, match.end()) for match in found)


def _is_aside(passage: Passage) -> bool:
    return passage.kind == "paragraph" and bool(_ASIDE.match(passage.text))


def _with_lists_weighed(passages: list[Passage]) -> list[Passage]:
    """The passages, those of a list that nothing announces as cons where most of its points speak of drawbacks.

    Only a list below a paragraph is weighed: right under a heading, it says what the heading names.
    """
    found: list[Passage] = []
    for (path, kind, _lead), group in itertools.groupby(
        passages, lambda one: (one.heading_path, one.kind, one.lead_in)
    ):
        points = list(group)
        below = bool(found) and found[-1].heading_path == path and found[-1].kind == "paragraph"
        bare = below and kind == "bullet" and len(points) > 1 and all(one.stance == "neutral" for one in points)
        folded = [fold(one.text) for one in points] if bare else []
        drawbacks = sum(bool(_DRAWBACK.search(text)) for text in folded)
        if below and kind == "bullet" and found[-1].stance == points[0].stance in ("pro", "con"):
            # What stands between the announcement and its list opens the list.
            opening = len(found) < 2 or found[-2].heading_path != path
            found[-1] = replace(found[-1], stance="neutral") if opening else found[-1]
        if bare and drawbacks >= _MOST_POINTS * len(points) and not any(_GAIN.search(text) for text in folded):
            points = [replace(one, stance="con") for one in points]
        found += points
    return found
