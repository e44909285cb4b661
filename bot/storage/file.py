"""A SQLite file of ours: private to its user, patient with other processes, set aside when it is damaged.

It runs in WAL mode, so that readers do not wait for a writer, and overwrites what is deleted with zeros.
"""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event

from ingest.index.generations import writing

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Connection, Engine

__all__ = ["WRITERS", "file_engine", "identity", "is_damage", "overwritten", "set_aside", "were_set_aside"]

WRITERS = 1
"""At the same time; all that read read beside them."""
# A write takes about a millisecond; who waits longer than this meets a program that keeps the file to itself.
_BUSY_SECONDS = 2.0
# Between two attempts, while another process is just making the file.
_SET_UP_PAUSE = 0.02
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SUFFIXES = ("", "-wal", "-shm")


def file_engine(url: URL, file: Path) -> Engine:
    """An engine on a file, which is made when it is not there.

    Of the execution options, `writes` says that a transaction writes, `durable` that it outlives a power cut once it is
    done, and `leads` that it changes the layout.
    """
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives its logs the permissions of this file.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(url, hide_parameters=True, max_overflow=-1, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def identity(file: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None when there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the file is no sound database."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return (code & 0xFF) in _DAMAGE


def set_aside(file: Path, opened: tuple[int, int] | None) -> Path | None:
    """Moves a damaged file away; where it is then, None when another process was faster.

    Args:
        file: The file.
        opened: Its identity when it was found damaged.

    Raises:
        OSError: It cannot be moved.
        StoreError: The folder cannot be written.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = file.with_name(f"{file.stem}.damaged-{stamp}{file.suffix}")
    with writing(file.parent):
        if identity(file) != opened:
            return None
        # A log belongs to its file: apart from it nobody could mend them.
        for suffix in _SUFFIXES:
            part = file.with_name(file.name + suffix)
            if part.exists():
                part.rename(target.with_name(target.name + suffix))
    return target


def were_set_aside(file: Path) -> list[Path]:
    """The files that were set aside as damaged, the oldest first."""
    return sorted(file.parent.glob(f"{file.stem}.damaged-*"))


def overwritten(engine: Engine, *, shrink: bool) -> bool:
    """Writes the log into the file and empties it; False when a reader holds on to it.

    Args:
        engine: Of the file.
        shrink: Gives the file's free space back to the disk, too.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        if shrink:
            cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy = cursor.fetchone()
        cursor.close()
    finally:
        connection.close()
    return not (busy and busy[0])


def _set_up(connection: Any, _record: object) -> None:
    # Transactions are begun by `_begin`, not by Python's driver, which would begin them late.
    connection.isolation_level = None
    try:
        for pragma in _PRAGMAS:
            _patiently(connection, pragma)
    except BaseException:
        connection.close()
        raise


def _patiently(connection: Any, pragma: str) -> None:
    """Runs a pragma, again while another process holds the file: for the journal's mode SQLite does not wait itself."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute(pragma).close()
        except sqlite3.OperationalError as error:
            if (error.sqlite_errorcode & 0xFF) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_SET_UP_PAUSE)
        else:
            return


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("leads"):
        # To change a table may mean to make it anew: with foreign keys acting, that would delete all that refers to it.
        # SQLite hears this outside transactions only, and whoever leads throws the connection away.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    # In WAL mode NORMAL keeps the file whole through a power cut; the last answers before it may be lost.
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('durable') else 'NORMAL'}")
    # A writer that begins as a reader cannot wait for another writer: SQLite refuses it at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") or options.get("leads") else "BEGIN")
