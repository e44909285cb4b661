"""Markdown as blocks of styled text, for doors that show it in a markup of their own; and as HTML.

Owns markdown-it-py for answers, as `ingest.reading.markdown` does for documents: nothing of it is stored, and it
keeps the inline markup that stored text has lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Block", "BlockKind", "Run", "markdown_html", "read_markdown"]

BlockKind = Literal["paragraph", "heading", "item", "code", "rule", "table"]


_NUMBER = re.compile(r"(\[\d{1,4}\])")


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one style.

    Attributes:
        text: The words as a reader sees them; a lone line feed is a line break.
        bold: Strongly emphasised.
        italic: Emphasised.
        struck: Struck through.
        code: Set as code.
        link: Address that the words lead to.
    """

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One block, in reading order.

    Attributes:
        kind: What it is.
        runs: Its words; those of a table stand in `rows`.
        depth: Lists that an item stands in, from 1.
        mark: "-" or "3." before an item; "" where an item goes on after its first paragraph.
        quoted: Whether it stands in a block quote.
        rows: Cells of a table, the header first.
    """

    kind: BlockKind
    runs: tuple[Run, ...] = ()
    depth: int = 0
    mark: str = ""
    quoted: bool = False
    rows: tuple[tuple[tuple[Run, ...], ...], ...] = ()


def read_markdown(text: str) -> list[Block]:
    """The blocks of a Markdown text; HTML in it is text like any other."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return _Reader().read(parser.parse(text))


def markdown_html(
    text: str, address: Callable[[int], str] | None = None, anchor: Callable[[int], str] | None = None
) -> str:
    """A Markdown text as HTML that loads nothing and runs nothing.

    HTML in it is text like any other, an image is a link to it, and only web addresses are linked.

    Args:
        text: Markdown.
        address: Where a number in brackets leads to, as in "[3]"; without it, they are not linked. An escaped one is
            text.
        anchor: Id of an item of a numbered list, by its number.
    """
    # Unless they are joined, a bracket that was escaped can be told from one that was not.
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["image", "text_join"])
    parser.validateLink = _is_web  # type: ignore[method-assign, assignment]
    tokens = parser.parse(text)
    for token in tokens:
        if token.children is not None:
            token.children = list(_linked(token.children, address))
        if anchor and token.type == "list_item_open" and token.info:
            token.attrSet("id", anchor(int(token.info)))
    return str(parser.renderer.render(tokens, parser.options, {}))


def _is_web(address: str) -> bool:
    return address.lower().startswith(("https://", "http://"))


def _linked(tokens: Sequence[Token], address: Callable[[int], str] | None) -> Iterator[Token]:
    """Inline tokens with a link for each number in brackets that does not stand in one."""
    links = 0
    for token in tokens:
        links += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "link_open":
            token.attrSet("rel", "noreferrer")
        if token.type == "text_special":
            token.type = "text"
        elif token.type == "text" and address and not links:
            for part in _NUMBER.split(token.content):
                yield from _link(part, address(int(part[1:-1]))) if _NUMBER.fullmatch(part) else [_text(part)]
            continue
        yield token


def _link(words: str, address: str) -> list[Token]:
    return [Token("link_open", "a", 1, attrs={"href": address}), _text(words), Token("link_close", "a", -1)]


def _text(words: str) -> Token:
    return Token("text", "", 0, content=words)


class _Reader:
    """Follows the tokens; knows what they stand in."""

    def __init__(self) -> None:
        self._found: list[Block] = []
        self._lists: list[int | None] = []  # the next number, None for bullets
        self._mark = ""
        self._quotes = 0
        self._heading = False
        self._rows: list[tuple[tuple[Run, ...], ...]] = []
        self._row: list[tuple[Run, ...]] | None = None

    def read(self, tokens: Sequence[Token]) -> list[Block]:
        for token in tokens:
            self._follow(token)
        return self._found

    def _follow(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._mark = self._next_mark()
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "heading_open":
                self._heading = True
            case "heading_close":
                self._heading = False
            case "table_open":
                self._rows = []
            case "tr_open":
                self._row = []
            case "tr_close":
                self._rows.append(tuple(self._row or ()))
                self._row = None
            case "table_close":
                self._found.append(Block("table", quoted=self._quotes > 0, rows=tuple(self._rows)))
            case "fence" | "code_block":
                self._found.append(Block("code", (Run(token.content.rstrip("\n")),), quoted=self._quotes > 0))
            case "hr":
                self._found.append(Block("rule"))
            case "inline" if self._row is not None:
                self._row.append(_runs(token.children or ()))
            case "inline":
                self._add(_runs(token.children or ()))
            case _:
                pass

    def _next_mark(self) -> str:
        number = self._lists[-1]
        if number is None:
            return "-"
        self._lists[-1] = number + 1
        return f"{number}."

    def _add(self, runs: tuple[Run, ...]) -> None:
        kind: BlockKind = "heading" if self._heading else "item" if self._lists else "paragraph"
        self._found.append(Block(kind, runs, len(self._lists), self._mark, self._quotes > 0))
        self._mark = ""


def _runs(tokens: Sequence[Token]) -> tuple[Run, ...]:
    found: list[Run] = []
    counts = {"strong": 0, "em": 0, "s": 0}
    link: str | None = None
    for token in tokens:
        style = Run("", counts["strong"] > 0, counts["em"] > 0, counts["s"] > 0, link=link)
        name, _, edge = token.type.rpartition("_")
        if name in counts:
            counts[name] += 1 if edge == "open" else -1
        elif name == "link":
            link = str(token.attrs.get("href", "")) if edge == "open" else None
        elif token.type in ("text", "image"):
            found.append(replace(style, text=token.content))
        elif token.type == "code_inline":
            found.append(replace(style, text=token.content, code=True))
        elif token.type == "softbreak":
            found.append(replace(style, text=" "))
        elif token.type == "hardbreak":
            found.append(Run("\n"))
    return tuple(run for run in found if run.text)
