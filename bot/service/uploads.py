"""Documents that come in over a door: kept in a folder of their own, indexed with all others, and removable again.

Where several servers with homes of their own share an index, the index alone keeps them, for all of these servers.

A file is taken by what it holds, not by what it is called. It is kept as it was sent, and read within the limits that
`ingest.reading` has for all documents. What cannot be read leaves nothing behind, and the version
that it was to replace stays.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ingest.errors import DocumentError, MissingError, StoreError, UsageError
from ingest.index.generations import index_slot, writing
from ingest.index.records import write_atomically
from ingest.reading.formats import SUFFIXES, holds
from ingest.reading.isolated import Reader
from ingest.reading.load import file_document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.config import Settings
    from ingest.gather import Progress
    from ingest.index.library import Library
    from ingest.pipeline import Report
    from ingest.types import Encoder

__all__ = ["MAX_FILES", "Uploads", "uploads_folder"]

MAX_FILES = 20
"""Most files of one upload."""
MAX_NAME = 100
"""Longest name that a file is kept under, in characters and without its ending; in bytes twice that."""
# What documents of a shared index have in the place of the folder they were added from; no path on a disk.
_SHARED = "uploaded"
_UNSAFE = re.compile(r"[^\w.()&+,' -]+")


def uploads_folder(settings: Settings) -> Path:
    """Where the uploaded documents of the chosen pack are kept."""
    return settings.home / "uploads" / index_slot(settings).name


class Uploads:
    """Adds and removes uploaded documents; one at a time, in this process and in others.

    Args:
        settings: Where documents and the index are.
        encoder: Embeds what is new.
        library: Gives the library that is answered from now.
        changed: Called once a new index is published; it returns when questions are answered from that.
    """

    def __init__(
        self, settings: Settings, encoder: Encoder, library: Callable[[], Library], changed: Callable[[], object]
    ) -> None:
        self._settings = settings
        self._encoder = encoder
        self._library = library
        self._changed = changed
        self._folder = uploads_folder(settings)
        self._shared = index_slot(settings).shared
        self._root = _SHARED if self._shared else str(self._folder)

    @property
    def max_bytes(self) -> int:
        """Size of the largest file that is taken."""
        return self._settings.max_document_mb * 2**20

    def holds(self, root: str | None) -> bool:
        """Whether a document with this root was uploaded."""
        return root == self._root

    def check(self, files: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        """Looks whether documents can be added, without touching anything.

        Args:
            files: The name and the content of each.

        Returns:
            The content of each by the name it is kept under.

        Raises:
            UsageError: There are none, too many, two of one name, or one is of a kind that is not read.
            DocumentError: One cannot be read.
        """
        if not 0 < len(files) <= MAX_FILES:
            raise UsageError(f"{len(files)} files cannot be added at once. Send 1 to {MAX_FILES}.")
        contents: dict[str, bytes] = {}
        for name, content in files:
            kept = safe_name(name, content)
            if kept in contents:
                raise UsageError(
                    f"two of the files have the same name, {kept!r}: the second would replace the first. "
                    "Send each under a name of its own."
                )
            if len(content) > self.max_bytes:
                raise DocumentError(f"{name!r:.120} is larger than the {self._settings.max_document_mb} MiB allowed.")
            contents[kept] = content
        with Reader(self._settings.max_document_seconds) as reader:
            for kept, content in contents.items():
                file_document(content, Path(kept), Path(), reader)
        return contents

    def add(self, files: Sequence[tuple[str, bytes]], progress: Progress | None = None) -> Report:
        """Adds documents, or replaces those of the same name, and indexes them.

        Args:
            files: The name and the content of each.
            progress: Told how far the index is; an error that it raises leaves everything as it was.

        Raises:
            UsageError: There are none, too many, two of one name, or one is of a kind that is not read.
            DocumentError: One cannot be read; none was added.
            StoreError: The data folder cannot be written.
        """
        contents = self.check(files)
        report = self._index_alone(contents, progress) if self._shared else self._add_files(contents, progress)
        self._changed()
        return report

    def _add_files(self, contents: dict[str, bytes], progress: Progress | None) -> Report:
        with writing(self._folder):
            before = {name: self._read(name) for name in contents}
            try:
                for name, content in contents.items():
                    write_atomically(self._folder / name, content)
                return self._index([self._folder], progress=progress)
            except BaseException:
                self._restore(before)
                raise

    def _index_alone(self, contents: dict[str, bytes], progress: Progress | None) -> Report:
        try:
            with TemporaryDirectory() as folder:
                for name, content in contents.items():
                    (Path(folder) / name).write_bytes(content)
                return self._index([Path(folder)], root=self._root, progress=progress)
        except OSError as error:
            raise StoreError(
                f"what was uploaded cannot be put into the folder of temporary files: {error.strerror or error}. "
                "Check its space and permissions, or give another with TMPDIR. Nothing was added."
            ) from error

    def remove(self, id_: str, progress: Progress | None = None) -> Report:
        """Removes an uploaded document and indexes what is left.

        Args:
            id_: Its id.
            progress: Told how far the index is.

        Raises:
            MissingError: There is no such document.
            UsageError: It was not uploaded, so it cannot be removed here.
        """
        stored = next((one for one in self._library().stored if one.document.id == id_), None)
        if stored is None:
            raise MissingError(f"document {id_!r:.80} is not in the library.")
        if not self.holds(stored.root):
            raise UsageError(
                f"document {id_!r} was not uploaded: it belongs to the pack or to a folder of the server's. "
                "Remove its file there and run `groundrule ingest`."
            )
        path = stored.document.source.path
        if self._shared:
            report = self._index(without=[(self._root, path)], progress=progress)
        else:
            report = self._remove_file(str(path), progress)
        self._changed()
        return report

    def _remove_file(self, name: str, progress: Progress | None) -> Report:
        with writing(self._folder):
            before = {name: self._read(name)}
            try:
                (self._folder / name).unlink(missing_ok=True)
                return self._index(progress=progress)
            except BaseException:
                self._restore(before)
                raise

    def _index(self, paths: Sequence[Path] = (), **places: Any) -> Report:
        # Parsing and building are llama-index's, which only this has to load.
        from ingest.pipeline import build_index

        return build_index(self._settings, self._encoder, paths, join=True, **places)

    def _read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def _restore(self, before: dict[str, bytes | None]) -> None:
        """Puts the folder back to what it was; an index that could not be built was not published."""
        for name, content in before.items():
            if content is None:
                (self._folder / name).unlink(missing_ok=True)
            else:
                write_atomically(self._folder / name, content)


def safe_name(name: str, content: bytes) -> str:
    """The name that a file is kept under: without folders, and without characters that mean something to a shell.

    Two names stay two: one that had to be altered ends in some digits that come of what it was. Names that differ in
    their folders, in how accents are written or in the case of their ending are one name.

    Raises:
        UsageError: Nothing of it is left, or it says that the file is of a kind that is not read.
    """
    base = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name)
    kept = _UNSAFE.sub("-", base).strip(" .-")
    stem, dot, suffix = kept.rpartition(".")
    if not dot or f".{suffix.lower()}" not in SUFFIXES:
        raise UsageError(
            f"{name!r:.120} is not a kind of file that can be read ({', '.join(SUFFIXES)}); it holds {holds(content)}."
        )
    stem = stem.strip(" .-")
    if not stem:
        raise UsageError(f"{name!r:.120} is no name for a document. Give it one of letters or digits.")
    given, _, ending = base.rpartition(".")
    if (stem, suffix.lower()) == (given, ending.lower()) and _shortened(stem, MAX_NAME) == stem:
        return f"{stem}.{suffix.lower()}"
    mark = sha256(f"{given}.{ending.lower()}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_shortened(stem, MAX_NAME - len(mark) - 1)}-{mark}.{suffix.lower()}"


def _shortened(stem: str, most: int) -> str:
    """The beginning of a name, which a file system takes: most of them have room for 255 bytes."""
    return stem[:most].encode("utf-8", "ignore")[: 2 * most].decode("utf-8", "ignore")
