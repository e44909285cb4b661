"""The last look at a composed answer: each sentence against the passages that its numbers stand for.

The composer writes from passages, but it shortens and joins them; what it makes must still be what they say. A sentence
that they do not support is taken out and counted, and numbers are closed up. What carries no number is framing (whose
words follow, what else can be asked) and stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.composing.draft import MARKER, Draft
from bot.llm.phrasing import Spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.verify import Verifier
    from ingest.types import Passage

__all__ = ["checked"]

_MARKERS = re.compile(rf"((?:\s*{MARKER.pattern.replace('(', '(?:')})+)")
_ESCAPED = re.compile(r"\\([^\w\s])")
# Labels in bold name the option or the claim, which stands in the passage's headings; bullets are no words.
_FRAMING = re.compile(r"\*\*[^*]*\*\*:?|^\s*[-*]\s")
_CELL = re.compile(r"(?<!\\)\|")
EMPTY_CELL = " – "


def checked(spoken: Spoken, verifier: Verifier) -> Spoken:
    """The answer without the sentences that their passages do not support.

    Args:
        spoken: Markdown with numbers, and the passages in order of number.
        verifier: Says whether passages support a sentence.

    Returns:
        The answer as it was when all hold. No passages when nothing is left.
    """
    dropped = 0
    lines = []
    for line in spoken.text.split("\n"):
        cells = _CELL.split(line) if line.startswith("|") else [line]
        kept = [_supported(cell, spoken.passages, verifier) for cell in cells]
        lost = sum(count for _, count in kept)
        dropped += lost
        if not lost:
            lines.append(line)
        elif len(cells) > 1:
            lines.append("|".join(EMPTY_CELL if count and not text.strip() else text for text, count in kept))
        elif kept[0][0].strip(" -*"):
            lines.append(kept[0][0])
    if not dropped:
        return spoken
    draft = Draft()
    text = draft.renumbered("\n".join(lines), spoken.passages)
    return Spoken(text, draft.passages, spoken.generator, dropped=spoken.dropped + dropped)


def _supported(text: str, passages: Sequence[Passage], verifier: Verifier) -> tuple[str, int]:
    """A line or cell without what is not supported, and how many sentences that were."""
    pieces = _MARKERS.split(text)
    kept, lost = [], 0
    for sentence, markers in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        cited = [passages[int(number) - 1] for number in MARKER.findall(markers)]
        said = _ESCAPED.sub(r"\1", _FRAMING.sub("", sentence)).strip(" .;,:")
        if cited and said and not verifier.sentence(said, [_whole(passage) for passage in cited]).supported:
            lost += 1
            continue
        kept.append(sentence + markers)
    return "".join(kept), lost


def _whole(passage: Passage) -> str:
    """A passage behind its headings: a bullet seldom names its subject."""
    return f"{passage.section}. {passage.lead_in} {passage.text}"
