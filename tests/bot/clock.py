"""A clock of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Clock"]


@dataclass
class Clock:
    """Tells seconds since 1970, a millisecond more each time; set it at will."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        self.seconds += 0.001
        return self.seconds
