"""Markdown and plain text to canonical blocks: one heading, bullet, paragraph or table row a line.

Owns markdown-it-py. The canonical text is what documents are stored as and what every offset counts in; it carries
the structure (`#`, `- `, `| `) and none of the inline markup, so a quote reads as a reader saw it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from ingest.errors import DocumentError
from ingest.yaml_file import YamlError, parse_yaml

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["canonical", "split_front_matter"]

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
# Bullets that word processors and web pages leave in plain text.
_TYPOGRAPHIC_BULLET = re.compile(r"^[ \t]*[•●▪◦‣∙·][ \t]+", re.MULTILINE)
# A paragraph whose text would read as structure is kept a paragraph by this mark, which a reader does not see.
_LOOKS_LIKE_STRUCTURE = re.compile(r"^(?:#{1,6} |- |\| )")
_PARAGRAPH_MARK = "\u2060"


def split_front_matter(text: str, name: str) -> tuple[dict[str, Any], str]:
    """Splits YAML front matter from the body.

    Args:
        text: The file's text with `\\n` line ends.
        name: The file's name, for messages.

    Returns:
        The front matter's mapping (empty when there is none) and the body.

    Raises:
        DocumentError: Front matter that is not a YAML mapping.
    """
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}, text
    try:
        fields = parse_yaml(match[1])
    except YamlError as error:
        line = f" (line {error.line + 1})" if error.line else ""
        raise DocumentError(
            f"{name}: front matter is not valid YAML{line}. Correct it between the `---` lines."
        ) from error
    if fields is None:
        fields = {}
    if not isinstance(fields, dict):
        # A page that merely opens with a ruled-off paragraph is no mapping and no mistake.
        return {}, text
    return fields, text[match.end() :]


def canonical(text: str) -> str:
    """The canonical form of Markdown or plain text; idempotent."""
    lines: list[str] = []
    previous = ""
    for kind, line in _blocks(text):
        if not line:
            continue
        # Blank lines are for people who open the stored text: between blocks, not between bullets or rows.
        if lines and not (kind == previous and kind in ("bullet", "row")):
            lines.append("")
        lines.append(line)
        previous = kind
    return "\n".join(lines) + ("\n" if lines else "")


def _blocks(text: str) -> list[tuple[str, str]]:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["code", "lheading", "reference"])
    found: list[tuple[str, str]] = []
    depth = 0
    item_open = False
    heading = 0
    row: list[str] | None = None
    for token in parser.parse(_TYPOGRAPHIC_BULLET.sub("- ", text)):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "list_item_open":
                item_open = True
            case "heading_open":
                heading = int(token.tag[1:])
            case "tr_open":
                row = []
            case "tr_close":
                found.append(("row", "| " + " | ".join(row or []) + " |"))
                row = None
            case "fence":
                found.extend(("paragraph", _as_paragraph(line.strip())) for line in token.content.splitlines())
            case "inline":
                words = _plain(token)
                if row is not None:
                    row.append(words.replace("|", "/"))
                elif heading:
                    found.append(("heading", "#" * heading + " " + words if words else ""))
                    heading = 0
                elif depth and item_open:
                    found.append(("bullet", "- " + words if words else ""))
                    item_open = False
                else:
                    found.append(("paragraph", _as_paragraph(words)))
            case _:
                pass
    return found


def _as_paragraph(words: str) -> str:
    return _PARAGRAPH_MARK + words if _LOOKS_LIKE_STRUCTURE.match(words) else words


def _plain(inline: Token) -> str:
    parts = []
    for child in inline.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return re.sub(r"\s+", " ", "".join(parts)).strip()
