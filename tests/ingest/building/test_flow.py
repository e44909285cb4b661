from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ingest.building.flow import ahead, behind

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_what_runs_ahead_gives_the_same_items_and_waits_when_few_are_taken() -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with ahead(make(), 2) as items:
        assert next(items) == 0
        # Two wait, one is held, and one was taken.
        assert len(made) <= 4
        assert list(items) == list(range(1, 100))


def test_a_fault_ahead_is_raised_where_it_is_taken() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"), ahead(make(), 5) as items:
        list(items)


def test_what_runs_behind_does_all_in_order_before_it_ends() -> None:
    done: list[int] = []
    with behind(done.append, 2) as writer:
        for number in range(50):
            writer.put(number)
    assert done == list(range(50))


def test_a_fault_behind_ends_who_gives() -> None:
    def fail(number: int) -> None:
        raise ValueError(f"not {number}")

    with pytest.raises(ValueError, match="not 0"), behind(fail, 1) as writer:
        list(map(writer.put, range(1000)))
    with pytest.raises(ValueError, match="not 7"), behind(fail, 1) as last:
        last.put(7)


def test_ctrl_c_ends_both_and_what_was_handed_over_is_done() -> None:
    done: list[int] = []
    before = threading.active_count()

    def stopped() -> None:
        with ahead(iter(range(1000)), 1) as items, behind(done.append, 3) as writer:
            for item in items:
                writer.put(item)
                if item == 5:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert done == [0, 1, 2, 3, 4, 5]
    assert threading.active_count() == before
