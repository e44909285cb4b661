"""What `sources.yaml` says, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import DocumentError
from ingest.reading.sidecar import Sidecar, Sidecars


def sidecar(folder: Path, text: str) -> Sidecar:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    return Sidecar(folder / "sources.yaml")


def test_a_path_wins_over_a_name_and_a_name_over_a_pattern(tmp_path: Path) -> None:
    found = sidecar(
        tmp_path,
        "sub/a.pdf: {title: By path}\na.pdf: {title: By name, author: Name}\n'*.pdf': {title: P, author: P, published: 2020}\n",
    )
    assert found.of_path("sub/a.pdf") == {"title": "By path", "author": "Name", "published": "2020"}
    assert found.of_path("other/b.pdf") == {"title": "P", "author": "P", "published": "2020"}
    assert found.of_path("b.md") == {}


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("**/*.pdf", "a.pdf", True),
        ("**/*.pdf", "x/y/a.pdf", True),
        ("x/*.pdf", "x/y/a.pdf", False),
        ("x/**", "x/y/a.pdf", True),
        ("?.pdf", "a.pdf", True),
        ("a.pdf", "xa.pdf", False),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, path: str, matches: bool) -> None:
    assert bool(sidecar(tmp_path, f"'{pattern}': {{author: Ann}}\n").of_path(path)) is matches


def test_dates_and_addresses(tmp_path: Path) -> None:
    found = sidecar(tmp_path, "a.md: {published: 2023-05-17}\nhttps://Example.com/a#b: {author: Ann}\n")
    assert found.of_path("a.md") == {"published": "2023-05-17"}
    assert found.of_address("https://example.com/a") == {"author": "Ann"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.md: [", r"sources\.yaml, line \d: not valid YAML"),
        ("a.md: {writer: Ann}", r"sources\.yaml, line 1: a\.md: writer is no field\. Use title, author, "),
        ("\nb.md:\n  published: last year", r"sources\.yaml, line 3: b\.md: published: .*'last year'"),
        ("a.md: {author: A}\na.md: {author: B}", "the key 'a.md' is given twice"),
        ("- a.md", "must give fields by file name"),
        ("a.md: Ann", r"sources\.yaml, line 1: a\.md: .*found 'Ann'"),
        ("a.md: {url: 'javascript:1'}", "a.md: url: "),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        sidecar(tmp_path, text)


def test_the_nearest_folder_wins_and_what_matches_nothing_is_told(tmp_path: Path) -> None:
    sidecar(
        tmp_path, "'*.md': {author: Far, publisher: Far}\nmissing.md: {author: X}\nhttps://example.com/: {author: X}\n"
    )
    sidecar(tmp_path / "sub", "a.md: {author: Near}\n")
    file = tmp_path / "sub" / "a.md"
    file.write_text("words")
    both = Sidecars()
    assert both.fields_of(file, tmp_path) == {"author": "Near", "publisher": "Far"}
    assert both.unmatched([file], set()) == [
        (tmp_path / "sources.yaml", "missing.md"),
        (tmp_path / "sources.yaml", "https://example.com/"),
    ]
