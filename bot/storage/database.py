"""A database that tables are kept in: where it is, how it is opened, and what its failures mean.

SQLite in a file of ours, or a PostgreSQL server. Nothing is opened before it is needed. A SQLite file is private to its
user; it runs in WAL mode, so that readers do not wait for a writer, and overwrites what is deleted with zeros. A file
that is damaged is set aside, never deleted.

Tables carry the version of their layout. An older layout is led to this one when it is opened, in one transaction: so
far that means to add tables. A change to a table adds its statements to `Database._lay_out`. A layout newer than this
release knows is left alone.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from bot.storage.address import VARIABLE, checked_url
from ingest.errors import ConversationError, StoreError
from ingest.generations import writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Delete, Engine

__all__ = ["Database"]

T = TypeVar("T")

# A write takes about a millisecond; who waits longer than this meets a program that keeps the file to itself.
_BUSY_SECONDS = 2.0
_CONNECT_SECONDS = 5
# Between two attempts, while another process is just making the file.
_SET_UP_PAUSE = 0.02
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # In WAL mode this keeps the file whole through a power cut; the last answers before it may be lost.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LAYOUT = Table(
    "groundrule_layout",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)


class Database:
    """One database with one set of tables.

    Args:
        address: Path of a SQLite file, or an address as SQLAlchemy writes it.
        metadata: The tables; made when they are not there.
        version: Version of their layout.
        say: Told in a sentence when a damaged file is set aside.

    Raises:
        SettingError: The address is none, names a database that is not supported, or its driver is not installed.
    """

    def __init__(self, address: Path | str, metadata: MetaData, version: int, say: Callable[[str], None]) -> None:
        self._url = checked_url(address)
        self.file = Path(str(self._url.database)) if self._url.get_backend_name() == "sqlite" else None
        # No user, no password, no parameters: it stands in messages.
        self.name = str(self.file or f"postgresql://{self._url.host or ''}/{self._url.database or ''}")
        self._metadata = metadata
        self._version = version
        self._say = say
        self._engine: Engine | None = None
        self._opened: tuple[int, int] | None = None
        self._lock = threading.RLock()

    @property
    def absent(self) -> bool:
        """Whether nothing was ever stored: then there is nothing to read, and reading need not make a file."""
        return self.file is not None and not self.file.exists()

    @property
    def set_aside(self) -> list[Path]:
        """The files that were set aside as damaged, the oldest first."""
        return sorted(self.file.parent.glob(f"{self.file.stem}.damaged-*")) if self.file else []

    def run(self, work: Callable[[Connection], T], *, writes: bool = False) -> T:
        """Does `work` in one transaction.

        Args:
            work: May be called twice: when two processes made the same row, or after a damaged file was set aside.
            writes: Whether it writes; a writer takes its turn before it reads.

        Raises:
            ConversationError: The database cannot be reached, read or written, or is of a newer release.
        """
        try:
            return self._attempt(work, writes)
        except (IntegrityError, ProgrammingError):
            pass
        except (SQLAlchemyError, sqlite3.Error) as error:
            if not _is_damage(error):
                raise self._wrapped(error) from error
            self._move_away(error)
        except (OSError, UnicodeError, ValueError) as error:
            raise self._wrapped(error) from error
        try:
            return self._attempt(work, writes)
        except (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError, ValueError) as error:
            raise self._wrapped(error) from error

    def scrub(self, *, shrink: bool = False) -> bool:
        """Makes sure that no copy of what was deleted stays in a SQLite log; False when a reader holds on to it.

        Args:
            shrink: Gives the file's free space back to the disk, too.
        """
        if self.file is None:
            return True
        try:
            connection = self._open().raw_connection()
            try:
                cursor = connection.cursor()
                if shrink:
                    cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                busy = cursor.fetchone()
                cursor.close()
            finally:
                connection.close()
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._wrapped(error) from error
        return not (busy and busy[0])

    def erase(self, *deletions: Delete, shrink: bool = False) -> list[int]:
        """Runs deletions, all of them or none, and leaves nothing of what they delete; how many rows each deleted.

        Raises:
            ConversationError: As in `run`; or it is done, but the log still holds some of it for a reader.
        """
        if self.absent:
            return [0 for _ in deletions]
        counts = self.run(lambda connection: [connection.execute(one).rowcount for one in deletions], writes=True)
        if not self.scrub(shrink=shrink):
            raise ConversationError(
                f"what was deleted from {self.name} may still stand in its log, which another program is reading. "
                "Delete again once it is done."
            )
        return counts

    def close(self) -> None:
        """Lets go of files and connections; the next use opens them again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _attempt(self, work: Callable[[Connection], T], writes: bool) -> T:
        with self._open().execution_options(writes=writes).begin() as connection:
            return work(connection)

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is not None and self.file is not None and _identity(self.file) != self._opened:
                # Somebody moved or removed the file: what is written into the old one would be lost.
                self.close()
            if self._engine is None:
                engine = self._new_engine()
                try:
                    self._prepare(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    def _new_engine(self) -> Engine:
        if self.file is None:
            return create_engine(
                self._url,
                hide_parameters=True,
                pool_pre_ping=True,
                connect_args={"connect_timeout": _CONNECT_SECONDS},
            )
        if not self.file.exists():
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its logs the permissions of this file.
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
        self._opened = _identity(self.file)
        engine = create_engine(self._url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        return engine

    def _prepare(self, engine: Engine) -> None:
        """Makes the tables that are not there, and checks the version of those that are."""
        with engine.begin() as connection:
            found = _stored_version(connection) if inspect(connection).has_table(_LAYOUT.name) else None
        if found is None or found < self._version:
            with engine.execution_options(writes=True).begin() as connection:
                found = self._lay_out(connection)
        if found != self._version:
            raise ConversationError(
                f"the conversations in {self.name} are of another release of Groundrule (layout {found}, this one "
                f"knows {self._version}). Upgrade, or give another place with {VARIABLE}; nothing in it was changed."
            )

    def _lay_out(self, connection: Connection) -> int:
        """Leads whatever is there to our layout, unless another process was faster; the version there is then."""
        _LAYOUT.create(connection, checkfirst=True)
        found = _stored_version(connection)
        if found is not None and found >= self._version:
            return found
        self._metadata.create_all(connection)
        connection.execute(
            insert(_LAYOUT).values(id=1, version=self._version)
            if found is None
            else update(_LAYOUT).values(version=self._version)
        )
        return self._version

    def _move_away(self, error: BaseException) -> None:
        if self.file is None:
            raise self._wrapped(error) from error
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        target = self.file.with_name(f"{self.file.stem}.damaged-{stamp}{self.file.suffix}")
        with self._lock:
            self.close()
            try:
                with writing(self.file.parent):
                    if _identity(self.file) != self._opened:
                        return  # another process was faster
                    # A log belongs to its file: apart from it nobody could mend them.
                    for suffix in ("", "-wal", "-shm"):
                        part = self.file.with_name(self.file.name + suffix)
                        if part.exists():
                            part.rename(target.with_name(target.name + suffix))
            except (OSError, StoreError) as failure:
                raise ConversationError(
                    f"the conversations in {self.name} are damaged ({_reason(error)}) and cannot be set aside: "
                    f"{failure}"
                ) from failure
        self._say(f"The conversations in {self.name} were damaged ({_reason(error)}); they are kept in {target}.")

    def _wrapped(self, error: BaseException) -> ConversationError:
        reason = _reason(error)
        if self._url.password:
            reason = reason.replace(str(self._url.password), "***")
        check = (
            "Check that the file may be written, that its disk has space and that no other program holds it."
            if self.file
            else f"Check that the server runs, and {VARIABLE}."
        )
        return ConversationError(f"the conversations in {self.name} cannot be used: {reason}. {check}")


def _stored_version(connection: Connection) -> int | None:
    return connection.execute(select(_LAYOUT.c.version)).scalar()


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
    # A writer that begins as a reader cannot wait for another writer: SQLite refuses it at once.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_damage(error: BaseException) -> bool:
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return (code & 0xFF) in _DAMAGE


def _reason(error: BaseException) -> str:
    """The driver's own words: SQLAlchemy's would add the statement."""
    driver = getattr(error, "orig", None) or error
    text = (driver.strerror if isinstance(driver, OSError) else None) or str(driver).strip() or type(driver).__name__
    return text.splitlines()[0].rstrip(".")[:200]
