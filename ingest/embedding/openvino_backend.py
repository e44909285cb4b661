"""The fast path on a processor: converted models, as OpenVINO runs them. Owns openvino.

A model runs in two ways. A few texts, such as a question, are computed at once by all cores, in 32 bits. Many are
computed in batches, a stream of them a core, in the numbers that the processor multiplies fastest: where it has units
for 16-bit matrices that is twice as fast, and it is held against the reference before it is used.
"""

from __future__ import annotations

import queue
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.embedding.batching import in_order, plan_batches
from ingest.embedding.loads import LOADS
from ingest.embedding.tokenising import Tokenising, WordPieces
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from openvino import CompiledModel, InferRequest, Model

__all__ = ["EXACT", "Converted", "FirstAlone", "convert", "load_openvino", "native_precision", "save"]

EXACT = "f32"
"""The precision of the reference."""
# Tokens of a batch, filled up. In 32 bits a layer's numbers stay in a core's cache; units for matrices want more.
_BATCH_TOKENS, _WIDE_BATCH_TOKENS = 1024, 4096
# Up to so many texts are few: the questions of a message, or the corrected claims of a document.
_FEW = 8
# To fill few texts up by more than so many tokens takes longer than to compute another batch.
_FEW_FILLED = 20
# Lengths are filled up to multiples of this: the code for each shape is made once, and kept for so many shapes.
_STEP = 8
# Two processes would be pinned to the same cores.
_SETTINGS: dict[str, Any] = {"ENABLE_CPU_PINNING": False}


class Converted:
    """A converted model; many threads may use it at once, and none holds the interpreter while it computes.

    Args:
        model: What `convert` gave, or the file that `save` wrote.
        how: How its texts are cut.
        batch_size: Most texts read at a time, where that is more than the processor likes best.
        precision: What many texts are computed in: `EXACT`, or `native_precision()`.

    Raises:
        ImportError: OpenVINO is not installed.
        RuntimeError: The model cannot be read or run.
    """

    def __init__(self, model: Model | Path, how: Tokenising, batch_size: int, precision: str = EXACT) -> None:
        self.max_tokens = how.max_tokens
        self.precision = precision
        self._model = model
        self._padding = how.padding
        self._batch_size = batch_size
        self._batch_tokens = _BATCH_TOKENS if precision == EXACT else _WIDE_BATCH_TOKENS
        self._pieces = WordPieces(how)
        few = _compiled(model, PERFORMANCE_HINT="LATENCY", INFERENCE_PRECISION_HINT=EXACT)
        self.dimension = int(few.output(0).partial_shape[1].get_length())
        self._few = _Requests(few)
        LOADS.note()
        self._lock = threading.Lock()
        self._many: _Requests | None = None

    @property
    def kind(self) -> str:
        """ "openvino", with the precision of many texts behind it where that is not the reference's."""
        return "openvino" if self.precision == EXACT else f"openvino-{self.precision}"

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special ones included, however many they are."""
        return self._pieces.count(texts)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension).

        Raises:
            EncoderError: OpenVINO fails.
        """
        # Several ways to search for a question may differ only in what the model does not see, such as case.
        places: dict[tuple[int, ...], int] = {}
        rows = [places.setdefault(tuple(one), len(places)) for one in self._pieces.ids(texts)]
        ids = list(places)
        requests, filled = (self._few, _FEW_FILLED) if len(ids) <= _FEW else (self._for_many(), None)
        batches = plan_batches([len(one) for one in ids], self._batch_size, self._batch_tokens, filled)

        def run(plan: Sequence[Sequence[int]]) -> Iterator[NDArray[np.float32]]:
            return self._run([[ids[place] for place in one] for one in plan], requests)

        vectors = in_order(batches, run, self.dimension)
        return vectors if len(ids) == len(rows) else vectors[rows]

    def _for_many(self) -> _Requests:
        # Who only asks questions never has it compiled.
        with self._lock:
            if self._many is None:
                self._many = _Requests(
                    _compiled(self._model, PERFORMANCE_HINT="THROUGHPUT", INFERENCE_PRECISION_HINT=self.precision)
                )
            return self._many

    def _run(self, batches: Sequence[Sequence[Sequence[int]]], requests: _Requests) -> Iterator[NDArray[np.float32]]:
        together = partial(self._together, requests)
        if len(batches) < 2 or requests.streams == 1:
            yield from map(together, batches)
            return
        pool = ThreadPoolExecutor(requests.streams, "embedding")
        try:
            yield from pool.map(together, batches)
        finally:
            # On Ctrl-C what has not begun is left.
            pool.shutdown(cancel_futures=True)

    def _together(self, requests: _Requests, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        width = -(-max(map(len, ids)) // _STEP) * _STEP
        width = max(min(width, self.max_tokens), 1)
        numbers = np.full((len(ids), width), self._padding, dtype=np.int64)
        mask = np.zeros((len(ids), width), dtype=np.int64)
        for row, one in enumerate(ids):
            numbers[row, : len(one)] = one
            mask[row, : len(one)] = 1
        try:
            with requests.one() as request:
                inputs = {"input_ids": numbers, "attention_mask": mask}
                vectors = _FIRST.alone(lambda: request.infer(inputs, share_inputs=True)[0])
        except RuntimeError as error:
            raise EncoderError(
                f"the embedding model failed on {len(ids)} texts of {width} word pieces: "
                f"{str(error).strip().splitlines()[0]:.200}. "
                "Set GROUNDRULE_EMBEDDING_BACKEND to plain to do without OpenVINO."
            ) from error
        return np.asarray(vectors, dtype=np.float32)


class FirstAlone:
    """Lets the first of all calls run alone, and the others side by side.

    OpenVINO's binding sets its tables of number types up at its first inference, holding a lock of C++ in one thread
    while it waits for the interpreter, and the interpreter in another while it waits for that lock: two threads that
    infer for the first time at the same moment wait for ever (seen with 2026.4).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = False

    def alone(self, call: Callable[[], Any]) -> Any:
        """What `call` gives; none runs beside it until one has come to its end."""
        if not self._done:
            with self._lock:
                if not self._done:
                    found = call()
                    self._done = True
                    return found
        return call()


_FIRST = FirstAlone()


class _Requests:
    """A compiled model's requests: as many as are computed at the same time; further threads wait for one."""

    def __init__(self, compiled: CompiledModel) -> None:
        self.streams = max(1, int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")))
        self._free: queue.LifoQueue[InferRequest] = queue.LifoQueue()
        for _ in range(self.streams):
            self._free.put(compiled.create_infer_request())

    @contextmanager
    def one(self) -> Iterator[InferRequest]:
        """A request that nobody else uses meanwhile."""
        request = self._free.get()
        try:
            yield request
        finally:
            self._free.put(request)


def convert(module: Any, example: dict[str, Any]) -> Model:
    """A torch module as OpenVINO's model.

    Args:
        module: Takes `input_ids` and `attention_mask`, gives vectors.
        example: Values for both.

    Raises:
        Exception: Whatever OpenVINO and torch raise about a module that they cannot trace.
    """
    load_openvino()
    import torch
    from openvino.tools.ovc import convert_model

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        return convert_model(module, example_input=example)


def save(model: Model, path: Path) -> None:
    """Writes `path` (.xml) and, beside it, the weights (.bin), in 32 bits."""
    load_openvino().save_model(model, path, compress_to_fp16=False)


def native_precision() -> str:
    """What this processor computes in when nobody says otherwise: "f32", or "bf16" or "f16" where that is faster.

    Raises:
        ImportError: OpenVINO is not installed.
    """
    openvino = load_openvino()
    kind = openvino.Core().get_property("CPU", "INFERENCE_PRECISION_HINT")
    return {openvino.Type.bf16: "bf16", openvino.Type.f16: "f16"}.get(kind, EXACT)


def _compiled(model: Model | Path, **settings: Any) -> CompiledModel:
    return load_openvino().Core().compile_model(model, "CPU", {**_SETTINGS, **settings})


_TELEMETRY, _TOOLS = "openvino_telemetry", "openvino.tools.ovc"
_LOADING = threading.Lock()


def load_openvino() -> Any:
    """The library, which is not let send anything, and without what only converts."""
    # At import and at each conversion it would report to its makers, unless a file in the user's home forbids it; where
    # the module that sends is not to be had, it does without.
    sys.modules.setdefault(_TELEMETRY, None)  # type: ignore[arg-type]
    with _LOADING:
        if "openvino" in sys.modules:
            import openvino
        else:
            # It does without the tools too where they are not to be had; they take as long to load as all else of it.
            sys.modules[_TOOLS] = None  # type: ignore[assignment]
            try:
                import openvino
            finally:
                del sys.modules[_TOOLS]
    return openvino
