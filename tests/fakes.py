"""Stand-ins that are injected where the real thing would be slow."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from ingest.lexicon import content_stems, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DIMENSION = 256


class WordEncoder:
    """An encoder whose vectors count words: texts with the same content words lie together. One token is one word."""

    def __init__(self, name: str = "words", max_tokens: int = 64) -> None:
        self.name = name
        self.max_tokens = max_tokens
        self.encoded: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(tokens(text))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded.extend(texts)
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in content_stems(text):
                vectors[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % DIMENSION] += 1
            vectors[row, 0] += 0.01
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
