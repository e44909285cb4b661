"""Made up for measuring: documents of real prose in new orders, and an encoder that costs next to nothing."""

from __future__ import annotations

import random
import time
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["HashEncoder", "WordsEncoder", "prose_of", "write_documents"]

_DIMENSION = 384
_ENDINGS = {".md", ".txt"}
# Claims below a heading.
_SECTION = 5


class HashEncoder:
    """An encoder whose vectors are drawn by a text's checksum: as many and as large as a model's, at no cost.

    Args:
        seconds: How long it takes over a text.
        dimension: Of its vectors.
    """

    name = "made up"
    backend = "made up"
    max_tokens = 256

    def __init__(self, seconds: float = 0.0, dimension: int = _DIMENSION) -> None:
        self._seconds = seconds
        self.dimension = dimension

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(self.dimension)
            if self._seconds:
                time.sleep(self._seconds)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class WordsEncoder(HashEncoder):
    """An encoder whose vectors are the sums of vectors that are drawn for a text's words.

    Texts of the same words are near, as with a model: of vectors that are drawn for whole texts all are equally far
    apart, and nothing that looks the nearest up is at its best with them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._words: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        vectors = np.full((len(texts), self.dimension), 1e-6, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                if word not in self._words:
                    drawn = np.random.default_rng(zlib.crc32(word.encode())).standard_normal(self.dimension)
                    self._words[word] = drawn.astype(np.float32)
                vectors[row] += self._words[word]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def prose_of(folder: Path) -> list[str]:
    """The lines of prose in a folder's Markdown and text files: bullets and paragraphs, without their marks."""
    lines = [
        line.removeprefix("- ").strip()
        for path in sorted(folder.rglob("*"))
        if path.suffix in _ENDINGS
        for line in path.read_text(encoding="utf-8").split("---\n")[-1].splitlines()
    ]
    return list(dict.fromkeys(line for line in lines if len(line.split()) > 3 and not line.startswith(("#", "|"))))


def write_documents(
    prose: Sequence[str], folder: Path, documents: int, passages: int, seed: int = 1, first: int = 0
) -> None:
    """Writes documents of the given lines, put together anew, so that no two passages say the same.

    A passage is one to three lines' sentences in a new order and keeps the lengths that real passages have.

    Args:
        prose: The lines.
        folder: Where the documents go.
        documents: How many.
        passages: Of all of them together.
        seed: Of the choice.
        first: Number of the first document.
    """
    chosen = random.Random(seed + first)  # noqa: S311 - no secret
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(documents):
        count = passages // documents + (number < passages % documents)
        own = first + number
        text = "".join(_lines(prose, chosen, own, count))
        (folder / f"note-{own:05}.md").write_text(f"# Note {own}\n{text}", encoding="utf-8")


def _lines(prose: Sequence[str], chosen: random.Random, number: int, count: int) -> Iterator[str]:
    for place in range(count):
        if place % _SECTION == 0:
            yield f"\n## Part {place // _SECTION + 1}\n\n"
        words = chosen.choice(prose).split()
        # The second half of another line: real words in real lengths, and texts that are not met twice.
        other = chosen.choice(prose).split()
        half = len(words) // 2
        yield f"- {' '.join(words[:half] + other[len(other) // 2 :])} ({number}.{place})\n"
