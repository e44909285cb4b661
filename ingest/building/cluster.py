"""Parses and embeds documents on a Ray cluster, through llama-index's Ray ingestion. Owns ray.

Documents go to the cluster at once, claims and vectors come back as they are made; whoever called writes them. Each
worker loads the model once. A worker that is lost is replaced by Ray, and its documents are parsed again.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from ingest.building.batches import Batch
from ingest.building.claims import DistantClaims, digest_of, to_node, to_passage
from ingest.errors import ClusterError, GroundruleError, SettingError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.building.batches import Tally
    from ingest.building.former import Vectors
    from ingest.pack import Pack
    from ingest.types import Document, Encoder, Passage

__all__ = ["batches_on_cluster"]

LOCAL = "local"
"""Stands for a cluster of this machine's own processors, which ends with the run."""
# What lies between the workers and this process at most: 100,000 claims with vectors take some 500 MB.
_STORE_BYTES = 256 * 2**20
# Documents that a worker takes at a time, and claims that come back at a time.
_DOCUMENTS, _CLAIMS = 16, 512
_CONNECT_SECONDS = 10.0


def batches_on_cluster(
    address: str, documents: Sequence[Document], pack: Pack, encoder: Encoder, former: Vectors, tally: Tally
) -> Iterator[Batch]:
    """The passages of documents with their vectors, some hundred at a time and in no particular order.

    Args:
        address: Where the cluster is, as Ray writes it, or `LOCAL`.
        documents: What is parsed.
        pack: Names the options.
        encoder: Embeds what `former` does not have; it goes to the workers, so it has to be one that can be pickled.
        former: Vectors of before.
        tally: Told what came back.

    Raises:
        ClusterError: The cluster cannot be reached, or a worker failed.
        SettingError: Ray is not installed.
        StoreError: A vector of before has gone.
    """
    for nodes in _nodes(address, documents, pack, encoder, former):
        found = [to_passage(node) for node in nodes]
        passages = [passage for passage, _ in found]
        digests = {passage.id: digest_of(passage, encoder.name) for passage in passages}
        known = former.find({passage.id: digests[passage.id] for passage, vector in found if vector is None})
        tally.parse(sum(len(passage.text) for passage in passages), len(passages))
        yield Batch(
            passages,
            np.stack([_vector(passage, vector, known) for passage, vector in found]),
            [digests[passage.id] for passage in passages],
            embedded=len(passages) - len(known),
        )


def _vector(passage: Passage, vector: Sequence[float] | None, known: dict[str, Any]) -> Any:
    if vector is None and passage.id not in known:
        raise StoreError(
            f"the vector of passage {passage.id!r} has gone while it was taken over. Run the command again."
        )
    return known[passage.id] if vector is None else np.asarray(vector, dtype=np.float32)


def _nodes(
    address: str, documents: Sequence[Document], pack: Pack, encoder: Encoder, former: Vectors
) -> Iterator[list[Any]]:
    """The claims as llama-index's nodes, as they come back."""
    # A document with its own known vectors: those of others are of no use to it.
    rows = []
    for first in range(0, len(documents), _CLAIMS):
        part = documents[first : first + _CLAIMS]
        known: dict[str, dict[str, str]] = {}
        for id_, digest in former.digests([document.id for document in part]).items():
            known.setdefault(id_.rpartition("#")[0], {})[id_] = digest
        rows += [to_node(document, known.get(document.id, {})) for document in part]
    with _cluster(address) as ray:
        from llama_index.ingestion.ray import RayTransformComponent
        from llama_index.ingestion.ray.utils import ray_deserialize_node_batch, ray_serialize_node

        there = ray.cluster_resources()
        gpus = int(there.get("GPU", 0))
        workers = gpus or max(int(there.get("CPU", 1)), 1)
        component = RayTransformComponent(
            transform_class=DistantClaims,
            transform_kwargs={"pack": pack, "encoder": encoder},
            map_batches_kwargs={
                # Each worker gets some, however few there are.
                "batch_size": max(1, min(_DOCUMENTS, len(rows) // (2 * workers))),
                "concurrency": min(workers, len(rows)),
                "num_gpus" if gpus else "num_cpus": 1,
            },
        )
        items = ray.data.from_items([ray_serialize_node(row) for row in rows])
        for table in component(items).iter_batches(batch_size=_CLAIMS, batch_format="pyarrow"):
            if nodes := ray_deserialize_node_batch(table):
                yield nodes


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Ray, connected; what fails while it is used is one of our errors."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Workers see the GPUs that they are given, and none where they are given none.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import llama_index.ingestion.ray  # noqa: F401 - both or none
        import ray
        import ray.data
    except ImportError as error:
        raise SettingError(
            f"GROUNDRULE_RAY is set to {address!r}, but Ray is not installed. Run `pip install 'groundrule[ray]'`, "
            "or unset it."
        ) from error
    begun = not ray.is_initialized()
    # Ray ends the process at SIGTERM in its own way, and goes on doing so when it has been shut down.
    ends_at_signal = signal.getsignal(signal.SIGTERM)
    try:
        if begun:
            _knock(address)
        if begun:
            own: dict[str, Any] = (
                {"object_store_memory": _STORE_BYTES, "include_dashboard": False} if address == LOCAL else {}
            )
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **own)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.resource_limits = context.execution_options.resource_limits.copy(
            object_store_memory=_STORE_BYTES
        )
        yield ray
    except GroundruleError:
        raise
    except Exception as error:
        raise _wrapped(error, address) from error
    finally:
        if begun:
            ray.shutdown()
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, ends_at_signal)


def _knock(address: str) -> None:
    """Asks whether anybody is there, which Ray would wait for for minutes."""
    split = urlsplit(address if "://" in address else f"//{address}")
    if split.hostname and split.port:
        socket.create_connection((split.hostname, split.port), timeout=_CONNECT_SECONDS).close()


def _wrapped(error: Exception, address: str) -> GroundruleError:
    cause: BaseException | None = error
    while cause is not None:
        inner = getattr(cause, "cause", None) or cause.__cause__
        if isinstance(inner, GroundruleError):
            return type(inner)(str(inner))
        cause = inner
    reason = next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
    return ClusterError(
        f"the Ray cluster at {address!r} cannot be used: {reason[:300].rstrip('.')}. Check that it runs, has "
        "processors free and the same version of Groundrule and Ray installed, or unset GROUNDRULE_RAY."
    )
