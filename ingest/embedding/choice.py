"""The encoder that everybody uses: at its first use it takes the fastest backend that gives the model's own vectors.

In this order: a GPU, a converted model on the processor, the plain path. What was found out is kept in a cache folder,
so that the next process loads the converted model and neither torch nor what is built on it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ingest.embedding.checking import compare
from ingest.embedding.devices import find_gpu
from ingest.embedding.identity import identity_of, key_of, of_processor
from ingest.embedding.model_files import (
    DEFAULT_MODEL,
    DEFAULT_WEIGHTS_SHA256,
    check_weights,
    encoder_name,
    find_folder,
)
from ingest.embedding.sentence import CannotConvertError, Plain, reason_of
from ingest.embedding.tokenising import Tokenising
from ingest.embedding.verdicts import Verdict, Verdicts
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ingest.config import Settings
    from ingest.embedding.checking import Backend, Comparison
    from ingest.embedding.openvino_backend import Converted

__all__ = ["ModelEncoder", "make_encoder"]

_MODEL, _RULES = "model.xml", "tokenizer.json"


def make_encoder(settings: Settings) -> ModelEncoder:
    """The encoder that the settings name; loaded at its first use."""
    return ModelEncoder(
        settings.embedding_model, settings.embedding_batch, backend=settings.embedding_backend, cache=settings.cache
    )


class ModelEncoder:
    """An embedding model, loaded at the first use and once; many threads may use it at once.

    Args:
        model: `DEFAULT_MODEL` (from the installed weights, whose digest is checked), a hub name, or a folder.
        batch_size: Most texts read at a time.
        backend: "plain" for sentence-transformers alone, on the device of its choice.
        cache: Folder where converted models are kept; None keeps none.
        gpu: Says which GPU there is; see `find_gpu`.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        batch_size: int = 64,
        *,
        backend: Literal["auto", "plain"] = "auto",
        cache: Path | None = None,
        gpu: Callable[[], tuple[str, str] | None] = find_gpu,
    ) -> None:
        self._model = model
        self._batch_size = batch_size
        self._forced = backend
        self._cache = cache
        self._verdicts = Verdicts(cache) if cache else None
        self._gpu = gpu
        self._lock = threading.Lock()
        self._chosen: Backend | None = None
        self._name: str | None = None

    def __reduce__(self) -> tuple[Callable[..., ModelEncoder], tuple[object, ...]]:
        """It goes to another process as what it was made of; there it is loaded anew."""
        made = partial(type(self), backend=self._forced, cache=self._cache, gpu=self._gpu)
        return made, (self._model, self._batch_size)

    @property
    def name(self) -> str:
        """See `encoder_name`; no model is loaded for it. It stays what it was when it was first asked for."""
        if self._name is None:
            self._name = encoder_name(self._model)
        return self._name

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return self._backend().dimension

    @property
    def backend(self) -> str:
        """What computes: "openvino", "openvino-bf16", "openvino-f16", "plain", "plain-cuda" or "plain-mps"."""
        return self._backend().kind

    @property
    def max_tokens(self) -> int:
        """Word pieces the model reads, special ones included."""
        return self._backend().max_tokens

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, special ones included."""
        return self._backend().count([text])[0]

    def count_tokens_many(self, texts: Sequence[str]) -> list[int]:
        """The same of each text, on all cores."""
        return self._backend().count(texts)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension), whatever computes them.

        Raises:
            EncoderError: The model cannot be loaded, or fails.
        """
        return self._backend().encode(texts)

    def _backend(self) -> Backend:
        # Without the lock once it is there: reading a name is atomic.
        if self._chosen is None:
            with self._lock:
                if self._chosen is None:
                    self._chosen = self._choose()
        return self._chosen

    def load_ahead(self) -> None:
        """Begins to load, while the caller does something else, what an earlier process has converted.

        Nothing is converted, fetched or put on a GPU for it; whatever goes wrong is told to who encodes.
        """
        threading.Thread(target=self._load_ahead, name="encoder").start()

    def _load_ahead(self) -> None:
        with suppress(Exception), self._lock:
            folder = find_folder(self._model)
            if self._chosen or self._forced == "plain" or self._verdicts is None or folder is None or self._gpu():
                return
            self._check(folder)
            key = key_of(of_processor(identity_of(self.name, folder)))
            self._chosen = self._kept(self._verdicts, key, plain=False)
            if self._chosen is not None:
                # The first text of a length takes longer; this is as long as questions are.
                self._chosen.encode(["What would be right for a company like ours, and why?"])

    def _check(self, folder: Path | None) -> None:
        if self._model == DEFAULT_MODEL and folder is not None:
            check_weights(folder / "model.safetensors", DEFAULT_WEIGHTS_SHA256)

    def _choose(self) -> Backend:
        folder = find_folder(self._model)
        self._check(folder)
        name = self.name  # before anything is read: weights changed meanwhile would be another model's
        if self._forced == "plain":
            return self._plain(None)
        reference = None
        if folder is None:
            reference = self._plain("cpu")  # which fetches the files
            folder = find_folder(self._model)
            if folder is None:
                return reference
        identity = identity_of(name, folder)
        return self._on_gpu(identity, reference) or self._on_processor(identity, reference)

    def _plain(self, device: str | None) -> Plain:
        folder = find_folder(self._model) if self._model == DEFAULT_MODEL else None
        return Plain(str(folder or self._model), self._batch_size, device, shown=self._model)

    def _on_gpu(self, identity: dict[str, str], reference: Plain | None) -> Backend | None:
        found = self._gpu()
        if found is None:
            return None
        device, its_name = found
        identity = {**identity, "backend": device, "device": its_name}
        key = key_of(identity)
        entry = self._verdicts.find(key) if self._verdicts else None
        if entry is not None and not entry[0].use:
            return None
        try:
            backend = self._plain(device)
            if entry is None:
                verdict = _verdict(compare(backend, reference or self._plain("cpu")), identity)
                if self._verdicts:
                    self._verdicts.keep(key, verdict)
                if not verdict.use:
                    return None
        except EncoderError:
            return None  # a device that is full or broken now may do next time
        return backend

    def _on_processor(self, identity: dict[str, str], reference: Plain | None) -> Backend:
        identity = of_processor(identity)
        key = key_of(identity)
        if self._verdicts is None:
            return self._converted(None, key, identity, reference)
        found = self._kept(self._verdicts, key)
        if found is None:
            with self._verdicts.writing(key):
                # Another process may have made it meanwhile.
                found = self._kept(self._verdicts, key) or self._converted(self._verdicts, key, identity, reference)
        return found

    def _kept(self, verdicts: Verdicts, key: str, *, plain: bool = True) -> Backend | None:
        """What an earlier process decided on and left; None when there is nothing, or nothing whole.

        Args:
            verdicts: Where it was left.
            key: Under which name.
            plain: Whether the plain path is wanted too, where it decided on that.
        """
        entry = verdicts.find(key)
        if entry is None:
            return None
        verdict, folder = entry
        if not verdict.use:
            return self._plain("cpu") if plain else None
        with verdicts.intact(verdict, folder) as intact:
            try:
                how = Tokenising(rules=(folder / _RULES).read_text(encoding="utf-8"), **verdict.tokens)
                found = self._run(folder / _MODEL, how, verdict.precision)
            except Exception:  # noqa: BLE001 - damaged files make the libraries raise anything
                return None
            return found if intact() else None

    def _converted(
        self, verdicts: Verdicts | None, key: str, identity: dict[str, str], reference: Plain | None
    ) -> Backend:
        """Converts the model, holds it against the reference, keeps what came of it, and gives the better."""
        reference = reference or self._plain("cpu")
        try:
            backend, verdict, write = self._tried(reference, identity)
        except (ImportError, MemoryError, OSError):
            return reference  # what lacks now may be there next time
        except Exception as error:  # noqa: BLE001 - the libraries raise anything about a model they cannot convert
            reason = f"it cannot be converted: {reason_of(error)}"
            backend, verdict, write = None, Verdict(False, reason, identity=identity), _nothing
        if verdicts is not None:
            verdicts.keep(key, verdict, write if verdict.use else _nothing)
        return backend if backend is not None and verdict.use else reference

    def _tried(self, reference: Plain, identity: dict[str, str]) -> tuple[Converted, Verdict, Callable[[Path], None]]:
        """The converted model, what to think of it, and what writes it into a folder."""
        from ingest.embedding.openvino_backend import EXACT, convert, save

        how = reference.tokenising()
        if how is None:
            raise CannotConvertError("its tokeniser is of another library")
        model = convert(*reference.pipeline())
        for precision in dict.fromkeys((identity["native"], EXACT)):
            backend = self._run(model, how, precision)
            measured = compare(backend, reference)
            if not measured.fault:
                break

        def write(folder: Path) -> None:
            save(model, folder / _MODEL)
            (folder / _RULES).write_text(how.rules, encoding="utf-8")

        return backend, _verdict(measured, identity, how, precision), write

    def _run(self, model: Any, how: Tokenising, precision: str) -> Converted:
        from ingest.embedding.openvino_backend import Converted

        return Converted(model, how, self._batch_size, precision)


def _nothing(_: Path) -> None:
    """Writes no file."""


def _verdict(
    measured: Comparison, identity: dict[str, str], how: Tokenising | None = None, precision: str = ""
) -> Verdict:
    return Verdict(
        use=not measured.fault,
        reason=measured.fault,
        min_cosine=round(measured.min_cosine, 9),
        rate=round(measured.rate, 1),
        reference_rate=round(measured.reference_rate, 1),
        tokens={"max_tokens": how.max_tokens, "cut": how.cut, "padding": how.padding} if how else {},
        identity=identity,
        precision=precision,
    )
