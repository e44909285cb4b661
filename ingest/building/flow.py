"""Work in stages that overlap: one thread runs ahead of its taker, another behind its giver, with little between them.

What goes wrong in a stage is raised where its taker takes or its giver gives. Whatever ends the taker or giver,
Ctrl-C included, ends the stage.
"""

from __future__ import annotations

from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Behind", "ahead", "behind"]

T = TypeVar("T")
# How often a stage that waits looks whether it is still wanted.
_LOOK_SECONDS = 0.1
# How long an end waits for what a stage ahead is at: it writes nothing, and a long document may take it minutes.
_PATIENCE_SECONDS = 0.5


@contextmanager
def ahead(items: Iterable[T], most: int) -> Iterator[Iterator[T]]:
    """Runs an iterator in a thread.

    Args:
        items: What is made, in that thread.
        most: How many of them may wait.

    Yields:
        The same items.
    """
    made: Queue[tuple[T] | BaseException | None] = Queue(most)
    ended = Event()

    def offer(what: tuple[T] | BaseException | None) -> bool:
        while not ended.is_set():
            try:
                made.put(what, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for item in items:
                if not offer((item,)):
                    return
            offer(None)
        except BaseException as error:  # noqa: BLE001 - raised where it is taken
            offer(error)

    def taken() -> Iterator[T]:
        while True:
            what = made.get()
            if isinstance(what, BaseException):
                raise what
            if what is None:
                return
            yield what[0]

    thread = Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        yield taken()
    finally:
        ended.set()
        thread.join(_PATIENCE_SECONDS)


class Behind(Generic[T]):
    """Hands items to a function in a thread of its own, in order; see `behind`.

    Args:
        take: What the items go to.
        most: How many may wait.
    """

    def __init__(self, take: Callable[[T], None], most: int) -> None:
        self._take = take
        self._waiting: Queue[T] = Queue(most)
        self._ended = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, name="behind", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Hands an item over; waits while too many do.

        Raises:
            BaseException: What an item before it led to.
        """
        while True:
            self._raise()
            try:
                self._waiting.put(item, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return

    def finish(self) -> None:
        """Waits until all is done, and raises what it led to."""
        self.stop()
        self._raise()

    def stop(self) -> None:
        """Waits until all is done that was handed over."""
        self._ended.set()
        self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while self._error is None:
            try:
                item = self._waiting.get(timeout=_LOOK_SECONDS)
            except Empty:
                if self._ended.is_set():
                    return
                continue
            try:
                self._take(item)
            except BaseException as error:  # noqa: BLE001 - raised where the next is given
                self._error = error


@contextmanager
def behind(take: Callable[[T], None], most: int) -> Iterator[Behind[T]]:
    """What hands items to a function in a thread; all are done, or one has failed, when this ends."""
    working = Behind(take, most)
    try:
        yield working
    except BaseException:
        working.stop()
        raise
    working.finish()
