"""Vectors of what is asked, each computed once: a message is searched for in several ways, and its words stay."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.types import Encoder

__all__ = ["Vectors"]


class Vectors:
    """Embeds texts and remembers the last of them; from several threads at once.

    Args:
        encoder: Embeds them.
        kept: How many are remembered.
    """

    def __init__(self, encoder: Encoder, kept: int) -> None:
        self._encoder = encoder
        self._kept = kept
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, text: str) -> NDArray[np.float32]:
        """The unit vector of a text, shape (dimension,)."""
        with self._lock:
            if text in self._known:
                self._known.move_to_end(text)
                return self._known[text]
        vector: NDArray[np.float32] = self._embedded([text])[0]
        return vector

    def prepare(self, texts: Iterable[str]) -> None:
        """Embeds together what will be asked for: that takes less time than one text after the other."""
        with self._lock:
            wanted = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(wanted) > 1:
            self._embedded(wanted)

    def _embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = self._encoder.encode(texts)
        with self._lock:
            self._known.update(zip(texts, vectors, strict=True))
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
        return vectors
