"""The durable queue of what was asked in Slack: what the listeners put in, and what buttons and commands ask of it.

Every job is a row with a unique key before it is acknowledged. One thread is one conversation, and its jobs are
answered in the order in which they were put; `bot.surfaces.slack.claims` is the worker's side of the same tables.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.sessions.session import new_session_id
from bot.storage.tables import SLACK_JOBS, SLACK_THREADS, in_microseconds, in_seconds
from bot.storage.text import storable
from bot.surfaces.slack.claims import Claims, is_direct, job_of
from bot.surfaces.slack.forgetting import FORGOTTEN, digest, drop_old_digests, forget_jobs, keep_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from bot.storage.database import Database
    from bot.surfaces.slack.job import Job

__all__ = ["FailedJob", "SlackQueue"]

DIRECT = ""
"""Stands for the thread where a channel of direct messages as a whole is one conversation."""
EVERYBODY = ""
LEASE_SECONDS = 10.0
"""So long a question waits after a process has died in the midst of it; one that stops in order lets go at once."""


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that was given up.

    Attributes:
        id: Its number.
        key: Its key.
        channel: Where it was asked.
        at: When it was given up, in UTC.
        reason: Why; nothing of the question.
    """

    id: int
    key: str
    channel: str
    at: datetime
    reason: str


class SlackQueue:
    """What was asked in Slack and must be answered; safe with threads and with several processes.

    Every method may raise `ConversationError` when the database cannot be used.

    Args:
        database: Where they are kept.
        lease_seconds: How long a worker that has died keeps others from its job. The clocks of machines that share
            a database must differ by much less.
        now: Tells the time in seconds since 1970.
    """

    def __init__(
        self, database: Database, lease_seconds: float = LEASE_SECONDS, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._now = now
        self._changed = threading.Condition()
        self._changes = 0
        self.claims = Claims(database, lease_seconds, now)

    def put(self, job: Job) -> bool:
        """Stores a job, durably before it returns; False when its key is known already."""

        def work(connection: Connection) -> bool:
            known = SLACK_JOBS.c.key.in_((job.key, digest(job.key)))
            if connection.execute(select(SLACK_JOBS.c.id).where(known)).first():
                return False
            drop_old_digests(connection, self._now())
            connection.execute(insert(SLACK_JOBS).values(self._row(job, self._join(connection, job))))
            return True

        new = self._database.run(work, writes=True, durable=True)
        if new:
            self.wake()
        return new

    def wake(self) -> None:
        """Lets this process' waiting workers look for jobs."""
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> int:
        """Waits for jobs put by this process.

        Args:
            seen: What the last call returned; 0 at first.
            seconds: How long at most.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._changes != seen, seconds)
            return self._changes

    def answer_of(self, job_id: int) -> tuple[Job, dict[str, Any]] | None:
        """A job and its answer's public JSON; None when there is none (any more)."""
        wanted = select(SLACK_JOBS).where(SLACK_JOBS.c.id == job_id, SLACK_JOBS.c.answer.is_not(None))
        row = self._database.run(lambda connection: connection.execute(wanted).first())
        return (job_of(row), json.loads(row.answer)) if row is not None else None

    def knows_thread(self, team: str, channel: str, thread: str) -> bool:
        """Whether the bot is in a thread, so that messages there need no mention."""
        return self.session_of(team, channel, thread) is not None

    def session_of(self, team: str, channel: str, thread: str | None) -> str | None:
        """The conversation that a thread is, None before its first job.

        Args:
            team: Id of the workspace.
            channel: Id of the channel.
            thread: Timestamp of the thread; None for a channel of direct messages as a whole.
        """
        return self._database.run(lambda connection: _session(connection, team, channel, thread or DIRECT, EVERYBODY))

    def depth(self) -> int:
        """How many jobs are not finished."""
        wanted = select(func.count()).select_from(SLACK_JOBS).where(SLACK_JOBS.c.finished.is_(None))
        return self._database.run(lambda connection: connection.execute(wanted).scalar_one())

    def failed(self) -> list[FailedJob]:
        """The jobs that were given up, the newest first."""
        table = SLACK_JOBS.c
        wanted = select(table.id, table.key, table.channel, table.finished, table.failure)
        wanted = wanted.where(table.failure.is_not(None)).order_by(table.finished.desc(), table.id.desc())
        rows = self._database.run(lambda connection: connection.execute(wanted).all())
        return [FailedJob(i, k, c, datetime.fromtimestamp(in_seconds(at), UTC), why) for i, k, c, at, why in rows]

    def forget_user(
        self,
        team: str,
        user: str,
        forget: Callable[[str], object] = lambda _: None,
        *,
        until: float | None = None,
    ) -> int:
        """Deletes what a user asked and the threads that the user began; how many jobs that were.

        What is being answered is taken back from Slack by its worker; see `bot.surfaces.slack.forgetting`.

        Args:
            team: Id of the workspace.
            user: Id of the user.
            forget: Deletes a conversation and the feedback on it; called for each one that the user had a part in,
                before anything is deleted here: should it fail, nothing is lost from sight.
            until: Seconds since 1970: what the user asked later, and conversations begun later, stay. Who asks to be
                forgotten may ask something new before that is done. Now when None.
        """
        jobs, threads = SLACK_JOBS.c, SLACK_THREADS.c
        last = in_microseconds(self._now() if until is None else until)
        asked = (jobs.team == team) & (jobs.user == user) & (jobs.at <= last)
        later = select(jobs.session).where(jobs.at > last)
        begun = (threads.team == team) & or_(threads.starter == user, threads.user == user)
        begun &= threads.session.not_in(later) | threads.session.in_(select(jobs.session).where(jobs.at <= last))
        wanted = select(jobs.session).where(asked).union(select(threads.session).where(begun))

        def look(connection: Connection) -> tuple[Sequence[str], int]:
            sessions = connection.execute(wanted).scalars().all()
            # To forget a conversation deletes what others asked in it, too.
            own = select(jobs.key, asked).where(or_(asked, jobs.session.in_(sessions)), jobs.kind != FORGOTTEN)
            found = connection.execute(own).all()
            keep_digests(connection, [key for key, _ in found], self._now())
            return sessions, sum(mine for _, mine in found)

        def work(connection: Connection) -> None:
            connection.execute(delete(SLACK_THREADS).where(begun))
            forget_jobs(connection, asked, self._now())

        sessions, count = self._database.run(look, writes=True)
        for session in sessions:
            forget(session)
        self._database.run(work, writes=True)
        self._database.erase()  # from the log too
        self.wake()
        return count

    def forget_older(self, days: float) -> int:
        """Deletes jobs finished, and threads unused, for more than so many days; how many jobs."""
        cut = in_microseconds(self._now() - days * 86_400)
        waiting = select(SLACK_JOBS.c.session).where(SLACK_JOBS.c.finished.is_(None))
        unused = (SLACK_THREADS.c.used < cut) & SLACK_THREADS.c.session.not_in(waiting)
        done = SLACK_JOBS.c.finished < cut
        return self._database.erase(delete(SLACK_JOBS).where(done), delete(SLACK_THREADS).where(unused))[0]

    def _join(self, connection: Connection, job: Job) -> str:
        """The job's conversation. The row of its thread is written to, so that no other put comes in between:
        on a server, numbers would else be given in one order and become visible in another."""
        if job.thread is None and not is_direct(job.channel):
            return new_session_id()  # the reply begins the thread
        place = (job.team, job.channel, job.thread or DIRECT, job.user if job.private else EVERYBODY)
        used = in_microseconds(self._now())
        touched = update(SLACK_THREADS).where(_is_place(*place)).values(used=used)
        if not connection.execute(touched).rowcount:
            team, channel, thread, user = place
            new = {"session": new_session_id(), "starter": job.user, "used": used}
            try:
                with connection.begin_nested():
                    connection.execute(
                        insert(SLACK_THREADS).values(team=team, channel=channel, thread=thread, user=user, **new)
                    )
            except IntegrityError:
                connection.execute(touched)
        # Forgotten in this very moment: then the job begins anew.
        return _session(connection, *place) or new_session_id()

    def _row(self, job: Job, session: str) -> dict[str, Any]:
        now = in_microseconds(self._now())
        return {
            "key": job.key,
            "kind": job.kind,
            "team": job.team,
            "channel": job.channel,
            "user": job.user,
            "thread": job.thread,
            # Slack would bring what a database refuses again and again.
            "text": storable(job.text),
            "private": job.private,
            "facts": json.dumps(dict(job.facts)),
            "decision": job.decision,
            "session": session,
            "at": now,
            "due": now,
            "held_until": 0,
            "doubt": False,
            "attempts": 0,
            "failures": 0,
            "posted": "[]",
        }


def _is_place(team: str, channel: str, thread: str, user: str) -> ColumnElement[bool]:
    table = SLACK_THREADS.c
    return (table.team == team) & (table.channel == channel) & (table.thread == thread) & (table.user == user)


def _session(connection: Connection, team: str, channel: str, thread: str, user: str) -> str | None:
    wanted = select(SLACK_THREADS.c.session).where(_is_place(team, channel, thread, user))
    return connection.execute(wanted).scalar()
