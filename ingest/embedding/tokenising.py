"""Texts to the numbers of their word pieces, and how many there are. Owns tokenizers."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Tokenising", "WordPieces"]


@dataclass(frozen=True, slots=True)
class Tokenising:
    """How a model's texts are cut.

    Attributes:
        rules: The tokeniser as its library writes it down, JSON.
        max_tokens: Word pieces the model reads, special ones included.
        cut: The side on which a longer text loses its end.
        padding: Number that fills up the shorter texts of a batch.
    """

    rules: str
    max_tokens: int
    cut: Literal["left", "right"]
    padding: int


class WordPieces:
    """Cuts texts; many threads may use it at once.

    Args:
        how: The model's way.
    """

    def __init__(self, how: Tokenising) -> None:
        self._how = how
        # Of two kinds, each set once: setting one anew while another thread uses it makes it fail.
        self._cutting = self._tokeniser()
        self._cutting.enable_truncation(how.max_tokens, direction=how.cut)
        self._counting: Any = None
        self._lock = threading.Lock()

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's word pieces, special ones included, at most `max_tokens`."""
        if len(texts) == 1:  # a question: no threads for that
            return [self._cutting.encode(texts[0]).ids]
        return [found.ids for found in self._cutting.encode_batch_fast(list(texts))]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special ones included, however many they are."""
        with self._lock:
            if self._counting is None:
                self._counting = self._tokeniser()
        if len(texts) == 1:
            return [len(self._counting.encode(texts[0]).ids)]
        return [len(found.ids) for found in self._counting.encode_batch_fast(list(texts))]

    def _tokeniser(self) -> Tokenizer:
        tokeniser = Tokenizer.from_str(self._how.rules)
        tokeniser.no_padding()
        tokeniser.no_truncation()
        return tokeniser
