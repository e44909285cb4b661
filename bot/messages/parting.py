"""The questions of a message that asks several things, each understood in its turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.messages.splitting import alternatives, separate
from bot.messages.wording import asks
from ingest.lexicon import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.messages.request import Request
    from bot.sessions.session import Turn

__all__ = ["one_by_one"]

# Kinds of questions that are answered one by one where a message asks several; the others take it as a whole.
_PARTED = ("fact", "pros_cons", "describe", "fit", "catalogue", "compare")
# A longer message is answered as a whole.
MAX_PARTED = 1500


def one_by_one(whole: Request, last: Turn, read: Callable[[str, Turn], Request]) -> tuple[Request, ...]:
    """The questions of a message, each read as if the one before had been asked before it; none to be answered whole.

    Args:
        whole: The message as it was understood.
        last: The turn before it.
        read: Understands a text after a turn.
    """
    if whole.intent not in _PARTED or whole.orders:
        return ()
    asked = separate(whole.message) if len(whole.message) <= MAX_PARTED else []
    if len(asked) < 2:
        asked = alternatives(whole.message) if whole.intent == "fact" or whole.topic else []
    if len(asked) < 2:
        return ()
    told = " ".join(
        whole.message[start:end] for start, end in sentence_spans(whole.message) if not asks(whole.message[start:end])
    )
    if told:
        last = read(told, last).as_turn()
    found: list[Request] = []
    for text in asked:
        part = read(text, last)
        if not part.scoped and whole.scoped:
            part = replace(part, sources=whole.sources, scoped=True)
        if found and not part.follows_up:
            # Asked beside the others and not after them: it stands for itself.
            part = replace(part, before="")
        found.append(part)
        last = part.as_turn()
    if any(part.intent not in _PARTED for part in found):
        return ()
    kinds = {(part.intent, part.options) for part in found}
    same = len(kinds) == 1 and found[0].intent != "fact"
    as_one = same or (whole.defines and whole.intent == "pros_cons") or whole.intent == "compare"
    return () if as_one else tuple(found)
