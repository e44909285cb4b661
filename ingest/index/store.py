"""Passages and their vectors in a Chroma collection, wherever that is; takes and gives our own types."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import DamagedIndexError
from ingest.types import Passage

if TYPE_CHECKING:
    from collections.abc import Collection as Collection_
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.index.collection import Collection

__all__ = ["PassageStore"]

# Chroma counts through all that stands before a page: small ones took most of the time of opening a large library.
_RECORDS_AT_A_TIME = 20_000
# Vectors are larger, and are asked for by ids.
_VECTORS_AT_A_TIME = 2000
_DROPPED_AT_A_TIME = 200


class PassageStore:
    """Passages with unit vectors, compared by cosine.

    Args:
        collection: What holds them; its metadata names the model that the vectors are of, as "encoder".
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    @property
    def encoder(self) -> str:
        """Name of the model that the vectors are of."""
        return str(self._collection.metadata.get("encoder", ""))

    @property
    def dropped(self) -> int:
        """How many passages were removed since the store was made; the graph of its vectors keeps their places."""
        return int(self._collection.metadata.get("dropped", 0))

    def count(self) -> int:
        """How many passages there are."""
        return self._collection.count()

    def add(self, passages: Sequence[Passage], vectors: NDArray[np.float32], digests: Sequence[str]) -> None:
        """Adds passages with their vectors (len(passages), dimension) and what each vector was computed from."""
        self._collection.add(
            [passage.id for passage in passages],
            vectors,
            None,
            [_to_metadata(passage, digest) for passage, digest in zip(passages, digests, strict=True)],
        )

    def passages(self) -> Iterator[Passage]:
        """All passages, in no particular order."""
        for page in self._pages():
            yield from (passage for passage, _ in page)

    def _pages(self) -> Iterator[list[tuple[Passage, str]]]:
        """All passages, each with what its vector was computed from, many at a time."""
        # A few words stand in very many of them: one string for all.
        alike: dict[Any, Any] = {}
        for first in range(0, self.count(), _RECORDS_AT_A_TIME):
            page = self._collection.get(["documents", "metadatas"], limit=_RECORDS_AT_A_TIME, offset=first)
            rows = zip(page["ids"], page["documents"], page["metadatas"], strict=True)
            yield [_to_passage(id_, text, fields, alike) for id_, text, fields in rows]

    def drop(self, documents: Sequence[str]) -> None:
        """Removes the passages of the documents with these ids."""
        if not documents:
            return
        before = self.count()
        for first in range(0, len(documents), _DROPPED_AT_A_TIME):
            self._collection.delete({"document_id": {"$in": list(documents[first : first + _DROPPED_AT_A_TIME])}})
        self._collection.describe(self._collection.metadata | {"dropped": self.dropped + before - self.count()})

    def kept(self, documents: Collection_[str]) -> Iterator[tuple[list[Passage], NDArray[np.float32], list[str]]]:
        """The passages of the documents with these ids, with vectors and digests, as `add` takes them."""
        for page in self._pages():
            rows = [row for row in page if row[0].document_id in documents]
            for first in range(0, len(rows), _VECTORS_AT_A_TIME):
                part = rows[first : first + _VECTORS_AT_A_TIME]
                passages = [passage for passage, _ in part]
                yield passages, self.matrix([one.id for one in passages]), [digest for _, digest in part]

    def digests(self, documents: Sequence[str]) -> dict[str, str]:
        """What the vector of each passage of these documents was computed from, by the passage's id."""
        page = self._collection.get(["metadatas"], where={"document_id": {"$in": list(documents)}})
        return {id_: _digest_of(fields) for id_, fields in zip(page["ids"], page["metadatas"], strict=True)}

    def vectors(self, digests: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors of the passages whose id is given and whose vector was computed from the given digest."""
        found: dict[str, NDArray[np.float32]] = {}
        wanted = list(digests)
        for first in range(0, len(wanted), _VECTORS_AT_A_TIME):
            page = self._collection.get(["embeddings", "metadatas"], ids=wanted[first : first + _VECTORS_AT_A_TIME])
            for id_, vector, fields in zip(page["ids"], page["embeddings"], page["metadatas"], strict=True):
                if _digest_of(fields) == digests[id_]:
                    found[id_] = np.asarray(vector, dtype=np.float32)
        return found

    def matrix(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the passages with these ids, shape (ids, dimension).

        Raises:
            DamagedIndexError: One is missing.
        """
        found: dict[str, Any] = {}
        for first in range(0, len(ids), _VECTORS_AT_A_TIME):
            page = self._collection.get(["embeddings"], ids=list(ids[first : first + _VECTORS_AT_A_TIME]))
            found |= dict(zip(page["ids"], page["embeddings"], strict=True))
        try:
            return np.array([found[id_] for id_ in ids], dtype=np.float32).reshape(len(ids), -1)
        except KeyError as error:
            raise DamagedIndexError(f"{self._collection.where} lacks the vector of passage {error}.") from error

    def search(self, vector: NDArray[np.float32], k: int, documents: Iterable[str] = ()) -> list[tuple[str, float]]:
        """The ids and cosine similarities of the `k` passages nearest to a unit vector (dimension,), best first.

        Args:
            vector: Unit vector.
            k: How many at most.
            documents: When given, only passages of the documents with these ids.
        """
        among = sorted(documents)
        page = self._collection.query(vector, k, {"document_id": {"$in": among}} if among else None)
        return [(id_, 1.0 - float(gap)) for id_, gap in zip(page["ids"][0], page["distances"][0], strict=True)]

    def close(self) -> None:
        """Lets go of the files."""
        self._collection.close()


# One field for all but what is looked up by: each field is a row of a table, and a document's text has an index of its
# own, which nobody asks. Lists proper would outlive their collection and turn up in the next one (chroma issue 7594).
_PASSAGE = "passage"


def _to_metadata(passage: Passage, digest: str) -> dict[str, Any]:
    fields = asdict(passage) | {"digest": digest}
    del fields["id"], fields["document_id"]
    return {"document_id": passage.document_id, _PASSAGE: json.dumps(fields, ensure_ascii=False)}


def _digest_of(fields: Mapping[str, Any]) -> str:
    try:
        return str((json.loads(fields[_PASSAGE]) if _PASSAGE in fields else fields).get("digest", ""))
    except (TypeError, ValueError):
        return ""  # a vector of nobody knows what


def _to_passage(id_: str, text: str | None, fields: Mapping[str, Any], alike: dict[Any, Any]) -> tuple[Passage, str]:
    """The passage of a record, and what its vector was computed from; `alike` holds what passages have in common."""

    def one(value: Any) -> Any:
        return alike.setdefault(value, value)

    try:
        if _PASSAGE in fields:
            found = json.loads(fields[_PASSAGE])
        else:
            # An index of before has a field for each, and the lists as one or as two.
            lists = (
                json.loads(fields["lists"])
                if "lists" in fields
                else (fields.get("heading_path"), fields.get("options"))
            )
            found = {**fields, "text": text, "heading_path": lists[0], "options": lists[1]}
        return Passage(
            id=id_,
            document_id=one(fields["document_id"]),
            position=int(found["position"]),
            heading_path=one(tuple(found["heading_path"] or ())),
            text=str(found["text"]),
            start=int(found["start"]),
            end=int(found["end"]),
            kind=one(found["kind"]),
            options=one(tuple(found["options"] or ())),
            stance=one(found["stance"]),
            lead_in=one(found.get("lead_in", "")),
        ), str(found.get("digest", ""))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedIndexError(f"passage {id_!r} in the index lacks {error}.") from error
