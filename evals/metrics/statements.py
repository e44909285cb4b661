"""The statements of an answer, each with the numbers that it cites."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.composing.draft import MARKER

__all__ = ["Statement", "plain_text", "statements"]

_MARKERS = re.compile(r"((?:\s*\[\d+\](?:\s*,)?)+)")
# A cell divider; "\|" is a character of the text.
_CELL = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([^\w\s])")
# Labels in bold or italics at the start of a bullet name the option, the fact or the claim.
_LABEL = re.compile(r"^\s*(?:[-*]\s+)?(\*\*[^*]+\*\*|\*[^*]+\*):?\s*")
_BULLET = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
_RULE = re.compile(r"^[\s|:-]*$")
_EMPHASIS = re.compile(r"\*+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# Scraps between two numbers ("and", "; then") state nothing.
MIN_WORDS = 3
# A sentence without a number is looked at from so many words on: shorter ones are headings and labels.
MIN_UNCITED_WORDS = 5
# Kinds of answer that consist of nothing but what the documents say. Recommendations also tell the rubric's arithmetic
# and the user's facts, clarifications ask, refusals say what is missing: there only what cites is a statement.
_FROM_DOCUMENTS = frozenset({"fact", "pros_cons", "comparison"})


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that an answer states.

    Attributes:
        text: The words, without labels, markers and emphasis.
        numbers: The numbers of the citations behind it; empty when it cites nothing.
    """

    text: str
    numbers: tuple[int, ...]


def plain_text(markdown: str) -> str:
    """An answer as the regular expressions of cases read it: no markers, no emphasis, white space folded."""
    text = re.sub(r"\[\d+(?:\s*,\s*\d+)*\]", " ", markdown)
    return re.sub(r"\s+", " ", re.sub(r"[*_`#>]", "", text))


def statements(markdown: str, kind: str) -> list[Statement]:
    """What an answer states.

    A statement is what stands before a group of numbers, back to the last group, the last cell or the start of the
    line. In answers that only tell what the documents say, a sentence without a number is one too, unless it leads in
    (ends with a colon), asks, or is a note in italics. In other answers only the last sentence before the numbers is
    taken: those before it tell the decision, which no document holds.

    Args:
        markdown: The answer.
        kind: Its kind, as in `bot.types.Kind`.
    """
    found: list[Statement] = []
    for line in markdown.split("\n"):
        if _RULE.match(line):
            continue
        for cell in _CELL.split(line) if line.startswith("|") else [line]:
            found += _of_cell(cell, kind in _FROM_DOCUMENTS)
    return found


def _of_cell(cell: str, from_documents: bool) -> list[Statement]:
    pieces = _MARKERS.split(cell)
    found = []
    for text, markers in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        numbers = tuple(int(number) for number in MARKER.findall(markers))
        if numbers:
            own = _LABEL.sub("", text) or text
            said = _words(own if from_documents else _SENTENCE_END.split(own.strip())[-1])
            if len(said.split()) >= MIN_WORDS:
                found.append(Statement(said, numbers))
        elif from_documents:
            found += [Statement(said, ()) for said in _uncited(text)]
    return found


def _uncited(text: str) -> list[str]:
    bare = _BULLET.sub("", text.strip())
    if re.fullmatch(r"\*[^*].*\*", bare):
        return []
    found = []
    for sentence in _SENTENCE_END.split(_LABEL.sub("", bare)):
        said = _words(sentence)
        if len(said.split()) >= MIN_UNCITED_WORDS and not sentence.rstrip(" *").endswith((":", "?")):
            found.append(said)
    return found


def _words(text: str) -> str:
    return _ESCAPED.sub(r"\1", _EMPHASIS.sub("", _BULLET.sub("", text))).strip(" .;,:–")
