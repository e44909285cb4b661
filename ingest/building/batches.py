"""What goes from those who parse and embed to the one who writes, and how much of it there will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.types import Passage

__all__ = ["Batch", "Tally"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Passages to write.

    Attributes:
        passages: The passages.
        vectors: Their vectors, shape (passages, dimension).
        digests: What each vector was computed from.
        embedded: How many of the vectors were computed now.
    """

    passages: Sequence[Passage]
    vectors: NDArray[np.float32]
    digests: Sequence[str]
    embedded: int = 0


class Tally:
    """How many passages there will be, as far as that can be told while documents are still parsed.

    Args:
        chars: Characters of all documents that are to be parsed.
    """

    def __init__(self, chars: int) -> None:
        self._chars = chars
        self._parsed_chars = 0
        self._parsed = 0

    def parse(self, chars: int, passages: int) -> None:
        """Takes note of documents that were parsed: their characters, and their passages."""
        self._parsed_chars += chars
        self._parsed += passages

    def expected(self, done: int) -> int:
        """How many passages of those documents there will be, of which so many are done."""
        if not self._parsed_chars:
            return max(done, int(self._chars > 0))
        return max(done, self._parsed, round(self._parsed * self._chars / self._parsed_chars))
