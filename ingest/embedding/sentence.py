"""The plain path: embedding models as sentence-transformers runs them. What every other backend is measured by."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.embedding.batching import in_order, plan_batches
from ingest.embedding.loads import LOADS
from ingest.embedding.tokenising import Tokenising, WordPieces
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

__all__ = ["CannotConvertError", "Plain", "quieten_transformers", "reason_of"]

# What stands in for a limit that a model's files do not state; some state 10^30, which means the same.
_MAX_TOKENS, _NO_LIMIT = 512, 1_000_000
# Tokens of a batch, filled up: as many as 64 texts of the default model's longest.
_BATCH_TOKENS = 64 * 256


class CannotConvertError(Exception):
    """A model is built in a way that is run by its own library alone; the message says in which."""


class Plain:
    """A sentence-transformers model on one device, in 32-bit floats.

    Args:
        model: A hub name or a folder.
        batch_size: Most texts read at a time.
        device: "cpu", "cuda" or "mps"; the library's own choice when None.
        shown: What the model is called in messages; `model` when empty.

    Raises:
        EncoderError: The model cannot be loaded.
    """

    def __init__(self, model: str, batch_size: int, device: str | None = None, shown: str = "") -> None:
        self._shown = shown or model
        self._batch_size = batch_size
        self._model = _load(model, device, self._shown)
        LOADS.note()
        limit = int(self._model.max_seq_length or _MAX_TOKENS)
        self.max_tokens = limit if limit < _NO_LIMIT else _MAX_TOKENS
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        how = self.tokenising()
        self._pieces = WordPieces(how) if how else None

    @property
    def kind(self) -> str:
        """ "plain" on the processor, else with the device behind it."""
        device = self._model.device.type
        return "plain" if device == "cpu" else f"plain-{device}"

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special ones included, however many they are."""
        if self._pieces is not None:
            return self._pieces.count(texts)
        with _quiet_tokeniser():
            return [len(self._model.tokenizer(text, verbose=False)["input_ids"]) for text in texts]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension).

        Raises:
            EncoderError: The library fails.
        """
        # One text needs no plan, so its tokens need not be counted.
        lengths = [1] if len(texts) == 1 else [min(length, self.max_tokens) for length in self.count(texts)]
        batches = plan_batches(lengths, self._batch_size, _BATCH_TOKENS)

        def run(plan: Sequence[Sequence[int]]) -> Iterator[NDArray[np.float32]]:
            return (self._together([texts[place] for place in one]) for one in plan)

        return in_order(batches, run, self.dimension)

    def tokenising(self) -> Tokenising | None:
        """How the model's texts are cut; None where its tokeniser is not one of the tokenizers library."""
        tokeniser = self._model.tokenizer
        rules = getattr(tokeniser, "backend_tokenizer", None)
        if rules is None:
            return None
        return Tokenising(rules.to_str(), self.max_tokens, tokeniser.truncation_side, int(tokeniser.pad_token_id or 0))

    def pipeline(self) -> tuple[Any, dict[str, Any]]:
        """The model from word pieces to unit vectors as one torch module, and an input by example.

        Raises:
            CannotConvertError: It is more than a transformer with one kind of pooling.
        """
        import torch

        # The second text is shorter, so that what is done about filling is seen.
        return _one_module(self._model), {
            "input_ids": torch.tensor([[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 0, 0, 0]]),
            "attention_mask": torch.tensor([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0]]),
        }

    def _together(self, texts: list[str]) -> NDArray[np.float32]:
        try:
            vectors = self._model.encode(
                texts,
                batch_size=len(texts),
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        except Exception as error:  # the library raises whatever its own libraries raise
            raise EncoderError(
                f"embedding model {self._shown!r} failed on {len(texts)} texts: {reason_of(error)}. "
                "Set GROUNDRULE_EMBEDDING_BATCH lower if memory ran out, or GROUNDRULE_EMBEDDING_MODEL to another."
            ) from error
        return np.asarray(vectors, dtype=np.float32)


def _load(model: str, device: str | None, shown: str) -> SentenceTransformer:
    # Four seconds of import: only who needs this path pays for it.
    quieten_transformers()
    from sentence_transformers import SentenceTransformer

    try:
        # Weights that were stored shorter are widened, which changes none: every backend computes in 32 bits.
        return SentenceTransformer(model, device=device).float()
    except Exception as error:  # the library raises whatever its own libraries raise
        raise EncoderError(
            f"embedding model {shown!r} cannot be loaded: {reason_of(error)}. "
            "Set GROUNDRULE_EMBEDDING_MODEL to a sentence-transformers model's hub name or folder."
        ) from error


def _one_module(model: SentenceTransformer) -> Any:
    """A torch module that takes `input_ids` and `attention_mask` and gives unit vectors."""
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.base.modules.normalize import Normalize
    from sentence_transformers.sentence_transformer.modules import Pooling
    from torch import nn

    parts = list(model)
    kinds = [type(part) for part in parts]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        raise CannotConvertError(f"its modules are {', '.join(kind.__name__ for kind in kinds)}")
    transformer, pooling = parts[0], parts[1]
    if pooling.pooling_mode not in ("mean", "cls"):
        raise CannotConvertError(f"its pooling is {pooling.pooling_mode!r}")
    if transformer.transformer_task != "feature-extraction":
        raise CannotConvertError(f"its task is {transformer.transformer_task!r}")
    if model.default_prompt_name or model.truncate_dim:
        raise CannotConvertError("it puts a prompt before texts or shortens vectors")
    if not getattr(model.tokenizer, "is_fast", False) or model.tokenizer.padding_side != "right":
        raise CannotConvertError("its tokeniser is of another library or fills up on the left")
    by_mean = pooling.pooling_mode == "mean"
    # Tracing reads every property, and that of the loss, which an encoder has none of, warns of one to be guessed.
    encoder: Any = transformer.model
    encoder.loss_function = None

    class Pipeline(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = encoder

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.inner(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if by_mean:
                weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
                pooled = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            else:
                pooled = hidden[:, 0]
            return nn.functional.normalize(pooled, p=2.0, dim=1)

    return Pipeline().eval()


def quieten_transformers() -> None:
    """Imports the library without its warnings, and turns its progress bars off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sentence_transformers  # noqa: F401 - what warns is the import
        from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def reason_of(error: Exception) -> str:
    """The first line of a library's own error, short enough for one of ours."""
    return str(error).strip().splitlines()[0][:200].rstrip(".") if str(error).strip() else type(error).__name__


@contextmanager
def _quiet_tokeniser() -> Iterator[None]:
    # Counting a long text is not a mistake, but the tokeniser logs it as one.
    logger = logging.getLogger("transformers.tokenization_utils_base")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
