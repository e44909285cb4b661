"""Does the same to many items: side by side, with progress, and kept as it goes, so that a stopped run goes on.

Cases and benchmarks are run by it alike. What is done to an item must not depend on the others.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ingest.gather import Progress

__all__ = ["DEFAULT_WORKERS", "Ledger", "run_each"]

# Answering is Python between short calls of the encoder and the index: two workers keep one of them from waiting.
DEFAULT_WORKERS = 2

T = TypeVar("T")
R = TypeVar("R")


class Ledger:
    """Results in a file, a line each, for as long as their run is not finished.

    Args:
        file: The file. One that another system, or another version of it, wrote is begun anew.
        about: What the results depend on beside their items.

    Raises:
        StoreError: The file cannot be read or written.
    """

    def __init__(self, file: Path, about: Mapping[str, Any]) -> None:
        self.file = file
        self._lock = threading.Lock()
        head = json.dumps({"about": about}, sort_keys=True)
        self.kept: dict[str, Any] = {}
        try:
            # A run that was killed may have left half a line, and half a character in it.
            text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
            first, _, rest = text.partition("\n")
            ours = first == head
            if ours:
                self.kept = dict(filter(None, map(_result, rest.split("\n"))))
            file.parent.mkdir(parents=True, exist_ok=True)
            # What is kept stays as it stands: nothing is lost should this run be killed, too.
            self._out = file.open("a" if ours else "w", encoding="utf-8")
            if not text.endswith("\n") or not ours:
                self._out.write("\n" if ours else head + "\n")
            self._out.flush()
        except OSError as error:
            raise StoreError(f"{file} cannot be used: {error.strerror}. Choose another place with --out.") from error

    def add(self, key: str, value: Any) -> None:
        """Keeps the result of one item."""
        with self._lock:
            self.kept[key] = value
            try:
                self._out.write(_line(key, value))
                self._out.flush()
            except OSError as error:
                raise StoreError(f"{self.file} cannot be written: {error.strerror}. Make space, and go on.") from error

    def close(self) -> None:
        """Lets go of the file, which stays."""
        # What could not be written was told when it was added.
        with suppress(OSError):
            self._out.close()


def run_each(
    items: Sequence[T],
    do: Callable[[T], R],
    *,
    told: Progress,
    stage: str,
    workers: int = DEFAULT_WORKERS,
    kept: Callable[[T, R], None] = lambda _item, _result: None,
) -> list[R]:
    """The results, in the items' order.

    Args:
        items: What something is done to.
        do: Does it; called from several threads.
        told: Told how far it is.
        stage: Name of the work, for people.
        workers: How many items are worked on at a time.
        kept: Called with each item and its result as soon as it is there, one call at a time.

    Raises:
        KeyboardInterrupt: What was begun has ended and is kept; nothing further is begun. The same goes for whatever
            `do` raises.
    """
    results: dict[int, R] = {}

    def take(future: Future[R]) -> None:
        at = places[future]
        results[at] = future.result()
        kept(items[at], results[at])

    told(stage, 0, len(items))
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="groundrule-run")
    places: dict[Future[R], int] = {}
    try:
        places.update((pool.submit(do, item), at) for at, item in enumerate(items))
        for future in as_completed(places):
            take(future)
            told(stage, len(results), len(items))
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        for future, at in places.items():
            if at not in results and not future.cancelled() and future.exception() is None:
                take(future)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return [results[at] for at in range(len(items))]


def _line(key: str, value: Any) -> str:
    return json.dumps({"key": key, "value": value}, ensure_ascii=False) + "\n"


def _result(line: str) -> tuple[str, Any] | None:
    try:
        fields = json.loads(line)
        return fields["key"], fields["value"]
    except (ValueError, KeyError, TypeError):
        return None
