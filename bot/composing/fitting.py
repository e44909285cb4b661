"""When an option suits, by what the sources say of it: what bears on the asker first, for before against."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.composing.bearing import Bearing
from bot.composing.claims import in_turn
from bot.composing.draft import Draft, attributed, joined
from bot.composing.listing import bulleted
from ingest.lexicon import CONDITION_CUES, content_stems, fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.composing.claims import Claims
    from bot.messages.request import Request
    from ingest.types import Passage

__all__ = ["fit", "fit_narrowly"]

SEARCHED = 30
# How many claims tell when an option fits, and below how many stated conditions its merits are added.
MAX_FIT = 7
MIN_FIT = 3
_CONDITION = phrase_pattern(CONDITION_CUES)
# "may not suit", "is not the best": a condition that speaks against the option.
_AGAINST = re.compile(
    r"\bnot\b(?:\W+\w+){0,3}?\W+(?:suit|suits|suited|fit|best|appropriate|recommended|ideal|advised)\b"
)
_LEAVING = re.compile(r"\b(?:away from|stop|stops|leave|leaving|abandon|outgrow|outgrown|move on from|give up)\b")
_IS_THERE = re.compile(r"\b(?:is|are) there\b")


def fit(request: Request, claims: Claims) -> Draft | None:
    """When the options suit; None when the sources asked for say nothing of it.

    Args:
        request: Which options, and for whom.
        claims: What the sources say.
    """
    draft = Draft()
    both = [
        p
        for p in claims.about(request.options[0], request.sources)
        if len(request.options) > 1 and set(request.options) <= set(p.options)
    ]
    if both:
        names = joined([claims.name(option) for option in request.options])
        draft.paragraph(f"**{names} together**, from {attributed(claims.documents(both))}:")
        draft.bullets(both[:MAX_FIT])
    for option in request.options:
        _told(draft, request, claims, option, *_conditions(request, option, claims, draft.passages))
    return draft if draft.passages else None


def fit_narrowly(draft: Draft, request: Request, option: str, claims: Claims) -> None:
    """Adds under which of the conditions that the question names an option suits; nothing where none is stated."""
    chosen, narrowed = _conditions(request, option, claims, draft.passages)
    if narrowed:
        _told(draft, request, claims, option, chosen, narrowed=True)


def _told(
    draft: Draft, request: Request, claims: Claims, option: str, chosen: Sequence[Passage], narrowed: bool
) -> None:
    for_it = [p for p in chosen if not _AGAINST.search(fold(p.text))]
    against = [p for p in chosen if p not in for_it]
    name = claims.name(option)
    leaving = bool(_LEAVING.search(fold(request.message)))
    when = f"On moving away from {name}" if leaving else f"When {name} fits"
    for found, title in ((for_it, when), (against, f"When {name} does not fit")):
        if found:
            yes = "Yes. " if narrowed and found is for_it and _IS_THERE.search(fold(request.message)) else ""
            draft.paragraph(f"{yes}**{title}**, from {attributed(claims.documents(found))}:")
            draft.paragraph(bulleted(draft, [[p] for p in found]))


def _conditions(request: Request, option: str, claims: Claims, shown: Sequence[Passage]) -> tuple[list[Passage], bool]:
    """What the sources say of when an option suits, best first, and whether it is narrowed to the question's words."""
    hits = claims.retriever.search(request.search, SEARCHED, sources=request.sources, options=(option,))
    nearness = {hit.passage.id: hit.score for hit in hits}
    stated = [p for p in claims.taking("fit", option, request.sources) if p not in shown]
    stated.sort(key=lambda p: -nearness.get(p.id, 0.0))
    # Where the sources state few conditions, what they say the option is good for has to tell.
    merits = [h.passage for h in hits if option in h.passage.options and h.passage.stance in ("neutral", "pro")]
    weighed = Bearing(claims.retriever)
    telling = [p for p in [*stated, *merits] if _CONDITION.search(fold(p.text)) or _titled(request, p)]
    if words := weighed.narrowing(request, telling, claims.describing((option,))):
        bearing = weighed.bearing(request, telling, words)
        if bearing:
            near = [p for p in stated if p not in bearing and p in telling]
            return [*bearing, *near[: max(MIN_FIT - len(bearing), 0)]][:MAX_FIT], True
    merits.sort(key=lambda p: not _CONDITION.search(fold(p.text)))
    return [*in_turn(stated), *merits[: max(MIN_FIT - len(stated), 0)]][:MAX_FIT], False


def _titled(request: Request, passage: Passage) -> bool:
    """Whether the passage stands under a heading that has a word of the question."""
    heading = set(content_stems(passage.heading))
    return any(word.root in heading for word in request.topic)
