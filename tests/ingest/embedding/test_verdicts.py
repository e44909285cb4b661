from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ingest.embedding.verdicts import Verdict, Verdicts

GOOD = Verdict(True, min_cosine=0.99995, rate=248.0, reference_rate=80.0, tokens={"max_tokens": 9})


def write(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"numbers")


@pytest.fixture
def verdicts(tmp_path: Path) -> Verdicts:
    found = Verdicts(tmp_path)
    assert found.keep("key", GOOD, write)
    return found


def whole(verdicts: Verdicts, key: str = "key") -> bool:
    entry = verdicts.find(key)
    if entry is None:
        return False
    with verdicts.intact(*entry) as intact:
        return intact()


def test_an_entry_is_found_as_it_was_kept(verdicts: Verdicts, tmp_path: Path) -> None:
    entry = verdicts.find("key")
    assert entry is not None
    verdict, folder = entry
    assert folder == tmp_path / "embedding" / "key"
    assert (verdict.use, verdict.min_cosine, verdict.rate, verdict.tokens) == (True, 0.99995, 248.0, {"max_tokens": 9})
    assert list(verdict.sha256) == ["model.bin"]
    assert whole(verdicts)
    assert verdicts.find("other") is None


@pytest.mark.parametrize("content", [b"", b"Numbers", b"number", None])
def test_files_that_are_not_those_that_were_kept_are_seen(verdicts: Verdicts, content: bytes | None) -> None:
    entry = verdicts.find("key")
    assert entry is not None
    if content is None:
        (entry[1] / "model.bin").unlink()
    else:
        (entry[1] / "model.bin").write_bytes(content)
    assert not whole(verdicts)


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"format": 0, "use": true}', '{"format": 1}', '{"format": 1, "x": 2}']
)
def test_a_record_that_is_not_one_is_not_there(verdicts: Verdicts, tmp_path: Path, content: str) -> None:
    (tmp_path / "embedding" / "key" / "record.json").write_text(content)
    assert verdicts.find("key") is None
    assert verdicts.keep("key", GOOD, write)
    assert whole(verdicts)


def test_a_writer_that_fails_leaves_what_was_there_and_no_draft(verdicts: Verdicts, tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        write(folder)
        raise OSError("the disk is full")

    assert not verdicts.keep("key", GOOD, fails)
    assert whole(verdicts)
    assert [path.name for path in (tmp_path / "embedding").iterdir()] == ["key"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    verdicts = Verdicts(tmp_path / "file")
    with verdicts.writing("key"):
        assert not verdicts.keep("key", GOOD, write)
    assert verdicts.find("key") is None


def test_what_nobody_used_for_two_months_goes_when_another_is_kept(verdicts: Verdicts, tmp_path: Path) -> None:
    folder = tmp_path / "embedding"
    for name, days in (("old", 61), ("newer", 59), (".draft-old", 2), (".draft-new", 0)):
        (folder / name).mkdir()
        (folder / name / "record.json").write_text("{}")
        seen = time.time() - days * 86_400
        os.utime(folder / name / "record.json", (seen, seen))
        os.utime(folder / name, (seen, seen))
    assert verdicts.keep("another", GOOD, write)
    assert sorted(path.name for path in folder.iterdir()) == [".draft-new", "another", "key", "newer"]


def test_an_entry_that_is_used_stays(verdicts: Verdicts, tmp_path: Path) -> None:
    record = tmp_path / "embedding" / "key" / "record.json"
    os.utime(record, (1_000_000, 1_000_000))
    assert verdicts.find("key") is not None
    assert time.time() - record.stat().st_mtime < 86_400
