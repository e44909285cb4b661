"""Marked-up trees to Markdown: headings, lists, tables, paragraphs. Knows HTML's elements and those of trafilatura.

Takes the tree as it is given: what of a page is its main content is decided in `ingest.reading.page`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.etree import _Element as Element

__all__ = ["escaped", "markdown_of", "table_of", "tag_of", "words_of"]

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "details",
        "dd",
        "div",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "main",
        "nav",
        "p",
        "quote",
        "section",
        "summary",
        "ab",
    ]
)
_LEFT_OUT = frozenset(
    [
        "audio",
        "button",
        "canvas",
        "embed",
        "graphic",
        "iframe",
        "img",
        "input",
        "link",
        "map",
        "meta",
        "noscript",
        "object",
        "option",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "video",
        "math",
    ]
)
_LISTS = frozenset({"ul", "ol", "list", "menu", "dir", "dl"})
_ITEMS = frozenset({"li", "item", "dd", "dt"})
_ROWS = frozenset({"tr", "row"})
_CELLS = frozenset({"td", "th", "cell"})
_SPECIAL = re.compile(r"([\\`*_\[\]<>|&~])")
# What would begin a heading, a list, a fence or a ruled line where it stands first.
_OPENING = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|[-+=](?=\s|$|[-=])|\d{1,9}(?=[.)]\s))", re.MULTILINE)
# A paragraph in bold type throughout may be a heading; this long it is none.
_BOLD_HEADING = 120
# Deeper nesting than people write is flattened, not followed.
_DEEPEST = 200


def escaped(words: str) -> str:
    """Text as Markdown that reads as exactly this text."""
    words = _SPECIAL.sub(r"\\\1", words)
    return _OPENING.sub(lambda m: m[1] + (f"{m[2]}\\" if m[2].isdigit() else f"\\{m[2]}"), words)


def tag_of(element: Element) -> str:
    """The element's name in lower case without its namespace; "" for comments and the like."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def words_of(element: Element) -> str:
    """All text in an element that people would see, spaces tidied."""
    return re.sub(r"\s+", " ", "".join(_texts(element, 0))).strip()


def _texts(element: Element, depth: int) -> Iterator[str]:
    tag = tag_of(element)
    if not tag or tag in _LEFT_OUT or depth > _DEEPEST:
        return
    # The end of a block is the end of a word.
    edge = " " if tag in _BLOCKS | _LISTS | _ITEMS | _CELLS | _ROWS | {"br", "lb"} else ""
    yield edge + (element.text or "")
    for child in element:
        yield from _texts(child, depth + 1)
        yield child.tail or ""
    yield edge


def markdown_of(root: Element) -> str:
    """The tree's text as Markdown."""
    writer = _Writer()
    writer.write(root, 0)
    writer.end_block()
    return "\n\n".join(writer.blocks) + "\n"


class _Writer:
    """Collects blocks while it walks a tree."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._line: list[str] = []
        self._bold = 0
        self._plain_seen = False
        self._indent = 0
        self._bullet = ""
        self._term = ""

    def write(self, element: Element, depth: int) -> None:
        tag = tag_of(element)
        level = _level(element, tag)
        if not tag or tag in _LEFT_OUT or depth > _DEEPEST or _is_hidden(element):
            return
        if level:
            self.end_block()
            if words := words_of(element):
                self.blocks.append(f"{'#' * level} {escaped(words)}")
        elif tag in ("br", "lb"):
            self._line.append("\n")
        elif tag in ("pre", "code") and (tag == "pre" or "\n" in "".join(element.itertext()).strip()):
            self.end_block()
            self._fence("".join(element.itertext()))
        elif tag == "table" and (rows := _rows(element)):
            self.end_block()
            self.blocks.append(table_of(rows))
        elif tag in _LISTS:
            self._list(element, depth)
        elif tag in _BLOCKS or tag in _ITEMS or tag in _ROWS | _CELLS | {"table", "tbody", "thead", "caption"}:
            self.end_block()
            self._inside(element, depth)
            self.end_block()
        else:
            bold = tag in ("b", "strong") or (tag == "hi" and element.get("rend") == "#b")
            self._bold += bold
            self._inside(element, depth)
            self._bold -= bold

    def _inside(self, element: Element, depth: int) -> None:
        self._text(element.text)
        for child in element:
            self.write(child, depth + 1)
            self._text(child.tail)

    def _text(self, words: str | None) -> None:
        if words:
            self._line.append(re.sub(r"\s+", " ", words))
            self._plain_seen |= bool(words.strip()) and not self._bold

    def _list(self, element: Element, depth: int) -> None:
        self.end_block()
        for child in element:
            tag, rend = tag_of(child), child.get("rend") or ""
            if tag == "dt" or rend.startswith("dt"):
                self._flush_term()
                self._term = words_of(child)
            elif tag in _ITEMS or tag in _LISTS:
                self._item(child, depth)
            else:
                self.write(child, depth + 1)
        self._flush_term()

    def _item(self, element: Element, depth: int) -> None:
        self.end_block()
        if tag_of(element) in _LISTS:  # a list straight in a list, as some editors write it
            self.write(element, depth + 1)
            return
        self._bullet = "- "
        if self._term:
            self._text(self._term + ": ")
            self._term = ""
        self._indent += 2
        self._inside(element, depth + 1)
        self.end_block()
        self._indent -= 2
        self._bullet = ""

    def _flush_term(self) -> None:
        if self._term:
            self.blocks.append("- " + escaped(self._term))
            self._term = ""

    def _fence(self, text: str) -> None:
        lines = [line.rstrip() for line in text.strip("\n").splitlines()]
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        if any(lines):
            self.blocks.append("\n".join([fence, *lines, fence]))

    def end_block(self) -> None:
        """What was collected of a line of text becomes a paragraph or, first in an item, its bullet."""
        text, self._line = "".join(self._line), []
        bold, self._plain_seen = not self._plain_seen, False
        # Two breaks in a row are how some pages part their paragraphs.
        for part in re.split(r" *\n(?: *\n)+ *", text):
            words = re.sub(r"[ \t]+", " ", part).strip()
            if not words:
                continue
            words = escaped(words)
            if bold and not self._indent and len(words) <= _BOLD_HEADING and "\n" not in words:
                words = f"**{words}**"
            # Nested items are items of one list: the canonical form has no other.
            pad = "  " if self._indent else ""
            self.blocks.append((self._bullet or pad) + words.replace("\n", "\n" + pad))
            self._bullet = ""


def _level(element: Element, tag: str) -> int:
    """The heading's level, or 0."""
    name = str(element.get("rend") or "h2") if tag == "head" else tag
    return int(name[1]) if re.fullmatch("h[1-6]", name) else 0


def _is_hidden(element: Element) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style or "visibility:hidden" in style


def _rows(table: Element) -> list[list[str]]:
    """The cells of a table of data; none for one that only arranges a page."""
    rows = [
        [words_of_cell(cell) for cell in row if tag_of(cell) in _CELLS]
        for row in table.iter()
        if tag_of(row) in _ROWS and _owner(row) is table
    ]
    rows = [row for row in rows if any(row)]
    arranged = any(
        _level(inner, tag_of(inner)) or (tag_of(inner) == "table" and inner is not table) for inner in table.iter()
    )
    return rows if len(rows) > 1 and max(map(len, rows)) > 1 and not arranged else []


def _owner(row: Element) -> Element | None:
    return next((above for above in row.iterancestors() if tag_of(above) == "table"), None)


def words_of_cell(cell: Element) -> str:
    """A cell's text in one line; the items of a list in it end in semicolons."""
    items = [words_of(item) for item in cell.iter() if tag_of(item) in ("li", "item")]
    return "; ".join(items) if len(items) > 1 and sum(map(len, items)) > 0.8 * len(words_of(cell)) else words_of(cell)


def table_of(rows: Sequence[Sequence[str]]) -> str:
    """A table as Markdown, from the words of its cells; its first row is its head, short rows are filled up."""
    width = max(map(len, rows))
    lines = ["| " + " | ".join(escaped(cell) for cell in [*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
