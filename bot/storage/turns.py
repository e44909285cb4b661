"""Whose turn it is: so many threads at a time, in the order in which they came.

SQLite lets writers in by chance, and so does a pool of connections. Of 64 threads that wrote at once some were refused,
and on a server the unlucky ones waited fifty times as long as the others.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Turns"]


class Turns:
    """A place for so many threads at a time. Who leaves hands it to who has waited longest.

    Args:
        places: How many.
        seconds: How long one waits at most.
    """

    def __init__(self, places: int, seconds: float) -> None:
        self._free = places
        self._seconds = seconds
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Waits for a place, and holds it.

        Raises:
            TimeoutError: It took too long.
        """
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        interrupted = True
        try:
            turn.wait(self._seconds)
            interrupted = False
        finally:
            with self._lock:
                given = turn.is_set()
                if not given:
                    self._waiting.remove(turn)
            if given and interrupted:
                self._leave()
        if not given:
            raise TimeoutError(f"others have kept it busy for {self._seconds:g} s")

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
