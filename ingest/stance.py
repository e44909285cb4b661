"""What a claim says about its option: for it, against it, when it fits. From headings, lead-ins and the claim itself.

General English alone (`ingest.lexicon`); nothing here knows an option.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.lexicon import (
    CONDITION_CUES,
    DRAWBACK_WORDS,
    GAIN_WORDS,
    HEADING_CUES,
    LEAD_IN_CUES,
    STANCE_CUES,
    fold,
)
from ingest.naming import PhrasePattern, phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.types import Passage, Stance

__all__ = ["announces", "stance_of", "with_lists_weighed"]

_STANCES: tuple[Stance, ...] = ("pro", "con", "fit", "neutral")
_CONDITION = phrase_pattern(CONDITION_CUES)
_CUES = {stance: phrase_pattern([*STANCE_CUES[stance], *HEADING_CUES.get(stance, ())]) for stance in _STANCES}
_LEAD_INS = {stance: phrase_pattern([*STANCE_CUES[stance], *LEAD_IN_CUES.get(stance, ())]) for stance in _STANCES}
_DRAWBACK, _GAIN = phrase_pattern(DRAWBACK_WORDS), phrase_pattern(GAIN_WORDS)
# Of the points of a list, so many have to speak of drawbacks before all are.
_MOST_POINTS = 0.6
# Behind the word that announces pros or cons, a heading says of what.
_OF_WHAT = re.compile(r"\s*(?:$|[:,(&/|-]|(?:of|with|for|in|to|and|when|why|faced|from|by)\b)")
# Paragraphs below a first one that tell an example or a remedy tell no pro or con of their own.
_ASIDE = re.compile(
    r"(?:for (?:example|instance)|to (?:avoid|address|counter|mitigate|overcome)"
    r"|therefore|thus|hence|however|given (?:this|these|that))\b",
    re.IGNORECASE,
)
# The words before a colon that say what a paragraph tells: "When to use it: ...".
_LABEL = re.compile(r"(?P<label>[^.:;!?]{3,50}):\s")


def stance_of(passage: Passage) -> Stance:
    """The stance that the nearest heading shows, else the lead-in, else the text itself (only for "fit").

    A heading that only has a word such as "risk" in it shows nothing below one that announces what stands under it:
    "risk management" under "Benefits" is a benefit. A paragraph may say of itself what it tells.
    """
    label = _LABEL.match(passage.text) if passage.kind == "paragraph" else None
    if label and (told := _shown(label["label"], _CUES)) and (told[0] == "fit" or announces(label["label"])):
        return told[0]
    if passage.kind == "cell" and (told := _shown(passage.lead_in, _CUES)):
        return told[0]
    headings = list(reversed(passage.heading_path[1:]))
    announced = next((place for place, heading in enumerate(headings) if announces(heading)), len(headings))
    for place, heading in enumerate(headings):
        shown = _shown(heading, _CUES)
        if place < announced < len(headings) and set(shown) & {"pro", "con"}:
            continue
        # "Pros and cons" over one list shows neither.
        if {"pro", "con"} <= set(shown):
            return "neutral"
        if shown:
            return "neutral" if shown[0] in ("pro", "con") and _is_aside(passage) else shown[0]
    shown = _shown(passage.lead_in, _LEAD_INS)
    if {"pro", "con"} <= set(shown):
        return "neutral"
    if shown:
        return shown[0]
    return "fit" if _CONDITION.search(fold(passage.text)) else "neutral"


def announces(heading: str) -> bool:
    """Whether a heading says that pros or cons stand under it, rather than having the word for another reason."""
    folded = fold(heading).strip(" .:!?")
    found = [match for stance in ("pro", "con") for match in _CUES[stance].finditer(folded)]
    return any(_OF_WHAT.match(folded, match.end()) for match in found)


def with_lists_weighed(passages: Iterable[Passage]) -> list[Passage]:
    """The passages, those of a list that nothing announces as cons where most of its points speak of drawbacks.

    Only a list below a paragraph is weighed: right under a heading, it says what the heading names.
    """
    found: list[Passage] = []
    for (path, kind, _lead), group in itertools.groupby(
        passages, lambda one: (one.heading_path, one.kind, one.lead_in)
    ):
        points = list(group)
        below = bool(found) and found[-1].heading_path == path and found[-1].kind == "paragraph"
        bare = below and kind == "bullet" and len(points) > 1 and all(one.stance == "neutral" for one in points)
        folded = [fold(one.text) for one in points] if bare else []
        drawbacks = sum(bool(_DRAWBACK.search(text)) for text in folded)
        if below and kind == "bullet" and found[-1].stance == points[0].stance in ("pro", "con"):
            # What stands between the announcement and its list opens the list.
            opening = len(found) < 2 or found[-2].heading_path != path
            found[-1] = replace(found[-1], stance="neutral") if opening else found[-1]
        if bare and drawbacks >= _MOST_POINTS * len(points) and not any(_GAIN.search(text) for text in folded):
            points = [replace(one, stance="con") for one in points]
        found += points
    return found


def _shown(words: str, cues: dict[Stance, PhrasePattern]) -> list[Stance]:
    folded = fold(words)
    return [stance for stance, pattern in cues.items() if pattern.search(folded)]


def _is_aside(passage: Passage) -> bool:
    return passage.kind == "paragraph" and bool(_ASIDE.match(passage.text))
