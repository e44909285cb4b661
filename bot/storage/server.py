"""A PostgreSQL server: how many connections it is given, and what its refusals mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import URL, Connection, Engine

__all__ = ["CONNECTIONS", "alone", "is_conflict", "server_engine"]

CONNECTIONS = 16
"""Of one process. A transaction takes milliseconds: 64 threads were served no faster by 32 connections than by 16, and
with these six processes stay below the 97 that a server allows its users by default."""
# In seconds, and the last one in milliseconds: a server that vanishes without a word is noticed.
_CONNECT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# The number is ours: it names the right to change the layout, in each database.
_LAYOUT_LOCK = 0x67726F756E64
_LAYOUT_WAIT = "60s"
_SERIALISATION_FAILURE = "40001"
_DEADLOCK = "40P01"


def server_engine(url: URL) -> Engine:
    """An engine on a server; what an address says of its connections goes before what is said here."""
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        # To open one takes as long as ten transactions.
        max_overflow=0,
        connect_args={name: value for name, value in _CONNECT.items() if name not in url.query},
    )


def alone(connection: Connection) -> None:
    """Waits until no other process changes the layout; the right to do so ends with the transaction."""
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LAYOUT_WAIT}'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LAYOUT_LOCK})


def is_conflict(error: BaseException) -> bool:
    """Whether a transaction failed only because of another one at the same time."""
    driver = getattr(error, "orig", None)
    state = getattr(driver, "sqlstate", None) or getattr(driver, "pgcode", None)
    return state in (_SERIALISATION_FAILURE, _DEADLOCK)
