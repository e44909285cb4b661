"""The right to write an index on a Chroma server: a collection that only one process can create.

Its holder changes what is recorded of it every few seconds. One that has not changed for long belonged to a process
that is gone, and is taken over. No clock is compared with another machine's.
"""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.index.chroma import ChromaServer
    from ingest.index.collection import Collection

__all__ = ["hold_right"]

BEAT_SECONDS = 10.0
STALE_SECONDS = 60.0
WAIT_SECONDS = 600.0
_LOOK_SECONDS = 0.5


@contextmanager
def hold_right(server: ChromaServer, name: str, holder: str) -> Iterator[Callable[[], None]]:
    """Holds the right that a name stands for.

    Args:
        server: Where it is.
        name: Name of the collection that stands for it.
        holder: What the home of the holder is known by. Only one process of a home asks at a time, so a right that was
            left by one of the same home is taken over at once.

    Yields:
        What raises StoreError once the right was lost.

    Raises:
        StoreError: The server cannot be used, or another process holds the right for too long.
    """
    mine = _acquire(server, name, holder)
    ended = Event()
    beating = Thread(target=_beat, args=(mine, holder, ended), name="index-right", daemon=True)
    beating.start()

    def check() -> None:
        found = server.open(name)
        if found is None or found.id != mine.id:
            raise StoreError(
                f"another process took over the writing of the index on {server}, because this one had not been heard "
                f"of for {STALE_SECONDS:.0f} s. Nothing was changed; run it again."
            )

    try:
        yield check
    finally:
        ended.set()
        beating.join()
        # One that cannot be given back now is taken over later.
        with suppress(StoreError):
            _remove(mine, server, name)


def _acquire(server: ChromaServer, name: str, holder: str) -> Collection:
    end = time.monotonic() + WAIT_SECONDS
    seen, since = None, time.monotonic()
    while True:
        mine = server.create(name, _mark(holder))
        if mine is not None:
            return mine
        found = server.open(name)
        if found is not None:
            mark = (found.id, found.metadata)
            if mark != seen:
                seen, since = mark, time.monotonic()
            if found.metadata.get("holder") == holder or time.monotonic() - since >= STALE_SECONDS:
                _remove(found, server, name)
                continue
        if time.monotonic() >= end:
            raise StoreError(
                f"another process has been writing the index on {server} for {WAIT_SECONDS:.0f} s. "
                "Wait for it or end it."
            )
        time.sleep(_LOOK_SECONDS)


def _remove(right: Collection, server: ChromaServer, name: str) -> None:
    """Removes this right and no other of its name: Chroma removes by name, but it renames by identity."""
    apart = f"{name}-{uuid.uuid4().hex}"
    try:
        right.rename(apart)
    except StoreError:
        found = server.open(name)
        if found is not None and found.id == right.id:
            raise
        return  # another process was quicker
    server.drop(apart)


def _beat(right: Collection, holder: str, ended: Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        # Whether the right still holds is asked before anything that depends on it.
        with suppress(StoreError):
            right.describe(_mark(holder))


def _mark(holder: str) -> dict[str, str]:
    return {"holder": holder, "beat": uuid.uuid4().hex}
