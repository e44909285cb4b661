"""Where conversations are kept: the address of a database, checked before anything is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ingest.errors import SettingError

if TYPE_CHECKING:
    from ingest.config import Settings

__all__ = ["DATABASE_FILE", "VARIABLE", "address_of", "checked_url"]

DATABASE_FILE = "conversations.sqlite3"
VARIABLE = "GROUNDRULE_DATABASE_URL"
_EXAMPLES = "Give sqlite:////folder/file.sqlite3 or postgresql://user:password@host/database, or unset it."


def address_of(settings: Settings) -> Path | str:
    """The address that the settings name: a path, or an address as SQLAlchemy writes it."""
    url = settings.database_url
    return url.get_secret_value() if url is not None else settings.home / DATABASE_FILE


def checked_url(address: Path | str) -> URL:
    """The address of a supported database. No message repeats it: it may hold a password.

    Raises:
        SettingError: It is none, names a database that is not supported, or its driver is not installed.
    """
    if isinstance(address, Path):
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(address)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        # Not chained: the parser's own error quotes what it could not read.
        raise SettingError(f"{VARIABLE} is no database address. {_EXAMPLES}") from None
    if backend == "postgres":
        backend, url = "postgresql", url.set(drivername=url.drivername.replace("postgres", "postgresql", 1))
    if backend == "sqlite":
        if (
            url.drivername != "sqlite"
            or url.query
            or url.host
            or (url.database or ":memory:").startswith((":", "file:"))
        ):
            raise SettingError(f"{VARIABLE} names no SQLite file. {_EXAMPLES}")
        return url.set(database=str(Path(str(url.database)).expanduser().absolute()))
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("postgresql+psycopg", "postgresql+psycopg2"):
        raise SettingError(f"{VARIABLE} names a {url.drivername!r} database, which is not supported. {_EXAMPLES}")
    try:
        url.get_dialect().import_dbapi()
    except (ImportError, NoSuchModuleError) as error:
        raise SettingError(
            f"{VARIABLE} names a PostgreSQL database, but its driver is not installed. "
            "Run `pip install 'groundrule[postgres]'` or unset it."
        ) from error
    return url
