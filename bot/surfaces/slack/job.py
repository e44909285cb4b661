"""What passes between the Slack app, the queue and the worker: a job asked for, and the messages that answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.types import Answer

__all__ = ["Job", "JobKind", "Post", "Replier"]

JobKind = Literal["question", "form", "forgotten"]
"""A question in words, the filled-in form of a recommendation, or what is left to undo of one that is forgotten."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something asked in Slack that must be answered exactly once.

    Attributes:
        key: Names it whatever way Slack brings it, so that a second delivery is known: for a message its team, channel
            and timestamp (a mention arrives as two events with different ids); else the id of the event, command or
            form. At most 200 characters.
        kind: What it is.
        team: Id of the workspace.
        channel: Id of the channel it was asked in.
        user: Id of who asked.
        thread: Timestamp of the thread to reply in; None to begin one with the reply itself.
        text: The question in plain words, without Slack's markup; "" for a form.
        private: Whether the reply goes to the user's direct messages instead.
        facts: A form's facts, criterion to level.
        decision: A form's decision; None otherwise.
    """

    key: str
    kind: JobKind
    team: str
    channel: str
    user: str
    thread: str | None
    text: str
    private: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One Slack message: plain text for notifications, and Block Kit blocks (at most 50)."""

    text: str
    blocks: Sequence[Mapping[str, Any]]


class Replier(Protocol):
    """Answers jobs; the worker calls it, and stores what it returns before anything is posted."""

    def answer(self, job: Job, session: str) -> Answer:
        """The answer to a job in its conversation.

        Raises:
            GroundruleError: It cannot be answered; the message is meant for the user.
        """
        ...

    def posts(self, job: Job, answer: Answer, job_id: int) -> Sequence[Post]:
        """The messages that show an answer: the first replaces the placeholder, the others follow it.

        Args:
            job: What was asked.
            answer: Its answer.
            job_id: The job's number in the queue, which buttons carry.
        """
        ...

    def apology(self, job: Job, reason: str) -> Post:
        """The message that says an answer could not be given, and why."""
        ...
