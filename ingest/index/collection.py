"""A collection of texts with vectors, as Chroma holds it: in parts that it takes, and with its errors told as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Collection"]

# A server takes requests of up to 40 MiB; a number in JSON has at most 20 characters.
_MOST_BYTES = 2**24
_BYTES_OF_NUMBER, _BYTES_OF_FIELDS = 20, 2000


class Collection:
    """One collection of texts with vectors, compared by cosine.

    Args:
        raw: Chroma's own.
        client: The client it belongs to.
        where: The index it is of, for messages: "the index in …".
        wrapped: An error of Chroma's as one of ours.
        close: Lets go of the client.
    """

    def __init__(
        self,
        raw: Any,
        client: Any,
        where: str,
        wrapped: Callable[[BaseException], BaseException],
        close: Callable[[], None],
    ) -> None:
        self._raw = raw
        self._client = client
        self._wrapped = wrapped
        self.where = where
        self.close = close

    @property
    def id(self) -> str:
        """What it is known by, whatever its name."""
        return str(self._raw.id)

    @property
    def metadata(self) -> dict[str, Any]:
        """What was recorded of it, as it was when it was opened or last described."""
        return dict(self._raw.metadata or {})

    def count(self) -> int:
        """How many records there are."""
        return int(self._guarded(self._raw.count))

    def add(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        texts: Sequence[str] | None = None,
        fields: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Adds records; vectors have the shape (ids, dimension), and no dictionary of fields is empty."""
        carried = texts or ["".join(map(str, one.values())) for one in fields or ()] or ids
        for part in self._parts(carried, vectors.shape[1]):
            self._guarded(
                self._raw.add,
                ids=list(ids[part]),
                embeddings=np.asarray(vectors[part], dtype=np.float32),
                documents=None if texts is None else list(texts[part]),
                metadatas=None if fields is None else [dict(one) for one in fields[part]],
            )

    def _parts(self, texts: Sequence[str], dimension: int) -> Iterator[slice]:
        """What goes into one request each: so many, and so much, as Chroma takes."""
        most = int(self._guarded(self._client.get_max_batch_size))
        first, size = 0, 0
        for here, text in enumerate(texts):
            own = len(text.encode()) + dimension * _BYTES_OF_NUMBER + _BYTES_OF_FIELDS
            if here > first and (here - first == most or size + own > _MOST_BYTES):
                yield slice(first, here)
                first, size = here, 0
            size += own
        if len(texts) > first:
            yield slice(first, len(texts))

    def get(self, include: Sequence[str], **which: Any) -> Any:
        """Records by ids, or by limit and offset."""
        return self._guarded(self._raw.get, include=list(include), **which)

    def query(self, vector: NDArray[np.float32], k: int, where: Any = None) -> Any:
        """The ids and distances of the `k` records nearest to a vector (dimension,)."""
        return self._guarded(
            self._raw.query, query_embeddings=vector.reshape(1, -1), n_results=k, include=["distances"], where=where
        )

    def delete(self, where: Mapping[str, Any]) -> None:
        """Removes the records whose fields are so."""
        self._guarded(self._raw.delete, where=dict(where))

    def describe(self, metadata: Mapping[str, Any]) -> None:
        """Records something of it, in the place of what was recorded; readers see the old or the new."""
        self._guarded(self._raw.modify, metadata=dict(metadata))

    def rename(self, name: str) -> None:
        """Gives it another name, whatever its name is now."""
        self._guarded(self._raw.modify, name=name)

    def _guarded(self, call: Any, **arguments: Any) -> Any:
        try:
            return call(**arguments)
        except BaseException as error:
            raise self._wrapped(error) from error
