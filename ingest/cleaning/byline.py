"""Title, author, date and publisher as an article without markup has them above its first paragraph; and who wrote it.

What is found becomes the citation. It is read where it stands and never guessed: a name counts as the author's only
beside a date, below "By", or where somebody says at the end who they are.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.cleaning.lines import Line

__all__ = ["ABOUT", "Byline", "read_byline"]

ABOUT = "About the author"
"""The heading under which a text says who wrote it."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DATE = re.compile(
    rf"(?<!\d)(?:(?P<y1>\d{{4}})-(?P<m1>\d{{2}})-(?P<d1>\d{{2}})|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?P<m2>{_MONTH}),? (?P<y2>\d{{4}})"
    rf"|(?P<m3>{_MONTH}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y3>\d{{4}}))(?!\d)",
    re.IGNORECASE,
)
_READING_TIME = re.compile(r"\b\d+[- ]min(?:ute)?s?[- ]read\b", re.IGNORECASE)
_PUBLISHED_IN = re.compile(r"published (?:in|on|by)(?:\s+(?P<name>\S.*))?", re.IGNORECASE)
_BY = re.compile(r"(?:written )?by[ :]+(?P<name>\S.*)", re.IGNORECASE)
_NAME = re.compile(
    r"(?:[^\W\d_a-z][\w.'’-]*)(?: (?:(?:de|da|del|van|von|der|den|la|le|bin|al)|[^\W\d_a-z][\w.'’-]*)){1,3}"
)
_CRUMBS = re.compile(r"\S.*(?: [>›»/|] \S.*){2,}")
# Words that names of people lack and those of sections and publications have.
_NO_NAME = re.compile(
    r"\b(?:the|of|and|for|in|on|to|with|a|an|is|how|why|what|introduction|conclusions?|summary|overview|guide|team|model|models"
    r"|data|learning|machine|engineering|published|read|part|chapter|section)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:I work as|I['’]m|I am|(?:[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){1,3} (?:is|works as)))"
    r"(?: [A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){1,3},)? (?:an?|the) (?P<role>[^.;!?]{3,120}?)"
    r"(?=,? (?:where|who|which|helping|passionate|and I)\b|[.;!?]|$)",
)
_FIRST_PERSON = re.compile(r"(?:I|I['’]m|I['’]ve|My)\b")
# Above the first paragraph there are no more lines than this.
_HEAD_LINES = 12
# A paragraph is longer than a title.
_PROSE_WORDS, _TITLE_WORDS = 20, 16
_ENDS_SENTENCE = (".", ";", ":", ",")


@dataclass(frozen=True, slots=True)
class Byline:
    """What a text without markup says of itself.

    Attributes:
        fields: Citation fields: title, author, author_role, publisher, published.
        body: Its blocks, without those that say only that.
        about: What it says of its author, in its own words.
    """

    fields: dict[str, str] = field(default_factory=dict)
    body: tuple[Line, ...] = ()
    about: tuple[Line, ...] = ()


def read_byline(lines: Sequence[Line]) -> Byline:
    """Takes what an article says of itself out of its blocks."""
    head = _head_length(lines)
    fields = _read_head([line.text for line in lines[:head]])
    rest = lines[head:]
    body, about = _split_about(rest, fields.get("author"))
    if about:
        fields.setdefault("author", about[0].text)
        about = about[1:]
        if role := _role(about):
            fields["author_role"] = role
    body = [line for line in body if not _says_only_who(line.text, fields)]
    # A title that stands twice is a page's and then the text's own.
    while body and body[0].text == fields.get("title"):
        body = body[1:]
    return Byline(fields, tuple(body), tuple(about))


def _head_length(lines: Sequence[Line]) -> int:
    """How many lines stand above the first paragraph, as far as they are a head: title, names, dates."""
    end = 0
    title = ""
    for place, line in enumerate(lines[:_HEAD_LINES]):
        text = line.text
        if line.kind == "bullet" or line.number or line.words >= _PROSE_WORDS:
            break
        if _is_meta(text) or (title and text == title):
            end = place + 1
        elif not title:
            if line.words > _TITLE_WORDS or text.endswith(_ENDS_SENTENCE):
                break
            title, end = text, place + 1
        elif _NAME.fullmatch(text) is None or not any(_is_meta(other.text) for other in lines[place : place + 4]):
            break
    # What nothing follows is no head.
    return end if any(line.words > _TITLE_WORDS for line in lines[end:]) else 0


def _is_meta(text: str) -> bool:
    return bool(
        (_DATE.search(text) and len(text) < 80)
        or _READING_TIME.search(text)
        or _PUBLISHED_IN.fullmatch(text)
        or (_BY.fullmatch(text) and len(text) < 60)
        or _CRUMBS.fullmatch(text)
    )


def _read_head(texts: Sequence[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    names: list[str] = []
    publisher_next = False
    for text in texts:
        if _CRUMBS.fullmatch(text):
            continue
        found = _DATE.search(text)
        if found and (date := _iso(found)):
            fields.setdefault("published", date)
        if by := _BY.fullmatch(text):
            fields.setdefault("author", _without_meta(by["name"]))
        elif published := _PUBLISHED_IN.fullmatch(_without_meta(text)):
            publisher_next = published["name"] is None
            if published["name"]:
                fields.setdefault("publisher", published["name"])
            elif len(names) > 1:
                fields.setdefault("publisher", names[-1])
        elif "title" not in fields:
            fields["title"] = text
        elif (name := _without_meta(text)) and name != fields["title"] and _is_name(name):
            names.append(name)
            if publisher_next and len(names) > 1:
                fields.setdefault("publisher", name)
    if names and ("published" in fields or "publisher" in fields):
        fields.setdefault("author", names[0])
    return fields


def _without_meta(text: str) -> str:
    return _READING_TIME.sub("", _DATE.sub("", text)).strip(" ,|·•-–—")


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and not _NO_NAME.search(text)


def _iso(match: re.Match[str]) -> str | None:
    year, month, day = (next(filter(None, (match[f"{part}{way}"] for way in "123"))) for part in "ymd")
    number = int(month) if month.isdigit() else _MONTHS[month.lower().rstrip(".")]
    try:
        return dt.date(int(year), number, int(day)).isoformat()
    except ValueError:
        return None


def _split_about(lines: Sequence[Line], author: str | None) -> tuple[list[Line], list[Line]]:
    """The blocks without, and the name and the words of, whoever says at the end who they are."""
    for place in range(len(lines) - 2, len(lines) // 2 - 1, -1):
        name = _without_meta(lines[place].text)
        if lines[place].kind == "bullet" or not (name == author or (author is None and _is_name(name))):
            continue
        after = [line for line in lines[place + 1 :] if line.words >= _PROSE_WORDS // 2]
        if after and (_FIRST_PERSON.match(after[0].text) or after[0].text.startswith(name)):
            about = [replace(lines[place], text=name), *after]
            return list(lines[:place]), about
    return list(lines), []


def _role(about: Sequence[Line]) -> str | None:
    for line in about:
        if found := _ROLE.search(line.text):
            return re.sub(r"^passionate ", "", found["role"]).strip(" ,")
    return None


def _says_only_who(text: str, fields: dict[str, str]) -> bool:
    """Whether a line is the author's name, the date or both, as it stands above or below an article again."""
    author = fields.get("author")
    return author is not None and _without_meta(text) in (author, "") and len(text) <= len(author) + 40
