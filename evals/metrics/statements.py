"""The statements of an answer, each with the numbers that it cites."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace

from ingest.lexicon import content_stems

__all__ = ["Statement", "plain_text", "statements"]

# "[1]", or "[1, 2]" as language models write it. Brackets of the documents' own words are escaped and do not match.
_MARKER = r"\[\d+(?:\s*,\s*\d+)*\]"
_MARKERS = re.compile(rf"((?:\s*{_MARKER}(?:\s*,)?)+)")
_NUMBER = re.compile(r"\d+")
# A cell divider; "\|" is a character of the text.
_CELL = re.compile(r"(?<!\\)\|")
# What Markdown shows as something else. Within a word "_" is a letter; "#" and ">" are marks only before a blank.
_MARKUP = re.compile(r"\\([!-/:-@\[-`{-~])|[*`]|(?<!\w)_+|_+(?!\w)|^\s*(?:#+|>)(?=\s)", re.MULTILINE)
# Labels in bold or italics at the start of a bullet name the option, the fact or the claim.
_LABEL = re.compile(r"^\s*(?:[-*]\s+)?(\*\*[^*]+\*\*|\*[^*]+\*):?\s*")
_BULLET = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
# Lines that state nothing: blank ones, a table's rule, headings.
_RULE = re.compile(r"^[\s|:-]*$|^\s{0,3}#{1,6}\s")
_NOTE = re.compile(r"\*[^*]+\*|_[^_]+_")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
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
    """An answer as the regular expressions of cases read it: as it is shown, without markers and emphasis, white space
    folded."""
    return re.sub(r"\s+", " ", _shown(re.sub(_MARKER, " ", markdown))).strip()


def statements(markdown: str, kind: str) -> list[Statement]:
    """What an answer states.

    A statement is what stands before a group of numbers, back to the last group, the last cell or the start of the
    line; a scrap between two groups that states nothing ("and") joins them. In answers that only tell what the
    documents say, a sentence without a number is one too, unless it leads in (ends with a colon), asks, or is a note in
    italics. In other answers only the last sentence before the numbers is taken: those before it tell the decision,
    which no document holds.

    Args:
        markdown: The answer.
        kind: Its kind, as in `bot.types.Kind`.
    """
    found: list[Statement] = []
    for line in markdown.split("\n"):
        if _RULE.match(line):
            continue
        for cell in _CELL.split(line) if line.lstrip().startswith("|") else [line]:
            found += _of_cell(cell, kind in _FROM_DOCUMENTS)
    return found


def _of_cell(cell: str, from_documents: bool) -> list[Statement]:
    pieces = _MARKERS.split(cell)
    found: list[Statement] = []
    for text, markers in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        numbers = tuple(int(number) for number in _NUMBER.findall(markers))
        if numbers:
            own = _LABEL.sub("", text)
            own = own if _words(own) else text
            said = _words(own if from_documents else _SENTENCE_END.split(own.strip())[-1])
            if content_stems(said):
                found.append(Statement(said, numbers))
            elif found:
                found[-1] = replace(found[-1], numbers=(*found[-1].numbers, *numbers))
        elif from_documents:
            found += [Statement(said, ()) for said in _uncited(text)]
    return found


def _uncited(text: str) -> list[str]:
    bare = _BULLET.sub("", text.strip())
    if _NOTE.fullmatch(bare):
        return []
    found = []
    for sentence in _SENTENCE_END.split(_LABEL.sub("", bare)):
        said = _words(sentence)
        if len(said.split()) >= MIN_UNCITED_WORDS and not sentence.rstrip(" *").endswith((":", "?")):
            found.append(said)
    return found


def _words(text: str) -> str:
    return _shown(_BULLET.sub("", text)).strip(" .;,:–")


def _shown(markdown: str) -> str:
    """Markdown as it is shown."""
    return html.unescape(_MARKUP.sub(lambda found: found[1] or "", markdown))
