"""What the Slack app needs of others, so that it can be tried without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.sessions.feedback import FeedbackKind
    from bot.surfaces.slack.job import Job

__all__ = ["Queue", "Votes"]


class Queue(Protocol):
    """Where jobs are kept until they are answered; every method may raise `ConversationError`."""

    def put(self, job: Job) -> bool:
        """Stores a job, durably before it returns; False when its key is known already."""
        ...

    def answer_of(self, job_id: int) -> tuple[Job, dict[str, Any]] | None:
        """A job and its answer's public JSON; None when there is none (any more)."""
        ...

    def knows_thread(self, team: str, channel: str, thread: str) -> bool:
        """Whether the bot is in a thread, so that messages there need no mention."""
        ...

    def forget_user(
        self, team: str, user: str, forget: Callable[[str], object] = ..., *, until: float | None = None
    ) -> int:
        """Deletes what a user asked, and `forget`s each conversation the user had a part in; how many jobs.

        With `until`, a time in seconds since 1970, what was asked later stays.
        """
        ...


class Votes(Protocol):
    """Where votes are kept."""

    def add(
        self, kind: FeedbackKind, session: str, turns: Sequence[str], answer: Mapping[str, Any], comment: str = ""
    ) -> int:
        """Stores a vote; see `bot.sessions.feedback_store.StoredFeedback.add`."""
        ...
