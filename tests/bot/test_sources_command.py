"""`groundrule sources`: what is in the library is listed, shown and removed, and what was removed stays out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bot.service.sources import find_held, held_documents, remove_documents
from bot.service.uploads import Uploads, uploads_folder
from bot.surfaces.commands.sources import sources
from ingest.config import Settings
from ingest.errors import MissingError, UsageError
from ingest.index.generations import index_slot
from ingest.index.library import Library, open_library
from ingest.pipeline import build_index
from tests.fakes import WordEncoder
from tests.small_server import GOUDA, PACK, SmallServer

if TYPE_CHECKING:
    from click.testing import Result

    from bot.service.sources import Removed
    from evals.doubles.chroma import ChromaProcess

SHEET = f"---\ntitle: A [bold]sheet[/bold] on cheese\nauthor: Ann Example\npublished: 2025-03-01\n---\n# Cheese\n\n- {GOUDA}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "cheese.md").write_text(SHEET)
    (folder / "graphs.txt").write_text("A graph database is kept for the tulips.")
    return folder


@pytest.fixture
def small(home: Path, folder: Path) -> Settings:
    """A home with an index of a small pack and two files besides."""
    settings = Settings(home=home, corpus=PACK)
    build_index(settings, WordEncoder(), [folder])
    return settings


def run(settings: Settings, *arguments: str, columns: int = 80) -> Result:
    places = ["--home", str(settings.home), "--corpus", str(settings.corpus)]
    done = CliRunner().invoke(sources, [*arguments, *places], env={"COLUMNS": str(columns)})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def opened(settings: Settings) -> Library:
    library = open_library(index_slot(settings))
    assert library is not None
    return library


def remove(settings: Settings, *ids: str) -> Removed:
    encoder = WordEncoder()
    uploads = Uploads(settings, encoder, lambda: opened(settings), lambda: None)
    return remove_documents(settings, encoder, opened(settings), ids, uploads)


def test_the_list_is_a_table_of_80_columns_that_says_what_is_unknown(small: Settings) -> None:
    lines = [line.rstrip() for line in run(small, "list").stdout.splitlines()]
    assert lines == [
        "id          title, author, date                           from text     passages",
        "field-guide A field guide to databases                    pack notes          12",
        "            Ada Example, 2021-05-06",
        "cheese      A [bold]sheet[/bold] on cheese                mine original        1",
        "            Ann Example, 2025-03-01",
        "graphs      graphs.txt                                    mine original        1",
        "            author unknown, date unknown",
        "3 documents, 14 passages.",
    ]


def test_a_thousand_documents_are_listed_in_80_columns_and_no_id_is_cut(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "a-folder-of-a-rather-long-name"
    folder.mkdir()
    for number in range(1000):
        (folder / f"note-{number:04}-on-a-subject-of-many-words.md").write_text(
            f"# Note {number} {'on it ' * 20}\n\nWell."
        )
    build_index(settings, WordEncoder(), [folder], only=True)
    shown = CliRunner().invoke(sources, ["list", "--home", str(settings.home)], env={"COLUMNS": "80"}).stdout
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80
    ids = "".join(line[:20].strip() for line in lines[1:-1])
    assert all(f"note-{number:04}-on-a-subject-of-many-words" in ids for number in range(1000))
    assert lines[-1] == "1,000 documents, 1,000 passages."


def test_the_list_for_programs_has_null_for_the_unknown(small: Settings, folder: Path) -> None:
    remove(small, "cheese")
    listed = json.loads(run(small, "list", "--json").stdout)
    assert [one["id"] for one in listed["documents"]] == ["field-guide", "graphs"]
    assert listed["removed"] == [{"added_from": str(folder), "path": "cheese.md"}]
    graphs = listed["documents"][1]
    assert (graphs["author"], graphs["origin"], graphs["added_from"], graphs["passages"]) == (
        None,
        "added",
        str(folder),
        1,
    )


def test_a_document_is_shown_with_its_citation_and_its_passages_by_section(small: Settings, folder: Path) -> None:
    lines = run(small, "show", "cheese").stdout.splitlines()
    sha = opened(small).documents["cheese"].sha256
    assert lines == [
        "id          cheese",
        "title       A [bold]sheet[/bold] on cheese",
        "author      Ann Example",
        "publisher   unknown",
        "published   2025-03-01",
        "licence     unknown",
        "url         unknown",
        "path        cheese.md",
        "also at     nowhere",
        f"added from  {folder}",
        "text        the original",
        f"sha256      {sha}",
        f"passages    1, {len(opened(small).documents['cheese'].text)} characters",
        "",
        "Cheese",
        f"- {GOUDA}",
    ]
    guide = run(small, "show", "field-guide").stdout
    assert "\nRelational › Strengths of relational databases\n- [relational, pro] Transactions: " in guide
    claims = json.loads(run(small, "show", "field-guide", "--json").stdout)["claims"]
    assert (claims[1]["options"], claims[1]["stance"]) == (["relational"], "pro")


@pytest.mark.parametrize("command", [("show", "chese"), ("remove", "chese", "--yes")])
def test_an_id_that_is_not_there_is_a_usage_error_that_names_those_that_are(
    small: Settings, command: tuple[str, ...]
) -> None:
    with pytest.raises(
        MissingError, match="'chese' is not in the library. Known: field-guide, cheese, graphs."
    ) as told:
        run(small, *command)
    assert told.value.exit_code == 2


def test_of_many_ids_the_nearest_are_named(small: Settings) -> None:
    held = held_documents(opened(small), lambda _: False)
    with pytest.raises(MissingError, match="Did you mean 'cheese'"):
        find_held(held * 20, "chese")


def test_nothing_is_removed_without_a_terminal_to_ask_at_or_yes(small: Settings) -> None:
    with pytest.raises(UsageError, match="Say --yes"):
        run(small, "remove", "cheese")
    assert "cheese" in opened(small).documents


def test_the_pack_is_not_removed_and_nothing_else_is_then(small: Settings) -> None:
    with pytest.raises(UsageError, match="belongs to the pack .*--only PATH"):
        run(small, "remove", "cheese", "field-guide")
    assert set(opened(small).documents) == {"field-guide", "cheese", "graphs"}


def test_the_last_document_is_not_removed(settings: Settings, folder: Path) -> None:
    build_index(settings, WordEncoder(), [folder], only=True)
    with pytest.raises(UsageError, match="no document would be left"):
        remove(settings, "cheese", "graphs", "cheese")
    assert set(opened(settings).documents) == {"cheese", "graphs"}


def test_a_document_is_removed_with_the_real_model_and_its_file_stays(small: Settings, folder: Path) -> None:
    done = run(small, "remove", "cheese", "--yes")
    assert done.stdout.splitlines() == [
        "- removed   cheese  (A [bold]sheet[/bold] on cheese)",
        "The files stay where they are, and out of the library until you give them or their folder again.",
        "2 documents, 13 passages in the index.",
        "`groundrule check` says what stored answers lost by what changed.",
    ]
    assert (folder / "cheese.md").is_file()
    assert run(small, "list").stdout.splitlines()[-2:] == [
        "Removed, and left out until they are given to `groundrule ingest` again:",
        f"- cheese.md of {folder}",
    ]


def test_a_place_of_which_nothing_is_left_is_told(small: Settings, folder: Path) -> None:
    done = remove(small, "cheese", "graphs")
    assert (done.forgotten, done.documents, done.passages) == ((str(folder),), 1, 12)
    assert set(opened(small).documents) == {"field-guide"}


def test_an_uploaded_document_goes_with_its_file_and_a_running_server_answers_without_it(
    home: Path, folder: Path
) -> None:
    server = SmallServer(home)
    server.uploads.add([("cheese.md", f"# Notes on cheese\n\n{GOUDA}\n".encode())])
    assert server.best() == GOUDA
    held = find_held(held_documents(opened(server.settings), server.uploads.holds), "cheese")
    assert (held.origin, held.passages) == ("uploaded", 1)
    build_index(server.settings, WordEncoder(), [folder / "graphs.txt"])
    done = remove(server.settings, "cheese", "graphs")
    assert [one.document.id for one in done.held] == ["cheese", "graphs"]
    assert list(uploads_folder(server.settings).glob("*.md")) == []
    assert server.renewal.refresh() is True
    assert GOUDA not in server.best()
    server.close()


def test_on_a_chroma_server_another_home_removes_and_the_first_does_not_bring_it_back(
    chroma: ChromaProcess, tmp_path: Path, folder: Path
) -> None:
    first, second = (Settings(home=tmp_path / name, corpus=PACK, chroma_url=chroma.url) for name in ("first", "second"))
    build_index(first, WordEncoder(), [folder])
    held = held_documents(opened(second), lambda _: False)
    assert {one.document.id: one.origin for one in held} == {
        "field-guide": "pack",
        "cheese": "another machine",
        "graphs": "another machine",
    }
    remove(second, "cheese")
    build_index(first, WordEncoder())
    assert set(opened(first).documents) == {"field-guide", "graphs"}
    build_index(first, WordEncoder(), [folder / "cheese.md"])
    assert "cheese" in opened(second).documents
