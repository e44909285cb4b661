"""Answers that are being worked out for the page, so that what stops or leaves them is not overtaken by them."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.service.streaming import Listener

__all__ = ["Run", "Running"]

PATIENCE = 2.0
"""Seconds to wait for an answer to end: more than it needs where the machine is busy, and a click may cost as much."""


@dataclass(slots=True)
class Run:
    """One answer that is being worked out.

    Attributes:
        name: Only its own page knows it.
    """

    name: str = field(default_factory=lambda: secrets.token_hex(16))
    _told: Listener[str] | None = None
    _left: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)

    def listen(self, told: Listener[str]) -> None:
        """Names what the answer tells its news; at once without a reader, where it was ended before."""
        # Set before the other is looked at, here as in `end`: whichever comes second sees both.
        self._told = told
        if self._left:
            told.leave()

    def end(self) -> None:
        """Has the answer end, and waits until its last view is out: what is shown next then stays."""
        self._left = True
        if self._told is not None:
            self._told.leave()
        self._ended.wait(PATIENCE)

    def ended(self) -> None:
        """Its last view is out."""
        self._ended.set()


@dataclass(frozen=True, slots=True)
class Running:
    """The answers that are being worked out, by their names."""

    _runs: dict[str, Run] = field(default_factory=dict)

    @contextmanager
    def begun(self) -> Iterator[Run]:
        """A new one, for as long as the block lasts."""
        run = Run()
        self._runs[run.name] = run
        try:
            yield run
        finally:
            self._runs.pop(run.name, None)
            run.ended()

    def end(self, name: str) -> None:
        """Ends one; nothing happens where it has ended, or was never begun."""
        if run := self._runs.get(name):
            run.end()
