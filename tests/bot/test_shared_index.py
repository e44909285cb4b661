"""Several servers with homes of their own on one Chroma server: documents go in at one and answers come from all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.service.uploads import uploads_folder
from ingest.errors import StoreError, UsageError
from ingest.index.generations import index_slot
from ingest.pipeline import build_index
from tests.fakes import WordEncoder
from tests.small_server import GOUDA, SmallServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evals.doubles.chroma import ChromaProcess

EDAM = "Edam ripens for four weeks in a cellar."


class Server(SmallServer):
    """A server over the shared index."""

    def upload(self, text: str, name: str = "cheese.md") -> None:
        self.uploads.add([(name, f"# Notes on cheese\n\n{text}\n".encode())])


@pytest.fixture
def servers(chroma: ChromaProcess, tmp_path: Path) -> Iterator[list[Server]]:
    running = [Server(tmp_path / name, chroma.url) for name in ("first", "second")]
    yield running
    for one in running:
        one.close()


def test_the_second_server_opens_what_the_first_has_built(servers: list[Server]) -> None:
    assert [one.built for one in servers] == [["Building the index of the bundled documents; this happens once."], []]


def test_a_document_goes_in_at_one_server_and_can_be_replaced_and_removed_at_another(servers: list[Server]) -> None:
    first, second = servers
    first.upload(GOUDA)
    assert first.best() == GOUDA
    assert second.renewal.refresh() is True
    assert second.renewal.refresh() is False
    assert second.best() == GOUDA
    second.upload(GOUDA.replace("thirty", "forty"))
    second.upload(EDAM, "edam.md")
    assert first.renewal.refresh() is True
    assert first.best() == GOUDA.replace("thirty", "forty")
    assert list(first.uploaded()) == ["Notes on cheese"]  # two of one title
    assert len([one for one in first.service.documents() if one.removable]) == 2
    # A build at either, and the home of the other wiped, change nothing of that.
    build_index(first.settings, WordEncoder())
    second.renewal.refresh()
    ids = {one.source.path: one.id for one in second.service.assistant.library.documents.values()}
    second.uploads.remove(ids["cheese.md"])
    first.renewal.refresh()
    assert first.best() == EDAM
    assert not any(uploads_folder(one.settings).exists() for one in servers)


def test_the_pack_and_folders_of_another_server_are_not_for_removing(servers: list[Server], tmp_path: Path) -> None:
    first, second = servers
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "gouda.md").write_text(f"# Gouda\n\n{GOUDA}\n")
    build_index(first.settings, WordEncoder(), [tmp_path / "mine"])
    second.renewal.refresh()
    assert second.best() == GOUDA
    for id_ in list(second.service.assistant.library.documents):
        with pytest.raises(UsageError, match="was not uploaded"):
            second.uploads.remove(id_)


def test_what_cannot_be_indexed_changes_nothing(servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = servers
    first.upload(GOUDA)
    before = index_slot(first.settings).current()

    def fail(*_: object) -> None:
        raise StoreError("the disk of the server is full.")

    monkeypatch.setattr("ingest.index.chroma.Collection.add", fail)
    second.renewal.refresh()
    for change in (lambda: second.upload(EDAM), lambda: second.uploads.remove(second.uploaded()["Notes on cheese"])):
        with pytest.raises(StoreError, match="full"):
            change()
    assert index_slot(first.settings).current() == before
    assert len(list(index_slot(first.settings).generations())) == 2


def test_questions_are_answered_while_the_chroma_server_is_away(
    servers: list[Server], chroma: ChromaProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = servers
    first.upload(GOUDA)
    second.renewal.refresh()
    chroma.stop()
    try:
        second.look_until_heard(monkeypatch)
        assert len(second.said) == 1  # told once, not at every look
        assert "GROUNDRULE_CHROMA_URL" in second.said[0]
        assert "Answers come from the one before" in second.said[0]
        assert second.best() == GOUDA
        with pytest.raises(StoreError, match="Check that it runs"):
            first.upload(EDAM, "edam.md")
    finally:
        chroma.start()
    first.upload(EDAM.replace("Edam", "Old Gouda"), "edam.md")
    for _ in range(500):
        if len(second.service.documents()) == 3:
            break
        second.renewal._ended.wait(0.01)
    assert len(second.service.documents()) == 3
    assert len(second.said) == 1


def test_an_upload_that_finds_no_room_for_temporary_files_says_so(
    servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreError, match=r"temporary files: No space left on device.*Nothing was added"):
            servers[0].upload(GOUDA)
    assert servers[0].uploaded() == {}
    servers[0].upload(GOUDA)
    assert list(servers[0].uploaded()) == ["Notes on cheese"]
