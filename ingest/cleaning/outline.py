"""Headings of a text without markup: which of its short lines are headings, and which stand under which.

A heading is a short line without the stop of a sentence, over something longer. Its level comes from its company: what
announces pros or cons stands under what it is about, short lines under that are the terms that its paragraphs explain,
and numbered lines stand under the line that announces them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.cleaning.lines import read_lines
from ingest.lexicon import HEADING_CUES, STANCE_CUES, STOPWORDS, fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.cleaning.lines import Line

__all__ = ["outlined", "with_bold_headings"]

_STANCE = phrase_pattern([*STANCE_CUES["pro"], *STANCE_CUES["con"], *HEADING_CUES["pro"], *HEADING_CUES["con"]])
# Sections that stand by themselves in any article.
_OWN = re.compile(
    r"(?:introduction|overview|background|summary|conclusions?|in (?:summary|conclusion|closing)|final (?:thoughts|words|remarks)"
    r"|(?:key )?take-?aways|next steps|references|bibliography|further reading|appendix|acknowledge?ments|faqs?"
    r"|frequently asked questions|about(?: the author| us)?|disclaimer)\W*",
    re.IGNORECASE,
)
_MOST_WORDS, _MOST_CHARACTERS = 14, 110
# A line in the case of a sentence is a heading only when it is as short as a term.
_TERM_WORDS = 6
# A question that is a heading asks at once, and briefly.
_QUESTION = re.compile(r"(?:what|why|how|when|where|who|which|should|do|does|is|are|can)\b", re.IGNORECASE)
_QUESTION_WORDS = 10
# Of the words that titles capitalise, so many are.
_TITLE_SHARE = 0.75
_SECTION, _DEEPEST = 2, 6
_MARKED = re.compile(r" {0,3}(#{1,6})[ \t]+\S")


def outlined(lines: Sequence[Line], title: str | None = None) -> str:
    """A text's blocks as Markdown, with its headings marked.

    Args:
        lines: The blocks of a text without markup.
        title: Its title, which becomes the heading of all.
    """
    marked: list[str] = [f"# {title}"] if title else []
    for text in _Outline(lines).read():
        bullet = text.startswith("- ")
        if not (bullet and marked and marked[-1].startswith("- ")):
            marked.append("")
        marked.append(text)
    return "\n".join(marked).strip("\n") + "\n"


class _Outline:
    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = list(lines)
        # The level of the last section and of the numbered headings in it, of the last announcement of pros or cons,
        # and of the terms under it; 0 where there is none.
        self._section = self._numbered = self._stance = self._term = 0
        # Whether what was last announced is told in bullets, and whether its terms are titles.
        self._in_bullets = False
        self._titled_terms = False
        self._open = ""
        self._above = ""
        # What announced pros or cons in the section so far.
        self._announced: set[str] = set()

    def read(self) -> Iterator[str]:
        explained = False
        for place, line in enumerate(self._lines):
            if explained:
                explained = False
                continue
            level = self._level(place)
            if level and level == self._term and self._explains(place + 1):
                # A term and the paragraph that explains it are one point, as a list has them in one line.
                explained = True
                self._open = line.text
                yield f"- {line.text}: {self._lines[place + 1].text}"
            elif level:
                if fold(line.text) != fold(self._open):
                    self._open = line.text
                    yield f"{'#' * min(level, _DEEPEST)} {line.text.rstrip(':')}"
                # The same words again are the caption of a picture.
            elif line.kind == "bullet":
                self._in_bullets = True
                yield f"- {line.text}"
            elif line.number:
                yield f"- {line.text}"
            else:
                yield line.text
            self._above = "heading" if level and not explained else line.kind

    def _explains(self, place: int) -> bool:
        """Whether a line is a paragraph, and no heading itself."""
        line = self._lines[place]
        return line.kind == "line" and not line.number and not self._is_heading(place)

    def _level(self, place: int) -> int:
        """The level of the heading that a line is, or 0; remembers what it opens."""
        line = self._lines[place]
        if not self._is_heading(place):
            return 0
        folded = fold(line.text)
        if _OWN.fullmatch(line.text):
            return self._opens_section()
        if line.kind == "bullet":
            self._term = self._term or max(self._stance, self._numbered, self._section, _SECTION - 1) + 1
            return self._term
        if _STANCE.search(folded) and not line.number and not folded.endswith("?"):
            self._stance = (self._numbered or self._section or _SECTION - 1) + 1
            self._announced.add(folded)
            self._term, self._in_bullets, self._titled_terms = 0, False, False
            return self._stance
        if line.number:
            self._numbered = (self._section or _SECTION - 1) + 1
            self._stance = self._term = 0
            self._announced.clear()
            return self._numbered
        if not self._begins_anew(place) and self._is_term(line):
            self._term = self._stance + 1
            return self._term
        return self._opens_section()

    def _opens_section(self) -> int:
        self._section, self._numbered, self._stance, self._term = _SECTION, 0, 0, 0
        self._announced.clear()
        return self._section

    def _begins_anew(self, place: int) -> bool:
        """Whether the next heading announces what was announced in this section before: then a new one begins here."""
        for later in range(place + 1, len(self._lines)):
            if self._is_heading(later):
                return fold(self._lines[later].text) in self._announced
        return False

    def _is_term(self, line: Line) -> bool:
        """Whether a heading is one of the terms in which pros or cons are told."""
        if not self._stance or self._in_bullets or line.text.endswith("?"):
            return False
        if line.words == 1 or not _in_title_case(line.text):
            return line.words <= _TERM_WORDS
        # In title case it may as well be the next section: a term is what stands right under the announcement, and
        # what looks like that.
        if self._above == "heading" and not self._term:
            self._titled_terms = True
        return self._titled_terms and line.words <= _TERM_WORDS

    def _is_heading(self, place: int) -> bool:
        line = self._lines[place]
        following = self._lines[place + 1] if place + 1 < len(self._lines) else None
        if _OWN.fullmatch(line.text) and line.kind == "line":
            return True
        if following is None or line.words > _MOST_WORDS or len(line.text) > _MOST_CHARACTERS:
            return False
        text = line.text.rstrip()
        if text.endswith(":"):
            # "Pros:" over a list opens it; over paragraphs it is their heading.
            announces = line.strong or (line.words <= _TERM_WORDS and _STANCE.search(fold(text)))
            return line.kind == "line" and bool(announces) and (line.strong or following.kind == "line")
        if line.strong and line.kind == "line":
            return not text.endswith((".", ",", ";"))
        if not text[:1].isalnum() or text[:1].islower() or text.endswith((".", ",", ";", "…", "-")):
            return False
        titled = _in_title_case(text)
        if text.endswith("!") and not (titled and line.words > 2):
            return False
        if line.kind == "bullet":
            # A term that a paragraph explains; other bullets are told apart by what follows them.
            return (
                line.words <= _TERM_WORDS
                and following.kind == "line"
                and not following.number
                and following.words > line.words + _TERM_WORDS
                and not text.endswith(("!", "?"))
            )
        if ": " in text and line.words > _TERM_WORDS:
            return False
        if line.number and self._in_list(place):
            return False
        if text.endswith("?") and not titled:
            return bool(_QUESTION.match(text)) and line.words <= _QUESTION_WORDS
        return titled or line.words <= _TERM_WORDS

    def _in_list(self, place: int) -> bool:
        """Whether a numbered line stands beside another one: they are points of a list, and none is a heading."""
        beside = self._lines[max(place - 1, 0) : place] + self._lines[place + 1 : place + 2]
        return any(line.number and line.words <= _MOST_WORDS for line in beside)


def with_bold_headings(text: str) -> str:
    """Markdown with its short lines that are bold throughout as headings, below the heading that they stand under."""
    level, found, fenced = 1, [], False
    for row in text.split("\n"):
        fenced = fenced != row.lstrip().startswith(("```", "~~~"))
        heading = _MARKED.match(row)
        if heading and not fenced:
            level = len(heading[1])
        line = read_lines(row)[0] if row.startswith(("**", "__")) and not fenced else None
        if line and line.strong and line.words <= _MOST_WORDS and not line.text.endswith((".", ",", ";")):
            found.append(f"{'#' * min(level + 1, _DEEPEST)} {line.text.rstrip(':')}")
        else:
            found.append(row)
    return "\n".join(found)


def _in_title_case(text: str) -> bool:
    words = [word for word in re.findall(r"[^\W\d_][\w'’&+/-]*", text) if word.lower() not in STOPWORDS]
    return bool(words) and sum(word[0].isupper() for word in words) >= _TITLE_SHARE * len(words)
