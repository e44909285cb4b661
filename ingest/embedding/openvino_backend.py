"""The fast path on a processor: converted models, as OpenVINO runs them. Owns openvino."""

from __future__ import annotations

import queue
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.embedding.batching import in_order, plan_batches
from ingest.embedding.tokenising import Tokenising, WordPieces
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from openvino import CompiledModel, InferRequest, Model

__all__ = ["BATCH_TOKENS", "Converted", "compile_model", "convert", "load_openvino", "save"]

BATCH_TOKENS = 1024
"""Tokens of a batch, filled up: a layer's numbers stay in a core's cache. More are slower, few hundred no faster."""
# Lengths are filled up to multiples of this: the code for each shape is made once, and kept for so many shapes.
_STEP = 8
_SETTINGS: dict[str, Any] = {
    # Processors with matrix units would else compute in 16 bits, which gives other vectors.
    "INFERENCE_PRECISION_HINT": "f32",
    "PERFORMANCE_HINT": "THROUGHPUT",
    # Two processes would be pinned to the same cores.
    "ENABLE_CPU_PINNING": False,
}


class Converted:
    """A converted model; many threads may use it at once, and none holds the interpreter while it computes.

    Args:
        compiled: What `compile_model` gave.
        how: How its texts are cut.
        batch_size: Most texts read at a time.
    """

    kind = "openvino"

    def __init__(self, compiled: CompiledModel, how: Tokenising, batch_size: int) -> None:
        self.max_tokens = how.max_tokens
        self.dimension = int(compiled.output(0).partial_shape[1].get_length())
        self._padding = how.padding
        self._batch_size = batch_size
        self._pieces = WordPieces(how)
        self._streams = max(1, int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")))
        # As many as are computed at the same time; further threads wait for one.
        self._requests: queue.LifoQueue[InferRequest] = queue.LifoQueue()
        for _ in range(self._streams):
            self._requests.put(compiled.create_infer_request())

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special ones included, however many they are."""
        return self._pieces.count(texts)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension).

        Raises:
            EncoderError: OpenVINO fails.
        """
        ids = self._pieces.ids(texts)
        batches = plan_batches([len(one) for one in ids], self._batch_size, BATCH_TOKENS)

        def run(plan: Sequence[Sequence[int]]) -> Iterator[NDArray[np.float32]]:
            return self._run([[ids[place] for place in one] for one in plan])

        return in_order(batches, run, self.dimension)

    def _run(self, batches: Sequence[Sequence[Sequence[int]]]) -> Iterator[NDArray[np.float32]]:
        if len(batches) < 2 or self._streams == 1:
            yield from map(self._together, batches)
            return
        pool = ThreadPoolExecutor(self._streams, "embedding")
        try:
            yield from pool.map(self._together, batches)
        finally:
            # On Ctrl-C what has not begun is left.
            pool.shutdown(cancel_futures=True)

    def _together(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        width = -(-max(map(len, ids)) // _STEP) * _STEP
        width = max(min(width, self.max_tokens), 1)
        numbers = np.full((len(ids), width), self._padding, dtype=np.int64)
        mask = np.zeros((len(ids), width), dtype=np.int64)
        for row, one in enumerate(ids):
            numbers[row, : len(one)] = one
            mask[row, : len(one)] = 1
        request = self._requests.get()
        try:
            vectors = request.infer({"input_ids": numbers, "attention_mask": mask}, share_inputs=True)[0]
        except RuntimeError as error:
            raise EncoderError(
                f"the embedding model failed on {len(ids)} texts of {width} word pieces: "
                f"{str(error).strip().splitlines()[0]:.200}. "
                "Set GROUNDRULE_EMBEDDING_BACKEND to plain to do without OpenVINO."
            ) from error
        finally:
            self._requests.put(request)
        return np.asarray(vectors, dtype=np.float32)


def convert(module: Any, example: dict[str, Any]) -> Model:
    """A torch module as OpenVINO's model.

    Args:
        module: Takes `input_ids` and `attention_mask`, gives vectors.
        example: Values for both.

    Raises:
        Exception: Whatever OpenVINO and torch raise about a module that they cannot trace.
    """
    openvino = load_openvino()
    import torch

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        return openvino.convert_model(module, example_input=example)


def save(model: Model, path: Path) -> None:
    """Writes `path` (.xml) and, beside it, the weights (.bin), in 32 bits."""
    load_openvino().save_model(model, path, compress_to_fp16=False)


def compile_model(model: Model | Path) -> CompiledModel:
    """A model, or the file that `save` wrote, ready to run on the processor.

    Raises:
        ImportError: OpenVINO is not installed.
        RuntimeError: It cannot be read or run.
    """
    openvino = load_openvino()
    return openvino.Core().compile_model(model, "CPU", _SETTINGS)


_TELEMETRY = "openvino_telemetry"


def load_openvino() -> Any:
    """The library, which is not let send anything."""
    # At import and at each conversion it would report to its makers, unless a file in the user's home forbids it; where
    # the module that sends is not to be had, it does without.
    sys.modules.setdefault(_TELEMETRY, None)  # type: ignore[arg-type]
    import openvino

    return openvino
