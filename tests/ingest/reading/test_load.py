from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingest.errors import DocumentError, PathError
from ingest.reading.load import load_file, make_document, unique_ids
from ingest.reading.places import find_files

MIB = 2**20


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_front_matter_becomes_the_source(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.md",
        "---\nid: ann-2020\ntitle: On teams\nauthor: Ann Example\npublished: 2020-01-02\nurl: null\n---\n# Other title\n\nText.\n",
    )
    document = load_file(path, tmp_path, MIB)
    source = document.source
    assert (document.id, source.title, source.author, source.published) == (
        "ann-2020",
        "On teams",
        "Ann Example",
        "2020-01-02",
    )
    assert (source.publisher, source.url, source.text) == (None, None, "original")


def test_what_a_file_does_not_say_stays_unknown(tmp_path: Path) -> None:
    document = load_file(write(tmp_path / "My notes.txt", "# Heading\n\nText.\n"), tmp_path, MIB)
    assert (document.id, document.source.title, document.source.author) == ("my-notes", "Heading", None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\0b", "is no text: it holds binary data"),
        (b"  \n", "is empty"),
        (b"---\ntext: novel\n---\nx", "`text` is 'novel'"),
        (b"---\nauthor: [a, b]\n---\nx", "`author` is .* must be text"),
        (b"---\naliases: x\n---\nx", "`aliases` is 'x'"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path / "bad.md", content)
    with pytest.raises(DocumentError, match=message):
        load_file(path, tmp_path, MIB)


def test_text_that_is_not_utf8_is_read_by_guess(tmp_path: Path) -> None:
    assert load_file(write(tmp_path / "bad.md", b"A caf\xe9 at noon."), tmp_path, MIB).text == "A café at noon.\n"


def test_a_file_past_the_limit_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="more than the 0 MiB allowed"):
        load_file(write(tmp_path / "big.txt", "x" * 100), tmp_path, 99)


def test_a_byte_order_mark_and_windows_line_ends_vanish(tmp_path: Path) -> None:
    assert load_file(write(tmp_path / "w.txt", b"\xef\xbb\xbfone\r\ntwo\r\n"), tmp_path, MIB).text == "one two\n"


def test_folders_are_searched_and_hidden_names_skipped(tmp_path: Path) -> None:
    for name in ("b.md", "sub/a.txt", ".hidden.md", ".git/x.md", "c.png"):
        write(tmp_path / name, "text")
    assert [file.relative_to(root).as_posix() for root, file in find_files([tmp_path])] == ["b.md", "sub/a.txt"]


def test_a_file_reached_twice_counts_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.md", "text")
    (tmp_path / "link.md").symlink_to(path)
    assert len(find_files([tmp_path, path])) == 1


def test_a_link_out_of_the_folder_keeps_its_own_name(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "real.md", "text")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.md").symlink_to(outside)
    ((root, file),) = find_files([tmp_path / "in"])
    assert load_file(file, root, MIB).source.path == "link.md"


@pytest.mark.parametrize("name", ["nowhere", "empty", "pictures"])
def test_a_path_without_documents_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "pictures" / "file.png", "x")
    with pytest.raises(PathError, match=name):
        find_files([tmp_path / name])


def test_ids_are_made_distinct_and_copies_dropped() -> None:
    one, two = make_document("one", {"id": "x"}, "a.md"), make_document("two", {"id": "x"}, "b.md")
    assert [d.id for d in unique_ids([one, two, two])] == ["x", f"x-{two.sha256[:8]}"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "secret.md", "text")
    path.chmod(0)
    with pytest.raises(DocumentError, match="cannot be read: Permission denied"):
        load_file(path, tmp_path, MIB)
