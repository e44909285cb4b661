"""An answer in the making: Markdown in which every claim carries the number of the passage it rests on."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language.shortening import MAX_LABEL, capital, gist, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pack import Pack
    from ingest.types import Document, Passage, Source

__all__ = [
    "MARKER",
    "MAX_NAMED",
    "Draft",
    "attributed",
    "escape",
    "joined",
    "names_of",
    "short_name",
    "short_names",
    "spelt",
]

MARKER = re.compile(r"\[(\d+)\]")
"""The number of a passage in finished Markdown; brackets of the passages' own words are escaped and do not match."""
# Documents named one by one; more are counted.
MAX_NAMED = 6
_SPECIAL = re.compile(r"([\\`*_\[\]|]|~(?=~)|(?<=~)~|\$(?=\$)|(?<=\$)\$)")
# What no text shows but a terminal or a renderer obeys: controls and marks that turn the direction of writing.
_BLANKS, _BARE_AMPERSAND = re.compile(r"\s+"), re.compile(r"&amp;(?![#\w]+;)")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_AT_START = re.compile(r"^(\d*)([#+.)-])(?=\s)")
# A line of dashes is a rule, one of equals signs makes a heading of what stands above it.
_RULE = re.compile(r"^(?=(?:- ?){3,}$|=+$)")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Draft:
    """Collects blocks of Markdown and numbers the passages they cite, in order of first use."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._numbers: dict[str, int] = {}
        self.passages: list[Passage] = []

    def claim(self, passage: Passage) -> str:
        """The passage's words, safe in Markdown, with its marker; its name in bold, unless the rest says it again."""
        label, rest = named(passage)
        told = f"**{escape(label)}**: {escape(rest)}" if label else escape(capital(rest))
        return f"{told} {self.marker(passage)}"

    def label(self, passage: Passage) -> str:
        """The name that a claim opens with ("Siloing: ..."), or the whole claim when it has none, with its marker."""
        lead, colon, _ = passage.text.partition(": ")
        short = lead if colon and len(lead) <= MAX_LABEL else passage.text.rstrip(".")
        return f"{escape(short)} {self.marker(passage)}"

    def gist(self, passage: Passage) -> str:
        """A claim's name, unless its statement says it again, and its heart in one statement, with its marker."""
        label, _ = named(passage)
        return f"{escape(f'{label}: {gist(passage)}' if label else capital(gist(passage)))} {self.marker(passage)}"

    def marker(self, passage: Passage) -> str:
        """The passage's number in brackets."""
        return f"[{self.number(passage)}]"

    def number(self, passage: Passage) -> int:
        """The passage's number; it gets the next one when it is first asked for."""
        if passage.id not in self._numbers:
            self._numbers[passage.id] = len(self._numbers) + 1
            self.passages.append(passage)
        return self._numbers[passage.id]

    def renumbered(self, text: str, passages: Sequence[Passage]) -> str:
        """Finished Markdown whose numbers stand for `passages`, with this draft's numbers for them.

        Args:
            text: Markdown.
            passages: What its numbers refer to, in order from 1.
        """
        return MARKER.sub(lambda match: self.marker(passages[int(match[1]) - 1]), text)

    def paragraph(self, text: str) -> None:
        """Adds a paragraph of finished Markdown."""
        self._blocks.append(text)

    def bullets(self, passages: Sequence[Passage]) -> None:
        """Adds one bullet a claim."""
        self._blocks.append("\n".join(f"- {self.claim(passage)}" for passage in passages))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Adds a table of finished cells."""
        lines = [header, ["---"] * len(header), *rows]
        self._blocks.append("\n".join("| " + " | ".join(cells) + " |" for cells in lines))

    @property
    def markdown(self) -> str:
        """The whole answer."""
        return "\n\n".join(self._blocks)


# The same claims and names stand in many answers.
@lru_cache(maxsize=1024)
def escape(text: str) -> str:
    """Text that shows as itself in Markdown: no markup, no HTML, no table borders."""
    flat = _BLANKS.sub(" ", _UNSEEN.sub("", text)).strip()
    marked = _SPECIAL.sub(r"\\\1", flat).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A bare ampersand between words is no entity and reads better as it is.
    marked = _BARE_AMPERSAND.sub("&", marked)
    return _RULE.sub(r"\\", _AT_START.sub(r"\1\\\2", marked))  # "# x", "- x", "1. x", "---"


def short_name(source: Source) -> str:
    """How people call a source in passing: "Ordax 2024", or its title when nobody signed or dated it."""
    names = (source.author or "").split()
    if not (names and source.published):
        return source.title.rstrip("?!. ")
    return f"{names[-1]} {source.published[:4]}"


def short_names(sources: Sequence[Source]) -> list[str]:
    """How people call several sources; by their titles where one author wrote two of them in a year."""
    names = [short_name(source) for source in sources]
    alike = {name for name in names if names.count(name) > 1}
    return [source.title.rstrip("?!. ") if name in alike else name for source, name in zip(sources, names, strict=True)]


def attributed(documents: Sequence[Document]) -> str:
    """Whose words the claims are, in a few words: "our notes on Ordax 2024 and Nguyen 2023"."""
    shown = documents if len(documents) <= MAX_NAMED else documents[: MAX_NAMED - 1]
    names = list(zip(shown, map(escape, short_names([d.source for d in shown])), strict=True))
    notes = [name for d, name in names if d.source.text == "notes"]
    originals = [name for d, name in names if d.source.text == "original"]
    if len(shown) < len(documents):
        originals.append(f"{len(documents) - len(shown)} other documents")
    parts = ([f"our notes on {joined(notes)}"] if notes else []) + ([joined(originals)] if originals else [])
    return joined(parts)


def names_of(options: Sequence[str], pack: Pack) -> str:
    """What people read for some options, as a list in prose, safe in Markdown."""
    return joined([escape(pack.option(option).name) for option in options])


def joined(parts: Sequence[str], word: str = "and") -> str:
    """Parts as a list in prose: "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}" if parts else ""


def spelt(count: int) -> str:
    """A count as prose writes it: words up to twelve."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)
