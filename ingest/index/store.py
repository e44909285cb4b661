"""Passages and their vectors in a Chroma collection, wherever that is; takes and gives our own types."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import DamagedIndexError
from ingest.index.collection import PAGE
from ingest.types import Passage

if TYPE_CHECKING:
    from collections.abc import Collection as Collection_
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.index.collection import Collection

__all__ = ["PassageStore"]

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
        # A few words stand in very many of them: one string for all.
        alike: dict[Any, Any] = {}
        for first in range(0, self.count(), PAGE):
            page = self._collection.get(["documents", "metadatas"], limit=PAGE, offset=first)
            for id_, text, fields in zip(page["ids"], page["documents"], page["metadatas"], strict=True):
                yield _to_passage(id_, text, fields, alike)[0]

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
        for first in range(0, self.count(), PAGE):
            page = self._collection.get(["documents", "metadatas", "embeddings"], limit=PAGE, offset=first)
            rows = [row for row, fields in enumerate(page["metadatas"]) if fields.get("document_id") in documents]
            if rows:
                read = [_to_passage(page["ids"][row], page["documents"][row], page["metadatas"][row]) for row in rows]
                yield (
                    [passage for passage, _ in read],
                    np.asarray([page["embeddings"][row] for row in rows], dtype=np.float32),
                    [digest for _, digest in read],
                )

    def digests(self, documents: Sequence[str]) -> dict[str, str]:
        """What the vector of each passage of these documents was computed from, by the passage's id."""
        page = self._collection.get(["metadatas"], where={"document_id": {"$in": list(documents)}})
        return {id_: _digest_of(fields) for id_, fields in zip(page["ids"], page["metadatas"], strict=True)}

    def vectors(self, digests: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors of the passages whose id is given and whose vector was computed from the given digest."""
        found: dict[str, NDArray[np.float32]] = {}
        wanted = list(digests)
        for first in range(0, len(wanted), PAGE):
            page = self._collection.get(["embeddings", "metadatas"], ids=wanted[first : first + PAGE])
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
        for first in range(0, len(ids), PAGE):
            page = self._collection.get(["embeddings"], ids=list(ids[first : first + PAGE]))
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


def _to_passage(
    id_: str, text: str | None, fields: Mapping[str, Any], alike: dict[Any, Any] | None = None
) -> tuple[Passage, str]:
    """The passage of a record, and what its vector was computed from; `alike` holds what passages have in common."""

    def one(value: Any) -> Any:
        return value if alike is None else alike.setdefault(value, value)

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
