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

__all__ = ["HashEncoder", "prose_of", "write_documents"]

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


def prose_of(folder: Path) -> list[str]:
    """The lines of prose in a folder's Markdown and text files: bullets and paragraphs, without their marks."""
    lines = [
        line.removeprefix("- ").strip()
        for path in sorted(folder.rglob("*"))
        if path.suffix in _ENDINGS
        for line in path.read_text(encoding="utf-8").split("---\n")[-1].splitlines()
    ]
    return list(dict.fromkeys(line for line in lines if len(line.split()) > 3 and not line.startswith(("#", "|"))))


def write_documents(prose: Sequence[str], folder: Path, documents: int, passages: int, seed: int = 1) -> None:
    """Writes documents of the given lines, put together anew, so that no two passages say the same.

    A passage is one to three lines' sentences in a new order and keeps the lengths that real passages have.

    Args:
        prose: The lines.
        folder: Where the documents go.
        documents: How many.
        passages: Of all of them together.
        seed: Of the choice.
    """
    chosen = random.Random(seed)  # noqa: S311 - no secret
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(documents):
        count = passages // documents + (number < passages % documents)
        text = "".join(_lines(prose, chosen, number, count))
        (folder / f"note-{number:05}.md").write_text(f"# Note {number}\n{text}", encoding="utf-8")


def _lines(prose: Sequence[str], chosen: random.Random, number: int, count: int) -> Iterator[str]:
    for place in range(count):
        if place % _SECTION == 0:
            yield f"\n## Part {place // _SECTION + 1}\n\n"
        words = chosen.choice(prose).split()
        # The second half of another line: real words in real lengths, and texts that are not met twice.
        other = chosen.choice(prose).split()
        half = len(words) // 2
        yield f"- {' '.join(words[:half] + other[len(other) // 2 :])} ({number}.{place})\n"
