"""Cuts what a language model writes into sentences while it writes, with the passage numbers that each one cites.

What comes out is plain text: markup, links and HTML are taken out here, before anything is verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.lexicon import sentence_spans

__all__ = ["Sentence", "SentenceCutter", "plain"]

# "[2]", "[1, 3]", "【2】": the ways in which models write the number of a passage.
_NUMBERS = r"[\[【]\s*\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\s*[\]】]"
_MARKER = re.compile(_NUMBERS)
# A number behind the full stop belongs to the sentence before it.
_BEHIND = re.compile(rf"([.!?…]+[\"')”’]*)\s*((?:{_NUMBERS}\s*)+)")
_MAY_BE_MARKER = re.compile(rf"\s*(?:{_NUMBERS}\s*)*(?:[\[【][\d,;–\s-]*)?")
_CUT_OFF = re.compile(r"\s*[\[【][^\]】]*$")
_LINE_START = re.compile(r"[ \t]*(?:>[ \t]*)*(?:([-*•+]|\d{1,2}[.)])[ \t]+|#{1,6}[ \t]+)?")
_ENDED = re.compile(rf"(?:[.!?…][\"')\]”’*_`]*|{_NUMBERS}[*_`]*)\s*$")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)?")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)?")
_NUMBER_LINK = re.compile(rf"({_NUMBERS})\([^)]*\)?")
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z!][^>]*>")
_EMPHASIS = re.compile(r"\*+|_{2,}|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|`+|~~")
_TABLE_BORDER = re.compile(r"\s*\|\s*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as a model wrote it.

    Attributes:
        text: Its words, without markup and numbers.
        cited: The numbers it cites, in order, unchecked.
        line: Which line it stands in, from 0: sentences of one line belong together.
        bullet: Whether that line is an item of a list.
    """

    text: str
    cited: tuple[int, ...]
    line: int
    bullet: bool


class SentenceCutter:
    """Takes text in pieces and gives each sentence back once it is complete."""

    def __init__(self) -> None:
        self._buffer = ""
        self._line = 0
        self._bullet = False
        self._begun = False

    @property
    def pending(self) -> int:
        """Characters of the sentence that is not complete yet."""
        return len(self._buffer)

    def feed(self, piece: str) -> list[Sentence]:
        """The sentences that a further piece completes."""
        self._buffer += piece
        found: list[Sentence] = []
        while "\n" in self._buffer:
            line, _, rest = self._buffer.partition("\n")
            self._buffer = line
            found += self._complete(whole_line=True)
            self._buffer, self._line, self._begun = rest, self._line + 1, False
        return found + self._complete(whole_line=False)

    def end(self) -> list[Sentence]:
        """The last sentence, unless it was cut off in its midst."""
        if _ENDED.search(self._buffer):
            return self._complete(whole_line=True)
        # A character that begins a sentence lets the one before it go.
        self._buffer = _CUT_OFF.sub("", self._buffer) + " X"
        return self._complete(whole_line=False)

    def _complete(self, *, whole_line: bool) -> list[Sentence]:
        if not self._begun and (whole_line or self._buffer.strip(" \t>#-*•+0123456789.)")):
            start = _LINE_START.match(self._buffer)
            self._bullet = bool(start and start[1])
            self._buffer = self._buffer[start.end() :] if start else self._buffer
            self._begun = True
        text = _BEHIND.sub(lambda match: f" {match[2].strip()}{match[1]} ", self._buffer)
        spans = sentence_spans(text)
        if whole_line:
            self._buffer = ""
        elif len(spans) < 2 or _MAY_BE_MARKER.fullmatch(text[spans[-1][0] :]):
            # What follows may still be the number of the sentence before it.
            return []
        else:
            self._buffer = text[spans[-1][0] :]
            spans = spans[:-1]
        return [sentence for a, b in spans if (sentence := self._sentence(text[a:b])).text]

    def _sentence(self, written: str) -> Sentence:
        marked = _NUMBER_LINK.sub(r"\1", written)
        numbers = [int(n) for marker in _MARKER.findall(marked) for n in re.findall(r"\d+", marker)]
        return Sentence(plain(_MARKER.sub(" ", marked)), tuple(dict.fromkeys(numbers)), self._line, self._bullet)


def plain(text: str) -> str:
    """The words of a piece of Markdown or HTML: links by their text, images and tags not at all."""
    for pattern, instead in ((_TAG, " "), (_IMAGE, " "), (_LINK, r"\1"), (_EMPHASIS, ""), (_TABLE_BORDER, " ")):
        text = pattern.sub(instead, text)
    return re.sub(r"\s+([.,;:!?…])", r"\1", re.sub(r"\s+", " ", text)).strip()
