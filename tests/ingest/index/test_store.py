from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest.errors import DamagedIndexError
from ingest.index.chroma import chroma_server, create_in_folder, open_in_folder
from ingest.index.folders import FolderSlot
from ingest.index.served import ServedSlot
from ingest.index.store import PassageStore
from ingest.types import Passage
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evals.doubles.chroma import ChromaProcess
    from ingest.index.generations import Generation


def passage(n: int, **fields: object) -> Passage:
    values: dict[str, Any] = {
        "heading_path": ("T", "H"),
        "kind": "bullet",
        "options": ("a", "b"),
        "stance": "pro",
        "lead_in": "So:",
    }
    values |= {"document_id": "d", **fields}
    return Passage(id=f"p{n}", position=n, text=f"claim {n}", start=n, end=n + 7, **values)


class Place:
    """Where a store is made and opened again: in a folder, or on a server."""

    def __init__(self, folder: Path, url: str | None) -> None:
        slot = ServedSlot(folder, chroma_server(url)) if url else FolderSlot(folder)
        self.generation: Generation = slot.new_generation()

    def create(self) -> PassageStore:
        return self.generation.create_store("words")

    def open(self) -> PassageStore:
        return self.generation.open_store()


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(tmp_path, request.getfixturevalue("chroma").url if request.param == "server" else None)


@pytest.fixture
def store(place: Place) -> Iterator[PassageStore]:
    store = place.create()
    yield store
    store.close()


def test_passages_come_back_as_they_were(store: PassageStore) -> None:
    stored = [passage(0), passage(1, options=(), lead_in="", heading_path=(), stance="neutral")]
    store.add(stored, np.eye(2, dtype=np.float32), ["x", "y"])
    assert sorted(store.passages(), key=lambda p: p.position) == stored
    assert store.count() == 2


def test_lists_of_a_collection_that_was_dropped_do_not_turn_up_in_the_next(chroma: ChromaProcess) -> None:
    server = chroma_server(chroma.url)
    bare = passage(1, options=(), heading_path=())
    for stored in (passage(0), bare):
        collection = server.create("groundrule.test", {"encoder": "words"})
        assert collection is not None
        store = PassageStore(collection)
        store.add([stored], np.eye(1, dtype=np.float32), [""])
        assert list(store.passages()) == [stored]
        server.drop("groundrule.test")


def test_passages_of_an_index_of_before_have_their_lists(tmp_path: Path) -> None:
    collection = create_in_folder(tmp_path / "chroma", {"encoder": "words"})
    bare: dict[str, Any] = {"document_id": "d", "start": 0, "end": 7, "kind": "bullet", "stance": "pro"}
    fields = [
        bare | {"position": 0, "heading_path": ["T", "H"], "options": ["a", "b"], "lead_in": "So:"},
        bare | {"position": 1},
    ]
    collection.add(["p0", "p1"], np.eye(2, dtype=np.float32), ["claim 0", "claim 1"], fields)
    store = PassageStore(collection)
    found = sorted(store.passages(), key=lambda p: p.position)
    assert [(p.heading_path, p.options, p.lead_in) for p in found] == [(("T", "H"), ("a", "b"), "So:"), ((), (), "")]
    store.close()


def test_search_ranks_by_cosine(store: PassageStore) -> None:
    store.add([passage(n) for n in range(3)], np.eye(3, dtype=np.float32), ["", "", ""])
    vector = np.array([0.6, 0.8, 0.0], dtype=np.float32)
    found = store.search(vector, 2)
    assert [id_ for id_, _ in found] == ["p1", "p0"]
    assert [score for _, score in found] == pytest.approx([0.8, 0.6], abs=1e-5)


def test_vectors_are_given_out_only_for_the_same_digest(store: PassageStore) -> None:
    store.add([passage(0), passage(1)], np.eye(2, dtype=np.float32), ["same", "old"])
    assert list(store.vectors({"p0": "same", "p1": "new", "p9": "same"})) == ["p0"]


def test_a_store_opens_again_and_knows_its_encoder(store: PassageStore, place: Place) -> None:
    store.add([passage(0)], np.eye(1, dtype=np.float32), [""])
    store.close()
    again = place.open()
    assert (again.encoder, again.count()) == ("words", 1)
    again.close()


def test_search_can_be_limited_to_documents(store: PassageStore) -> None:
    store.add([passage(0), passage(1, document_id="other")], np.eye(2, dtype=np.float32), ["", ""])
    vector = np.array([1.0, 0.0], dtype=np.float32)
    assert [id_ for id_, _ in store.search(vector, 2, ["other"])] == ["p1"]
    assert store.search(vector, 2, ["nobody"]) == []
    store.close()


@pytest.mark.parametrize("damage", ["gone", "empty", "garbage"])
def test_a_damaged_database_is_told_apart(tmp_path: Path, damage: str) -> None:
    store = PassageStore(create_in_folder(tmp_path / "chroma", {"encoder": "words"}))
    store.add([passage(0)], WordEncoder().encode(["x"]), [""])
    store.close()
    database = tmp_path / "chroma" / "chroma.sqlite3"
    match damage:
        case "gone":
            database.unlink()
        case "empty":
            database.write_bytes(b"")
        case _:
            database.write_bytes(b"this is no database" * 500)
    with pytest.raises(DamagedIndexError, match="chroma"):
        open_in_folder(tmp_path / "chroma")


def test_the_matrix_has_the_order_asked_for_and_says_what_is_missing(store: PassageStore) -> None:
    vectors = np.array([[0.1, 0.7, 0.3], [1 / 3, 2 / 3, 2 / 3]], dtype=np.float32)
    store.add([passage(0), passage(1)], vectors, ["", ""])
    assert np.allclose(store.matrix(["p1", "p0"]), vectors[::-1], atol=1e-6)
    with pytest.raises(DamagedIndexError, match="lacks the vector of passage 'p9'"):
        store.matrix(["p0", "p9"])


def test_what_is_too_much_for_one_request_goes_in_several(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    # 3 numbers, the fields and a text of 1000 bytes take 3060.
    monkeypatch.setattr("ingest.index.collection._MOST_BYTES", 2 * 3060)
    stored = [replace(passage(n), text="é" * 500) for n in range(5)]
    parts = list(store._collection._parts([one.text for one in stored], 3))
    assert parts == [slice(0, 2), slice(2, 4), slice(4, 5)]
    store.add(stored, np.eye(5, 3, dtype=np.float32) + 0.1, [""] * 5)
    assert sorted(store.passages(), key=lambda p: p.position) == stored
