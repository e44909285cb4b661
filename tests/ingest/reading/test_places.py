"""Files, folders, patterns and addresses, and what stands in the way of looking into them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.errors import PathError
from ingest.reading.places import Place, find_files


def write(path: Path, text: str = "words") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(place: Place) -> list[str]:
    return [file.relative_to(folder).as_posix() for folder, file in place.look().files]


def test_a_pattern_finds_what_it_matches_below_its_fixed_part(tmp_path: Path) -> None:
    for name in ("notes/a.pdf", "notes/deep/er/b.pdf", "notes/c.md", "notes/.hidden/d.pdf", "notes/e.png"):
        write(tmp_path / name)
    place = Place.of(str(tmp_path / "notes" / "**" / "*.pdf"))
    assert (place.folder, names(place)) == (tmp_path / "notes", ["a.pdf", "deep/er/b.pdf"])
    assert names(Place.of(str(tmp_path / "no*"))) == ["notes/a.pdf", "notes/c.md", "notes/deep/er/b.pdf"]


def test_a_name_that_looks_like_a_pattern_and_exists_is_meant(tmp_path: Path) -> None:
    write(tmp_path / "[draft].md")
    write(tmp_path / "d.md")
    assert names(Place.of(tmp_path / "[draft].md")) == ["[draft].md"]


def test_loops_broken_links_and_pipes_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "in" / "a.md")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "self.md").symlink_to("self.md")
    (tmp_path / "in" / "gone.md").symlink_to("nothing.md")
    (tmp_path / "in" / "folder.md").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe.md")
    write(tmp_path / "in" / "x.png")
    write(tmp_path / "in" / "sources.yaml")
    found = Place.of(tmp_path / "in").look()
    assert [file.name for _, file in found.files] == ["a.md"]
    assert found.skipped == 1
    assert [path for path, _ in found.problems] == ["gone.md", "loop", "pipe.md", "self.md"]
    told = dict(found.problems)
    assert "leads nowhere" in told["gone.md"]
    assert "is a link to a folder that it lies in" in told["loop"]
    assert "is no ordinary file" in told["pipe.md"]
    assert "leads to itself" in told["self.md"]


def test_a_linked_folder_elsewhere_is_read(tmp_path: Path) -> None:
    write(tmp_path / "out" / "a.md")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    assert names(Place.of(tmp_path / "in")) == ["link/a.md"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ftp://example.com/a", "only http and https"),
        ("nowhere/*.md", "matches nothing: its folder"),
        ("nowhere.md", "does not exist"),
    ],
)
def test_what_is_no_place_is_refused(tmp_path: Path, given: str, message: str) -> None:
    with pytest.raises(PathError, match=message):
        Place.of(given if "://" in given else str(tmp_path / given))


def test_an_address_is_a_place_and_needs_no_disk() -> None:
    assert find_files(["https://example.com/page#top"]) == []
    place = Place.of("https://example.com/page#top")
    assert (place.name, place.is_address, place.is_there, place.look().files) == (
        "https://example.com/page",
        True,
        True,
        [],
    )
