"""A Markdown answer as the sections of Slack messages, each under Slack's limit for one block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.surfaces.slack.mrkdwn import Line, in_code, in_parts, plain, split_line, styled
from ingest.rich_text import Run, read_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.rich_text import Block

__all__ = ["MAX_SECTION", "Section", "mrkdwn_object", "sections_of"]

MAX_SECTION = 3000
"""Longest text of a section block, in characters."""
MAX_TABLE = 60
"""Widest table that is set in columns, in characters: about what a window of usual width shows of a code block."""

_BULLETS = ("•", "◦", "▪")
# Plain spaces at the beginning of a line may be lost.
_INDENT = "\u00a0\u00a0\u00a0\u00a0"
_FENCE = "```"
# Room for indentation and marks before a line.
_LEAD = 60
MAX_DEPTH = 6
# Claims in the cell of a comparison end with their marker and a semicolon.
_BETWEEN_CLAIMS = re.compile(r"(?<=\]);\s+")


@dataclass(frozen=True, slots=True)
class Section:
    """One block of an answer.

    Attributes:
        text: mrkdwn of at most `MAX_SECTION` characters; "" for a line across.
        bare: The same without any style, for notifications and screen readers; no longer than `MAX_SECTION` either.
    """

    text: str
    bare: str

    def block(self) -> dict[str, Any]:
        """As a Block Kit block, shown whole."""
        if not self.text:
            return {"type": "divider"}
        return {"type": "section", "expand": True, "text": mrkdwn_object(self.text)}


def mrkdwn_object(text: str) -> dict[str, Any]:
    """A text object in which Slack is not to look for names and addresses of its own accord."""
    return {"type": "mrkdwn", "verbatim": True, "text": text}


def sections_of(markdown: str, limit: int = MAX_SECTION) -> list[Section]:
    """The sections that show a Markdown text, in order; borders lie between paragraphs and items where possible."""
    found: list[Section] = []
    for group in _groups(read_markdown(markdown)):
        if group[0].kind == "rule":
            found.append(Section("", ""))
        elif group[0].kind == "code":
            found += _code_sections(group[0].runs[0].text if group[0].runs else "", limit)
        elif group[0].kind == "table":
            found += _table_sections(group[0].rows, limit)
        else:
            found += _packed([line for block in group for line in _lines(block, limit)], limit)
    return found


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Blocks that belong in one section: a list with what leads in to it, a heading with what follows."""
    group: list[Block] = []
    for block in blocks:
        joins = bool(group) and (
            (block.kind == "item" and group[-1].kind in ("paragraph", "heading", "item"))
            or (block.kind == "paragraph" and (group[-1].kind == "heading" or block.quoted))
        )
        if group and not (joins and group[-1].kind not in ("code", "rule", "table")):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _lines(block: Block, limit: int) -> Iterator[Line]:
    runs = [Run(r.text, bold=True, code=r.code, link=r.link) for r in block.runs] if block.kind == "heading" else None
    yield from _led(runs or block.runs, limit, *_leads(block))


def _leads(block: Block) -> tuple[str, str]:
    """What stands before the first line of a block, and before the others."""
    quoted = "> " if block.quoted else ""
    if block.kind != "item":
        return quoted, quoted
    depth = min(max(block.depth, 1), MAX_DEPTH)
    mark = _BULLETS[min(depth, len(_BULLETS)) - 1] if block.mark == "-" else block.mark
    indent = _INDENT * (depth - 1)
    return quoted + indent + (f"{mark} " if mark else _INDENT), quoted + indent + _INDENT


def _led(runs: Sequence[Run], limit: int, first: str, other: str) -> Iterator[Line]:
    lead = first
    for part in split_line(runs, limit - _LEAD):
        line = styled(part)
        if line.text:
            yield Line(lead + line.text.replace("\n", "\n" + other[:2].strip("\u00a0")), _unquoted(lead) + line.bare)
            lead = other


def _unquoted(lead: str) -> str:
    return lead.removeprefix("> ").replace("\u00a0", " ")


def _packed(lines: Sequence[Line], limit: int) -> Iterator[Section]:
    """As few sections as hold the lines."""
    return map(_section, in_parts(lines, lambda line: max(len(line.text), len(line.bare)) + 1, limit))


def _section(lines: Sequence[Line]) -> Section:
    return Section("\n".join(line.text for line in lines), "\n".join(line.bare for line in lines))


def _code_sections(text: str, limit: int) -> Iterator[Section]:
    longest = limit // 8
    lines = [line[at : at + longest] for line in text.split("\n") for at in range(0, max(len(line), 1), longest)]
    shown = [Line(in_code(line), plain(line)) for line in lines]
    if any(line.bare for line in shown):
        for section in _packed(shown, limit - 2 * len(_FENCE) - 2):
            yield Section(f"{_FENCE}\n{section.text}\n{_FENCE}", section.bare)


def _table_sections(rows: Sequence[Sequence[Sequence[Run]]], limit: int) -> Iterator[Section]:
    texts = [["".join(run.text for run in cell).strip() for cell in row] for row in rows]
    widths = [max((len(row[at]) for row in texts if at < len(row)), default=0) for at in range(len(texts[0]))]
    if sum(widths) + 2 * (len(widths) - 1) <= MAX_TABLE:
        rule = "  ".join("─" * width for width in widths)
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in texts]
        yield from _code_sections("\n".join(line.rstrip() for line in [lines[0], rule, *lines[1:]]), limit)
        return
    header, *body = rows
    for row in body:
        lines_of_row = list(_led([_strong(run) for run in row[0]], limit, "", "")) if row else []
        for name, cell in zip(header[1:], row[1:], strict=False):
            lines_of_row += _cell_lines(name, cell, limit)
        yield from _packed(lines_of_row, limit)


def _cell_lines(name: Sequence[Run], cell: Sequence[Run], limit: int) -> Iterator[Line]:
    """A cell as an item under its column's name; one of several claims as a list of them."""
    bullet, below = f"{_BULLETS[0]} ", f"{_INDENT}{_BULLETS[1]} "
    column = [_strong(run) for run in name] if any(run.text.strip() for run in name) else []
    claims = _claims(cell)
    if len(claims) < 2:
        yield from _led([*column, *([Run(": ")] if column else []), *cell], limit, bullet, _INDENT)
        return
    yield from _led(column, limit, bullet, _INDENT)
    for claim in claims:
        yield from _led(claim, limit, below, _INDENT * 2)


def _claims(cell: Sequence[Run]) -> list[list[Run]]:
    found: list[list[Run]] = [[]]
    for run in cell:
        for number, part in enumerate([run.text] if run.code else _BETWEEN_CLAIMS.split(run.text)):
            if number:
                found.append([])
            found[-1].append(Run(part, run.bold, run.italic, run.struck, run.code, run.link))
    return [claim for claim in found if "".join(run.text for run in claim).strip()]


def _strong(run: Run) -> Run:
    return Run(run.text, bold=True, code=run.code, link=run.link)
