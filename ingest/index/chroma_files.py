"""The files of a collection of one's own, looked over and copied without Chroma: a database, and a graph beside it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from ingest.errors import DamagedIndexError
from ingest.index.chroma import DATABASE, wrapped_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["check_folder", "copy_folder"]


def check_folder(folder: Path) -> None:
    """Looks the database of a collection over, page by page.

    Raises:
        DamagedIndexError: It is missing or not whole.
        StoreError: The folder cannot be read.
    """
    if not (folder / DATABASE).is_file():
        raise DamagedIndexError(f"the index in {folder} has lost its database file.")
    try:
        with closing(_read_only(folder)) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except (sqlite3.Error, OSError) as error:
        raise wrapped_in(folder)(error) from error
    if found != "ok":
        raise DamagedIndexError(f"the index in {folder} is damaged: {found.splitlines()[0][:200]}.")


def copy_folder(source: Path, target: Path) -> bool:
    """Copies a collection, which others may be reading; there is all of it at the target, or nothing.

    Returns:
        Whether it was copied: Chroma may put a graph in order, and write it, when it is read.

    Raises:
        DamagedIndexError: What is to be copied is not whole.
        StoreError: It cannot be read or written.
    """
    draft = target.with_name(target.name + ".part")
    try:
        graphs = [path for path in source.iterdir() if path.is_dir()]
        before = _stamps(graphs)
        draft.mkdir(parents=True)
        with closing(_read_only(source)) as old, closing(sqlite3.connect(draft / DATABASE)) as new:
            old.backup(new)
        for graph in graphs:
            shutil.copytree(graph, draft / graph.name)
        if _stamps(graphs) != before:
            shutil.rmtree(draft)
            return False
        draft.rename(target)
    except FileNotFoundError:
        shutil.rmtree(draft, ignore_errors=True)
        return False
    except (sqlite3.Error, OSError) as error:
        raise wrapped_in(source)(error) from error
    return True


def _read_only(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{(folder / DATABASE).absolute().as_uri()}?mode=ro", uri=True)


def _stamps(folders: Sequence[Path]) -> dict[str, tuple[int, int]]:
    found = {path: path.stat() for folder in folders for path in folder.iterdir()}
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in found.items()}
