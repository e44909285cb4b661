"""Lines of a page to blocks of Markdown: headings by type, paragraphs over line ends, bullets, tables.

Knows lines with their type and place, and nothing of PDF.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from ingest.reading.markup import escaped
from ingest.reading.order import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Line", "blocks_of", "without_margins"]

# Running heads and page numbers stand in this part of a page's height, at its top and its bottom.
_MARGIN = 0.1
# A line that stands there on this part of the pages, numbers aside, belongs to the page and not to the text.
_REPEATED = 0.3
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.?|s\.?)?\s*[-–—|]?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von|\|)\s*\d{1,4})?\s*[-–—|]?", re.I
)
# Type so much larger than the text's is a heading's.
_LARGER = 1.12
_MOST_LEVELS = 5
_LONGEST_HEADING = 180
_LONGEST_BOLD = 110
# Lines further apart than this part more than usual have a paragraph's end between them.
_FURTHER = 1.3
# A first line is set in, or a list hangs, by this part of the type size at least.
_INDENT = 0.7
# A line that ends before this part of its column and with a full stop ends its paragraph.
_SHORT = 0.82
_BULLET = re.compile(r"(?:[•●▪◦‣∙·■□➢➤►▶✓✔❖\uf0b7\uf0a7\uf0d8\uf076o–—*-]|\(cid:\d+\))\s+(?=\S)")
_GLUED_BULLET = re.compile(r"[•●▪◦‣∙■□➢➤►▶✓✔❖\uf0b7\uf0a7](?=\w)")
_NUMBERED = re.compile(r"\(?(?:\d{1,2}|[a-z])[.)]\s+(?=\S)")
_GLYPH = re.compile(r"\(cid:\d+\)")
_HYPHEN = re.compile(r"[^\W\d_][-\u2010\u00ad]$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands on a page.

    Attributes:
        text: Its words; of a table the whole table as Markdown.
        box: Where it is, in points from the page's upper left corner.
        size: Type size of most of it, in points.
        bold: Whether all of it is bold.
        page: Its page, from 1.
        height: The page's height in points.
        table: Whether it is a table.
    """

    text: str
    box: Box
    size: float
    bold: bool
    page: int
    height: float
    table: bool = False

    def joined(self, others: Sequence[Line]) -> Line:
        """This line with those that stand right of it."""
        every = [self, *others]
        main = max(every, key=lambda one: len(one.text))
        box = Box(self.box.left, min(o.box.top for o in every), max(o.box.right for o in every), main.box.bottom)
        bold = all(one.bold for one in every if len(one.text) > 2)
        return replace(main, text=" ".join(one.text for one in every), box=box, bold=bold)


def without_margins(pages: Sequence[Sequence[Sequence[Line]]]) -> list[list[Line]]:
    """The columns of all pages without what stands on the pages' margins again and again.

    Args:
        pages: Of each page its columns, of each its lines.
    """
    marginal: Counter[tuple[str, float]] = Counter()
    for page in pages:
        marginal.update({_key(line) for column in page for line in column if _on_margin(line)})
    least = max(2, _REPEATED * len(pages))

    def stays(line: Line) -> bool:
        return not _on_margin(line) or not (marginal[_key(line)] >= least or _PAGE_NUMBER.fullmatch(line.text.strip()))

    columns = [[line for line in column if stays(line)] for page in pages for column in page]
    return [column for column in columns if column]


def _on_margin(line: Line) -> bool:
    inside = _MARGIN * line.height
    return not line.table and (line.box.bottom < inside or line.box.top > line.height - inside)


def _key(line: Line) -> tuple[str, float]:
    return re.sub(r"\d+", "#", line.text.strip().lower()), line.size


def blocks_of(columns: Sequence[Sequence[Line]]) -> list[str]:
    """The text as blocks of Markdown in reading order."""
    lines = [line for column in columns for line in column if not line.table]
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0] if letters else 0.0
    sizes = sorted({line.size for line in lines if line.size > _LARGER * body and len(line.text) > 1}, reverse=True)
    levels = {size: min(rank, _MOST_LEVELS) for rank, size in enumerate(sizes, 1)}
    compounds = {word.lower() for line in lines for word in re.findall(r"[^\W\d_]+-[^\W\d_]+", line.text)}
    maker = _Maker(body, levels, _leading(columns), compounds)
    for column in columns:
        maker.read(column)
    return maker.end()


def _leading(columns: Iterable[Sequence[Line]]) -> float:
    """How far lines of running text are apart, in parts of their type size."""
    steps = [
        (below.box.top - above.box.top) / below.size
        for column in columns
        for above, below in pairwise(column)
        if not (above.table or below.table) and above.size == below.size > 0
    ]
    return median([step for step in steps if 0.8 < step < 2.5] or [1.2])


class _Maker:
    """Puts lines together."""

    def __init__(self, body: float, levels: dict[float, int], leading: float, compounds: set[str]) -> None:
        self._body = body
        self._levels = levels
        self._leading = leading
        self._compounds = compounds
        self._blocks: list[str] = []
        self._kind = ""
        self._open: list[Line] = []

    def read(self, column: Sequence[Line]) -> None:
        left = min(line.box.left for line in column)
        right = max(line.box.right for line in column)
        for place, line in enumerate(column):
            below = column[place + 1] if place + 1 < len(column) else None
            kind = "table" if line.table else self._kind_of(line, below)
            if not self._goes_on(line, kind, left, right, first=place == 0):
                self._close()
                self._kind = kind
            self._open.append(line)
        self._right = right

    def end(self) -> list[str]:
        self._close()
        return self._blocks

    def _kind_of(self, line: Line, below: Line | None) -> str:
        level = self._levels.get(line.size, 0)
        if level and len(line.text) <= _LONGEST_HEADING:
            return f"h{level}"
        if _BULLET.match(line.text) or _GLUED_BULLET.match(line.text):
            return "bullet"
        if line.bold and line.size >= 0.95 * self._body and self._stands_alone(line, below):
            return f"h{min(len(self._levels), _MOST_LEVELS) + 1}"
        return "numbered" if _NUMBERED.match(line.text) else "text"

    @staticmethod
    def _stands_alone(line: Line, below: Line | None) -> bool:
        """A bold line is a heading when it is short and ends as none of a sentence does."""
        ends = re.search(r"[.;,!]$", line.text.strip()) is not None
        return not ends and 1 < len(line.text) <= _LONGEST_BOLD and bool(re.search(r"[^\W\d_]{2}", line.text))

    def _goes_on(self, line: Line, kind: str, left: float, right: float, *, first: bool) -> bool:
        """Whether a line goes on with what the lines before it began."""
        if not self._open or kind in ("bullet", "table") or self._kind == "table":
            return False
        last = self._open[-1]
        if first or line.page != last.page:
            # The next column or page: a sentence may run on.
            unfinished = not re.search(r"[.!?:;)”\"]$", last.text.strip())
            same = kind == "text" and self._kind in ("text", "bullet", "numbered")
            return same and unfinished and bool(re.match(r"[a-zß-ÿ(]", line.text)) and line.size == last.size
        step = line.box.top - last.box.top
        near = 0 <= step <= _FURTHER * self._leading * max(line.size, last.size)
        if kind.startswith("h") or self._kind.startswith("h"):
            return kind == self._kind and near
        if not near or kind == "numbered":
            return False
        indent = _INDENT * line.size
        start = self._open[0].box.left
        if self._kind in ("bullet", "numbered"):
            full = last.box.right > left + _SHORT * (right - left) and bool(re.match(r"[a-zß-ÿ(]", line.text))
            return line.box.left > start + 0.3 * indent or full
        if abs(line.size - last.size) > 0.6:
            return False
        set_in = line.box.left > last.box.left + indent and line.box.left > left + indent
        ended = last.box.right < left + _SHORT * (right - left) and bool(re.search(r"[.!?:]$", last.text.strip()))
        return not set_in and not ended

    def _close(self) -> None:
        lines, self._open = self._open, []
        if not lines:
            return
        if self._kind == "table":
            self._blocks.append(lines[0].text)
            return
        text = lines[0].text
        for line in lines[1:]:
            text = self._run_on(text, line.text)
        if self._kind == "bullet":
            text = _BULLET.sub("", _GLUED_BULLET.sub("", text, count=1), count=1)
        elif self._kind == "numbered":
            text = _NUMBERED.sub("", text, count=1)
        text = re.sub(r"\s+", " ", _GLYPH.sub("", text)).strip()
        if not text:
            return
        mark = {"bullet": "- ", "numbered": "- ", "text": ""}.get(self._kind)
        if mark is None:
            mark = "#" * int(self._kind[1:]) + " "
        self._blocks.append(mark + escaped(text))

    def _run_on(self, text: str, more: str) -> str:
        """Two lines of one text as one; a word parted at the line's end is put together."""
        if _HYPHEN.search(text) and re.match(r"[a-zß-ÿ]", more):
            head = re.search(r"([^\W\d_]+)[-\u2010\u00ad]$", text)
            tail = re.match(r"[^\W\d_]+", more)
            compound = f"{head[1]}-{tail[0]}".lower() if head and tail else ""
            return (text if compound in self._compounds else text[:-1]) + more
        return f"{text} {more}"
