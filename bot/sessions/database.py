"""A database that tables are kept in: where it is, how it is opened, and what its failures mean.

SQLite in a file of ours, or a PostgreSQL server. Nothing is opened before it is needed. A SQLite file is private to its
user; it runs in WAL mode, so that readers do not wait for a writer, and overwrites what is deleted with zeros. A file
that is damaged is set aside, never deleted.

Tables carry the version of their layout. Another layout raises it and adds, in `Database._prepare`, the statements that
lead there from the one before; a layout newer than this release knows is left alone.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Column, Integer, Table, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, NoSuchModuleError, ProgrammingError, SQLAlchemyError

from ingest.errors import ConversationError, SettingError, StoreError
from ingest.generations import writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine, MetaData

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
_VARIABLE = "GROUNDRULE_DATABASE_URL"
_EXAMPLES = "Give sqlite:////folder/file.sqlite3 or postgresql://user:password@host/database, or unset it."


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
        self._url = URL.create("sqlite", database=str(address)) if isinstance(address, Path) else _parsed(address)
        self.file = Path(str(self._url.database)) if self._url.get_backend_name() == "sqlite" else None
        # No user, no password, no parameters: it stands in messages.
        self.name = str(self.file or f"postgresql://{self._url.host or ''}/{self._url.database or ''}")
        self._metadata = metadata
        self._layout = Table("groundrule_layout", metadata, Column("id", Integer, primary_key=True), _version_column())
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
        """Makes the tables where there are none, and checks the version of those that are there."""
        with engine.begin() as connection:
            found = self._stored_version(connection) if inspect(connection).has_table(self._layout.name) else None
        if found is None:
            with engine.execution_options(writes=True).begin() as connection:
                self._metadata.create_all(connection)
                found = self._stored_version(connection)
                if found is None:
                    connection.execute(insert(self._layout).values(id=1, version=self._version))
                    found = self._version
        if found != self._version:
            raise ConversationError(
                f"the conversations in {self.name} are of another release of Groundrule (layout {found}, this one "
                f"knows {self._version}). Upgrade, or give another place with {_VARIABLE}; nothing in it was changed."
            )

    def _stored_version(self, connection: Connection) -> int | None:
        return connection.execute(select(self._layout.c.version)).scalar()

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
            else f"Check that the server runs, and {_VARIABLE}."
        )
        return ConversationError(f"the conversations in {self.name} cannot be used: {reason}. {check}")


def _version_column() -> Column[int]:
    return Column("version", Integer, nullable=False)


def _parsed(address: str) -> URL:
    """The address of a supported database. No message repeats it: it may hold a password."""
    try:
        url = make_url(address)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        # Not chained: the parser's own error quotes what it could not read.
        raise SettingError(f"{_VARIABLE} is no database address. {_EXAMPLES}") from None
    if backend == "postgres":
        backend, url = "postgresql", url.set(drivername=url.drivername.replace("postgres", "postgresql", 1))
    if backend == "sqlite":
        if (
            url.drivername != "sqlite"
            or url.query
            or url.host
            or (url.database or ":memory:").startswith((":", "file:"))
        ):
            raise SettingError(f"{_VARIABLE} names no SQLite file. {_EXAMPLES}")
        return url.set(database=str(Path(str(url.database)).expanduser().absolute()))
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("postgresql+psycopg", "postgresql+psycopg2"):
        raise SettingError(f"{_VARIABLE} names a {url.drivername!r} database, which is not supported. {_EXAMPLES}")
    try:
        url.get_dialect().import_dbapi()
    except (ImportError, NoSuchModuleError) as error:
        raise SettingError(
            f"{_VARIABLE} names a PostgreSQL database, but its driver is not installed. "
            "Run `pip install 'groundrule[postgres]'` or unset it."
        ) from error
    return url


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
