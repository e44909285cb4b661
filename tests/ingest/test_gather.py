"""What becomes of documents from one ingest to the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.config import Settings
from ingest.errors import DocumentError
from ingest.gather import Gathered, gather
from ingest.pack import load_pack
from ingest.reading.urls import Fetched, Fetcher
from tests.ingest.reading.made import LINE, pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.index.records import Stored

ADDRESS = "https://example.com/@ann/cheese"
PAGE = (
    "<html><head><title>T</title></head><body><main><h1>Cheese</h1><p>Gouda ripens {} weeks.</p></main></body></html>"
)


class Web(Fetcher):
    """Gives what a test says."""

    def __init__(self, content: str | None) -> None:
        super().__init__(1000)
        self.content = content
        self.fetched: list[str] = []

    def fetch(self, address: str) -> Fetched:
        self.fetched.append(address)
        if self.content is None:
            raise DocumentError(f"{address} cannot be fetched: it is down.")
        return Fetched(address, self.content.encode())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def run(
    settings: Settings,
    paths: Sequence[Path | str],
    previous: Sequence[Stored] = (),
    web: Fetcher | None = None,
    **more: Any,
) -> Gathered:
    return gather(
        settings,
        load_pack(settings.corpus),
        previous,
        paths,
        progress=lambda *_: None,
        fetcher=web,
        **{"only": True, **more},
    )


def statuses(gathered: Gathered) -> dict[str, str]:
    return {Path(file.path).name: file.status for file in gathered.files}


def test_an_unchanged_file_is_not_read_again(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "in" / "a.pdf"
    file.parent.mkdir()
    file.write_bytes(pdf([(LINE, 50, 100, 10, "Helvetica")]))
    first = run(settings, [file.parent])
    (stored,) = first.stored
    assert (statuses(first), stored.document.text) == ({"a.pdf": "added"}, LINE + "\n")
    assert len(stored.raw_sha256) == 64
    # Whatever is stored for these bytes is taken over: the file was not opened by a reader.
    marked = replace(stored, document=replace(stored.document, text="marked\n"))
    again = run(settings, [file.parent], [marked])
    assert (statuses(again), again.stored) == ({"a.pdf": "unchanged"}, [marked])
    # Another version of the code reads it anew.
    older = replace(marked, read_by="older")
    assert run(settings, [file.parent], [older]).stored == [stored]


def test_the_sidecar_wins_and_a_change_of_it_is_an_update(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.md").write_text("---\nauthor: Ann\n---\n# Title\n\nWords.\n")
    first = run(settings, [folder])
    assert first.files[0].missing == ("published",)
    (folder / "sources.yaml").write_text("a.md: {author: Bea, published: 2020}\n")
    second = run(settings, [folder], first.stored)
    source = second.stored[0].document.source
    assert (statuses(second), source.author, source.published) == ({"a.md": "updated"}, "Bea", "2020")
    assert second.files[0].missing == ()
    assert statuses(run(settings, [folder], second.stored)) == {"a.md": "unchanged"}
    # A sidecar that is broken is told, and what it said before stays.
    (folder / "sources.yaml").write_text("a.md: {writer: Bea}\n")
    broken = run(settings, [folder], second.stored)
    assert statuses(broken) == {"a.md": "unchanged", "sources.yaml": "failed"}
    assert broken.stored == second.stored
    (folder / "sources.yaml").write_text("b.md: {author: Bea}\n")
    assert "'b.md' is no file in its folder" in run(settings, [folder]).files[-1].detail


def test_a_page_is_a_root_that_is_fetched_again(settings: Settings) -> None:
    web = Web(PAGE.format("ten"))
    first = run(settings, [ADDRESS], web=web)
    (stored,) = first.stored
    source = stored.document.source
    assert (stored.root, source.path, source.url, source.title) == (ADDRESS, None, ADDRESS, "Cheese")
    assert stored.document.id == "example-com-ann-cheese"
    assert [(file.path, file.status) for file in first.files] == [(ADDRESS, "added")]
    assert [file.status for file in run(settings, [], first.stored, web).files] == ["unchanged"]
    changed = run(settings, [], first.stored, Web(PAGE.format("twelve")))
    assert [file.status for file in changed.files] == ["updated"]
    down = run(settings, [], first.stored, Web(None))
    assert (down.stored, down.files[0].status) == (first.stored, "failed")
    assert down.files[0].detail == f"{ADDRESS} cannot be fetched: it is down. The version that is indexed stays."
    # Uploads join what there is, and wait for no network.
    quiet = Web(None)
    joined = run(settings, [], first.stored, quiet, join=True)
    assert (joined.stored, joined.files[0].status, quiet.fetched) == (first.stored, "kept", [])


def test_failures_cost_their_file_alone(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.md").write_text("# Good\n\nWords.\n")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 and no more")
    (folder / "loop").symlink_to(folder)
    (folder / "photo.png").write_bytes(b"x")
    gathered = run(settings, [folder])
    assert statuses(gathered) == {"loop": "failed", "bad.pdf": "failed", "good.md": "added"}
    assert [item.document.source.title for item in gathered.stored] == ["Good"]
    assert gathered.skipped == 1


def test_a_folder_that_cannot_be_looked_into_keeps_its_documents(settings: Settings, tmp_path: Path) -> None:
    sub = tmp_path / "in" / "sub"
    sub.mkdir(parents=True)
    (tmp_path / "in" / "a.md").write_text("One.\n")
    (sub / "b.md").write_text("Two.\n")
    first = run(settings, [tmp_path / "in"])
    (sub / "b.md").unlink()
    sub.rmdir()
    sub.symlink_to(tmp_path / "in")
    again = run(settings, [], first.stored)
    assert statuses(again) == {"sub": "failed", "a.md": "unchanged", "b.md": "kept"}
    assert len(again.stored) == 2


def test_a_report_for_programs_says_what_is_missing(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Der Käse reift im Keller.".encode("cp1252"))
    (told,) = run(settings, [tmp_path / "a.txt"]).files
    assert told.as_json() == {
        "path": str(tmp_path / "a.txt"),
        "status": "added",
        "detail": "",
        "passages": 0,
        "notes": ["it is not UTF-8 and was read as windows-1252"],
        "missing": ["title", "author", "published"],
        "duplicate_of": None,
    }
