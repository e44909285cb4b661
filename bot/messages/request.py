"""A message, understood: the value that the reader hands to whatever answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.sessions.session import Turn

if TYPE_CHECKING:
    from bot.language.vocabulary import Word
    from bot.types import Intent, Wanted
    from ingest.pack import Term

__all__ = ["Request"]

# How much of a conversation a message that says nothing new carries on, in characters.
MAX_CONTEXT = 500


@dataclass(frozen=True, slots=True)
class Request:
    """A message, understood.

    Attributes:
        message: The message as a reader sees it, typing mended, orders to the bot left out.
        query: The message behind the one it refers back to, if any.
        intent: What is asked for.
        options: Ids of the options it is about, in order.
        named: Those of them that it names or describes itself; the others are carried on from the turn before.
        described: The message without the words that describe an option instead of naming it; empty when none do.
        discussed: Ids of the options that the conversation has spoken of, in order of first mention.
        sources: Ids of the sources it is limited to.
        scoped: Whether it names them itself; otherwise they are carried on from the turn before.
        wanted: For pros and cons: which of the two.
        term: The many-meaning word at issue.
        topic: Content words that the answer must speak of: names and words of asking are taken away.
        search: The query without the names of sources.
        own: The message without the names of sources.
        context: What it refers back to, without the names of sources; "" when it stands on its own.
        before: What was asked before, referred to or not, without the names of sources.
        parts: The questions in it, one after the other, without the names of sources.
        reports: What it states of the sources alone: "the author praises squads" tells of nobody who asks.
        each: The questions in it, each understood by itself; empty where it asks but one, or they hang together.
        decisions: Ids of the decisions it asks about as a whole.
        defines: Whether it asks what something is, beside whatever else.
        orders: Whether all of it tells the bot how to behave.
        contrasts: Whether it sets one thing against another by name.
        follows_up: Whether it refers back.
    """

    message: str
    query: str
    intent: Intent
    options: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    described: str = ""
    discussed: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    scoped: bool = False
    wanted: tuple[Wanted, ...] = ()
    term: Term | None = None
    topic: tuple[Word, ...] = ()
    search: str = ""
    own: str = ""
    context: str = ""
    before: str = ""
    parts: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    each: tuple[Request, ...] = ()
    decisions: tuple[str, ...] = ()
    defines: bool = False
    orders: bool = False
    contrasts: bool = False
    follows_up: bool = False

    def as_turn(self) -> Turn:
        """What the next message may refer back to."""
        return Turn(
            question=self.message if len(self.topic) > 1 else self.query[-MAX_CONTEXT:],
            intent=self.intent,
            wanted=self.wanted,
            options=self.options,
            discussed=self.discussed,
            sources=self.sources,
            terms=(self.term.words[0],) if self.term else (),
        )
