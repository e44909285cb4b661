"""What keeps two threads that infer for the first time from waiting for each other for ever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.embedding.openvino_backend import FirstAlone

WAIT = 10.0


def test_the_first_call_runs_alone_and_later_ones_side_by_side() -> None:
    first = FirstAlone()
    running: list[int] = []
    seen: list[list[int]] = []
    begun, may_end = threading.Event(), threading.Event()

    def long(number: int) -> int:
        running.append(number)
        begun.set()
        assert may_end.wait(WAIT)
        seen.append(list(running))
        running.remove(number)
        return number

    both = threading.Barrier(2, timeout=WAIT)
    with ThreadPoolExecutor(3) as pool:
        one = pool.submit(lambda: first.alone(lambda: long(1)))
        assert begun.wait(WAIT)
        # These two can only end together, and not before the first has.
        others = [pool.submit(lambda: first.alone(both.wait)) for _ in range(2)]
        assert not any(other.done() for other in others)
        assert both.n_waiting == 0
        may_end.set()
        assert one.result(WAIT) == 1
        assert sorted(other.result(WAIT) for other in others) == [0, 1]
    assert seen == [[1]]


def test_a_first_call_that_fails_is_not_the_first() -> None:
    first = FirstAlone()

    def fail() -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        first.alone(fail)
    assert first.alone(lambda: 3) == 3
