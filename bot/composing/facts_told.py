"""Passages found for a question, told: what has most of the question's words first, a story in its order, advice before
the problem where advice is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.composing.bearing import Bearing
from bot.composing.draft import Draft, attributed, escape, joined
from bot.composing.listing import bulleted
from bot.composing.themes import wants_remedy
from bot.language.shortening import capital, named
from ingest.lexicon import content_stems, fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.composing.claims import Claims
    from bot.composing.themes import Themes
    from bot.messages.request import Request
    from ingest.types import Passage

__all__ = ["fact"]

SEARCHED = 12
# The first words of a claim, where its subject stands.
OPENING_WORDS = 3
# So few passages read best as sentences one after the other; a story does so up to twice as many.
MAX_PROSE = 2
_STORY = phrase_pattern(("example", "examples", "case study", "story"))
_GENERAL = phrase_pattern(("introduction", "conclusion", "conclusions", "overview", "summary", "background"))
_ONE_SLOT = re.compile(r"\W*(?:(?:and|so|but) )?(?:who|whose|how much|how many|how long|how big|how large)\b")
_MORE = re.compile(r"\b(?:and|or|also|plus)\b|[,;?]\s*\w")
_ROLES = {"pro": "pro", "con": "con"}


def fact(request: Request, passages: Sequence[Passage], claims: Claims, themes: Themes, opening: str = "") -> Draft:
    """The passages found for a question.

    Args:
        request: The question.
        passages: What was found, at least one.
        claims: How options and documents are called.
        themes: What is advised against a problem.
        opening: What to say before them.
    """
    draft = Draft()
    if opening:
        draft.paragraph(opening)
    shown = _ordered(request, passages, claims)
    problems = [p for p in shown if themes.remedies(p)] if wants_remedy(fold(request.message)) else []
    if problems:
        advice = [a for p in problems for a in themes.remedies(p)]
        draft.paragraph(" ".join(map(draft.claim, advice)))
        draft.paragraph(
            "**The problem behind it:** "
            + " ".join(escape(capital(named(p)[1])) + f" {draft.marker(p)}" for p in problems)
        )
        shown = [p for p in shown if p not in problems and p not in advice and not _general(p)]
    stances = {p.stance for p in shown} & set(_ROLES)
    story = all(_STORY.search(fold(p.heading)) for p in shown)
    if len(shown) <= (2 * MAX_PROSE if story else MAX_PROSE):
        if shown:
            draft.paragraph(" ".join(_told(draft, p, claims) for p in shown))
    elif stances:
        draft.paragraph("\n".join(f"- {_told(draft, p, claims)}" for p in shown))
    else:
        draft.paragraph(bulleted(draft, [[p] for p in shown]))
    draft.paragraph(f"*From {attributed(claims.documents(draft.passages))}.*")
    return draft


def _ordered(request: Request, passages: Sequence[Passage], claims: Claims) -> list[Passage]:
    """What has most of the question's words first; what an introduction or a conclusion adds only where it is new.

    Where one slot is asked for ("who", "how much") and some passages have every word that any has, they are enough.
    """
    # Of several questions each has its own passage.
    if len(passages) < 2 or len(request.parts) > 1 or all(_STORY.search(fold(p.heading)) for p in passages):
        return list(passages)
    weighed = Bearing(claims.retriever)
    words = {p.id: frozenset(w.root for w in request.topic if weighed.covers(p, w, request)) for p in passages}
    specific = [p for p in passages if not _general(p)]
    said = frozenset().union(*(words[p.id] for p in specific))
    best = _best(request, passages, claims)
    new = [p for p in passages if words[p.id] - said or (p == best and words[p.id] == said)]
    kept = [p for p in passages if p in specific or p in new] if specific else list(passages)
    everything = frozenset().union(*words.values())
    message = fold(request.message)
    if _ONE_SLOT.match(message) and not _MORE.search(message) and everything and words[best.id] == everything:
        kept = [p for p in kept if words[p.id] == everything] or kept
    return sorted(
        kept, key=lambda p: (_general(p), -weighed.weight(request, p, request.topic) - _opens(p, weighed, request))
    )


def _general(passage: Passage) -> bool:
    """Whether a passage stands in an introduction or a conclusion, which say of everything a little."""
    return bool(_GENERAL.search(fold(passage.heading)))


def _opens(passage: Passage, weighed: Bearing, request: Request) -> float:
    """How much of the question's words the passage begins with: what it is about."""
    vocabulary = weighed.retriever.vocabulary
    opening = set(content_stems(" ".join(passage.text.split()[:OPENING_WORDS])))
    about = [w for w in request.topic if opening & {w.root, *vocabulary.relatives(w.text)}]
    return sum(vocabulary.idf(w.root) for w in about)


def _best(request: Request, passages: Sequence[Passage], claims: Claims) -> Passage:
    """The passage that lies nearest to the question."""
    hits = claims.retriever.search(
        request.search, SEARCHED, sources=request.sources, options=request.options, alone=True
    )
    return next((hit.passage for hit in hits if hit.passage in passages), passages[0])


def _told(draft: Draft, passage: Passage, claims: Claims) -> str:
    """A passage with its marker; a pro or a con says of what it is one, lest it be read as neutral."""
    role = _ROLES.get(passage.stance)
    if role is None or not passage.options:
        return draft.claim(passage)
    label, rest = named(passage)
    name = joined([claims.name(option) for option in passage.options])
    body = f"{label}: {rest}" if label else rest
    return f"**{name} ({role}):** {escape(body)} {draft.marker(passage)}"
