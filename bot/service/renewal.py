"""Questions are answered from the newest index: one that was published meanwhile, here or elsewhere, is taken up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bot.service.settling import settle
from ingest.errors import GroundruleError
from ingest.index.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.assistant import Assistant
    from bot.service.service import Service
    from ingest.index.generations import Slot

__all__ = ["Renewal"]

LOOK_SECONDS = 1.0
"""Between two looks at which generation is current; a look reads one small file, or asks the Chroma server twice."""
# An answer that was begun over the former index ends within this time.
_GRACE_SECONDS = 120.0


class Renewal:
    """Keeps a service on the newest index.

    Args:
        slot: Where the generations are.
        service: What answers.
        make: An assistant over a library.
        say: Told in a sentence when a new index cannot be taken up.
    """

    def __init__(
        self, slot: Slot, service: Service, make: Callable[[Library], Assistant], say: Callable[[str], None]
    ) -> None:
        self._slot = slot
        self._service = service
        self._make = make
        self._say = say
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._told = ""
        self._former: list[threading.Timer] = []

    def start(self) -> None:
        """Begins to look, in a thread of its own that ends with the process."""
        threading.Thread(target=self._look, name="index-renewal", daemon=True).start()

    def refresh(self) -> bool:
        """Takes up the current index, if it is another than the one in use; whether it did.

        Raises:
            StoreError: It cannot be read; the former one stays in use.
        """
        with self._lock:
            used = self._service.assistant.library
            newest = self._slot.current()
            if newest is None or newest == used.generation:
                return False
            former = self._service.renew(self._make(Library(newest)))
            timer = threading.Timer(_GRACE_SECONDS, _let_go, [former.library])
            timer.daemon = True
            timer.start()
            self._former = [one for one in self._former if one.is_alive()] + [timer]
            return True

    def close(self) -> None:
        """Ends the looking, and lets go of the former indexes."""
        self._ended.set()
        for timer in self._former:
            timer.cancel()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self.refresh()
                self._told = ""
            except GroundruleError as error:
                # Once for each cause: the old index goes on answering.
                if str(error) != self._told:
                    self._told = str(error)
                    self._say(f"Warning: a new index cannot be used: {error} Answers come from the one before.")


def _let_go(former: Library) -> None:
    former.close()
    settle()
