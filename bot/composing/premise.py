"""What a question takes for granted and the sources see otherwise: said before the answer, from their own claims.

"Why is X best for Y?" takes for granted that Y speaks for X. Where all that the sources say of Y lists it among the
difficulties of X, the answer opens by saying so; and where what a question tells of somebody is told by the sources of
another option, it opens with that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.composing.draft import names_of
from bot.language import phrases
from ingest.lexicon import fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.messages.request import Request
    from ingest.pack import Pack
    from ingest.types import Passage

__all__ = ["correction"]

# Questions that explain or build upon something, and so take it for granted.
_BUILDS_UPON = re.compile(
    r"\W*(?:(?:and|but|so|ok|okay) )?(?:why|how|since|given that|because|as)\b|\b(?:right|correct)\W*\?"
)
_SIDES = {"con": "difficulties", "pro": "strengths"}
_CUES = {"pro": phrase_pattern(phrases.PROS), "con": phrase_pattern(phrases.CONS)}


def correction(request: Request, passages: Sequence[Passage], pack: Pack, *, named: bool) -> str:
    """A sentence that sets a premise right, as Markdown; "" when nothing is to be set right.

    Args:
        request: The question.
        passages: What the sources say on it, at least one.
        pack: Names of options.
        named: Whether the question names somebody of whom the passages tell.
    """
    folded, options = fold(request.message), request.named
    if not options:
        return ""
    spoken = [side for side, cue in _CUES.items() if cue.search(folded)]
    asked = spoken[0] if len(spoken) == 1 else None
    told = {option for passage in passages for option in passage.options}
    if named and told and not told & set(options):
        decisions = {pack.decision_of(option).id for option in options}
        others = [o.id for o in pack.options if o.id in told and pack.decision_of(o.id).id in decisions]
        if others:
            return f"The sources do not tell this of {names_of(options, pack)}, but of {names_of(others, pack)}:"
    sides = {passage.stance for passage in passages}
    side = next(iter(sides)) if len(sides) == 1 else ""
    builds_upon = asked is not None or _BUILDS_UPON.search(folded)
    about = all(set(passage.options) & set(options) for passage in passages)
    if side in _SIDES and side != asked and builds_upon and about and (asked or side == "con"):
        return f"The sources list this among the {_SIDES[side]} of {names_of(options, pack)}:"
    return ""
