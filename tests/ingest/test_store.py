from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest.errors import DamagedIndexError
from ingest.store import PassageStore
from ingest.types import Passage
from tests.fakes import WordEncoder

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.fixture
def store(tmp_path: Path) -> PassageStore:
    return PassageStore(tmp_path / "chroma", encoder="words", create=True)


def test_passages_come_back_as_they_were(store: PassageStore) -> None:
    stored = [passage(0), passage(1, options=(), lead_in="", heading_path=(), stance="neutral")]
    store.add(stored, np.eye(2, dtype=np.float32), ["x", "y"])
    assert sorted(store.passages(), key=lambda p: p.position) == stored
    assert store.count() == 2
    store.close()


def test_search_ranks_by_cosine(store: PassageStore) -> None:
    store.add([passage(n) for n in range(3)], np.eye(3, dtype=np.float32), ["", "", ""])
    vector = np.array([0.6, 0.8, 0.0], dtype=np.float32)
    found = store.search(vector, 2)
    assert [id_ for id_, _ in found] == ["p1", "p0"]
    assert [score for _, score in found] == pytest.approx([0.8, 0.6], abs=1e-5)
    store.close()


def test_vectors_are_given_out_only_for_the_same_digest(store: PassageStore) -> None:
    store.add([passage(0), passage(1)], np.eye(2, dtype=np.float32), ["same", "old"])
    assert list(store.vectors({"p0": "same", "p1": "new", "p9": "same"})) == ["p0"]
    store.close()


def test_a_store_opens_again_and_knows_its_encoder(store: PassageStore, tmp_path: Path) -> None:
    store.add([passage(0)], np.eye(1, dtype=np.float32), [""])
    store.close()
    again = PassageStore(tmp_path / "chroma")
    assert (again.encoder, again.count()) == ("words", 1)
    again.close()


def test_search_can_be_limited_to_documents(store: PassageStore) -> None:
    store.add([passage(0), passage(1, document_id="other")], np.eye(2, dtype=np.float32), ["", ""])
    vector = np.array([1.0, 0.0], dtype=np.float32)
    assert [id_ for id_, _ in store.search(vector, 2, ["other"])] == ["p1"]
    assert store.search(vector, 2, ["nobody"]) == []
    store.close()


@pytest.mark.parametrize("damage", ["gone", "empty", "garbage"])
def test_a_damaged_database_is_told_apart(store: PassageStore, tmp_path: Path, damage: str) -> None:
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
        PassageStore(tmp_path / "chroma")
