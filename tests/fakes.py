"""Stand-ins that are injected where the real thing would be slow."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ingest.lexicon import content_stems, tokens

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from numpy.typing import NDArray

    from bot.llm.generate import Message

DIMENSION = 256


class WordEncoder:
    """An encoder whose vectors count words: texts with the same content words lie together. One token is one word."""

    def __init__(self, name: str = "words", max_tokens: int = 64) -> None:
        self.name = name
        self.max_tokens = max_tokens
        self.dimension = DIMENSION
        self.backend = "words"
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


class Scripted:
    """A language model that writes what it is told to, piece by piece, and notes whether its reply was ended."""

    name = "parrot"

    def __init__(self, pieces: Iterable[str | Exception]) -> None:
        self.pieces = pieces
        self.asked: list[Sequence[Message]] = []
        self.given = 0
        self.ended = False

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        assert max_tokens > 0
        self.asked.append(messages)
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                self.given += 1
                yield piece
        finally:
            self.ended = True


@dataclass(frozen=True)
class Verdict:
    score: float
    supported: bool


class Words:
    """A verifier that wants every telling word and figure of a sentence in its passages."""

    def sentence(self, sentence: str, passages: Sequence[str]) -> Verdict:
        wanted, there = set(content_stems(sentence)), set(content_stems(" ".join(passages)))
        return Verdict(len(wanted & there) / max(len(wanted), 1), wanted <= there)
