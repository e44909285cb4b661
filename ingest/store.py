"""Passages and their vectors in an embedded Chroma collection. Owns chromadb; takes and gives our own types."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings

from ingest.errors import DamagedIndexError, StoreError
from ingest.types import Passage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["PassageStore"]

_COLLECTION = "passages"
_DATABASE = "chroma.sqlite3"
# Words by which Chroma and SQLite tell that the place, not the data, is at fault: such an index is left alone.
_NOT_DAMAGE = ("locked", "readonly", "read-only", "disk is full", "unable to open", "permission", "no space")
_PAGE = 2000


class PassageStore:
    """One collection of passages with unit vectors, compared by cosine.

    Args:
        folder: Where Chroma keeps its files.
        encoder: Name of the model the vectors are of; required to create, checked on opening.
        create: Make a new collection instead of opening one.

    Raises:
        DamagedIndexError: The files are there but cannot be used.
        StoreError: The folder cannot be read or written.
    """

    def __init__(self, folder: Path, *, encoder: str | None = None, create: bool = False) -> None:
        self._folder = folder
        if not create and not (folder / _DATABASE).is_file():
            raise DamagedIndexError(f"the index in {folder} has lost its database file.")
        try:
            if create:
                folder.mkdir(parents=True, exist_ok=True)
            # `close` is not part of the interface the function is typed with.
            self._client: Any = chromadb.PersistentClient(
                str(folder), settings=ChromaSettings(anonymized_telemetry=False)
            )
        except BaseException as error:
            raise self._wrapped(error) from error
        try:
            if create:
                self._collection = self._client.create_collection(
                    _COLLECTION,
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine"}},
                    metadata={"encoder": encoder or ""},
                )
            else:
                self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
                self._probe()
        except BaseException as error:
            self.close()
            raise self._wrapped(error) from error

    def _probe(self) -> None:
        """Reads one vector and searches with it, so that damage shows on opening and not in the middle of an answer."""
        some = self._collection.get(limit=1, include=["embeddings"])
        vectors = some["embeddings"]
        if vectors is not None and len(vectors):
            self._collection.query(query_embeddings=np.asarray(vectors, dtype=np.float32), n_results=1, include=[])

    @property
    def encoder(self) -> str:
        """Name of the model that the vectors are of."""
        return str((self._collection.metadata or {}).get("encoder", ""))

    def count(self) -> int:
        """How many passages there are."""
        return int(self._guarded(self._collection.count))

    def add(self, passages: Sequence[Passage], vectors: NDArray[np.float32], digests: Sequence[str]) -> None:
        """Adds passages with their vectors (len(passages), dimension) and what each vector was computed from."""
        step = self._client.get_max_batch_size()
        for first in range(0, len(passages), step):
            part = slice(first, first + step)
            self._guarded(
                self._collection.add,
                ids=[passage.id for passage in passages[part]],
                embeddings=np.asarray(vectors[part], dtype=np.float32),
                documents=[passage.text for passage in passages[part]],
                metadatas=[
                    _to_metadata(passage, digest) for passage, digest in zip(passages[part], digests[part], strict=True)
                ],
            )

    def passages(self) -> Iterator[Passage]:
        """All passages, in no particular order."""
        for first in range(0, self.count(), _PAGE):
            page = self._guarded(self._collection.get, limit=_PAGE, offset=first, include=["documents", "metadatas"])
            for id_, text, fields in zip(page["ids"], page["documents"], page["metadatas"], strict=True):
                yield _to_passage(id_, text, fields)

    def vectors(self, digests: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """Stored vectors of the passages whose id is given and whose vector was computed from the given digest."""
        found: dict[str, NDArray[np.float32]] = {}
        wanted = list(digests)
        for first in range(0, len(wanted), _PAGE):
            page = self._guarded(
                self._collection.get, ids=wanted[first : first + _PAGE], include=["embeddings", "metadatas"]
            )
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
        for first in range(0, len(ids), _PAGE):
            page = self._guarded(self._collection.get, ids=list(ids[first : first + _PAGE]), include=["embeddings"])
            found |= dict(zip(page["ids"], page["embeddings"], strict=True))
        try:
            return np.array([found[id_] for id_ in ids], dtype=np.float32).reshape(len(ids), -1)
        except KeyError as error:
            raise DamagedIndexError(f"the index in {self._folder} lacks the vector of passage {error}.") from error

    def search(self, vector: NDArray[np.float32], k: int, documents: Collection[str] = ()) -> list[tuple[str, float]]:
        """The ids and cosine similarities of the `k` passages nearest to a unit vector (dimension,), best first.

        Args:
            vector: Unit vector.
            k: How many at most.
            documents: When given, only passages of the documents with these ids.
        """
        where = {"document_id": {"$in": sorted(documents)}} if documents else None
        page = self._guarded(
            self._collection.query,
            query_embeddings=vector.reshape(1, -1),
            n_results=k,
            include=["distances"],
            where=where,
        )
        return [(id_, 1.0 - float(gap)) for id_, gap in zip(page["ids"][0], page["distances"][0], strict=True)]

    def close(self) -> None:
        """Lets go of the files."""
        self._client.close()
        gc.collect()

    def _guarded(self, call: Any, **arguments: Any) -> Any:
        try:
            return call(**arguments)
        except BaseException as error:
            raise self._wrapped(error) from error

    def _wrapped(self, error: BaseException) -> BaseException:
        # Chroma's core is Rust: a panic there is a BaseException, and damage can show as any error.
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | StoreError):
            return error
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        if isinstance(error, OSError) or any(word in reason.lower() for word in _NOT_DAMAGE):
            return StoreError(
                f"the index in {self._folder} cannot be used: {reason}. Check the folder's permissions and free space, "
                "and that no other program holds it."
            )
        return DamagedIndexError(f"the index in {self._folder} is damaged: {reason}.")


def _to_metadata(passage: Passage, digest: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "document_id": passage.document_id,
        "position": passage.position,
        "start": passage.start,
        "end": passage.end,
        "kind": passage.kind,
        "stance": passage.stance,
        "digest": digest,
    }
    # Chroma takes no empty lists.
    for key, values in (("heading_path", passage.heading_path), ("options", passage.options)):
        if values:
            fields[key] = list(values)
    if passage.lead_in:
        fields["lead_in"] = passage.lead_in
    return fields


def _to_passage(id_: str, text: str, fields: Mapping[str, Any]) -> Passage:
    try:
        return Passage(
            id=id_,
            document_id=fields["document_id"],
            position=int(fields["position"]),
            heading_path=tuple(fields.get("heading_path", ())),
            text=text,
            start=int(fields["start"]),
            end=int(fields["end"]),
            kind=fields["kind"],
            options=tuple(fields.get("options", ())),
            stance=fields["stance"],
            lead_in=fields.get("lead_in", ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedIndexError(f"passage {id_!r} in the index lacks {error}.") from error
