"""What the keepers of stored things have in common: a database, which they may share, limits and a clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.sessions.session import Limits
from bot.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Stored"]


class Stored:
    """Something in a SQLite file or a PostgreSQL database; safe with threads and with several processes.

    Every method may raise `ConversationError` when the place cannot be used.

    Args:
        place: The database, which is shared and closed by whoever made it; or path of a SQLite file, or an address as
            SQLAlchemy writes it.
        limits: How much is kept.
        say: Told in a sentence when a damaged file is set aside; a database that is handed in tells its own maker.
        now: Tells the time in seconds since 1970.

    Raises:
        SettingError: The address is none, names a database that is not supported, or its driver is not installed.
    """

    def __init__(
        self,
        place: Database | Path | str,
        limits: Limits | None = None,
        say: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._limits = limits or Limits()
        self._now = now
        self._shares = isinstance(place, Database)
        self._database = place if isinstance(place, Database) else Database(place, say)

    @property
    def place(self) -> str:
        """Where it is kept, without user or password."""
        return self._database.name

    @property
    def set_aside(self) -> list[Path]:
        """Files that were set aside as damaged; they may still hold what was stored."""
        return self._database.set_aside

    def close(self) -> None:
        """Lets go of files and connections, unless the database is shared."""
        if not self._shares:
            self._database.close()

    def _oldest(self) -> float:
        """The time before which things have expired, in seconds since 1970."""
        return self._limits.oldest_kept(self._now()) or 0
