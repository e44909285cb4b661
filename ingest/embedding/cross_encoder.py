"""Cross-encoders: models that read two texts together. Off unless a setting names one.

One kind says how well a passage answers a question, another (natural language inference, NLI) whether a premise
entails or contradicts a sentence. Everything else knows only the protocols in `bot.finding.rerank` and
`bot.verifying.inference`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ingest.embedding.sentence import quieten_transformers, reason_of
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder

__all__ = ["EntailmentScorer", "Inference", "PairScorer"]

# Pairs read at a time: two texts of a few hundred word pieces each stay below a gigabyte of memory.
BATCH = 32
# What the head of a model is called that was trained to judge pairs. Put on any other model, the library invents one.
_CLASSIFIES = "ForSequenceClassification"


@dataclass(frozen=True, slots=True)
class Inference:
    """What a premise means for a sentence.

    Attributes:
        entailment: Probability, 0 to 1, that the sentence follows from the premise.
        contradiction: Probability, 0 to 1, that the premise speaks against it.
    """

    entailment: float
    contradiction: float


class _Pairs:
    """A cross-encoder, loaded at the first use and once, that one thread uses at a time.

    Args:
        model: A hub name or a folder.
        setting: The variable that named it, for messages.
    """

    def __init__(self, model: str, setting: str) -> None:
        self._name = model
        self._setting = setting
        # Also held while reading: the tokeniser's truncation is set anew for each batch, and two threads that set it at
        # the same time can make it fail ("Already borrowed").
        self._lock = threading.RLock()
        self._loaded: CrossEncoder | None = None

    def model(self) -> CrossEncoder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Shape (len(pairs), labels)."""
        with self._lock:
            model = self.model()
            if not pairs:
                return np.zeros((0, model.num_labels), dtype=np.float32)
            try:
                raw = model.predict(list(pairs), batch_size=BATCH, show_progress_bar=False, activation_fn=lambda x: x)
            except Exception as error:  # the library raises whatever its own libraries raise
                raise self.error(f"failed on {len(pairs)} pairs of texts: {reason_of(error)}") from error
        found = np.asarray(raw, dtype=np.float32).reshape(len(pairs), -1)
        if not np.isfinite(found).all():
            raise self.error("gives scores that are not numbers")
        return found

    def error(self, what: str) -> EncoderError:
        return EncoderError(
            f"cross-encoder {self._name!r} {what}. "
            f"Set {self._setting} to another model's hub name or folder, or unset it to do without."
        )

    def _load(self) -> CrossEncoder:
        quieten_transformers()
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(self._name)
        except Exception as error:  # the library raises whatever its own libraries raise
            raise self.error(f"cannot be loaded: {reason_of(error)}") from error
        trained = getattr(model.config, "architectures", None) or []
        if type(model.model).__name__.endswith(_CLASSIFIES) and not any(one.endswith(_CLASSIFIES) for one in trained):
            raise self.error(f"is not a cross-encoder but {', '.join(trained) or 'of no known kind'}")
        return model


class PairScorer:
    """Says how well texts answer a question.

    Args:
        model: Hub name or folder of a sentence-transformers CrossEncoder with one label.
        setting: The variable that named it, for messages.
    """

    def __init__(self, model: str, setting: str = "GROUNDRULE_RERANKER") -> None:
        self._pairs = _Pairs(model, setting)

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The relevance of each text, 0 to 1: the model's logit through a sigmoid, whatever its makers put behind it.

        Raises:
            EncoderError: The model cannot be loaded, has several labels, or fails.
        """
        labels = int(self._pairs.model().num_labels)
        if labels != 1:
            raise self._pairs.error(f"has {labels} labels where a reranker has one")
        logits = self._pairs.logits([(query, text) for text in texts])[:, 0]
        # By tanh, which cannot overflow.
        return np.asarray(0.5 * (1 + np.tanh(logits / 2)), dtype=np.float32)


class EntailmentScorer:
    """Says whether premises entail or contradict sentences.

    Args:
        model: Hub name or folder of a sentence-transformers CrossEncoder trained for natural language inference.
        setting: The variable that named it, for messages.
    """

    def __init__(self, model: str, setting: str = "GROUNDRULE_NLI_MODEL") -> None:
        self._pairs = _Pairs(model, setting)

    def entailment(self, pairs: Sequence[tuple[str, str]]) -> list[Inference]:
        """The verdict on each pair of a premise and a sentence: a softmax over the model's labels.

        Raises:
            EncoderError: The model cannot be loaded, has no labels "entailment" and "contradiction", or fails.
        """
        entails, denies = self._places()
        logits = self._pairs.logits(pairs)
        if not len(logits):
            return []
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        return [Inference(float(row[entails]), float(row[denies])) for row in shares]

    def _places(self) -> tuple[int, int]:
        """Where the two labels stand, which differs from model to model."""
        named = getattr(self._pairs.model().config, "id2label", None) or {}
        places = {str(label).strip().lower(): int(place) for place, label in named.items()}
        if not {"entailment", "contradiction"} <= places.keys():
            shown = ", ".join(repr(str(label)) for label in list(named.values())[:5]) or "none"
            raise self._pairs.error(f"has the labels {shown}; an NLI model has 'entailment' and 'contradiction'")
        return places["entailment"], places["contradiction"]
