from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ingest.errors import StoreError
from ingest.whole_file import whole_file


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize(("keep_mode", "expected"), [(False, 0o600), (True, 0o644)])
def test_a_new_file_is_its_user_s_alone_and_an_old_one_may_stay_open_to_others(
    tmp_path: Path, keep_mode: bool, expected: int
) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_bytes(b"before")
    old.chmod(0o644)
    for file in (new, old):
        with whole_file(file, keep_mode=keep_mode) as draft:
            draft.write(b"after")
        assert file.read_bytes() == b"after"
    assert (mode_of(new), mode_of(old)) == (0o600, expected)
    assert sorted(tmp_path.iterdir()) == [new, old]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_breaks_off_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"before")

    def breaks_off() -> None:
        with whole_file(file) as draft:
            draft.write(b"af")
            raise error

    with pytest.raises((StoreError, KeyboardInterrupt)) as raised:
        breaks_off()
    assert raised.type is KeyboardInterrupt or "No space left on device. Choose another place." in str(raised.value)
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(file)
    with whole_file(link) as draft:
        draft.write(b"after")
    assert link.is_symlink()
    assert file.read_bytes() == b"after"
