"""Does the same to many items: side by side, with progress, and kept as it goes, so that a stopped run goes on.

Cases and benchmarks are run by it alike. What is done to an item must not depend on the others.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
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
            lines = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
            if lines and lines[0] == head:
                self.kept = dict(filter(None, map(_result, lines[1:])))
            file.parent.mkdir(parents=True, exist_ok=True)
            # Written anew: a run that was killed may have left half a line.
            self._out = file.open("w", encoding="utf-8")
            self._out.write(head + "\n" + "".join(_line(key, value) for key, value in self.kept.items()))
            self._out.flush()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{file} cannot be used: {error}. Choose another place with --out.") from error

    def add(self, key: str, value: Any) -> None:
        """Keeps the result of one item."""
        with self._lock:
            self.kept[key] = value
            try:
                self._out.write(_line(key, value))
                self._out.flush()
            except OSError as error:
                raise StoreError(f"{self.file} cannot be written: {error.strerror}. Make space, and go on.") from error

    def close(self, *, finished: bool) -> None:
        """Lets go of the file; it is removed when the run is finished."""
        self._out.close()
        if finished:
            self.file.unlink(missing_ok=True)


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
        KeyboardInterrupt: After what was begun has ended; nothing further is begun.
    """
    results: dict[int, R] = {}
    told(stage, 0, len(items))
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="groundrule-run")
    try:
        futures = {pool.submit(do, item): at for at, item in enumerate(items)}
        for future in as_completed(futures):
            at = futures[future]
            results[at] = future.result()
            kept(items[at], results[at])
            told(stage, len(results), len(items))
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
