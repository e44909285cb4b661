"""Collections in Chroma, in files of one's own or on a server, with its errors told apart. Owns chromadb."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import NotFoundError

from ingest.errors import DamagedIndexError, StoreError
from ingest.index.collection import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


__all__ = [
    "DATABASE",
    "ChromaServer",
    "Collection",
    "chroma_server",
    "create_in_folder",
    "open_in_folder",
    "wrapped_in",
]

_COLLECTION = "passages"
DATABASE = "chroma.sqlite3"
"""The database, beside which each collection has a folder with the graph of its vectors."""
# Words by which Chroma and SQLite tell that the place, not the data, is at fault: such an index is left alone.
_NOT_DAMAGE = ("locked", "readonly", "read-only", "disk is full", "unable to open", "permission", "no space")
# Clients of one folder share what they open, and one that is opened while the last of the others is closed would be
# left with what was closed.
_OPENING = threading.Lock()
_OURS = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, StoreError)
_COSINE: Any = {"hnsw": {"space": "cosine"}}
_LOCKED = (401, 403)
_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 60.0


def create_in_folder(folder: Path, metadata: Mapping[str, Any]) -> Collection:
    """A new collection in files of its own.

    Raises:
        StoreError: The folder cannot be written.
    """
    return _in_folder(folder, metadata)


def open_in_folder(folder: Path, *, search: bool = True) -> Collection:
    """The collection that was made there.

    Args:
        folder: Where it was made.
        search: Read one vector and search with it, so that damage shows at once.

    Raises:
        DamagedIndexError: The files are there but cannot be used.
        StoreError: The folder cannot be read.
    """
    if not (folder / DATABASE).is_file():
        raise DamagedIndexError(f"the index in {folder} has lost its database file.")
    collection = _in_folder(folder, None)
    if not search:
        return collection
    try:
        vectors = collection.get(["embeddings"], limit=1)["embeddings"]
        if vectors is not None and len(vectors):
            collection.query(np.asarray(vectors[0], dtype=np.float32), 1)
    except BaseException:
        collection.close()
        raise
    return collection


def wrapped_in(folder: Path) -> Callable[[BaseException], BaseException]:
    """What makes an error of Chroma or of the database below it one of ours; the index is in this folder."""

    def wrapped(error: BaseException) -> BaseException:
        # Chroma's core is Rust: a panic there is a BaseException, and damage can show as any error.
        if isinstance(error, _OURS):
            return error
        reason = _reason(error)
        if isinstance(error, OSError) or any(word in reason.lower() for word in _NOT_DAMAGE):
            return StoreError(
                f"the index in {folder} cannot be used: {reason}. Check the folder's permissions and free space, "
                "and that no other program holds it."
            )
        return DamagedIndexError(f"the index in {folder} is damaged: {reason}.")

    return wrapped


def _in_folder(folder: Path, metadata: Mapping[str, Any] | None) -> Collection:
    wrapped = wrapped_in(folder)
    try:
        if metadata is not None:
            folder.mkdir(parents=True, exist_ok=True)
        with _OPENING:
            client = _client_of(folder)
    except BaseException as error:
        raise wrapped(error) from error
    try:
        raw = (
            client.get_collection(_COLLECTION, embedding_function=None)
            if metadata is None
            else client.create_collection(
                _COLLECTION, embedding_function=None, configuration=_COSINE, metadata=dict(metadata)
            )
        )
    except BaseException as error:
        _close(client)
        raise wrapped(error) from error
    return Collection(raw, client, f"the index in {folder}", wrapped, partial(_close, client))


def _client_of(folder: Path) -> Any:
    # `close` is not part of the interface the function is typed with.
    settings = ChromaSettings(anonymized_telemetry=False)
    try:
        return chromadb.PersistentClient(str(folder), settings=settings)
    except Exception:
        # Chroma keeps what did not start, and whoever opens the folder next is told of that instead of why; to be
        # opened once more throws it out.
        with suppress(Exception):
            again: Any = chromadb.PersistentClient(str(folder), settings=settings)
            again.close()
        raise


def _close(client: Any) -> None:
    with _OPENING:
        client.close()


class ChromaServer:
    """A Chroma server; connected at its first use, and again after it was away.

    Args:
        url: Its address; a name and a password in it are sent and never shown.

    Every method raises StoreError when the server cannot be reached or refuses: what it holds is never taken for
    damaged because of that.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        split = urlsplit(self._url)
        self.shown = split._replace(netloc=split.netloc.rpartition("@")[2]).geturl()
        self._lock = threading.Lock()
        self._connected: Any = None

    def __str__(self) -> str:
        return f"the Chroma server at {self.shown}"

    def create(self, name: str, metadata: Mapping[str, Any]) -> Collection | None:
        """A new collection, or None where there is one of that name: of several who create it, one succeeds."""
        try:
            raw = self._client().create_collection(
                name, embedding_function=None, configuration=_COSINE, metadata=dict(metadata)
            )
        except BaseException as error:
            if "already exists" in str(error):
                return None
            raise self._wrapped(error) from error
        return self._collection(raw)

    def open(self, name: str) -> Collection | None:
        """The collection of that name; None where there is none."""
        try:
            return self._collection(self._client().get_collection(name, embedding_function=None))
        except NotFoundError:
            return None
        except BaseException as error:
            raise self._wrapped(error) from error

    def names(self) -> list[str]:
        """The names of all collections."""
        try:
            return [one.name for one in self._client().list_collections()]
        except BaseException as error:
            raise self._wrapped(error) from error

    def drop(self, name: str) -> None:
        """Removes a collection, if it is there."""
        try:
            self._client().delete_collection(name)
        except NotFoundError:
            pass
        except BaseException as error:
            raise self._wrapped(error) from error

    def _collection(self, raw: Any) -> Collection:
        # The connection is shared by all that use the server, and stays.
        return Collection(raw, self._client(), f"the index on {self}", self._wrapped, lambda: None)

    def _client(self) -> Any:
        with self._lock:
            if self._connected is None:
                self._knock()
                client: Any = chromadb.HttpClient(
                    host=self._url,
                    settings=ChromaSettings(anonymized_telemetry=False, chroma_server_host=self._url),
                )
                # Chroma's client would wait for ever.
                client._server._session.timeout = _ANSWER_SECONDS  # noqa: SLF001
                self._connected = client
            return self._connected

    def _knock(self) -> None:
        """Asks for a sign of life, which Chroma's client would wait for without end."""
        try:
            urlopen(f"{self.shown}/api/v2/heartbeat", timeout=_CONNECT_SECONDS).close()  # noqa: S310 - the setting's own pattern
        except HTTPError as answer:
            answer.close()
            if answer.code not in _LOCKED:  # a name and a password go with the first request proper
                raise
        except URLError as error:
            raise ConnectionError(str(error.reason)) from error

    def _wrapped(self, error: BaseException) -> BaseException:
        if isinstance(error, _OURS):
            return error
        if isinstance(error, NotFoundError):
            return StoreError(
                f"what was asked for is no longer on {self}: a newer index has replaced it. Ask again; "
                "a running server takes the newer one up by itself."
            )
        return StoreError(
            f"{self} cannot be used: {_reason(error)}. "
            "Check that it runs and has space, and that GROUNDRULE_CHROMA_URL is its address."
        )


@cache
def chroma_server(url: str) -> ChromaServer:
    """The server at an address: one connection for the whole process."""
    return ChromaServer(url)


def _reason(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
