"""Which revision of the layout a database is of, and the way to this release's.

A database notes its revision in a table of alembic's form. Those that releases before the first revision made carry a
version instead, 1 or 2, and are of the revision of that number. The version stays, at a number past those: by it such
a release knows that the database is newer, and leaves it alone.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import column, delete, insert, inspect, select, table

from bot.storage.tables import LAYOUT

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["REVISION_TABLE", "lead_on", "newest_revision", "noted_revision"]

REVISION_TABLE = "groundrule_revision"
"""Not alembic's usual name: another application may keep its own in the same database."""
_REVISION = table(REVISION_TABLE, column("version_num"))
_FOLDER = Path(__file__).with_name("migrations")
_VERSIONS = {1: "0001", 2: "0002"}
_VERSION_SINCE = 3


def noted_revision(connection: Connection) -> str | None:
    """The revision that a database notes; None when it notes none. One look and one plain query, without alembic."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    return connection.execute(select(_REVISION.c.version_num)).scalar()


def newest_revision() -> str:
    """The revision that this release leads a database to."""
    return _known(_FOLDER)[-1]


def lead_on(connection: Connection) -> str:
    """Leads a database to this release's revision, unless another process was faster or a newer release made it.

    Args:
        connection: In a transaction, and alone in leading this database.

    Returns:
        What it is of afterwards: our revision; or something else, then nothing was changed.
    """
    noted = noted_revision(connection)
    version = None if noted else _noted_version(connection)
    made_by = _VERSIONS.get(version) if version is not None else None
    if noted == newest_revision() or (noted and noted not in _known(_FOLDER)):
        return noted
    if version is not None and made_by is None:
        return f"version {version}"
    from bot.storage.migrate import migrate

    migrate(connection, _FOLDER, REVISION_TABLE, made_by)
    connection.execute(delete(LAYOUT))
    connection.execute(insert(LAYOUT).values(id=1, version=_VERSION_SINCE))
    return newest_revision()


def _noted_version(connection: Connection) -> int | None:
    if not inspect(connection).has_table(LAYOUT.name):
        return None
    return connection.execute(select(LAYOUT.c.version)).scalar()


@cache
def _known(folder: Path) -> tuple[str, ...]:
    """The revisions in a folder, by the names of their modules: to read them would take alembic."""
    return tuple(sorted(path.name[1:5] for path in folder.glob("r[0-9][0-9][0-9][0-9]_*.py")))
