"""What a conversation was last recommended, read from its transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from bot.types import Recommendation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sessions.session import Exchange

__all__ = ["last_recommended"]


def last_recommended(exchanges: Sequence[Exchange], decision: str | None = None) -> Recommendation | None:
    """The last recommendation that rests on facts of the conversation's own; None when there is none.

    What was only supposed ("what if ...") is passed over: it changed nothing that is known.

    Args:
        exchanges: The transcript, the oldest exchange first.
        decision: Id of the decision; the one that was asked about when None.
    """
    for exchange in reversed(exchanges):
        others = exchange.answer.get("other_decisions", ()) if decision else ()
        for told in (exchange.answer.get("recommendation"), *others):
            if not told or told.get("supposed") or (decision and told.get("decision") != decision):
                continue
            try:
                return Recommendation.model_validate(told)
            except ValidationError:
                # Of another release, which this one cannot read; an earlier one would not be the last.
                return None
    return None
