"""From a job to its answer in Slack, step by step, so that each step can be done again without being doubled.

A placeholder is posted, the answer is made and stored, the placeholder becomes its first part, the others follow. Every
message names its job and part in its metadata; where one may be there that is not stored (a worker died, a response was
lost), Slack is asked before anything is posted, and once more at the end, when what is there twice is removed.

An answer is not made twice either. Between its being remembered in the conversation and its being stored with the job
a process can die; the next one finds it in the transcript, after the exchange that was the last when it was begun.
"""

from __future__ import annotations

import time
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.surfaces.slack.calls import RefusedError
from bot.surfaces.slack.claims import LostLeaseError, is_direct
from bot.surfaces.slack.forgetting import FORGOTTEN
from bot.surfaces.slack.job import Post
from bot.types import Answer
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.sessions.session import Exchange
    from bot.surfaces.slack.calls import SlackCalls
    from bot.surfaces.slack.claims import Claim, Claims
    from bot.surfaces.slack.job import Replier

__all__ = ["PLACEHOLDER", "Delivery", "FailedAnswerError", "Hold"]

PLACEHOLDER = Post(
    "Looking that up …",
    ({"type": "context", "elements": [{"type": "mrkdwn", "text": ":hourglass_flowing_sand: Looking that up …"}]},),
)
UNEXPECTED = "something went wrong here, and trying again did not help"
MAX_ATTEMPTS = 3
# A process can die by no fault of the answer that it is making: more of that is allowed.
MAX_BEGUN = 6
# No message can be put there, so no apology either.
_NO_ENTRY = frozenset({"channel_not_found", "is_archived", "not_in_channel", "restricted_action", "user_not_found"})
# How often, in the time of a lease, one who lost it looks whether another has taken over a message.
_LOOKS = 5


class FailedAnswerError(Exception):
    """Making the answer failed unexpectedly, and it is worth another try. Never leaves the worker."""


@dataclass(slots=True)
class Hold:
    """How long a job is surely held, by this machine's own clock.

    Attributes:
        token: The holder's.
        until: As `time.monotonic` tells it.
        lost: Whether the job was found to be another's.
    """

    token: str
    until: float
    lost: bool = field(default=False)

    def check(self) -> None:
        """Raises `LostLeaseError` when the job may be another's by now."""
        if self.lost or time.monotonic() > self.until:
            raise LostLeaseError


class Delivery:
    """Does what is left to do of one claimed job.

    Args:
        claim: The job.
        hold: Its lease.
        claims: Stores progress.
        calls: Slack.
        replier: Makes the answer and what shows it.
        history: The transcript of a conversation.
        forget: Deletes a conversation.
        say: Told what went wrong, without a word of the user's.
    """

    def __init__(
        self,
        claim: Claim,
        hold: Hold,
        claims: Claims,
        calls: SlackCalls,
        replier: Replier,
        history: Callable[[str], Sequence[Exchange]],
        forget: Callable[[str], object],
        say: Callable[[str], None],
    ) -> None:
        self.claim = claim
        self._hold = hold
        self._claims = claims
        self._calls = calls
        self._replier = replier
        self._history = history
        self._forget = forget
        self._say = say
        self._found: dict[str | None, dict[int, list[str]]] = {}

    def run(self) -> None:
        """Brings the job to its end.

        Raises:
            BusyError: As in `bot.surfaces.slack.calls`, and the errors beside it.
            FailedAnswerError: The answer is to be tried again later.
            LostLeaseError: The job is another's; what this worker alone had posted is gone.
        """
        if self.claim.job.kind == FORGOTTEN:
            self._undo()
            return
        try:
            if self.claim.channel is None:
                self.claim = self._claims.place(self.claim, self._channel())
            if not self.claim.posted:
                self._post(PLACEHOLDER)
            self._answer()
            posts = self._posts()
            self._update(posts[0])
            while (part := len(self.claim.posted)) < len(posts):
                self._post(posts[part])
            if self.claim.doubt:
                self._sweep(len(posts))
            self._claims.finish(self.claim)
        except LostLeaseError:
            # Forgotten while it was worked on: what this worker alone knows of may not be found by who undoes the rest.
            if self.claim.posted and self._claims.posted(self.claim.id) is None:
                self._remove(self.claim.posted)
            raise

    def _undo(self) -> None:
        """Takes back what is shown of a forgotten job, and what was remembered of it."""
        claim = self.claim
        with suppress(RefusedError):  # where the bot has no way in, nothing can be taken back
            if claim.channel is not None:
                for thread in {self._thread(0), self._thread(1) if claim.posted else self._thread(0)}:
                    for timestamps in self._look(thread).values():
                        self._remove(timestamps)
        self._forget(claim.session)
        self._claims.bury(claim)

    def give_up(self, error: RefusedError) -> None:
        """Ends a job that Slack refuses; says so in the place of the placeholder where that can be said."""
        if self.claim.posted and error.reason not in _NO_ENTRY:
            reason = f"Slack does not take the answer ({error.reason})"
            try:
                self._update(self._replier.apology(self.claim.job, reason))
            except RefusedError:
                self._remove(self.claim.posted)
        self._claims.finish(self.claim, str(error))

    def _channel(self) -> str:
        job = self.claim.job
        return (
            self._calls.open_direct(job.team, job.user) if job.private and not is_direct(job.channel) else job.channel
        )

    def _thread(self, part: int) -> str | None:
        """Where a part stands: what begins a thread is followed there, except among direct messages."""
        claim = self.claim
        if claim.thread is not None or part == 0 or is_direct(str(claim.channel)):
            return claim.thread
        return claim.posted[0]

    def _post(self, post: Post) -> None:
        """Posts the next part unless it is there already."""
        claim, part = self.claim, len(self.claim.posted)
        there = self._look(self._thread(part)).get(part, []) if claim.doubt else []
        if there:
            self.claim = self._claims.post(claim, there[0])
            return
        job, check = claim.job, self._hold.check
        timestamp = self._calls.post(job.team, str(claim.channel), self._thread(part), post, job.key, part, check)
        try:
            self.claim = self._claims.post(claim, timestamp)
        except LostLeaseError:
            self._remove_if_alone(part, timestamp)
            raise

    def _update(self, post: Post) -> None:
        self._hold.check()
        claim, job = self.claim, self.claim.job
        try:
            self._calls.update(job.team, str(claim.channel), claim.posted[0], post, job.key, 0)
        except RefusedError as error:
            if error.reason != "message_not_found" or len(claim.posted) > 1:
                raise
            # Somebody deleted the placeholder; the question is answered all the same.
            self.claim = self._claims.repost(claim)
            self._found.clear()
            self._post(post)

    def _look(self, thread: str | None) -> dict[int, list[str]]:
        """What names the job in a thread, or outside of threads; asked once, for later we know what we posted."""
        if thread not in self._found:
            claim = self.claim
            self._found[thread] = self._calls.find(claim.job.team, str(claim.channel), thread, claim.job.key, claim.at)
        return self._found[thread]

    def _sweep(self, parts: int) -> None:
        """Removes what a worker thought dead has posted beside."""
        self._found.clear()
        for thread in dict.fromkeys((self._thread(0), self._thread(1))):
            for timestamps in self._look(thread).values():
                self._remove([one for one in timestamps if one not in self.claim.posted[:parts]])

    def _remove(self, timestamps: Sequence[str]) -> None:
        for timestamp in timestamps:
            self._calls.delete(self.claim.job.team, str(self.claim.channel), timestamp)

    def _remove_if_alone(self, part: int, timestamp: str) -> None:
        """Removes a message that nobody else has taken for the job's. Who holds the job now may be about to find it,
        so that is waited for; should it take too long, that one's own look at the end removes what is double."""
        for _ in range(2 * _LOOKS):
            stored = self._claims.posted(self.claim.id)
            if stored is None or stored[1] or len(stored[0]) > part:
                if stored is None or timestamp not in stored[0]:
                    self._remove([timestamp])
                return
            time.sleep(self._claims.lease_seconds / _LOOKS)

    def _answer(self) -> None:
        """Makes the answer and stores it, unless that was done."""
        claim, job = self.claim, self.claim.job
        if claim.answer is not None or claim.apology is not None:
            return
        if claim.asked is not None and (found := self._remembered(claim.asked)) is not None:
            self.claim = self._claims.answer(claim, found)
            return
        if claim.attempts >= MAX_BEGUN:
            self.claim = self._claims.apologise(claim, UNEXPECTED)
            return
        self.claim = claim = self._claims.begin(claim, self._last() if claim.asked is None else claim.asked)
        try:
            answer: dict[str, Any] = self._replier.answer(job, claim.session).as_json()
        except GroundruleError as error:
            self.claim = self._claims.apologise(claim, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the question gets another try or an apology
            self._retry_or_apologise(error)
        else:
            self.claim = self._claims.answer(claim, answer)

    def _retry_or_apologise(self, error: Exception) -> None:
        # The kind alone: the message may hold the user's words, or a key.
        self._say(f"Answering Slack job {self.claim.id} failed, try {self.claim.attempts}: {type(error).__name__}.")
        if self.claim.attempts < MAX_ATTEMPTS:
            raise FailedAnswerError from error
        self.claim = self._claims.apologise(self.claim, UNEXPECTED)

    def _last(self) -> str:
        exchanges = self._history(self.claim.session)
        return exchanges[-1].at.isoformat() if exchanges else ""

    def _remembered(self, asked: str) -> dict[str, Any] | None:
        """The answer that an earlier attempt gave: the question's own, after what was the last exchange then. Nobody
        else asks anything in this conversation meanwhile."""
        for exchange in reversed(self._history(self.claim.session)):
            if exchange.at.isoformat() == asked:
                return None
            # A form begins a conversation, which knows it in words of its own.
            if self.claim.job.kind == "form" or _same(exchange.question, self.claim.job.text):
                return dict(exchange.answer)
        return None

    def _posts(self) -> Sequence[Post]:
        job, claim = self.claim.job, self.claim
        if claim.answer is None:
            return [self._replier.apology(job, claim.apology or UNEXPECTED)]
        try:
            return self._replier.posts(job, Answer.model_validate(claim.answer), claim.id) or [
                self._replier.apology(job, UNEXPECTED)
            ]
        except Exception as error:  # noqa: BLE001 - a fault in showing an answer is told to its reader, not retried
            self._say(f"Showing the answer of Slack job {claim.id} failed: {type(error).__name__}.")
            return [self._replier.apology(job, UNEXPECTED)]


def _same(question: str, text: str) -> bool:
    """Whether a question as it was remembered is the one that was asked."""
    return question.strip() == unicodedata.normalize("NFC", text).strip()
