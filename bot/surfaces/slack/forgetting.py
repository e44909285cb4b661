"""What becomes of the jobs of a user who wants to be forgotten.

What is finished, or was never begun, goes at once; in its place stays the digest of its key for a day, so that Slack's
next delivery of the same message is still known. What is at hand loses its words and becomes a job of another kind: to
take back what is shown of it, and to forget once more what its answer may have put into the conversation meanwhile.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from bot.storage.tables import SLACK_JOBS, in_microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

__all__ = ["FORGOTTEN", "digest", "drop_old_digests", "forget_jobs", "keep_digests"]

FORGOTTEN = "forgotten"
"""The kind of these jobs."""
# Slack's last try comes within an hour.
_DIGEST_SECONDS = 86_400.0
# Digests are of nobody; no user's id is empty.
_NOBODY = ""


def digest(key: str) -> str:
    """What is kept of a forgotten job's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def forget_jobs(connection: Connection, wanted: ColumnElement[bool], now: float) -> None:
    """Forgets jobs.

    Args:
        connection: In a transaction.
        wanted: Which jobs.
        now: Seconds since 1970.
    """
    jobs = SLACK_JOBS.c
    asked = select(jobs.id, jobs.key, jobs.finished, jobs.holder, jobs.to_channel).where(wanted)
    rows = connection.execute(asked.with_for_update()).all()
    begun = [row.id for row in rows if row.finished is None and (row.holder or row.to_channel)]
    ended = [row for row in rows if row.id not in set(begun)]
    emptied: dict[str, Any] = {"kind": FORGOTTEN, "user": _NOBODY, "text": "", "facts": "{}", "decision": None}
    emptied |= {"answer": None, "apology": None, "due": in_microseconds(now)}
    connection.execute(update(SLACK_JOBS).where(jobs.id.in_(begun)).values(emptied))
    connection.execute(delete(SLACK_JOBS).where(jobs.id.in_([row.id for row in ended])))
    keep_digests(connection, [row.key for row in ended], now)


def keep_digests(connection: Connection, keys: Sequence[str], now: float) -> None:
    """Keeps the digests of forgotten jobs' keys, each as a job that is done and of which nothing else is known."""
    at, wanted = in_microseconds(now), {digest(key) for key in keys}
    kept = connection.execute(select(SLACK_JOBS.c.key).where(SLACK_JOBS.c.key.in_(wanted))).scalars()
    missing = sorted(wanted.difference(kept))
    blank: dict[str, Any] = {"kind": FORGOTTEN, "team": _NOBODY, "channel": "", "user": _NOBODY, "text": ""}
    blank |= {"private": False, "facts": "{}", "session": "", "at": at, "due": at, "finished": at, "held_until": 0}
    blank |= {"doubt": False, "attempts": 0, "failures": 0, "posted": "[]"}
    if missing:
        connection.execute(insert(SLACK_JOBS), [{**blank, "key": one} for one in missing])


def drop_old_digests(connection: Connection, now: float) -> None:
    """Deletes the digests that no delivery of Slack's can meet any more."""
    jobs, oldest = SLACK_JOBS.c, in_microseconds(now - _DIGEST_SECONDS)
    of_nobody = (jobs.team == _NOBODY) & (jobs.user == _NOBODY) & (jobs.kind == FORGOTTEN)
    connection.execute(delete(SLACK_JOBS).where(of_nobody, jobs.finished < oldest))
