"""What is done to a server that answers, and undone again: each fault as something that begins and ends."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.storage.database import Database
from evals.benches.processes import limit_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evals.benches.soak_server import Server, World

__all__ = ["FAULTS", "Made", "faults_of"]

DISK, LOCKED, AWAY, FROZEN, HANGS = (
    "disk full",
    "database locked",
    "Chroma server gone",
    "Chroma server frozen",
    "model server hanging",
)
FAULTS = (DISK, LOCKED, AWAY, FROZEN, HANGS)


@dataclass(frozen=True, slots=True)
class Made:
    """A fault that can be made.

    Attributes:
        name: What it is called.
        begin: Makes it; returns why it cannot be made here, or "".
        end: Ends it; harmless where it was not begun.
        ingests: Whether an ingest is tried meanwhile.
        uploads: Whether an upload is, and once more when it is over.
    """

    name: str
    begin: Callable[[], str]
    end: Callable[[], None]
    ingests: bool = False
    uploads: bool = False


def faults_of(world: World, server: Server, database: Path) -> list[Made]:
    """The faults that can be made in a world.

    Args:
        world: What the server runs in.
        server: The server.
        database: Where it keeps conversations.
    """
    found = [_disk_full(server), _locked(database)]
    if chroma := world.chroma:
        found.append(Made(AWAY, _plainly(chroma.stop), chroma.start, ingests=True, uploads=True))
        # Who asks a server that stands still waits for it, so nothing is ingested meanwhile.
        found.append(Made(FROZEN, _plainly(chroma.freeze), chroma.thaw))
    if model := world.model:
        found.append(Made(HANGS, _plainly(model.hang), model.release))
    return found


def _plainly(begin: Callable[[], None]) -> Callable[[], str]:
    def begun() -> str:
        begin()
        return ""

    return begun


def _disk_full(server: Server) -> Made:
    """No file of the server's grows any more.

    That needs no right to mount a file system of a few MiB. SQLite and the file system meet it where they meet a full
    disk, in each write, under another number: "file too large" instead of "no space left".
    """

    def end() -> None:
        if server.pid:
            limit_files(server.pid, None)

    return Made(DISK, lambda: limit_files(server.pid, 0), end, ingests=True, uploads=True)


def _locked(file: Path) -> Made:
    """Another program writes in the database and does not come to an end."""
    released = threading.Event()
    running: list[threading.Thread] = []

    def begin() -> str:
        begun = threading.Event()

        def hold() -> None:
            def work(_: object) -> None:
                begun.set()
                released.wait()

            database = Database(file)
            try:
                database.run(work, writes=True)
            finally:
                begun.set()
                database.close()

        released.clear()
        running[:] = [threading.Thread(target=hold, name="soak-lock", daemon=True)]
        running[0].start()
        begun.wait()
        return "" if running[0].is_alive() else "the database could not be locked"

    def end() -> None:
        released.set()
        for thread in running:
            thread.join()

    return Made(LOCKED, begin, end)
