"""Runs the revisions of `bot.storage.migrations`. Only what has to be changed imports this: it takes alembic along.

Everything happens on the connection of the caller, in their transaction.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection

__all__ = ["migrate"]


def migrate(connection: Connection, folder: Path, table: str, made_by: str | None) -> None:
    """Leads a database to the newest revision.

    Args:
        connection: In a transaction, and alone in leading this database.
        folder: Of the revisions.
        table: Name of the table that the revision is noted in.
        made_by: The revision that the database is of although it is not noted; None when it is noted, or for an empty
            database.
    """
    scripts = _scripts(folder)

    def steps(heads: tuple[str, ...], _: MigrationContext) -> Iterable[MigrationStep]:
        missing = scripts.iterate_revisions("heads", heads or None, implicit_base=True)
        return [MigrationStep.upgrade_from_script(scripts.revision_map, one) for one in reversed(list(missing))]

    options: dict[str, Any] = {"fn": steps, "script": scripts, "version_table": table}
    context = MigrationContext.configure(connection, opts=options)
    if made_by is not None:
        context.stamp(scripts, made_by)
    # Handed to each revision's `upgrade`: the global `alembic.op` would be shared by threads that lead two databases.
    context.run_migrations(op=Operations(context))


@cache
def _scripts(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(folder, version_locations=[folder])
