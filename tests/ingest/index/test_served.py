"""An index on a real Chroma server: the same as one in files, shared by homes that know nothing of one another."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from evals.doubles.chroma import ChromaProcess
from ingest.config import Settings, load_settings
from ingest.errors import DamagedIndexError, SettingError, StoreError
from ingest.index import server_lock
from ingest.index.chroma import ChromaServer, chroma_server
from ingest.index.generations import index_slot
from ingest.index.library import Library, open_library
from ingest.index.records import Manifest, Stored
from ingest.index.served import ServedGeneration
from ingest.index.server_lock import hold_right
from ingest.pipeline import Report, build_index
from tests.commands import begin_code
from tests.fakes import WordEncoder

PACK = Path(__file__).resolve().parents[2] / "packs" / "database"
QUERY = "which database for a small team"
LOCK = "groundrule.a.lock"


@pytest.fixture
def first(chroma: ChromaProcess, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "first", corpus=PACK, chroma_url=chroma.url)


@pytest.fixture
def second(first: Settings, tmp_path: Path) -> Settings:
    """Another machine: a home of its own, and the same server."""
    return first.model_copy(update={"home": tmp_path / "second"})


@pytest.fixture
def server(chroma: ChromaProcess) -> ChromaServer:
    return chroma_server(chroma.url)


def note(folder: Path, name: str, text: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text(f"# The {name} note\n\n{text or f'A column store suits {name}.'}\n")
    return folder


def opened(settings: Settings) -> Library:
    library = open_library(index_slot(settings))
    assert library is not None
    return library


def texts(settings: Settings) -> dict[str, str]:
    """What the added documents say, by their path."""
    stored = [one for one in opened(settings).stored if one.root is not None]
    assert len({one.document.source.path for one in stored}) == len(stored)
    return {str(one.document.source.path): one.document.text.splitlines()[-1] for one in stored}


def statuses(report: Report) -> dict[str, str]:
    return {Path(file.path).name: file.status for file in report.files}


def test_another_home_opens_the_same_index_and_it_is_the_one_that_files_would_hold(
    first: Settings, second: Settings, tmp_path: Path
) -> None:
    embedded = Settings(home=tmp_path / "embedded", corpus=PACK)
    for each in (first, embedded):
        build_index(each, WordEncoder(), [note(tmp_path / "notes", "blue")])
    there, here = opened(second), opened(embedded)
    assert there.passages == here.passages
    assert list(there.documents.values()) == list(here.documents.values())
    assert there.manifest.documents == here.manifest.documents == 2
    query = WordEncoder().encode([QUERY])[0]
    assert np.array_equal(there.near(query).cosines, here.near(query).cosines)
    found = [library._store.search(query, 5) for library in (there, here)]
    assert [id_ for id_, _ in found[0]] == [id_ for id_, _ in found[1]]
    assert np.allclose([score for _, score in found[0]], [score for _, score in found[1]], atol=1e-6)
    # Whose folder it was is known there; to others it is not theirs.
    roots = [[one.root for one in opened(settings).stored] for settings in (first, second)]
    assert roots[0] == [None, str(tmp_path / "notes")]
    assert roots[1][1] is not None
    assert roots[1][1].endswith(f"@{tmp_path / 'notes'}")
    here.close()


def test_nothing_is_there_before_the_first_build(first: Settings) -> None:
    assert open_library(index_slot(first)) is None


def test_vectors_are_taken_over_by_another_home(first: Settings, second: Settings, encoder: WordEncoder) -> None:
    assert build_index(first, encoder).embedded > 0
    assert build_index(second, encoder).embedded == 0


def test_the_documents_go_in_pieces(
    first: Settings, second: Settings, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.index.served._PIECE", 10)
    monkeypatch.setattr("ingest.index.served._PIECES", 7)
    build_index(first, encoder)
    assert opened(second).stored == opened(first).stored


def test_the_one_before_is_kept_and_those_older_are_dropped(
    first: Settings, encoder: WordEncoder, server: ChromaServer, tmp_path: Path
) -> None:
    slot = index_slot(first)
    built = []
    for name in ("blue", "red", "green"):
        build_index(first, encoder, [note(tmp_path / "notes", name)])
        built.append(slot.current())
    assert not build_index(first, encoder).published
    assert list(slot.generations()) == built[:0:-1]
    assert len(server.names()) == 2 * 2 + 1  # their passages and records, and what names the current one


def test_documents_of_another_home_stay_whatever_is_under_the_same_path_here(
    first: Settings, second: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    folder = note(note(tmp_path / "notes", "blue"), "red")
    build_index(first, encoder, [folder])
    (folder / "red.md").unlink()
    report = build_index(second, encoder, [note(tmp_path / "others", "green")])
    assert statuses(report) | {"field-guide.md": ""} == {
        "blue.md": "kept",
        "red.md": "kept",
        "green.md": "added",
        "field-guide.md": "",
    }
    # What is given there is read there, in the place of the other's; the other home still reads its own anew.
    note(folder, "blue", "Blue is new.")
    assert statuses(build_index(second, encoder, [folder]))["blue.md"] == "updated"
    assert texts(second)["blue.md"] == "Blue is new."
    assert statuses(build_index(first, encoder, [folder]))["red.md"] == "removed"
    assert sorted(texts(first)) == ["blue.md", "green.md"]


def test_readers_see_a_whole_generation_while_others_are_published(
    first: Settings, second: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    build_index(first, encoder)
    ended, seen = threading.Event(), []

    def read() -> None:
        while not ended.is_set():
            library = opened(second)
            seen.append((len(library.stored), len(library.passages)))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        passages = [build_index(first, encoder, [note(tmp_path / "n", f"n{n}")]).passages for n in range(4)]
    finally:
        ended.set()
        reader.join()
    assert set(seen) <= {(1, passages[0] - 1), *((2 + n, total) for n, total in enumerate(passages))}
    assert len(seen) > 2


def test_two_homes_that_build_at_once_lose_nothing(first: Settings, second: Settings, tmp_path: Path) -> None:
    build_index(first, WordEncoder())
    failed: list[BaseException] = []

    def build(settings: Settings, name: str) -> None:
        try:
            build_index(settings, WordEncoder(), [note(tmp_path / name, name)])
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failed.append(error)

    both = [threading.Thread(target=build, args=one) for one in ((first, "blue"), (second, "red"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert failed == []
    assert sorted(texts(first)) == ["blue.md", "red.md"]


def test_a_server_that_is_away_is_no_damage_and_all_goes_on_when_it_is_back(
    first: Settings,
    second: Settings,
    encoder: WordEncoder,
    chroma: ChromaProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build_index(first, encoder)
    held, slot = opened(second), index_slot(second)
    query = encoder.encode([QUERY])[0]
    exact = opened(second).near(query).cosines
    generation = slot.current()
    chroma.stop()
    try:
        for call in (
            lambda: open_library(slot),
            lambda: build_index(first, encoder),
            lambda: held._store.search(query, 3),
        ):
            with pytest.raises(StoreError, match="GROUNDRULE_CHROMA_URL") as raised:
                call()
            assert raised.type is StoreError
            assert chroma.url in str(raised.value)
        # A small library is held in memory; of a large one only the nearest are, and on the server.
        assert np.array_equal(held.near(query).cosines, exact)
        monkeypatch.setattr("ingest.index.library.EXACT_UP_TO", 0)
        with pytest.raises(StoreError, match="Check that it runs"):
            held.near(query)
    finally:
        chroma.start()
    assert slot.current() == generation
    assert np.isclose(held.near(query).cosines.max(), exact.max(), atol=1e-4)
    assert build_index(first, encoder, [note(tmp_path / "notes", "blue")]).set_aside is None
    assert opened(second).generation != generation


def test_a_build_that_is_killed_leaves_the_old_index_and_the_next_one_goes_on(
    first: Settings, second: Settings, encoder: WordEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(first, encoder)
    before = index_slot(second).current()
    note(tmp_path / "notes", "blue", "\n".join(f"- Claim number {n} is about blue things.\n" for n in range(100)))
    script = """
        import os, sys
        from pathlib import Path
        from ingest.config import Settings
        from ingest.pipeline import build_index
        from tests.fakes import WordEncoder

        class Killed(WordEncoder):
            def encode(self, texts):
                # A chunk is eight batches; a few of them may wait to be written.
                if len(self.encoded) >= 72:
                    os.kill(os.getpid(), 9)
                return super().encode(texts)

        home, corpus, url, notes = sys.argv[1:]
        settings = Settings(home=Path(home), corpus=Path(corpus), chroma_url=url, embedding_batch=1)
        build_index(settings, Killed(), [Path(notes)])
    """
    where = [str(first.home), str(PACK), str(first.chroma_url), str(tmp_path / "notes")]
    killed = begin_code(script, *where)
    killed.join(600)
    assert killed.exitcode == -9
    slot = index_slot(second)
    assert slot.current() == before
    assert len(slot.generations()) == 2
    # The same home knows that the one who held the right is gone; another waits until it has not been heard of for long.
    monkeypatch.setattr(server_lock, "STALE_SECONDS", 600.0)
    report = build_index(first, encoder, [tmp_path / "notes"])
    assert report.set_aside is None
    assert 0 < report.embedded <= 60
    assert texts(second)["blue.md"].startswith("- Claim number 99")


def test_the_right_of_a_process_that_is_gone_is_taken_over_and_that_of_a_living_one_is_not(
    server: ChromaServer, chroma: ChromaProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lock, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(server_lock, "STALE_SECONDS", 0.4)
    monkeypatch.setattr(server_lock, "BEAT_SECONDS", 0.05)
    with hold_right(server, LOCK, "one") as still_held:
        monkeypatch.setattr(server_lock, "WAIT_SECONDS", 1.0)
        with pytest.raises(StoreError, match="another process has been writing"), hold_right(server, LOCK, "two"):
            pass
        still_held()
    assert server.open(LOCK) is None
    server.create(LOCK, {"holder": "one", "beat": "the last"})
    with hold_right(server, LOCK, "two") as still_held:
        still_held()
        # A holder that was taken for gone is told so before it publishes, and leaves the other's right alone.
        left = server.open(LOCK)
        assert left is not None
        server.drop(LOCK)
        server.create(LOCK, {"holder": "three", "beat": "its first"})
        with pytest.raises(StoreError, match="took over the writing"):
            still_held()
    left = server.open(LOCK)
    assert left is not None
    assert left.metadata["holder"] == "three"


def test_a_build_whose_right_was_lost_publishes_nothing(
    first: Settings, encoder: WordEncoder, server: ChromaServer, tmp_path: Path
) -> None:
    build_index(first, encoder)
    slot = index_slot(first)
    before = slot.current()

    def lose(stage: str, done: int, _: int) -> None:
        if stage == "embedding" and done == 0:
            lock = next(name for name in server.names() if name.endswith(".lock"))
            server.drop(lock)
            server.create(lock, {"holder": "another", "beat": "its own"})

    with pytest.raises(StoreError, match="took over the writing"):
        build_index(first, encoder, [note(tmp_path / "notes", "blue")], progress=lose)
    assert slot.current() == before
    assert list(slot.generations()) == [before]


@pytest.mark.parametrize("part", ["passages", "records", "current", "count", "text", "layout"])
def test_a_damaged_index_is_set_aside_and_rebuilt(
    first: Settings, second: Settings, encoder: WordEncoder, server: ChromaServer, tmp_path: Path, part: str
) -> None:
    folder = note(tmp_path / "notes", "blue")
    build_index(first, encoder, [folder])
    slot = index_slot(first)
    generation = slot.current()
    prefix = f"groundrule.{slot.name}."
    whole = str(generation).partition(" ")[0]
    records = server.open(f"{whole}.records")
    passages = server.open(f"{whole}.passages")
    assert records is not None
    assert passages is not None
    match part:
        case "current":
            server.drop(prefix + "current")
        case "count":
            passages._raw.delete(ids=[opened(first).passages[0].id])
        case "text":
            records._raw.delete(ids=["00000000"])
        case "layout":
            records.describe({"schema": 99})
        case _:
            server.drop(f"{whole}.{part}")
    with pytest.raises(DamagedIndexError):
        open_library(index_slot(second))
    report = build_index(second, encoder)
    assert report.set_aside is not None
    assert report.set_aside.startswith(prefix + "damaged-")
    assert any(name.startswith(prefix + "damaged-") for name in server.names())
    # What the records still tell is not lost.
    assert sorted(texts(first)) == ([] if part in ("records", "text", "layout") else ["blue.md"])


def test_a_generation_that_was_replaced_while_it_was_opened_is_left_for_the_newer(
    first: Settings, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(first, encoder)
    read = ServedGeneration.read_stored
    done: list[bool] = []

    def replaced(self: ServedGeneration, manifest: Manifest) -> list[Stored]:
        if not done:
            done.append(True)
            for _ in range(2):
                build_index(first, encoder)
        return read(self, manifest)

    monkeypatch.setattr(ServedGeneration, "read_stored", replaced)
    assert opened(first).generation == index_slot(first).current()


def test_a_password_in_the_address_is_never_shown() -> None:
    server = ChromaServer("http://me:s3cret@127.0.0.1:9/base/")
    with pytest.raises(
        StoreError, match="http://127.0.0.1:9/base cannot be used: .*Connection refused[.] Check"
    ) as raised:
        server.names()
    assert "s3cret" not in str(raised.value)


def test_a_wrong_address_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDRULE_CHROMA_URL", "me:s3cret@chroma:8000")
    with pytest.raises(SettingError, match="setting 'chroma_url' cannot be what it is") as raised:
        load_settings()
    assert "s3cret" not in str(raised.value)


def test_an_address_of_something_else_is_a_clear_error(
    first: Settings, encoder: WordEncoder, chroma: ChromaProcess
) -> None:
    elsewhere = first.model_copy(update={"chroma_url": f"{chroma.url}/nothing/here"})
    with pytest.raises(StoreError, match="GROUNDRULE_CHROMA_URL is its address"):
        build_index(elsewhere, encoder)


def test_what_was_removed_stays_out_for_the_home_that_has_its_file_and_comes_back_there(
    first: Settings, second: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    folder = note(note(tmp_path / "notes", "blue"), "red")
    build_index(first, encoder, [folder])
    # Removed at the other one, which knows its place by the first one's name.
    stored = next(one for one in opened(second).stored if one.document.source.path == "red.md")
    assert stored.root is not None
    assert stored.root.endswith(f"@{folder}")
    build_index(second, encoder, without=[(stored.root, "red.md")], read_again=False)
    assert opened(second).manifest.excluded == ((stored.root, "red.md"),)
    assert opened(first).manifest.excluded == ((str(folder), "red.md"),)
    assert statuses(build_index(first, encoder))["red.md"] == "excluded"
    assert list(texts(second)) == ["blue.md"]
    build_index(first, encoder, [folder])
    assert sorted(texts(second)) == ["blue.md", "red.md"]
    assert opened(second).manifest.excluded == ()
