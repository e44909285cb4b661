"""What the chat's tab shows from one moment on, free of any user interface library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.surfaces.page.messages import Message  # noqa: TC001 - part of what this gives out

__all__ = ["Side", "View"]

Side = Literal["sources", "decision"]
"""What stands beside the chat."""


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows from now on; None leaves a part as it is.

    Attributes:
        box: The words in the question's box.
        session: Identifier of the conversation; "" for none yet.
        messages: The chat.
        votes: The vote on each answer: "up", "down" or None.
        under: What stands under the chat: examples, the next question, suggestions.
        sources: The cited passages, or one of them in its document.
        decision: The decision.
        tools: What can be done with the conversation.
        side: Which of the two stands beside the chat.
        notice: A short message that goes away again.
        working: Whether an answer is being worked out.
        editing: Names the exchange whose question is in the box, to be asked in its place; "" for none.
        pending: The question that is being answered.
        run: Names the answer that is being worked out, so that it can be stopped.
        judged: Number of the answer that has just been voted on; 0 closes the field for words.
        words: What is in that field.
    """

    box: str | None = None
    session: str | None = None
    messages: list[Message] | None = None
    votes: list[str | None] | None = None
    under: str | None = None
    sources: str | None = None
    decision: str | None = None
    tools: str | None = None
    side: Side | None = None
    notice: str | None = None
    working: bool | None = None
    editing: str | None = None
    pending: str | None = None
    run: str | None = None
    judged: int | None = None
    words: str | None = None
