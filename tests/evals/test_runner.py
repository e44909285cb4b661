"""Many items side by side, and a ledger that outlives a run that was stopped."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evals.runner import Ledger, run_each
from ingest.errors import StoreError
from tests.evals.made import ignore

if TYPE_CHECKING:
    from collections.abc import Callable

ABOUT = {"system": "ours", "version": 1}


def kept(file: Path, about: dict[str, object] = ABOUT) -> dict[str, object]:
    """What another run finds."""
    ledger = Ledger(file, about)
    ledger.close()
    return ledger.kept


def filled(file: Path, **results: object) -> Path:
    ledger = Ledger(file, ABOUT)
    for key, value in results.items():
        ledger.add(key, value)
    ledger.close()
    return file


# --- the runner


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    def slow_at_first(item: int) -> int:
        time.sleep(0.02 if item < 2 else 0)
        return item * item

    assert run_each(range(8), slow_at_first, told=ignore, stage="x", workers=workers) == [n * n for n in range(8)]


def test_nothing_to_do_is_told_and_done() -> None:
    told: list[tuple[str, int, int]] = []
    assert run_each([], str, told=lambda *one: told.append(one), stage="asking") == []
    assert told == [("asking", 0, 0)]


def test_progress_is_told_one_by_one() -> None:
    told: list[tuple[str, int, int]] = []
    run_each("abc", str, told=lambda *one: told.append(one), stage="asking", workers=3)
    assert told == [("asking", done, 3) for done in range(4)]


def test_work_goes_on_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=120)
    assert run_each(range(3), lambda n: meeting.wait() >= 0 and n, told=ignore, stage="x", workers=3) == [0, 1, 2]


def test_each_result_is_kept_as_it_comes_one_at_a_time() -> None:
    order: list[tuple[int, int]] = []
    inside = threading.Lock()

    def keep(item: int, result: int) -> None:
        assert inside.acquire(blocking=False)
        order.append((item, result))
        inside.release()

    run_each(range(30), lambda n: n + 1, told=ignore, stage="x", workers=4, kept=keep)
    assert sorted(order) == [(n, n + 1) for n in range(30)]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), StoreError("no space"), ZeroDivisionError()])
@pytest.mark.parametrize("workers", [1, 3])
def test_what_stops_it_stops_it_and_all_that_was_done_is_kept(error: BaseException, workers: int) -> None:
    done: list[int] = []
    kept: list[int] = []

    def work(item: int) -> int:
        time.sleep(0.005)
        if item == 6:
            raise error
        done.append(item)
        return item

    with pytest.raises(type(error)):
        run_each(range(100), work, told=ignore, stage="x", workers=workers, kept=lambda item, _: kept.append(item))
    assert set(range(6 - workers)) <= set(done)
    assert len(done) < 80
    assert sorted(kept) == sorted(done)
    assert not [one for one in threading.enumerate() if one.name.startswith("groundrule-run")]


def test_an_interrupt_while_it_waits_keeps_what_was_begun() -> None:
    ended: list[int] = []
    kept: list[int] = []

    def work(item: int) -> int:
        time.sleep(0.03)
        ended.append(item)
        return item

    def interrupted(_stage: str, done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_each(range(50), work, told=interrupted, stage="x", workers=2, kept=lambda item, _: kept.append(item))
    assert 1 <= len(ended) < 40
    assert sorted(kept) == sorted(ended)


def test_a_result_that_cannot_be_kept_stops_it_and_is_not_kept_twice() -> None:
    tried: list[int] = []

    def keep(item: int, _: int) -> None:
        tried.append(item)
        raise StoreError("no space")

    with pytest.raises(StoreError, match="no space"):
        run_each([1], lambda n: n, told=ignore, stage="x", kept=keep)
    assert tried == [1]


# --- the ledger


def test_another_run_finds_what_was_kept(tmp_path: Path) -> None:
    file = filled(tmp_path / "deep" / "er" / "unfinished.jsonl", a={"x": [1, None, "ü"]}, b=2)
    assert kept(file) == {"a": {"x": [1, None, "ü"]}, "b": 2}
    # And again, after that one was stopped as well.
    ledger = Ledger(file, ABOUT)
    ledger.add("c", 3)
    ledger.add("b", 4)
    ledger.close()
    assert kept(file) == {"a": {"x": [1, None, "ü"]}, "b": 4, "c": 3}


def test_a_run_that_is_killed_at_once_has_lost_nothing(tmp_path: Path) -> None:
    file = filled(tmp_path / "l.jsonl", a=1, b=2)
    before = file.read_bytes()
    ledger = Ledger(file, ABOUT)
    # Not closed: what is on disk now is what a kill would leave.
    assert file.read_bytes() == before
    ledger.add("c", 3)
    assert file.read_bytes().startswith(before)
    assert kept(file) == {"a": 1, "b": 2, "c": 3}
    ledger.close()


@pytest.mark.parametrize("cut", [2, 5, 12, 20])
def test_half_a_line_at_the_end_is_passed_over(tmp_path: Path, cut: int) -> None:
    file = filled(tmp_path / "l.jsonl", a=1, b="ünïcödé – ü")
    file.write_bytes(file.read_bytes()[:-cut])
    assert kept(file) == {"a": 1}
    ledger = Ledger(file, ABOUT)
    ledger.add("c", 3)
    ledger.close()
    assert kept(file) == {"a": 1, "c": 3}


def test_a_whole_line_without_its_end_is_kept(tmp_path: Path) -> None:
    file = filled(tmp_path / "l.jsonl", a=1)
    file.write_bytes(file.read_bytes()[:-1])
    assert kept(file) == {"a": 1}
    filled(file, b=2)
    assert kept(file) == {"a": 1, "b": 2}


def test_half_a_character_at_the_end_is_passed_over(tmp_path: Path) -> None:
    file = filled(tmp_path / "l.jsonl", a=1)
    file.write_bytes(file.read_bytes() + '{"key": "b", "value": "ü'.encode()[:-1])
    assert kept(file) == {"a": 1}


@pytest.mark.parametrize("line", ["null", "[]", "7", '{"key": "b"}', '{"value": 1}', "}{", ""])
def test_lines_that_are_no_results_are_passed_over(tmp_path: Path, line: str) -> None:
    file = filled(tmp_path / "l.jsonl", a=1)
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n" + '{"key": "z", "value": 26}\n')
    assert kept(file) == {"a": 1, "z": 26}


def test_a_head_without_its_line_end_is_one(tmp_path: Path) -> None:
    file = filled(tmp_path / "l.jsonl")
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    ledger = Ledger(file, ABOUT)
    ledger.add("a", 1)
    ledger.close()
    assert kept(file) == {"a": 1}


@pytest.mark.parametrize(
    "about", [{"system": "ours", "version": 2}, {"system": "theirs", "version": 1}, {}, {**ABOUT, "more": None}]
)
def test_what_another_system_wrote_is_begun_anew(tmp_path: Path, about: dict[str, object]) -> None:
    file = filled(tmp_path / "l.jsonl", a=1)
    assert kept(file, about) == {}
    assert [json.loads(line) for line in file.read_text().splitlines()] == [{"about": about}]


def test_the_order_of_what_it_depends_on_does_not_matter(tmp_path: Path) -> None:
    file = filled(tmp_path / "l.jsonl", a=1)
    assert kept(file, dict(reversed(ABOUT.items()))) == {"a": 1}


@pytest.mark.parametrize("text", [b"", b"no ledger\n", b"\xff\xfe\x00\n", b"{}\n"])
def test_a_file_that_is_no_ledger_is_begun_anew(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "l.jsonl"
    file.write_bytes(text)
    ledger = Ledger(file, ABOUT)
    ledger.add("a", 1)
    ledger.close()
    assert kept(file) == {"a": 1}


def a_file_for_a_folder(tmp_path: Path) -> Path:
    (tmp_path / "out").write_text("a file")
    return tmp_path / "out" / "l.jsonl"


def a_folder_for_a_file(tmp_path: Path) -> Path:
    (tmp_path / "l.jsonl").mkdir()
    return tmp_path / "l.jsonl"


@pytest.mark.parametrize("place", [a_file_for_a_folder, a_folder_for_a_file])
def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    file = place(tmp_path)
    with pytest.raises(StoreError, match=r"l\.jsonl cannot be used: .+\. Choose another place with --out\."):
        Ledger(file, ABOUT)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.jsonl", ABOUT)
    ledger._out.close()
    ledger._out = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - the ledger closes it
    with pytest.raises(StoreError, match=r"l\.jsonl cannot be written: No space left on device"):
        ledger.add("a", 1)
    ledger.close()


def test_results_from_many_threads_are_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "l.jsonl"
    ledger = Ledger(file, ABOUT)
    run_each(range(200), lambda n: ledger.add(str(n), "x" * n), told=ignore, stage="x", workers=8)
    ledger.close()
    assert kept(file) == {str(n): "x" * n for n in range(200)}
