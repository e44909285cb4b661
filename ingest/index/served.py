"""The generations of an index on a Chroma server, for several server processes, on several machines.

    groundrule.<slot>.current                    its metadata name the generation that readers open, and the one before
    groundrule.<slot>.<generation>.passages      passages and vectors; its metadata name the model
    groundrule.<slot>.<generation>.records       the documents, in pieces; its metadata are the manifest
    groundrule.<slot>.damaged-<time>.…           a generation that could not be read, kept as it was
    groundrule.<slot>.lock                       stands for the right to write (`ingest.index.server_lock`)

A generation is written whole and then named current by one change of metadata, which the server makes at once.
Documents that were added from a folder of one home are read again by that home alone: to all others that place is not
there, whatever is under the same path.
"""

from __future__ import annotations

import json
import os
import re
import socket
import uuid
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import DamagedIndexError, StoreError
from ingest.index.folders import DAMAGED, GENERATION, time_stamp, writing
from ingest.index.records import (
    OTHER_HOME,
    Manifest,
    Stored,
    check_count,
    pack_records,
    unpack_manifest,
    unpack_stored,
    write_atomically,
)
from ingest.index.server_lock import hold_right
from ingest.index.store import PassageStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ingest.index.chroma import ChromaServer
    from ingest.index.collection import Collection

__all__ = ["ServedGeneration", "ServedSlot"]

_CURRENT, _LOCK, _PASSAGES, _RECORDS = "current", "lock", "passages", "records"
_PARTS = (_PASSAGES, _RECORDS)
_HOME = "home-id"
# Characters in a piece of the documents, and pieces read at a time.
_PIECE, _PIECES = 200_000, 50


class ServedSlot:
    """The generations of one pack's index on a server; see `ingest.index.generations.Slot`.

    Args:
        folder: The index's folder in the home, which holds what the home is known by and keeps its processes apart.
        server: Where the index is.
    """

    shared = True

    def __init__(self, folder: Path, server: ChromaServer) -> None:
        self.folder = folder
        self.server = server
        # Chroma takes these characters in a name.
        plain = re.sub(r"[^A-Za-z0-9_-]", "-", folder.name)[-100:]
        self.prefix = f"groundrule.{plain}."
        self._still_held: Callable[[], None] | None = None

    @property
    def name(self) -> str:
        """The folder's own."""
        return self.folder.name

    def __str__(self) -> str:
        return f"{self.server}, {self.prefix}*"

    @property
    def home(self) -> str:
        """What this home is known by to others; "" where it has never written."""
        try:
            return (self.folder / _HOME).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{self.folder / _HOME} cannot be read: {error}. Check its permissions.") from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the right to write the index; one process at a time, on all machines."""
        with writing(self.folder):
            if not self.home:
                write_atomically(self.folder / _HOME, uuid.uuid4().hex + "\n")
            # A home that was copied with its machine is told apart by the machine's name.
            holder = f"{self.home}{OTHER_HOME}{socket.gethostname()}"
            with hold_right(self.server, self.prefix + _LOCK, holder) as self._still_held:
                yield

    def current(self) -> ServedGeneration | None:
        """The current generation, or None when nothing was ever published.

        Raises:
            DamagedIndexError: What is named current is not there.
            StoreError: The server cannot be used.
        """
        name = self.named()
        while name and not self._is_there(name):
            again = self.named()
            if again == name:
                raise DamagedIndexError(f"{self.server} names {name!r:.80} as current, which is not there.")
            name = again  # replaced between the two looks
        if not name and any("schema" in one.described() for one in self.generations()) and not self.named():
            raise DamagedIndexError(f"the index on {self.server} has lost what says which generation is current.")
        return ServedGeneration(self, name) if name else None

    def new_generation(self) -> ServedGeneration:
        """A fresh, empty generation; not current until it is published."""
        return ServedGeneration(self, f"{GENERATION}{time_stamp()}-{self.home[:8]}-{os.getpid()}")

    def generations(self) -> list[ServedGeneration]:
        """All generations, the newest first, finished or not."""
        names = (name.removeprefix(self.prefix) for name in self.server.names() if name.startswith(self.prefix))
        found = {name.rpartition(".")[0] for name in names if name.startswith(GENERATION)}
        return [ServedGeneration(self, name) for name in sorted(found, reverse=True)]

    def set_aside(self) -> ServedGeneration | None:
        """Renames what is named current, and says no more that it is; None when there was nothing to rename."""
        name = self.named()
        damaged = (
            ServedGeneration(self, name) if name and self._is_there(name) else next(iter(self.generations()), None)
        )
        moved = damaged and damaged.rename(f"{DAMAGED}{time_stamp()}")
        self.server.drop(self.prefix + _CURRENT)
        return moved

    def name_current(self, name: str) -> str:
        """Makes a generation the current one; returns which was before.

        Raises:
            StoreError: The right to write was lost, or the server cannot be used.
        """
        if self._still_held is not None:
            self._still_held()
        former = self.named()
        names = {"generation": name, "former": former}
        collection = self.server.open(self.prefix + _CURRENT)
        if collection is not None:
            collection.describe(names)
        elif self.server.create(self.prefix + _CURRENT, names) is None:
            raise StoreError(f"another process publishes an index on {self.server} at this moment. Run it again.")
        return former

    def named(self) -> str:
        """What is named current, right or wrong; "" when nothing is."""
        collection = self.server.open(self.prefix + _CURRENT)
        return str(collection.metadata.get("generation", "")) if collection else ""

    def _is_there(self, name: str) -> bool:
        return self.server.open(f"{self.prefix}{name}.{_RECORDS}") is not None


@dataclass(frozen=True)
class ServedGeneration:
    """One generation on a server; see `ingest.index.generations.Generation`."""

    slot: ServedSlot = field(compare=False)
    name: str
    distant = True

    def __str__(self) -> str:
        return f"{self.slot.prefix}{self.name} on {self.slot.server}"

    @property
    def kept(self) -> tuple[Path, str]:
        """A folder in the home, where the newest few are kept."""
        return self.slot.folder / "kept", self.name

    def read_manifest(self) -> Manifest:
        """What it holds."""
        fields = self.described()
        fields.pop("pieces", None)
        manifest = unpack_manifest(fields, f"the index {self}")
        return replace(manifest, excluded=tuple((self._here(root), path) for root, path in manifest.excluded))

    def described(self) -> dict[str, object]:
        """What is recorded of it; nothing where it is not whole."""
        records = self._part(_RECORDS)
        return records.metadata if records else {}

    def read_stored(self, manifest: Manifest) -> list[Stored]:
        """Its documents; the places of this home's own as it knows them."""
        records = self._part(_RECORDS)
        ids = _ids(int(records.metadata.get("pieces", 0))) if records else []
        found: dict[str, str] = {}
        for first in range(0, len(ids), _PIECES):
            page = records.get(["documents"], ids=ids[first : first + _PIECES]) if records else {}
            found |= dict(zip(page["ids"], page["documents"], strict=True))
        raw = "".join(found.get(id_, "") for id_ in ids).encode()
        return [
            replace(item, root=self._here(item.root)) if item.root else item
            for item in unpack_stored(raw, manifest.documents_sha256, f"the index {self}")
        ]

    def create_store(self, encoder: str) -> PassageStore:
        """A new store for its passages."""
        return PassageStore(self._create(_PASSAGES, {"encoder": encoder}))

    def copy_store(self, other: object, most_dropped: int) -> PassageStore | None:
        """None: a server copies no collections."""
        return None

    def check(self, manifest: Manifest) -> None:
        """Makes sure that its passages are there."""
        check_count(self, self.open_store().count(), manifest)

    def open_store(self) -> PassageStore:
        """The store of its passages."""
        passages = self._part(_PASSAGES)
        if passages is None:
            raise DamagedIndexError(f"the index {self} has lost its passages.")
        return PassageStore(passages)

    def publish(self, stored: Sequence[Stored], manifest: Manifest) -> None:
        """Adds what makes it whole, makes it current, and drops those older than the one before it."""
        lines, vouched = pack_records(
            [replace(item, root=self._everywhere(item.root)) if item.root else item for item in stored], manifest
        )
        excluded = json.dumps([(self._everywhere(root), path) for root, path in manifest.excluded], ensure_ascii=False)
        pieces = [lines[first : first + _PIECE] for first in range(0, len(lines), _PIECE)]
        records = self._create(_RECORDS, {"pieces": len(pieces)})
        records.add(_ids(len(pieces)), np.ones((len(pieces), 1), dtype=np.float32), pieces)
        records.describe(asdict(vouched) | {"pieces": len(pieces), "excluded": excluded})
        former = self.slot.name_current(self.name)
        # It is published: what cannot be tidied up now is when the next one is.
        with suppress(StoreError):
            for other in self.slot.generations():
                # A running reader may still hold the one before.
                if other.name not in (self.name, former):
                    other.discard()

    def discard(self) -> None:
        """Removes it, unless it is current or the server is away."""
        with suppress(StoreError):
            if self.slot.named() != self.name:
                # What vouches for the rest goes first.
                for part in reversed(_PARTS):
                    self.slot.server.drop(self._name_of(part))

    def rename(self, name: str) -> ServedGeneration:
        """Gives it another name, and returns it under that."""
        renamed = ServedGeneration(self.slot, name)
        for part in _PARTS:
            collection = self._part(part)
            if collection is not None:
                collection.rename(renamed._name_of(part))
        return renamed

    def _here(self, root: str) -> str:
        """A recorded place as this home knows it."""
        home = self.slot.home + OTHER_HOME
        return root.removeprefix(home) if len(home) > 1 else root

    def _everywhere(self, root: str) -> str:
        """A place of this home's, or any other, as it is recorded."""
        return self.slot.home + OTHER_HOME + root if PurePath(root).is_absolute() else root

    def _create(self, part: str, metadata: dict[str, object]) -> Collection:
        made = self.slot.server.create(self._name_of(part), metadata)
        if made is None:
            raise StoreError(f"the index {self} is being written already. Run it again.")
        return made

    def _part(self, part: str) -> Collection | None:
        return self.slot.server.open(self._name_of(part))

    def _name_of(self, part: str) -> str:
        return f"{self.slot.prefix}{self.name}.{part}"


def _ids(count: int) -> list[str]:
    return [f"{number:08}" for number in range(count)]
