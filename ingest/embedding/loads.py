"""How many embedding models this process has loaded: one that loads a second wastes its memory."""

from __future__ import annotations

import threading

__all__ = ["LOADS", "Loads"]


class Loads:
    """A count; safe with threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def note(self) -> None:
        """Counts a model that was loaded, by whatever backend."""
        with self._lock:
            self._count += 1

    def count(self) -> int:
        """How many there were; those that the first use of a model compares with are counted too."""
        return self._count


LOADS = Loads()
"""Of this process, whoever makes encoders in it."""
