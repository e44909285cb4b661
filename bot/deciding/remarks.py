"""A message as remarks: stretches that are judged as one, with what sort of saying each is.

Only a remark about the organisation as it is today tells a fact; one that is supposed, planned, wished for or said of
somebody else does not, and a denial turns what is said round.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.language import phrases, telling
from bot.language.quantities import quantities
from ingest.lexicon import fold, sentence_spans
from ingest.naming import phrase_pattern
from ingest.parted import Words, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from bot.language.quantities import Quantity
    from ingest.parted import Word
    from ingest.patterns import Found

__all__ = [
    "Remark",
    "corrects",
    "denies",
    "is_denied",
    "is_dismissed",
    "remarks_of",
    "shortened",
    "words_said",
]

# Words before a pattern in which a denial of it is looked for.
DENIAL_REACH = 6
MAX_REMARKS = 60
# Messages, or parts of them, whose remarks are remembered while they are read.
MESSAGES_KEPT = 32
# Short words of a user are shown with their surroundings up to so many words, and never at more characters.
SAID_WORDS = 4
MAX_SAID = 80

# "To see if our team pays" supposes nothing: it asks whether.
_WHETHER = re.compile(
    r"\b(?:see|sees|know|knows|tell|check|checking|ask|asks|asking|asked|wonder|wonders|wondering|find out|work out|"
    r"figure out|determine|judge|decide|sure|unclear|unsure) if\b"
)
_SUPPOSED = phrase_pattern(telling.SUPPOSED)
_PLANNED = phrase_pattern(telling.PLANNED)
_PAST = phrase_pattern(telling.PAST)
_OTHERS = phrase_pattern(telling.OTHERS)
_HEDGE = phrase_pattern(telling.HEDGE)
# "Are we a regulated bank?" states nothing.
_YES_OR_NO = re.compile(
    r"\W*(?:are|is|am|was|were|do|does|did|have|has|can|could|would|should|will) (?:we|our|i|my|it|this|the)\b"
)
# "One team with its own budget, yes?"
_TAG = re.compile(r",\s*(?:yes|no|right|correct|agreed|ok|okay|isn't it|don't you think|or not)\s*\?[\s\"')]*$")
_CORRECTION = phrase_pattern(telling.CORRECTION)
# "40, not 4": between the number that holds and the one that was said.
_NOT = re.compile(r"\s*,?\s*(?:and\s+)?not\s+", re.IGNORECASE)
# The items of a list are part of one remark: what stands between two commas, or a comma and a conjunction, and is short
# ("finance, our shops and HR"); or the last item behind a comma of its own.
_ITEM = r"(?!(?:but|so|and|or|we|it|they|i)\b)[\w'&/-]+(?![\w'&/-])\s?"
_IN_LIST = rf"(?!\s+(?:{_ITEM}){{1,3}}(?:,|\b(?:and|or|plus)\b|&))(?!\s+(?:and|or|plus|&)\s(?:\S+\s?){{1,2}}(?:$|[.,]))"
# A colon before a number does not end a remark ("Models: 12"), nor does a comma inside one.
_END = re.compile(
    r"[.!?]+(?=\s)|[;—–]|:(?!\s*(?:about|around|roughly|some|maybe|over|almost|nearly|[\d~]))|\s-\s|\.\.\.|"
    rf",(?!\d){_IN_LIST}|\b(?:(?<!anything )(?<!nothing )but|while|whereas|although|though|because|so that)\b",
    re.IGNORECASE,
)
# Words at which a quoted piece of a message may end badly.
_DANGLING = frozenset(phrases.DANGLING)
# Between a match and the words around it these start something else.
_BREAKS = frozenset(phrases.BREAKS)
_DENIALS = frozenset(phrases.DENIALS)
_NO_DENIAL = frozenset(phrases.NO_DENIAL)
# "... is not an issue", after what it speaks of.
_DISMISSED = re.compile(
    r"^(?:\W+\w+){0,2}?\W+(?:is|are|was|were|would be|do|does)?\s?(?:not|n't|no|never|hardly)\b(?:\W+\w+){0,3}?\W+"
    r"(?:issue|problem|concern|matter|matters|important|priority|necessary|needed|required|obstacle|worry|bother|hurt|"
    r"care)\b"
    r"|^(?:\W+\w+){0,3}?\W+matters? less\b"
)
# "We do not need ..." denies everything up to the end of the remark.
_NO_NEED = re.compile(
    r"\b(?:anything but|far from|not in any way|in no way|not true|untrue|not the case|not so|i doubt|we doubt|"
    r"doubt that|doubtful)\b|"
    r"\b(?:(?:don't|do not|does not|doesn't|dont|didn't) need|no need|needn't|need no|needs no|"
    r"(?:don't|do not|doesn't|does not) care)\b"
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A stretch of a message.

    Attributes:
        text: Its words as written.
        start: Offset of the first character in the message.
        folded: The words as they are compared.
        words: The words one by one, with their places in the message.
        numbers: The numbers in it.
        supposed: Whether its sentence only supposes something.
        planned: Whether it speaks of a time to come.
        past: Whether it speaks of a time gone by.
        others: Whether it speaks of somebody else.
        hedged: Whether the writer is not sure.
        asked: Whether its sentence is a question.
        offers: Whether it asks which of several, or whether something is so at all.
    """

    text: str
    start: int
    folded: str
    words: Words
    numbers: tuple[Quantity, ...]
    supposed: bool
    planned: bool
    past: bool
    others: bool
    hedged: bool
    asked: bool
    offers: bool

    def parted(self, place: int) -> bool:
        """Whether a comma stands at a place in the message."""
        return self.text.startswith(",", place - self.start)

    def before(self, place: int) -> str:
        """The folded text before a place in the message."""
        return fold(self.text[: place - self.start])

    def after(self, place: int) -> str:
        """The folded text from a place in the message on."""
        return fold(self.text[place - self.start :])


def remarks_of(message: str) -> list[Remark]:
    """The remarks of a message, in order."""
    return list(_remarks_of(message))


# A message is read as a whole, and what of it states something: often the same.
@lru_cache(maxsize=MESSAGES_KEPT)
def _remarks_of(message: str) -> Sequence[Remark]:
    found: list[Remark] = []
    for start, end in sentence_spans(message) or [(0, len(message))]:
        # A condition holds for the whole sentence, whichever half it stands in.
        supposed = bool(_SUPPOSED.search(_WHETHER.sub("whether", fold(message[start:end]))))
        asked = message[start:end].rstrip(" \"')").endswith("?")
        tagged = bool(_TAG.search(fold(message[start:end])))
        for left, right in _pieces(message, start, end):
            words = Words(words_of(message, left, right))
            if not words:
                continue
            text = message[left:right]
            folded = fold(text)
            found.append(
                Remark(
                    text=text,
                    start=left,
                    folded=folded,
                    words=words,
                    numbers=tuple(quantities(message, left, right)),
                    supposed=supposed,
                    planned=bool(_PLANNED.search(folded)),
                    past=bool(_PAST.search(folded)),
                    others=bool(_OTHERS.search(folded)),
                    hedged=bool(_HEDGE.search(folded)),
                    # The next sentence may begin with a small letter.
                    asked=asked or message[right : right + 1] == "?",
                    offers=asked and (tagged or " or " in folded or bool(_YES_OR_NO.match(folded))),
                )
            )
            if len(found) == MAX_REMARKS:
                return found
    return found


def corrects(message: str) -> bool:
    """Whether a message takes back something that was said."""
    return bool(_CORRECTION.search(fold(message))) or any(
        _NOT.fullmatch(message, one.end, other.start) for one, other in itertools.pairwise(quantities(message))
    )


def is_denied(remark: Remark, found: Found[Any]) -> bool:
    """Whether a denial stands shortly before a match or in a gap of it, and is not itself part of the pattern."""
    words = remark.words
    before = words[max(0, found.first - DENIAL_REACH) : found.first]
    # A comma ends what is denied: "not regulated, small and quick".
    parted = [n for n, word in enumerate(before, start=1) if remark.parted(word.end)]
    before = before[parted[-1] :] if parted else before
    # "Sharing is not important", where the pattern is "sharing ... important".
    inside = [words[n] for n in range(found.first, found.last + 1) if n not in found.places]
    return any(word.text in _DENIALS for word in inside) or denies([*before, words[found.first]])


def denies(words: Sequence[Word]) -> bool:
    """Whether a word denies what follows it; the last word is only followed."""
    return any(
        word.text in _DENIALS and following.text not in _NO_DENIAL for word, following in itertools.pairwise(words)
    )


def is_dismissed(remark: Remark, found: Found[Any]) -> bool:
    """Whether what a match speaks of is said not to matter or not to be needed."""
    before = remark.before(remark.words[found.first].start)
    after = remark.after(remark.words[found.last].end)
    return bool(_NO_NEED.search(before) or _DISMISSED.match(after))


def _pieces(message: str, start: int, end: int) -> list[tuple[int, int]]:
    """The stretches of a sentence between the places where a remark ends; a conjunction belongs to what follows it."""
    bounds = [start]
    for match in _END.finditer(message, start, end):
        bounds += [match.start()] if match[0].isalpha() else [match.start(), match.end()]
    bounds.append(end)
    pairs = itertools.pairwise(bounds)
    return [(left, right) for left, right in pairs if any(ch.isalnum() for ch in message[left:right])]


def words_said(remark: Remark, first: int, last: int) -> str:
    """The user's own words around a match: itself and, where it is short, a word or two of its surroundings."""
    words = remark.words
    left, right = first, last
    # Words beyond a comma or another break belong to something else.
    while left > 0 and right - left < SAID_WORDS and first - left < 2 and _unbroken(remark, left - 1, left):
        left -= 1
    while right + 1 < len(words) and right - left < SAID_WORDS and right - last < 2:
        if words[right + 1].text in _BREAKS or not _unbroken(remark, right, right + 1):
            break
        right += 1
    while right > last and words[right].text in _DANGLING:
        right -= 1
    # A sign before the first word ("~90", "€2bn") is part of what was said.
    start = remark.text.rfind(" ", 0, words[left].start - remark.start) + 1
    return shortened(remark.text[start : words[right].end - remark.start])


def _unbroken(remark: Remark, one: int, other: int) -> bool:
    """Whether nothing but space stands between two neighbouring words, the first of which does not break."""
    words = remark.words
    between = remark.text[words[one].end - remark.start : words[other].start - remark.start]
    return words[one].text not in _BREAKS and not between.strip(" \t\n-/'’~≈€$£")


def shortened(text: str) -> str:
    """A user's words without the marks around them, at a length that can be shown."""
    flat = re.sub(r"\s+", " ", text).strip(" ,.;:!?-–—\"'“”")
    return flat if len(flat) <= MAX_SAID else flat[:MAX_SAID].rsplit(" ", 1)[0] + " …"
