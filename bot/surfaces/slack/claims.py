"""The worker's side of the Slack queue: a job is held by one worker at a time, and what it has done of it is stored.

A worker holds a job for a time (a lease) and keeps extending it. Whatever it stores, it stores only while the job
still carries its token: one that was thought dead and comes back can change nothing (Gray and Cheriton 1989 for the
lease; the token is what others call a fence).
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, insert, or_, select, update

from bot.storage.tables import SLACK_JOBS, SLACK_THREADS, in_microseconds, in_seconds
from bot.surfaces.slack.forgetting import FORGOTTEN, keep_digests
from bot.surfaces.slack.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Connection, Row

    from bot.storage.database import Database

__all__ = ["Claim", "Claims", "LostLeaseError", "is_direct", "job_of"]


class LostLeaseError(Exception):
    """The job is no longer this worker's: it is another's, or was forgotten. Never leaves the worker."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job held by a worker, and what has been done of it.

    Attributes:
        id: The job's number.
        job: What was asked.
        session: Its conversation.
        token: Names the holder.
        at: When it was put, in seconds since 1970.
        doubt: Whether Slack may hold messages of it that are not in `posted`.
        attempts: How often an answer was begun.
        asked: When the conversation's last exchange was, when an answer was first begun; "" when there was none.
        failures: How often in a row Slack could not be reached.
        failing_since: Since when, in seconds since 1970.
        answer: The answer's public JSON, once there is one.
        apology: Why there is none, once that is sure.
        channel: Where the answer goes, once that is known.
        thread: The thread there; None when the first message begins one.
        posted: Timestamps of the messages that show it, by part.
    """

    id: int
    job: Job
    session: str
    token: str
    at: float
    doubt: bool
    attempts: int
    asked: str | None
    failures: int
    failing_since: float | None
    answer: Mapping[str, Any] | None
    apology: str | None
    channel: str | None
    thread: str | None
    posted: tuple[str, ...]


class Claims:
    """Hands out jobs and stores their progress; safe with threads and with several processes.

    Args:
        database: Where they are kept.
        lease_seconds: How long a job is held without being extended.
        now: Tells the time in seconds since 1970.
    """

    def __init__(self, database: Database, lease_seconds: float, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self.lease_seconds = lease_seconds
        self._now = now

    def take(self) -> Claim | None:
        """Claims the oldest job that is due, held by nobody, and the first unfinished of its conversation."""
        found = self._database.run(lambda connection: connection.execute(self._ready()).first())
        return self._database.run(self._take, writes=True) if found is not None else None

    def beat(self, tokens: Collection[str]) -> set[str]:
        """Extends leases; the tokens of those that are still held."""
        held = update(SLACK_JOBS).where(SLACK_JOBS.c.holder.in_(tokens)).values(held_until=self._until())
        wanted = held.returning(SLACK_JOBS.c.holder)
        return set(self._database.run(lambda c: c.execute(wanted).scalars().all(), writes=True))

    def release(self, tokens: Collection[str]) -> None:
        """Lets others have jobs in whatever state they are."""
        held = update(SLACK_JOBS).where(SLACK_JOBS.c.holder.in_(tokens))
        # A message may have been posted that is not stored.
        left = held.values(holder=None, held_until=0, doubt=True)
        self._database.run(lambda connection: connection.execute(left), writes=True)

    def place(self, claim: Claim, channel: str) -> Claim:
        """Stores the channel that the answer goes to. A conversation in private goes on in the thread it has there."""
        thread = claim.job.thread if channel == claim.job.channel else self._thread_in(claim, channel)
        self._store(claim, to_channel=channel, to_thread=thread)
        return replace(claim, channel=channel, thread=thread)

    def post(self, claim: Claim, timestamp: str) -> Claim:
        """Stores the timestamp of the next part's message; the first may begin a thread."""
        posted = (*claim.posted, timestamp)
        thread = timestamp if not claim.posted and claim.thread is None else None
        begun = (str(claim.channel), thread) if thread else None
        self._store(claim, begun, posted=json.dumps(posted), failures=0, failing_since=None)
        return replace(claim, posted=posted, failures=0, failing_since=None)

    def repost(self, claim: Claim) -> Claim:
        """Stores that the messages are gone from Slack."""
        self._store(claim, posted="[]")
        return replace(claim, posted=())

    def begin(self, claim: Claim, asked: str) -> Claim:
        """Stores that an answer is begun, and what the conversation's last exchange was then."""
        attempts = claim.attempts + 1
        self._store(claim, asked=asked, attempts=attempts)
        return replace(claim, asked=asked, attempts=attempts)

    def answer(self, claim: Claim, answer: Mapping[str, Any]) -> Claim:
        """Stores the answer's public JSON."""
        self._store(claim, answer=json.dumps(answer, ensure_ascii=False))
        return replace(claim, answer=answer)

    def apologise(self, claim: Claim, reason: str) -> Claim:
        """Stores that there will be no answer, and why."""
        self._store(claim, apology=reason)
        return replace(claim, apology=reason)

    def finish(self, claim: Claim, failure: str | None = None) -> None:
        """Stores that all is done, or that it is given up and why."""
        self._store(claim, finished=in_microseconds(self._now()), failure=failure, holder=None, held_until=0)

    def bury(self, claim: Claim) -> None:
        """Stores that all is undone of a forgotten job: the digest of its key alone is left."""

        def work(connection: Connection) -> bool:
            mine = delete(SLACK_JOBS).where(SLACK_JOBS.c.id == claim.id, SLACK_JOBS.c.holder == claim.token)
            if not connection.execute(mine).rowcount:
                return False
            keep_digests(connection, [claim.job.key], self._now())
            return True

        if not self._database.run(work, writes=True):
            raise LostLeaseError

    def give_back(self, claim: Claim, seconds: float, *, doubt: bool = False, failed: bool = False) -> None:
        """Lets others have the job.

        Args:
            claim: What is held.
            seconds: How long nobody is to try it.
            doubt: Whether a message may have been posted that is not stored.
            failed: Whether Slack could not be reached; else the count of failures ends.
        """
        since = (claim.failing_since or self._now()) if failed else None
        self._store(
            claim,
            holder=None,
            held_until=0,
            due=in_microseconds(self._now() + seconds),
            doubt=claim.doubt or doubt,
            failures=claim.failures + 1 if failed else 0,
            failing_since=in_microseconds(since) if since is not None else None,
        )

    def posted(self, job_id: int) -> tuple[tuple[str, ...], bool] | None:
        """The timestamps that are stored for a job, and whether it is finished; None when it was forgotten."""
        kept = (SLACK_JOBS.c.id == job_id) & (SLACK_JOBS.c.kind != FORGOTTEN)
        wanted = select(SLACK_JOBS.c.posted, SLACK_JOBS.c.finished).where(kept)
        row = self._database.run(lambda connection: connection.execute(wanted).first())
        return (tuple(json.loads(row.posted)), row.finished is not None) if row is not None else None

    def _ready(self) -> Any:
        jobs, earlier, now = SLACK_JOBS, SLACK_JOBS.alias("earlier"), in_microseconds(self._now())
        before = exists().where(
            earlier.c.finished.is_(None), earlier.c.session == jobs.c.session, earlier.c.id < jobs.c.id
        )
        free = or_(jobs.c.holder.is_(None), jobs.c.held_until < now)
        return (
            select(jobs).where(jobs.c.finished.is_(None), jobs.c.due <= now, free, ~before).order_by(jobs.c.id).limit(1)
        )

    def _take(self, connection: Connection) -> Claim | None:
        # SQLite has no row locks, and needs none: there, a writer is alone.
        row = connection.execute(self._ready().with_for_update(of=SLACK_JOBS, skip_locked=True)).first()
        if row is None:
            return None
        token = secrets.token_hex(16)
        # Who held it and did not give it back may have posted what is not stored.
        values = {"holder": token, "held_until": self._until(), "doubt": row.doubt or row.holder is not None}
        connection.execute(update(SLACK_JOBS).where(SLACK_JOBS.c.id == row.id).values(values))
        return _claim_of(row, token, doubt=bool(values["doubt"]))

    def _store(self, claim: Claim, begun: tuple[str, str] | None = None, **values: Any) -> None:
        """Writes to a job that is held, and the thread that it has begun; neither when it is held no longer."""

        def work(connection: Connection) -> bool:
            mine = update(SLACK_JOBS).where(SLACK_JOBS.c.id == claim.id, SLACK_JOBS.c.holder == claim.token)
            mine = mine.where(SLACK_JOBS.c.kind == claim.job.kind)  # it may have been forgotten
            if not connection.execute(mine.values({"held_until": self._until(), **values})).rowcount:
                return False
            if begun:
                self._begin_thread(connection, claim, *begun)
            return True

        if not self._database.run(work, writes=True):
            raise LostLeaseError

    def _begin_thread(self, connection: Connection, claim: Claim, channel: str, thread: str) -> None:
        place = {"team": claim.job.team, "channel": channel, "thread": thread, "user": ""}
        there = select(SLACK_THREADS.c.session).where(
            *(SLACK_THREADS.c[name] == value for name, value in place.items())
        )
        if connection.execute(there).first() is None:
            used = in_microseconds(self._now())
            values = {**place, "session": claim.session, "starter": claim.job.user, "used": used}
            connection.execute(insert(SLACK_THREADS).values(values))

    def _thread_in(self, claim: Claim, channel: str) -> str | None:
        table = SLACK_THREADS.c
        of_session = (table.session == claim.session) & (table.channel == channel) & (table.thread != "")
        wanted = select(table.thread).where(of_session).order_by(table.used.desc()).limit(1)
        return self._database.run(lambda connection: connection.execute(wanted).scalar())

    def _until(self) -> int:
        return in_microseconds(self._now() + self.lease_seconds)


def is_direct(channel: str) -> bool:
    """Whether a channel is one user's direct messages with the bot."""
    return channel.startswith("D")


def job_of(row: Row[Any]) -> Job:
    """The job that a row of the table keeps."""
    return Job(
        key=row.key,
        kind=row.kind,
        team=row.team,
        channel=row.channel,
        user=row.user,
        thread=row.thread,
        text=row.text,
        private=row.private,
        facts=json.loads(row.facts),
        decision=row.decision,
    )


def _claim_of(row: Row[Any], token: str, *, doubt: bool) -> Claim:
    return Claim(
        id=row.id,
        job=job_of(row),
        session=row.session,
        token=token,
        at=in_seconds(row.at),
        doubt=doubt,
        attempts=row.attempts,
        asked=row.asked,
        failures=row.failures,
        failing_since=in_seconds(row.failing_since) if row.failing_since is not None else None,
        answer=json.loads(row.answer) if row.answer is not None else None,
        apology=row.apology,
        channel=row.to_channel,
        thread=row.to_thread,
        posted=tuple(json.loads(row.posted)),
    )
