"""A text without markup as its blocks: bullets, and lines that are headings or paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Line", "is_marked_up", "read_lines"]

_MARKUP = re.compile(r"^(?: {0,3}#{1,6}[ \t]+\S|\|.*\|\s*$|```)", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[•●▪◦‣∙·*+–-]|[✓✔☑✅✗✘❌➤➔➜▶►→]\ufe0f?)\s+(?=\S)")
_NUMBERED = re.compile(r"^\s*(\d{1,2})([.)])\s+(?=\S)")
_BOLD = re.compile(r"(?P<mark>\*\*|__)(?P<words>(?:(?!\*\*|__).)+)(?P=mark):?")
# Signs that decorate the beginning of a line in posts and say nothing.
_DECORATION = re.compile(r"^[\u2190-\u21ff\u2300-\u27bf\u2900-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]+\s*")
# Lines of up to this many characters are as wide as a page; longer ones are whole paragraphs.
_PAGE_WIDTH = 110
# So many of a text's lines have to be that short before it counts as broken by hand.
_SHARE = 0.98


@dataclass(frozen=True, slots=True)
class Line:
    """One block of a text without markup.

    Attributes:
        text: Its words, without a bullet's mark.
        kind: "bullet" where it had a mark; "line" else.
        number: "1." or "1)" before it; "" else.
        gap: Whether a blank line stands before it.
        strong: Whether it is bold throughout.
    """

    text: str
    kind: Literal["bullet", "line"]
    number: str = ""
    gap: bool = False
    strong: bool = False

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())


def is_marked_up(text: str) -> bool:
    """Whether a text says by Markdown what its headings are."""
    return bool(_MARKUP.search(text))


def read_lines(text: str) -> list[Line]:
    """The blocks of a text without markup, lines that were broken by hand joined again."""
    rows = text.split("\n")
    filled = [len(row) for row in rows if row.strip()]
    broken = bool(filled) and sum(length <= _PAGE_WIDTH for length in filled) >= _SHARE * len(filled)
    found: list[Line] = []
    gap = True
    for row in rows:
        stripped = row.strip()
        if not stripped:
            gap = True
            continue
        read = _read(stripped, gap)
        goes_on = broken and not gap and found and read.kind == "line" and not read.number and not read.strong
        if goes_on and not found[-1].strong and _goes_on(found[-1], read):
            last = found[-1]
            found[-1] = Line(f"{last.text} {read.text}", last.kind, last.number, last.gap)
        elif read.text:
            found.append(read)
        gap = False
    return found


def _read(stripped: str, gap: bool) -> Line:
    if bold := _BOLD.fullmatch(stripped):
        return replace(_read(bold["words"].strip(), gap), strong=True)
    if mark := _BULLET.match(stripped):
        return Line(_DECORATION.sub("", stripped[mark.end() :]).strip(), "bullet", gap=gap)
    if mark := _NUMBERED.match(stripped):
        return Line(stripped[mark.end() :].strip(), "line", mark[1] + mark[2], gap)
    return Line(_DECORATION.sub("", stripped).strip(), "line", gap=gap)


def _goes_on(last: Line, line: Line) -> bool:
    """Whether a line that was broken by hand goes on from the one before: that one was full, or it breaks off."""
    return len(last.text) > _PAGE_WIDTH // 2 or line.text[:1].islower() or last.text.endswith((",", "-"))
