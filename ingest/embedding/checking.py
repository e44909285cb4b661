"""Whether a backend gives the reference's vectors, on texts of many lengths; once for a model. Rates are noted too."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MIN_COSINE", "Backend", "Comparison", "check_texts", "compare"]

MIN_COSINE = 0.9999
"""Vectors at this cosine or above are the same for every search: neighbours differ by hundredths."""
# Rates are for people to read: no backend is refused for one, since other work on the machine shifts it manifold, and
# what was once refused stays so.
_RUNS = 2
# The long text is no longer than this, whatever the model could read: attention costs the square.
_LONGEST = 1024
_PROSE = (
    "The ferry leaves at nine, unless the fog is so thick that the harbour master keeps it.",
    "Our team of four keeps two forecasts alive, and nobody has time to write down how.",
    "Invoices older than ninety days are handed to the second desk, which calls the customer once.",
    "A model that nobody retrains grows old in silence: its figures stay green while the world moves on.",
    "Who may change the price of bread on a Sunday, and who has to be told?",
    "Each region runs its own kitchen but buys flour through the same contract.",
    "Temperature in the greenhouse is read every 30 s; above 41.5 °C the vents open by themselves.",
)
_SHORT = ("", " ", "harbour", "No.", "42", "Wer pflegt das Modell?", "naïve café, crème", "模型 由 谁 维护", "🙂 ok 🙂")


class Backend(Protocol):
    """What turns texts into vectors in one way."""

    @property
    def kind(self) -> str:
        """What an index records as its backend."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Word pieces the model reads."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension)."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured.

    Attributes:
        min_cosine: Smallest cosine between a text's two vectors; -1 where they cannot be compared.
        same_counts: Whether both count the same word pieces.
        rate: Texts a second by the backend.
        reference_rate: Texts a second by the reference.
    """

    min_cosine: float
    same_counts: bool
    rate: float
    reference_rate: float

    @property
    def fault(self) -> str:
        """Why the backend is not used, or ""."""
        if not self.min_cosine >= MIN_COSINE:  # so that what is not a number is refused too
            return f"its vectors differ: smallest cosine {self.min_cosine:.6f}, where {MIN_COSINE} is asked for"
        if not self.same_counts:
            return "it cuts texts into other word pieces"
        return ""


def check_texts(max_tokens: int) -> list[str]:
    """The texts that are compared, from the empty one to one that is longer than what the model reads."""
    words = " ".join(_PROSE).split()
    growing = [" ".join(words[start : start + length]) for start, length in enumerate((2, 3, 5, 13, 34, 89))]
    longest = (words * (1 + _LONGEST // len(words)))[: min(max_tokens, _LONGEST) + 20]
    return [*_SHORT, *_PROSE, *growing, " ".join(longest)]


def compare(backend: Backend, reference: Backend) -> Comparison:
    """Holds a backend against the reference.

    Raises:
        EncoderError: One of them fails.
    """
    texts = check_texts(reference.max_tokens)
    expected, found = reference.encode(texts), backend.encode(texts)
    if expected.shape != found.shape:
        return Comparison(-1.0, False, 0.0, 0.0)
    # One at a time, as questions come, and in other company.
    alone = np.stack([backend.encode([text])[0] for text in _PROSE])
    cosines = [_cosines(expected, found).min(), _cosines(expected[len(_SHORT) :][: len(_PROSE)], alone).min()]
    return Comparison(
        min_cosine=float(np.min(cosines)),
        same_counts=backend.count(texts) == reference.count(texts) and backend.max_tokens == reference.max_tokens,
        rate=_rate(backend),
        reference_rate=_rate(reference),
    )


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    a, b = one.astype(np.float64), other.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / np.maximum(lengths, 1e-12))


def _rate(backend: Backend) -> float:
    best = float("inf")
    for _ in range(_RUNS):
        began = time.perf_counter()
        backend.encode(_PROSE)
        best = min(best, time.perf_counter() - began)
    return len(_PROSE) / max(best, 1e-9)
