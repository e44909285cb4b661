"""Options side by side: what is asked of them first, or else what they are, then what is for and against each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.composing.bearing import Bearing, aspects
from bot.composing.claims import in_turn
from bot.composing.draft import Draft, attributed, escape, joined
from bot.language.shortening import capital, gist, label_of, named, shared_openings
from ingest.lexicon import STANCE_CUES, fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.composing.claims import Claims
    from bot.language.vocabulary import Word
    from bot.messages.request import Request
    from bot.types import Wanted
    from ingest.types import Passage

__all__ = ["compare"]

MAX_ASPECT_CLAIMS = 2
# A claim with less than this share of the aspect's words, by rarity, speaks of something else.
NEAR_BEST = 0.75
# Statements in a cell: more are no longer compared but read one by one.
MAX_CELL = 6
# What an option is, beside the sentence that sets it against the others.
MAX_TELLING = 3
_STANCES: tuple[tuple[Wanted, str], ...] = (("pro", "Pros"), ("con", "Cons"))
# Only who names pros or cons outright wants one of them alone; "harder" and "better at" ask for both sides.
_NAMED = {stance: phrase_pattern(STANCE_CUES[stance]) for stance, _ in _STANCES}
_WHO = re.compile(r"\b(?:who|whom|what (?:kind|sort) of|which (?:organisations|companies))\b")
# With these a definition begins as well within a sentence.
_LOWERED = frozenset({"In", "A", "An", "The"})


def compare(request: Request, claims: Claims) -> Draft | None:
    """The options side by side; None when the sources asked for speak of fewer than two of them.

    Args:
        request: Which options, on what aspects, for or against.
        claims: What the sources say.
    """
    known = [option for option in request.options if claims.about(option, request.sources)]
    if len(known) < 2:
        return None
    draft = Draft()
    asked, complete = _on_aspects(draft, request, known, claims)
    if not asked:
        _contrast(draft, request, known, claims)
    message = fold(request.message)
    wanted = [stance for stance, _ in _STANCES if _NAMED[stance].search(message)]
    # Who wants one of them alone has room for all of it.
    limit = None if len(wanted) == 1 else MAX_CELL
    rows = []
    if not complete and (not wanted or _WHO.search(message)):
        rows.append(["**What it is**", *(_cell(draft, _telling(draft, request, o, claims)) for o in known)])
    for stance, label in _STANCES:
        if (wanted and stance not in wanted) or (complete and not wanted):
            continue
        rows.append([f"**{label}**", *(_cell(draft, claims.taking(stance, o, request.sources), limit) for o in known)])
    rows = [row for row in rows if any(row[1:])]
    names = [claims.name(option) for option in known]
    if rows:
        draft.table(["", *names], [[row[0], *(cell or "–" for cell in row[1:])] for row in rows])
    offer = f" Ask to compare {joined(names)} for all that speaks for and against them." if complete else ""
    draft.paragraph(f"*From {attributed(claims.documents(draft.passages))}.{offer}*")
    return draft


def _on_aspects(draft: Draft, request: Request, options: Sequence[str], claims: Claims) -> tuple[bool, bool]:
    """What the sources say of each option on each aspect asked about; whether there is any, and some of each option."""
    weighed = Bearing(claims.retriever)
    own = {o: [p for p in claims.about(o, request.sources) if p.options == (o,)] for o in options}
    described = claims.describing(options)
    narrowing = set(weighed.narrowing(request, [p for found in own.values() for p in found], described))
    complete = True
    asked = False
    for name, words in aspects(request):
        narrow = [word for word in words if word in narrowing]
        told = {o: _best(request, found, narrow, weighed) for o, found in own.items()}
        if not any(told.values()):
            # What is asked of the options but found of none may stand in the table.
            left = [w for w in words if w.root not in described]
            complete = complete and not any(claims.retriever.vocabulary.is_rare(w) for w in left)
            continue
        asked = True
        complete = complete and all(told.values())
        lines = [
            f"- **{claims.name(o)}:** "
            + (" ".join(_said(draft, p) for p in found) if found else "I find nothing on it in the sources.")
            for o, found in told.items()
        ]
        draft.paragraph(f"**{escape(capital(name))}**\n\n" + "\n".join(lines))
    return asked, asked and complete


def _best(request: Request, found: Sequence[Passage], words: Sequence[Word], weighed: Bearing) -> list[Passage]:
    """The claims that have most of an aspect's words."""
    weights = {p.id: weighed.weight(request, p, words) for p in found}
    best = max(weights.values(), default=0.0)
    near = [p for p in found if best and weights[p.id] >= NEAR_BEST * best]
    return sorted(near, key=lambda p: (-weights[p.id], p.stance == "neutral"))[:MAX_ASPECT_CLAIMS]


def _said(draft: Draft, passage: Passage) -> str:
    """A claim without its name; in short where it has been told already."""
    told = f"{gist(passage)}." if passage in draft.passages else label_of(passage)[1]
    return f"{escape(capital(told))} {draft.marker(passage)}"


def _contrast(draft: Draft, request: Request, options: Sequence[str], claims: Claims) -> None:
    """What each option is, in one sentence, from one source where one says it of all."""
    definitions = {
        o: claims.definition(o, request.sources, 1) or claims.taking("fit", o, request.sources)[:1] for o in options
    }
    defining = claims.documents(p for found in definitions.values() for p in found)
    first = {
        option: next((p for d in defining for p in found if p.document_id == d.id), None)
        for option, found in definitions.items()
    }
    told = [p for p in first.values() if p is not None]
    if len(told) < 2:
        return
    sentences = [draft.claim(told[0])]
    for passage in told[1:]:
        words = draft.claim(passage)
        opening, _, rest = words.partition(" ")
        sentences.append(f"By contrast, {opening.lower() if opening in _LOWERED else opening} {rest}")
    draft.paragraph(" ".join(sentences))


def _telling(draft: Draft, request: Request, option: str, claims: Claims) -> list[Passage]:
    """What an option is and whom it suits, beside what is told already."""
    found = [*claims.definition(option, request.sources, MAX_TELLING), *claims.taking("fit", option, request.sources)]
    return [p for p in found if p not in draft.passages and p.options == (option,)][:MAX_TELLING]


def _cell(draft: Draft, found: Sequence[Passage], limit: int | None = MAX_CELL) -> str:
    """Claims as short statements, of each source some; what begins alike is said once."""
    shown = in_turn(found)[:limit]
    openings = {opening.members[0]: opening for opening in shared_openings([gist(p) for p in shown])}
    inner = {k for opening in openings.values() for k in opening.members}
    parts = []
    for k, passage in enumerate(shown):
        if k in openings:
            words = openings[k].words
            endings = [
                (named(shown[i])[0], gist(shown[i])[len(words) :].strip(), shown[i]) for i in openings[k].members
            ]
            told = [f"{escape(f'{label}: {rest}' if label else rest)} {draft.marker(p)}" for label, rest, p in endings]
            parts.append(f"{escape(capital(words))} {', '.join(told)}")
        elif k not in inner:
            parts.append(draft.gist(passage))
    return "; ".join(parts) + (f"; and {len(found) - len(shown)} more" if len(found) > len(shown) else "")
