"""How many requests a minute: a moving window for each key and address. Owns the library limits.

The counts are kept in memory, by this process alone. The library's own memory starts a thread for its housekeeping
and never forgets a name, so ours takes its place: it keeps as many names as fit and forgets the longest unheard first.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.storage import MovingWindowSupport, Storage
from limits.strategies import MovingWindowRateLimiter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Quota", "Rates"]

# One name takes some 8 KiB when it uses up 240 requests a minute.
MAX_NAMES = 4096
_WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of somebody's requests.

    Attributes:
        allowed: Whether this request was one of them.
        left: How many are left in this window.
        limit: How many a window has.
        seconds: Until one more is free, when none is left, or until the oldest is forgotten.
    """

    allowed: bool
    left: int
    limit: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """As the draft of the IETF has them (ratelimit-headers), and what RFC 9110 has for who must wait."""
        told = {
            "RateLimit-Policy": f'"default";q={self.limit};w={_WINDOW_SECONDS}',
            "RateLimit": f'"default";r={self.left};t={self.seconds}',
        }
        return told if self.allowed else {**told, "Retry-After": str(self.seconds)}


class _Recent(Storage, MovingWindowSupport):
    """The times of each name's last requests, within the window."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self.times: OrderedDict[str, deque[float]] = OrderedDict()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Notes a request, unless the window is full."""
        times = self._within(key, expiry)
        if len(times) + amount > limit:
            return False
        times.extend([self._clock()] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest request in the window was, and how many there are."""
        times = self._within(key, expiry)
        return (times[0] if times else self._clock()), len(times)

    def _within(self, key: str, expiry: int) -> deque[float]:
        times = self.times.get(key)
        if times is None:
            times = self.times[key] = deque()
            if len(self.times) > MAX_NAMES:
                self.times.popitem(last=False)
        else:
            self.times.move_to_end(key)
        while times and times[0] <= self._clock() - expiry:
            times.popleft()
        return times

    def clear(self, key: str) -> None:
        """Forgets one name."""
        self.times.pop(key, None)

    def reset(self) -> int:
        """Forgets everything."""
        known = len(self.times)
        self.times.clear()
        return known

    def check(self) -> bool:
        """Memory is always there."""
        return True

    @property
    def base_exceptions(self) -> type[Exception]:
        """None of them is a library's."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """For windows that do not move; there are none here."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """For windows that do not move; there are none here."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """For windows that do not move; there are none here."""
        raise NotImplementedError


class Rates:
    """So many requests a minute for each name."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.time) -> None:
        """Starts with nothing counted.

        Args:
            per_minute: The limit; 0 sets none.
            clock: Seconds.
        """
        self._item = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._clock = clock
        self._recent = _Recent(clock)
        self._limiter = MovingWindowRateLimiter(self._recent)

    def take(self, name: str) -> Quota | None:
        """Counts a request of that name; None when there is no limit."""
        if self._item is None:
            return None
        allowed = self._limiter.hit(self._item, name)
        reset, left = self._limiter.get_window_stats(self._item, name)
        return Quota(allowed, left, self._item.amount, max(1, math.ceil(reset - self._clock())))
