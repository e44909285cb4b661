"""Our Markdown as Slack's mrkdwn, in pieces under Slack's limits; whatever a text quotes comes out as plain text.

mrkdwn has no escapes but those of `&`, `<` and `>`. So marks of style in a text become signs that look alike, and
what Slack might make a mention, a link or a picture of is taken apart by a joiner that nobody sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

from ingest.rich_text import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Line", "cut", "in_code", "in_parts", "plain", "plain_text", "split_line", "styled"]

T = TypeVar("T")

JOINER = "\u2060"
"""Stands between characters that Slack must not read together; takes no room and allows no line break."""
# Slack sees a mark of style only beside a space or a sign: this counts as one, and takes no room either.
_GAP = "\u200b"
# Controls, marks that turn the direction of writing, and invisible characters that would hide or break something.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_ALIKE = str.maketrans({"*": "∗", "`": "ˋ", "~": "∼"})
_LOW_LINE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LINKED = re.compile(
    r"(?<=:)(?=//)"  # https://
    r"|(?<=mailto:)|(?<=tel:)"
    r"|(?<=[@#!])(?=[^\W_])"  # @here, #general
    r"|(?<=\w\.)(?=[^\W\d_]{2})"  # example.com
    r"|(?<=:)(?=[\w+'-]{1,100}:)",  # :smile:
    re.IGNORECASE,
)
_QUOTE_MARK = re.compile(r"^(?=&gt;)", re.MULTILINE)
_MARK_SIGNS = "*_~`"
MAX_URL = 1500
"""Longest address that is linked, in characters once encoded."""
# A run's marks, gaps and link brackets, at most.
_MARKS = 12
# One character becomes at most so many: an entity and a joiner.
_GROWTH = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is shown, and the same without any style, for notifications and screen readers."""

    text: str
    bare: str


def plain(text: str) -> str:
    """Text that shows as itself in mrkdwn, on one line: no mention, link, style, emoji or control character."""
    return _escaped(_apart(_LOW_LINE.sub("ˍ", _flat(text).translate(_ALIKE)))).strip()


def plain_text(text: str, limit: int) -> str:
    """Text for Slack's unstyled `plain_text` objects: on one line, and shortened to a number of characters."""
    return cut(_flat(text).strip(), limit)


def in_code(text: str) -> str:
    """Text for a code block or a piece of code; keeps its line ends."""
    lines = (_UNSEEN.sub("", line.replace("\t", "    ")) for line in text.split("\n"))
    return _escaped(_apart("\n".join(lines).replace("`", "ˋ")))


def cut(text: str, limit: int) -> str:
    """Text of at most so many characters, ended by an ellipsis, after a word if one ends nearby, where it is longer."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    words = kept.rsplit(None, 1)[0] if " " in kept[limit // 2 :] else kept
    return words.rstrip(" ,;:") + "…"


def styled(runs: Sequence[Run]) -> Line:
    """Runs as one line of mrkdwn."""
    shown = ""
    for run in runs:
        if run.text == "\n":
            shown = shown.rstrip(" ") + "\n"
            continue
        text = _flat(run.text)
        core = text.strip()
        before, after = text[: len(text) - len(text.lstrip())][:1], text[len(text.rstrip()) :][:1]
        marked = _marked(run, core) if core else ""
        if marked and shown and not before and not shown[-1].isspace():
            shown += _between(run, shown[-1], core[0])
        shown += before + marked + (after if core else "")
    shown = _QUOTE_MARK.sub(JOINER, shown.strip())
    bare = " ".join(filter(None, (plain(part) for part in "".join(run.text for run in runs).split("\n"))))
    return Line(shown, bare)


def split_line(runs: Sequence[Run], limit: int) -> Iterator[list[Run]]:
    """The runs in parts that are at most `limit` characters long as mrkdwn, divided between words where possible."""
    return map(_joined, in_parts(_words(runs, limit), _cost, limit))


def in_parts(items: Iterable[T], size: Callable[[T], int], limit: int) -> Iterator[list[T]]:
    """The items in order, in as few parts as are no larger than `limit`; one that is larger itself stands alone."""
    part: list[T] = []
    length = 0
    for item in items:
        own = size(item)
        if part and length + own > limit:
            yield part
            part, length = [], 0
        part.append(item)
        length += own
    if part:
        yield part


def _has_marks(run: Run) -> bool:
    return run.bold or run.italic or run.struck or run.code


def _between(run: Run, last: str, first: str) -> str:
    """What has to stand between a run and the character before it, unseen."""
    if _has_marks(run):
        # Between two colons a word in italics would be the name of an emoji.
        return _GAP if last.isalnum() or last in _MARK_SIGNS or last == ":" else ""
    if last in _MARK_SIGNS:
        return _GAP if first.isalnum() else ""
    # Two runs without marks differ by a link that is not shown: they must not become an address together.
    return JOINER


def _words(runs: Sequence[Run], limit: int) -> Iterator[Run]:
    for run in runs:
        if _cost(run) <= limit // 2:
            yield run
            continue
        longest = max((limit // 2 - _MARKS) // _GROWTH, 1)
        for word in re.findall(r"\s*\S+\s*", run.text):
            pieces = [word[at : at + longest] for at in range(0, len(word), longest)]
            yield from (_with(run, piece, linked=False) for piece in pieces)


def _cost(run: Run) -> int:
    address = len(_address(run.link) or "") if run.link else 0
    text = in_code(run.text) if run.code else plain(run.text)
    # A line feed may come to stand before a mark of quotation.
    return len(text) + 2 + address + (_MARKS if _has_marks(run) or address or run.text == "\n" else 1)


def _joined(part: Iterable[Run]) -> list[Run]:
    """Neighbours of one style as one run again."""
    found: list[Run] = []
    for run in part:
        if found and run.text != "\n" != found[-1].text and _with(run, "") == _with(found[-1], ""):
            found[-1] = _with(run, found[-1].text + run.text)
        else:
            found.append(run)
    return found


def _with(run: Run, text: str, *, linked: bool = True) -> Run:
    return Run(text, run.bold, run.italic, run.struck, run.code, run.link if linked else None)


def _marked(run: Run, core: str) -> str:
    text = in_code(core).strip() if run.code else plain(core)
    if not text:
        return ""
    text = f"`{text}`" if run.code else text
    if address := _address(run.link):
        text = f"<{address}|{text.replace('|', '¦').strip('`')}>"
    for on, mark in ((run.struck, "~"), (run.italic, "_"), (run.bold, "*")):
        text = f"{mark}{text}{mark}" if on else text
    return text


def _address(link: str | None) -> str | None:
    """An address that Slack may be given as a link; None for what is no web page."""
    if not link:
        return None
    try:
        split = urlsplit(link)
    except ValueError:
        return None
    if split.scheme not in ("http", "https") or not split.hostname:
        return None
    safe = quote(link, safe=";/?:@&=+$,%-_.!~'()#[]")
    return _escaped(safe) if len(safe) <= MAX_URL else None


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", _UNSEEN.sub("", re.sub(r"[\r\n\u2028\u2029]", " ", text)))


def _apart(text: str) -> str:
    return _LINKED.sub(JOINER, text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
