from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ingest.config import Settings
from ingest.errors import DamagedIndexError, DocumentError, PathError, StoreError
from ingest.excluding import EXCLUDED
from ingest.index.folders import FolderGeneration
from ingest.index.generations import index_slot
from ingest.index.library import Library, open_library
from ingest.pipeline import Report, build_index
from tests.fakes import WordEncoder

NOTE = "# The {name} note\n\n- A federated set-up suits {name}.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.md").write_text(NOTE.format(name=name))
    return folder


def opened(settings: Settings) -> Library:
    library = open_library(index_slot(settings))
    assert library is not None
    return library


def documents(settings: Settings) -> set[str]:
    library = opened(settings)
    library.close()
    return set(library.documents)


def statuses(report: Report) -> dict[str, str]:
    return {Path(file.path).name: file.status for file in report.files}


BUNDLED = {"ordax-2024", "nguyen-2023", "sha-2023", "centralised-vs-distributed"}


def test_the_bundled_documents_are_indexed_whole(settings: Settings, encoder: WordEncoder) -> None:
    report = build_index(settings, encoder)
    library = opened(settings)
    assert set(library.documents) == BUNDLED
    assert report.passages == len(library.passages) == report.embedded == len(encoder.encoded)
    assert all(library.documents[p.document_id].text[p.start : p.end] == p.text for p in library.passages)
    assert [p.position for p in library.passages if p.document_id == "sha-2023"] == list(range(77))
    library.close()


def test_paths_are_added_to_what_is_there(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    build_index(settings, encoder)
    report = build_index(settings, encoder, [folder])
    assert documents(settings) == BUNDLED | {"one", "two"}
    assert statuses(report)["one.md"] == "added"
    assert statuses(report)["ordax-2024.md"] == "unchanged"


def test_only_indexes_the_paths_alone_and_again_without_paths(
    settings: Settings, encoder: WordEncoder, folder: Path
) -> None:
    build_index(settings, encoder, [folder], only=True)
    assert documents(settings) == {"one", "two"}
    build_index(settings, encoder)
    assert documents(settings) == {"one", "two"}
    build_index(settings, encoder, [folder / "one.md"])
    assert documents(settings) == BUNDLED | {"one", "two"}


def test_unchanged_passages_are_not_embedded_again(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    build_index(settings, encoder, [folder], only=True)
    encoder.encoded.clear()
    (folder / "two.md").write_text(NOTE.format(name="two") + "- One more claim.\n")
    report = build_index(settings, encoder)
    assert len(encoder.encoded) == report.embedded == 1
    assert statuses(report) == {"one.md": "unchanged", "two.md": "updated"}


def test_an_unchanged_folder_publishes_nothing(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    first = build_index(settings, encoder, [folder])
    before = index_slot(settings).current()
    encoder.encoded.clear()
    report = build_index(settings, encoder, [folder])
    assert (report.published, report.embedded, encoder.encoded) == (False, 0, [])
    assert set(statuses(report).values()) == {"unchanged"}
    assert (report.documents, report.passages) == (first.documents, first.passages)
    assert [file.passages for file in report.files] == [file.passages for file in first.files]
    assert index_slot(settings).current() == before
    # Where it is asked for alone, or with another model, it is another index.
    assert build_index(settings, encoder, [folder], only=True).published
    assert build_index(settings, WordEncoder("other"), [folder], only=True).published


def test_a_damaged_index_is_not_taken_for_an_unchanged_one(
    settings: Settings, encoder: WordEncoder, folder: Path
) -> None:
    build_index(settings, encoder, [folder], only=True)
    generation = index_slot(settings).current()
    assert generation is not None
    store = generation.open_store()
    store.drop(["one"])
    store.close()
    report = build_index(settings, encoder, [folder], only=True)
    assert report.set_aside is not None
    assert report.passages == 2


class _Counting(WordEncoder):
    """Notes what is measured, which is all that is parsed: here no text is short enough to be taken for short."""

    def __init__(self) -> None:
        super().__init__(max_tokens=12)
        self.measured: list[str] = []

    def count_tokens(self, text: str) -> int:
        self.measured.append(text)
        return super().count_tokens(text)


def test_only_documents_that_changed_are_parsed_again(settings: Settings, folder: Path) -> None:
    for name in ("three", "four", "five"):
        (folder / f"{name}.md").write_text(NOTE.format(name=name))
    encoder = _Counting()
    build_index(settings, encoder, [folder], only=True)
    (folder / "two.md").write_text(NOTE.format(name="two") + "- One more claim.\n")
    (folder / "one.md").unlink()
    encoder.measured.clear()
    report = build_index(settings, encoder)
    assert all("two" in text or "One more" in text for text in encoder.measured)
    assert encoder.measured
    assert {Path(f.path).name: (f.status, f.passages) for f in report.files} == {
        "one.md": ("removed", 0), "two.md": ("updated", 2), "three.md": ("unchanged", 1), "four.md": ("unchanged", 1),
        "five.md": ("unchanged", 1),
    }  # fmt: skip
    library = opened(settings)
    assert sorted((p.document_id, p.text) for p in library.passages) == [
        ("five", "A federated set-up suits five."),
        ("four", "A federated set-up suits four."),
        ("three", "A federated set-up suits three."),
        ("two", "A federated set-up suits two."),
        ("two", "One more claim."),
    ]
    # What stands beside the vectors is what they were computed from.
    vectors = library._store.matrix([passage.id for passage in library.passages])
    assert np.allclose(vectors, encoder.encode([passage.embedding_text for passage in library.passages]), atol=1e-6)
    library.close()


def test_changed_again_and_again_an_index_is_the_one_that_is_built_anew(
    settings: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for name in range(12):
        (folder / f"n{name}.md").write_text(NOTE.format(name=f"n{name}"))
    build_index(settings, encoder, [folder], only=True)
    for turn in range(7):
        for name in (turn, turn + 4):
            (folder / f"n{name}.md").write_text(NOTE.format(name=f"n{name}") + f"- Turn {turn}.\n- {turn} turns.\n")
        build_index(settings, encoder)
    fresh = Settings(home=tmp_path / "fresh")
    build_index(fresh, encoder, [folder], only=True)
    one, other = opened(settings), opened(fresh)
    assert one.passages == other.passages
    assert np.allclose(one._matrix, other._matrix, atol=1e-6)
    # No more room is kept for what was removed than for half of what is there.
    assert one._store.dropped <= len(one.passages) / 2
    query = encoder.encode(["suits n3"])[0]
    assert [id_ for id_, _ in one._store.search(query, 1)] == [id_ for id_, _ in other._store.search(query, 1)]
    one.close()
    other.close()


def test_runs_that_never_end_leave_no_more_than_two_behind(settings: Settings, folder: Path) -> None:
    small = settings.model_copy(update={"embedding_batch": 1})
    build_index(small, WordEncoder(), [folder], only=True)
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            build_index(small, _Interrupted(), [folder / "one.md"])
    # The current one, the one that was being written, and two before it.
    assert len(index_slot(small).generations()) == 4
    assert not build_index(small, WordEncoder()).published
    assert len(index_slot(small).generations()) == 1


def test_another_model_embeds_everything_anew(settings: Settings, folder: Path) -> None:
    build_index(settings, WordEncoder("first"), [folder], only=True)
    report = build_index(settings, WordEncoder("second"))
    assert report.embedded == report.passages == 2


def test_a_file_that_went_is_removed_and_a_place_that_went_is_kept(
    settings: Settings, encoder: WordEncoder, folder: Path, tmp_path: Path
) -> None:
    build_index(settings, encoder, [folder], only=True)
    (folder / "one.md").unlink()
    assert statuses(build_index(settings, encoder)) == {"one.md": "removed", "two.md": "unchanged"}
    folder.rename(tmp_path / "elsewhere")
    assert statuses(build_index(settings, encoder)) == {"two.md": "kept"}
    assert documents(settings) == {"two"}


def test_a_file_that_fails_is_reported_and_its_stored_version_stays(
    settings: Settings, encoder: WordEncoder, folder: Path
) -> None:
    build_index(settings, encoder, [folder], only=True)
    (folder / "one.md").write_bytes(b"\xff\0\1")
    report = build_index(settings, encoder)
    assert [(Path(f.path).name, f.status) for f in report.files] == [("one.md", "failed"), ("two.md", "unchanged")]
    assert "one.md is no text: it holds binary data." in report.failed[0].detail
    assert report.failed[0].detail.endswith("The version that is indexed stays.")
    assert documents(settings) == {"one", "two"}


def test_when_nothing_can_be_read_the_index_stays_as_it_was(
    settings: Settings, encoder: WordEncoder, tmp_path: Path
) -> None:
    build_index(settings, encoder)
    bad = tmp_path / "bad.md"
    bad.write_bytes(b"\0\xff")
    with pytest.raises(DocumentError, match="left as it was"):
        build_index(settings, encoder, [bad], only=True)
    assert documents(settings) == BUNDLED


def test_a_missing_path_is_refused_before_anything_is_touched(settings: Settings, encoder: WordEncoder) -> None:
    with pytest.raises(PathError, match="nowhere"):
        build_index(settings, encoder, [Path("nowhere")])
    assert not settings.home.exists()


def test_only_needs_a_path(settings: Settings, encoder: WordEncoder) -> None:
    with pytest.raises(PathError, match="--only needs"):
        build_index(settings, encoder, only=True)


class _Interrupted(WordEncoder):
    """Stops like Ctrl-C at the second chunk."""

    def encode(self, texts):  # type: ignore[no-untyped-def]
        if self.encoded:
            raise KeyboardInterrupt
        return super().encode(texts)


def test_an_interrupted_run_leaves_the_old_index_and_the_next_one_goes_on(settings: Settings, folder: Path) -> None:
    small = settings.model_copy(update={"embedding_batch": 1})
    build_index(small, WordEncoder(), [folder], only=True)
    with pytest.raises(KeyboardInterrupt):
        build_index(small, _Interrupted(), [folder / "one.md"])
    assert documents(small) == {"one", "two"}
    encoder = WordEncoder()
    report = build_index(small, encoder, [folder / "one.md"])
    # The interrupted run had embedded one chunk, which is eight batches; the two claims of the old index are taken over as well.
    assert report.embedded == report.passages - 8 - 2
    assert len(index_slot(small).generations()) == 2


def test_readers_see_the_old_generation_until_the_new_one_is_whole(
    settings: Settings, encoder: WordEncoder, folder: Path
) -> None:
    build_index(settings, encoder, [folder], only=True)
    held = opened(settings)
    build_index(settings, encoder, [folder])
    assert set(held.documents) == {"one", "two"}
    assert held.near(WordEncoder().encode(["federated"])[0]).cosines.max() > 0
    assert documents(settings) == BUNDLED | {"one", "two"}
    held.close()


@pytest.mark.parametrize("damage", ["database", "manifest", "documents", "current", "segment"])
def test_a_damaged_index_is_set_aside_and_rebuilt_with_nothing_lost(
    settings: Settings, encoder: WordEncoder, folder: Path, damage: str
) -> None:
    build_index(settings, encoder, [folder])
    slot = index_slot(settings)
    generation = slot.current()
    assert isinstance(generation, FolderGeneration)
    target = {
        "database": generation.folder / "chroma" / "chroma.sqlite3",
        "manifest": generation.folder / "manifest.json",
        "documents": generation.folder / "documents.jsonl",
        "current": slot.folder / "CURRENT",
        "segment": generation.folder / "chroma" / "chroma.sqlite3",
    }[damage]
    target.write_bytes(target.read_bytes()[: target.stat().st_size // 2] if damage == "segment" else b"damaged")
    with pytest.raises(DamagedIndexError):
        open_library(slot)
    report = build_index(settings, encoder, [folder])
    assert report.set_aside is not None
    assert Path(report.set_aside).is_dir()
    assert documents(settings) == BUNDLED | {"one", "two"}


def test_added_documents_survive_damage_without_their_files(
    settings: Settings, encoder: WordEncoder, folder: Path
) -> None:
    build_index(settings, encoder, [folder])
    generation = index_slot(settings).current()
    assert isinstance(generation, FolderGeneration)
    (generation.folder / "chroma" / "chroma.sqlite3").write_bytes(b"damaged")
    for path in folder.glob("*.md"):
        path.unlink()
    folder.rmdir()
    build_index(settings, encoder)
    assert documents(settings) == BUNDLED | {"one", "two"}


def test_a_data_folder_that_cannot_be_written_is_a_clear_error(encoder: WordEncoder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, where a folder should be")
    with pytest.raises(StoreError, match="cannot be written"):
        build_index(Settings(home=tmp_path / "file"), encoder)


def test_packs_do_not_overwrite_one_another(settings: Settings, encoder: WordEncoder) -> None:
    other = Settings(home=settings.home, corpus=Path(__file__).parent.parent / "packs" / "database")
    build_index(settings, encoder)
    build_index(other, encoder)
    assert documents(settings) == BUNDLED
    assert documents(other) == {"field-guide"}


def test_the_report_for_programs_adds_up(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    report = build_index(settings, encoder, [folder]).as_json()
    assert report["summary"] == {"added": 6}
    assert report["documents"] == 6
    json.dumps(report)


def test_progress_is_told_from_nothing_to_all(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build_index(settings, encoder, [folder], only=True, progress=lambda *step: told.append(step))
    assert told[0] == ("reading", 0, 2)
    assert told[-1] == ("embedding", 2, 2)


def test_the_same_build_gives_the_same_ids_texts_and_vectors(settings: Settings, tmp_path: Path) -> None:
    other = Settings(home=tmp_path / "second")
    for each in (settings, other):
        build_index(each, WordEncoder())
    first, second = opened(settings), opened(other)
    assert first.passages == second.passages
    query = WordEncoder().encode(["governance of a centralised team"])[0]
    cosines = [library.near(query).cosines for library in (first, second)]
    assert np.array_equal(cosines[0], cosines[1])
    assert np.isfinite(cosines[0]).all()
    first.close()
    second.close()


def test_a_large_library_is_asked_for_the_nearest_and_bounds_the_rest(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(settings, WordEncoder())
    library = opened(settings)
    query = WordEncoder().encode(["governance of a centralised team"])[0]
    exact = library.near(query).cosines
    assert library.exact
    monkeypatch.setattr("ingest.index.library.EXACT_UP_TO", 0)
    monkeypatch.setattr("ingest.index.library.NEAREST", 20)
    near = library.near(query)
    nearest = np.argsort(-exact, kind="stable")[:20]
    assert near.ranks.tolist() == sorted(nearest.tolist())
    found = near.of(np.arange(len(exact), dtype=np.int32))
    assert np.allclose(found[nearest], exact[nearest], atol=1e-4)
    assert (found >= exact - 1e-4).all()
    assert np.allclose(np.delete(found, nearest), near.floor, atol=1e-4)
    library.close()


MINE = "one.md"


def removed(settings: Settings, encoder: WordEncoder, folder: Path, *names: str) -> Report:
    """What is told when files of a folder are removed from the library."""
    return build_index(settings, encoder, without=[(str(folder), name) for name in names], read_again=False)


def test_a_removed_document_stays_out_though_its_file_stays_and_that_is_told(
    settings: Settings, encoder: WordEncoder, folder: Path
) -> None:
    build_index(settings, encoder, [folder])
    report = removed(settings, encoder, folder, MINE)
    assert [(file.path, file.status) for file in report.files if file.status != "unchanged"] == [(MINE, "removed")]
    assert documents(settings) == BUNDLED | {"two"}
    for _ in range(2):
        again = build_index(settings, encoder)
        assert statuses(again)[MINE] == "excluded"
        assert documents(settings) == BUNDLED | {"two"}
    assert [file.detail for file in again.files if file.status == "excluded"] == [EXCLUDED]
    assert opened(settings).manifest.excluded == ((str(folder), MINE),)


def test_a_removal_reads_nothing_of_what_stays(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    build_index(settings, encoder, [folder])
    (folder / "two.md").write_text(NOTE.format(name="three"))
    encoder.encoded.clear()
    removed(settings, encoder, folder, MINE)
    assert encoder.encoded == []
    assert "suits two" in opened(settings).documents["two"].text
    assert statuses(build_index(settings, encoder))["two.md"] == "updated"


@pytest.mark.parametrize("again", [".", MINE, ".."])
def test_a_removed_document_is_back_when_its_file_or_a_folder_above_it_is_named(
    settings: Settings, encoder: WordEncoder, folder: Path, again: str
) -> None:
    build_index(settings, encoder, [folder])
    removed(settings, encoder, folder, MINE)
    build_index(settings, encoder, [(folder / again).resolve()])
    assert documents(settings) >= BUNDLED | {"two"}
    library = opened(settings)
    assert any("suits one" in document.text for document in library.documents.values())
    assert library.manifest.excluded == ()


def test_another_file_of_the_folder_brings_nothing_back(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    build_index(settings, encoder, [folder])
    removed(settings, encoder, folder, MINE)
    build_index(settings, encoder, [folder / "two.md"])
    assert documents(settings) == BUNDLED | {"two"}


def test_a_place_of_which_nothing_is_left_is_forgotten(settings: Settings, encoder: WordEncoder, folder: Path) -> None:
    build_index(settings, encoder, [folder])
    removed(settings, encoder, folder, MINE, "two.md")
    (folder / "new.md").write_text(NOTE.format(name="new"))
    assert set(statuses(build_index(settings, encoder)).values()) == {"unchanged"}
    assert documents(settings) == BUNDLED
    assert opened(settings).manifest.excluded == ()


def test_what_was_removed_stays_out_of_an_index_that_is_rebuilt_after_damage(
    settings: Settings, encoder: WordEncoder, folder: Path
) -> None:
    build_index(settings, encoder, [folder])
    removed(settings, encoder, folder, MINE)
    generation = index_slot(settings).current()
    assert isinstance(generation, FolderGeneration)
    (generation.folder / "chroma" / "chroma.sqlite3").write_bytes(b"no database")
    assert statuses(build_index(settings, encoder))[MINE] == "excluded"


def test_the_manifest_of_an_earlier_release_excludes_nothing(settings: Settings, encoder: WordEncoder) -> None:
    build_index(settings, encoder)
    generation = index_slot(settings).current()
    assert isinstance(generation, FolderGeneration)
    fields = json.loads((generation.folder / "manifest.json").read_text())
    del fields["excluded"]
    (generation.folder / "manifest.json").write_text(json.dumps(fields))
    assert opened(settings).manifest.excluded == ()
