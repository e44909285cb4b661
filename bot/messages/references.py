"""What words point back to: "the second one", "the other one", "both", and a word in one source's sense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sessions.session import Turn
    from ingest.pack import Term

__all__ = ["carried_options", "in_sense"]

_ORDINALS = {"first": 0, "former": 0, "second": 1, "latter": 1, "third": 2, "fourth": 3, "last": -1}
_ORDINAL = re.compile(r"\bthe (first|second|third|fourth|last|former|latter)\b")
_OTHER = re.compile(r"\bthe other(?: one| option| model)?\b")
_BOTH = re.compile(r"\b(?:the two|both|either|the (?:first|last) two)\b")


def carried_options(folded: str, last: Turn, returns: bool) -> tuple[str, ...]:
    """The options of the last turn, or those before it that "the second", "the other one" or "both" picks.

    Args:
        folded: The message, folded.
        last: The conversation's last turn.
        returns: Whether the message goes back to what was talked about earlier.
    """
    talked = tuple(dict.fromkeys((*last.discussed, *last.options)))
    if ordinal := _ORDINAL.search(folded):
        # Of several options that were set side by side, else of all that were talked about.
        among = last.options if len(last.options) > 1 and not returns else talked
        wanted = _ORDINALS[ordinal[1]]
        return (among[wanted],) if -len(among) <= wanted < len(among) else last.options
    before = [option for option in talked if option not in last.options]
    if (returns or _OTHER.search(folded)) and before and len(last.options) < 2:
        return (before[-1],)
    if _BOTH.search(folded) and before and len(last.options) == 1:
        return (before[-1], *last.options)
    return last.options


def in_sense(term: Term | None, named: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
    """The options, with the one that a many-meaning word means in the source that was named."""
    senses = [sense for sense in term.senses if sense.source in named] if term else []
    if term is None or len(senses) != 1 or senses[0].option is None:
        return options
    meant = {sense.option for sense in term.senses}
    return (senses[0].option, *(option for option in options if option not in meant))
