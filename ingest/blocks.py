"""The blocks of a canonical text (see `ingest.reading.markdown`): what stands under which headings, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Block", "read_blocks"]

_HEADING = re.compile(r"(#{1,6}) (.*)")
_CELL = re.compile(r"(?<=\| )(?P<words>[^|]*?)(?= \|)")


@dataclass(frozen=True, slots=True)
class Block:
    """One block that is no heading.

    Attributes:
        path: Headings above it, the title first.
        kind: "bullet", "paragraph", "row" or "cell".
        start: Offset of its first character.
        end: Offset past its last.
        lead_in: The sentence that opens the list it stands in, or the head of its column; or "".
    """

    path: tuple[str, ...]
    kind: str
    start: int
    end: int
    lead_in: str = ""


def read_blocks(text: str, title: str, tells: Callable[[str], bool]) -> Iterator[Block]:
    """The blocks of a canonical text in reading order.

    Args:
        text: The text.
        title: Opens every path where the text has no title of its own.
        tells: Whether the head of a column says whom or what its cells are about. Of such a table each cell is a claim,
            under what its row is called; of others each row.
    """
    # A heading of the first level is the title where it is the only one and comes first; else all stand below it.
    first = _HEADING.match(text)
    titled = first is not None and first[1] == "#" and text.count("\n# ") == 0
    headings: list[tuple[int, str]] = [] if titled else [(0, title)]
    lead_in = ""
    heads: list[str] | None = None
    offset = 0
    for line in text.split("\n"):
        start, offset = offset, offset + len(line) + 1
        if not line.startswith("| "):
            heads = None
        if not line:
            continue
        path = tuple(title for _, title in headings)
        if heading := _HEADING.fullmatch(line):
            level = len(heading[1])
            headings = [(depth, title) for depth, title in headings if depth < level] + [(level, heading[2])]
            lead_in = ""
        elif line.startswith("- "):
            yield Block(path, "bullet", start + 2, start + len(line), lead_in)
        elif line.startswith("| "):
            begins = heads is None
            heads = _cells(line) if heads is None else heads
            if any(map(tells, heads[1:])):
                if not begins:
                    yield from _told(line, start, heads, path)
            else:
                yield Block(path, "row", start, start + len(line), lead_in)
        else:
            # A paragraph that ends in a colon or comma opens the list below it.
            lead_in = line if line.rstrip().endswith((":", ",")) else ""
            yield Block(path, "paragraph", start, start + len(line))


def _cells(line: str) -> list[str]:
    return [match["words"].strip() for match in _CELL.finditer(line)]


def _told(line: str, start: int, heads: list[str], path: tuple[str, ...]) -> Iterator[Block]:
    """The cells of a row under what the row is called."""
    found = list(_CELL.finditer(line))
    name = found[0]["words"].strip() if found else ""
    for head, cell in zip(heads[1:], found[1:], strict=False):
        if words := cell["words"].strip():
            begin = start + cell.start("words") + cell["words"].index(words)
            above = (*path, name) if name else path
            yield Block(above, "cell", begin, begin + len(words), head)
