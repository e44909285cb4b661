"""Passages and their vectors in a Chroma collection, wherever that is; takes and gives our own types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import DamagedIndexError
from ingest.index.chroma import PAGE
from ingest.types import Passage

if TYPE_CHECKING:
    from collections.abc import Collection as Collection_
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.index.chroma import Collection

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
            [passage.text for passage in passages],
            [_to_metadata(passage, digest) for passage, digest in zip(passages, digests, strict=True)],
        )

    def passages(self) -> Iterator[Passage]:
        """All passages, in no particular order."""
        for first in range(0, self.count(), PAGE):
            page = self._collection.get(["documents", "metadatas"], limit=PAGE, offset=first)
            for id_, text, fields in zip(page["ids"], page["documents"], page["metadatas"], strict=True):
                yield _to_passage(id_, text, fields)

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
                yield (
                    [_to_passage(page["ids"][row], page["documents"][row], page["metadatas"][row]) for row in rows],
                    np.asarray([page["embeddings"][row] for row in rows], dtype=np.float32),
                    [str(page["metadatas"][row].get("digest", "")) for row in rows],
                )

    def digests(self, documents: Sequence[str]) -> dict[str, str]:
        """What the vector of each passage of these documents was computed from, by the passage's id."""
        page = self._collection.get(["metadatas"], where={"document_id": {"$in": list(documents)}})
        return {id_: str(fields.get("digest", "")) for id_, fields in zip(page["ids"], page["metadatas"], strict=True)}

    def vectors(self, digests: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors of the passages whose id is given and whose vector was computed from the given digest."""
        found: dict[str, NDArray[np.float32]] = {}
        wanted = list(digests)
        for first in range(0, len(wanted), PAGE):
            page = self._collection.get(["embeddings", "metadatas"], ids=wanted[first : first + PAGE])
            for id_, vector, fields in zip(page["ids"], page["embeddings"], page["metadatas"], strict=True):
                if fields.get("digest") == digests[id_]:
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


def _to_metadata(passage: Passage, digest: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "document_id": passage.document_id,
        "position": passage.position,
        "start": passage.start,
        "end": passage.end,
        "kind": passage.kind,
        "stance": passage.stance,
        "digest": digest,
        # Lists proper would outlive their collection, and turn up in the next one's passages (chroma issue 7594).
        "lists": json.dumps([passage.heading_path, passage.options], ensure_ascii=False),
    }
    if passage.lead_in:
        fields["lead_in"] = passage.lead_in
    return fields


def _to_passage(id_: str, text: str, fields: Mapping[str, Any]) -> Passage:
    try:
        # An index of before has them as lists.
        lists = (
            json.loads(fields["lists"]) if "lists" in fields else (fields.get("heading_path"), fields.get("options"))
        )
        heading_path, options = (tuple(one or ()) for one in lists)
        return Passage(
            id=id_,
            document_id=fields["document_id"],
            position=int(fields["position"]),
            heading_path=heading_path,
            text=text,
            start=int(fields["start"]),
            end=int(fields["end"]),
            kind=fields["kind"],
            options=options,
            stance=fields["stance"],
            lead_in=fields.get("lead_in", ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedIndexError(f"passage {id_!r} in the index lacks {error}.") from error
