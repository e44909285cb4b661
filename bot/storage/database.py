"""A database that tables are kept in: opened when it is needed, led to this release's layout, mended or waited for.

SQLite in a file of ours (`bot.storage.file`), or a PostgreSQL server (`bot.storage.server`). One process has one
`Database` on a place, which all that is stored there share. A file that is damaged is set aside, never deleted. A
database of an older release is led to this one's layout in one transaction (`bot.storage.layout`); one of a newer
release is left alone.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from bot.storage.address import VARIABLE, address_of, checked_url
from bot.storage.file import WRITERS, file_engine, identity, is_damage, overwritten, set_aside, were_set_aside
from bot.storage.layout import lead_on, newest_revision, noted_revision
from bot.storage.server import CONNECTIONS, alone, is_conflict, server_engine
from bot.storage.turns import Turns
from ingest.errors import ConversationError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Delete, Engine

    from ingest.config import Settings

__all__ = ["Database", "open_database"]

T = TypeVar("T")

_ERRORS = (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError, ValueError)
# How often work is done that other transactions get in the way of, and how much longer is waited each time.
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.02
# For those before one in this process; a file that another process holds is waited for besides.
_TURN_SECONDS = 10.0


class Database:
    """One database; safe with threads and with several processes.

    Args:
        address: Path of a SQLite file, or an address as SQLAlchemy writes it.
        say: Told in a sentence when a damaged file is set aside.
        reads_only: Nothing is led to this release's layout, and no damaged file set aside: both are told instead.

    Raises:
        SettingError: The address is none, names a database that is not supported, or its driver is not installed.
    """

    def __init__(
        self, address: Path | str, say: Callable[[str], None] = lambda _: None, *, reads_only: bool = False
    ) -> None:
        self._url = checked_url(address)
        self.file = Path(str(self._url.database)) if self._url.get_backend_name() == "sqlite" else None
        # No user, no password, no parameters: it stands in messages.
        self.name = str(self.file or f"postgresql://{self._url.host or ''}/{self._url.database or ''}")
        self._say = say
        self._reads_only = reads_only
        self._engine: Engine | None = None
        self._opened: tuple[int, int] | None = None
        self._lock = threading.RLock()
        self._turns = Turns(WRITERS if self.file else CONNECTIONS, _TURN_SECONDS)

    @property
    def absent(self) -> bool:
        """Whether nothing was ever stored: then there is nothing to read, and reading need not make a file."""
        return self.file is not None and not self.file.exists()

    @property
    def locks_rows(self) -> bool:
        """Whether writers may share it, each with rows of their own; a file lets in one writer at a time.

        `select(…).with_for_update(skip_locked=True)` takes rows that nobody else works on, here; of a file SQLAlchemy
        leaves the words away, and they are not needed.
        """
        return self.file is None

    @property
    def set_aside(self) -> list[Path]:
        """The files that were set aside as damaged, the oldest first."""
        return were_set_aside(self.file) if self.file else []

    def run(self, work: Callable[[Connection], T], *, writes: bool = False, durable: bool = False) -> T:
        """Does `work` in one transaction.

        Args:
            work: Short, for others wait: what takes long, such as to answer a question, is done between two of them,
                and none is begun within another. May be called several times: when other transactions got in its way
                (they made the same row, or each waited for the other), or after a damaged file was set aside. What it
                did before is undone then.
            writes: Whether it writes; a writer takes its turn before it reads.
            durable: Whether what it writes is to outlive even a power cut once this returns, which takes a file longer.

        Raises:
            ConversationError: The database cannot be reached, read or written, or is of a newer release.
        """
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._attempt(work, writes, durable)
            except _ERRORS as error:
                if isinstance(error, IntegrityError) or is_conflict(error):
                    time.sleep(attempt * _PAUSE_SECONDS)
                elif isinstance(error, ProgrammingError) and attempt == 1:
                    # Somebody removed tables under us: to open it again makes them.
                    self.close()
                elif is_damage(error) and attempt == 1:
                    self._move_away(error)
                else:
                    raise self._wrapped(error) from error
        try:
            return self._attempt(work, writes, durable)
        except _ERRORS as error:
            raise self._wrapped(error) from error

    def scrub(self, *, shrink: bool = False) -> bool:
        """Makes sure that no copy of what was deleted stays in a SQLite log; False when a reader holds on to it.

        Args:
            shrink: Gives the file's free space back to the disk, too.
        """
        if self.file is None:
            return True
        try:
            with self._turns.one():
                return overwritten(self._open(), shrink=shrink)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._wrapped(error) from error

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

    def _attempt(self, work: Callable[[Connection], T], writes: bool, durable: bool) -> T:
        turn = self._turns.one() if writes or self.file is None else nullcontext()
        with turn, self._open().execution_options(writes=writes, durable=durable).begin() as connection:
            return work(connection)

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is not None and self.file is not None and identity(self.file) != self._opened:
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
            return server_engine(self._url)
        engine = file_engine(self._url, self.file)
        self._opened = identity(self.file)
        return engine

    def _prepare(self, engine: Engine) -> None:
        """Leads a database that is not of our layout there."""
        with engine.begin() as connection:
            found = noted_revision(connection)
        if found == newest_revision():
            return
        if self._reads_only:
            raise ConversationError(
                f"the conversations in {self.name} are of another release of Groundrule; they are left as they are. "
                "A server, or `groundrule ask --session`, leads those of an older one on."
            )
        with engine.execution_options(leads=True).begin() as connection:
            if self.file is None:
                alone(connection)
            found = lead_on(connection)
        # Its connection is set for leading.
        engine.dispose()
        if found != newest_revision():
            raise ConversationError(
                f"the conversations in {self.name} are of another release of Groundrule (layout {found}, this one "
                f"knows {newest_revision()}). Upgrade, or give another place with {VARIABLE}; "
                "nothing in it was changed."
            )

    def _move_away(self, error: BaseException) -> None:
        if self.file is None or self._reads_only:
            raise self._wrapped(error) from error
        with self._lock:
            self.close()
            try:
                target = set_aside(self.file, self._opened)
            except (OSError, StoreError) as failure:
                raise ConversationError(
                    f"the conversations in {self.name} are damaged ({_reason(error)}) and cannot be set aside: "
                    f"{failure}"
                ) from failure
        if target is not None:
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


def open_database(
    settings: Settings, say: Callable[[str], None] = lambda _: None, *, reads_only: bool = False
) -> Database:
    """The database at the place that the settings name; nothing is opened yet.

    Args:
        settings: Where it is.
        say: Told in a sentence when a damaged file is set aside.
        reads_only: See `Database`.

    Raises:
        SettingError: `GROUNDRULE_DATABASE_URL` cannot be used.
    """
    return Database(address_of(settings), say, reads_only=reads_only)


def _reason(error: BaseException) -> str:
    """The driver's own words: SQLAlchemy's would add the statement."""
    driver = getattr(error, "orig", None) or error
    text = (driver.strerror if isinstance(driver, OSError) else None) or str(driver).strip() or type(driver).__name__
    return text.splitlines()[0].rstrip(".")[:200]
