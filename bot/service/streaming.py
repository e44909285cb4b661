"""Work in a thread of its own that is heard of while it goes on: the sentences of an answer, the stages of an upload.

Every door that shows something before all of it is there reads from here. What the work is, and how a door says it,
is theirs.
"""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from bot.types import Answer

__all__ = ["Listener", "meanwhile", "stream_answer"]

BEAT = 0.25
"""Seconds of silence after which a reader gets a heartbeat: it can only leave when it has the word."""

_Said = TypeVar("_Said")
_Made = TypeVar("_Made")
_FAULTS = logging.getLogger("groundrule.server")


class _LeftError(Exception):
    """Nobody reads any more; unwinds the work."""


@dataclass(frozen=True, slots=True)
class _Done(Generic[_Made]):
    made: _Made


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class Listener(Generic[_Said]):
    """What the work tells its news; once the reader has left, telling it ends the work."""

    def __init__(self, news: queue.SimpleQueue[_Said | _Done[_Made] | _Failed | None], *, finish: bool) -> None:
        self._news = news
        self._finish = finish
        self._left = threading.Event()
        self.silent = True
        """Whether nothing was told yet."""

    def __call__(self, said: _Said) -> None:
        """Passes something on to the reader."""
        self.check()
        self.silent = False
        self._news.put(said)

    def check(self) -> None:
        """Ends the work where its reader has left; to be called where stopping is still possible."""
        if self._left.is_set() and not self._finish:
            raise _LeftError

    def leave(self) -> None:
        """Nobody reads any more; a reader who still waits has the word at once, and may close."""
        self._left.set()
        self._news.put(None)


def meanwhile(
    work: Callable[[Listener[_Said]], _Made], *, beat: float = BEAT, finish: bool = False
) -> Generator[_Said | None, None, _Made]:
    """Does work in a thread of its own, yields what it tells as soon as it does, and returns what it made.

    Args:
        work: Given what it tells its news; anything but None.
        beat: Seconds of silence after which None is yielded, again and again.
        finish: Whether the work goes on where the reader closes the generator; else it ends when it next tells
            something or checks.

    Raises:
        BaseException: Whatever the work raised.
    """
    news: queue.SimpleQueue[_Said | _Done[_Made] | _Failed | None] = queue.SimpleQueue()
    listener: Listener[_Said] = Listener(news, finish=finish)

    def run() -> None:
        try:
            news.put(_Done(work(listener)))
        except _LeftError:
            pass
        except BaseException as error:  # noqa: BLE001 - it is the reader's
            if not isinstance(error, GroundruleError):
                # A reader that has left would not say so.
                _FAULTS.error("internal fault in a thread", exc_info=error)
            news.put(_Failed(error))

    # Lines that are logged on the way carry the request's id.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="work", daemon=True).start()
    try:
        while True:
            try:
                one = news.get(timeout=beat)
            except queue.Empty:
                yield None
                continue
            if isinstance(one, _Done):
                return one.made
            if isinstance(one, _Failed):
                raise one.error
            yield one
    finally:
        listener.leave()


def stream_answer(
    ask: Callable[[Listener[str]], Answer], *, beat: float = BEAT, finish: bool = False
) -> Generator[str | Answer | None, None, None]:
    """An answer as it comes: each verified sentence, None where all is silent, and at last the answer, which counts.

    An answer that no language model phrases comes by its paragraphs. The whole answer may hold more than the sentences,
    or be the composer's where the model failed later.

    A reader leaves by closing the generator (Stop was pressed, the client is gone). A language model then stops at its
    next verified sentence, and the question leaves no trace: no exchange is stored, no fact in it is known, no
    answer is counted. So it is with an answer that was composed meanwhile, if `ask` passes the listener's `check` on;
    without it, that answer is remembered. Who leaves later, while the answer is being stored or thereafter, leaves it
    stored. With `finish` an answer that was begun is finished and remembered, whoever has gone.

    A generator can be closed only while it waits at a yield, and so can a generator that reads this one: it should
    yield at each heartbeat.

    Args:
        ask: Asks, and has each sentence told: `lambda told: service.ask(..., on_sentence=told, check=told.check)`.
        beat: Seconds of silence after which None is yielded.
        finish: Whether the answer is finished where the reader has left.

    Raises:
        GroundruleError: There is no answer.
    """
    listeners: list[Listener[str]] = []

    def asked(told: Listener[str]) -> Answer:
        listeners.append(told)
        return ask(told)

    answer = yield from meanwhile(asked, beat=beat, finish=finish)
    if listeners[0].silent:
        yield from answer.answer.split("\n\n")
    yield answer
