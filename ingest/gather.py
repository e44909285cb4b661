"""Which documents the next index holds: the pack's, those added before, those added now; and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.errors import DocumentError, PathError
from ingest.load import find_files, load_file, unique_ids
from ingest.records import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.config import Settings
    from ingest.pack import Pack

__all__ = ["FileReport", "Gathered", "Progress", "gather"]

Status = Literal["added", "updated", "unchanged", "removed", "kept", "failed"]
Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding"), how much of it is done and how much there is."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one document.

    Attributes:
        path: The file, or the stored document's path when there is no file.
        status: "kept" is a stored document whose file is no longer there to read.
        detail: Why it failed or what is to know; "" otherwise.
    """

    path: str
    status: Status
    detail: str = ""


@dataclass(slots=True)
class Gathered:
    """The documents of the next index, in a stable order, and a report of each that was looked at."""

    stored: list[Stored] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)


def gather(
    settings: Settings,
    pack: Pack,
    previous: Sequence[Stored],
    paths: Sequence[Path],
    *,
    only: bool,
    progress: Progress,
    join: bool = False,
) -> Gathered:
    """Reads the documents of the next index.

    A file that cannot be read is reported and its stored version, if any, stays. What was added from a place that is
    not there now stays too.

    Args:
        settings: The largest file size.
        pack: Whose own documents come first, unless `only`.
        previous: What is indexed now.
        paths: Files and folders to add.
        only: Leave the pack's documents out and, when there are paths, what was added before.
        progress: Told how many files are read.
        join: What was added before stays, whatever `only` says.
    """
    result = Gathered()
    before = {(item.root, item.document.source.path): item for item in previous}
    given = [str(path.absolute()) for path in paths]
    earlier = (
        [] if only and paths and not join else [item.root for item in previous if item.root and item.root not in given]
    )
    roots = list(dict.fromkeys([*earlier, *given]))
    work: list[tuple[str | None, Path, Path]] = []
    if not only:
        work += [(None, pack.sources, file) for file in sorted(pack.sources.glob("*.md"))]
    work += [found for root in roots for found in _files_under(root)]
    gone = [item for item in previous if item.root in roots and not Path(item.root).exists()]
    for item in gone:
        result.stored.append(item)
        result.files.append(FileReport(_path_of(item), "kept", f"{item.root} is not there now"))
    seen = {(item.root, item.document.source.path) for item in gone}
    for done, (root, folder, file) in enumerate(work):
        progress("reading", done, len(work))
        key = (root, file.relative_to(folder).as_posix())
        seen.add(key)
        report, kept = _read(file, folder, root, before.get(key), settings.max_document_mb * 2**20)
        result.files.append(report)
        if kept is not None:
            result.stored.append(kept)
    progress("reading", len(work), len(work))
    result.files += [FileReport(_path_of(item), "removed") for key, item in before.items() if key not in seen]
    result.stored = _distinct(result.stored)
    return result


def _files_under(root: str) -> Iterator[tuple[str | None, Path, Path]]:
    """(root as recorded, folder that paths are relative to, file) of each document at a place that may be gone."""
    try:
        found = find_files([Path(root)]) if Path(root).exists() else []
    except PathError:
        found = []  # a folder that was emptied
    yield from ((root, folder, file) for folder, file in found)


def _read(
    file: Path, folder: Path, root: str | None, old: Stored | None, max_bytes: int
) -> tuple[FileReport, Stored | None]:
    try:
        document = load_file(file, folder, max_bytes)
    except DocumentError as error:
        return FileReport(str(file), "failed", str(error)), old
    same = old is not None and (old.document.sha256, old.document.source) == (document.sha256, document.source)
    status: Status = "added" if old is None else "unchanged" if same else "updated"
    return FileReport(str(file), status), Stored(document, root)


def _distinct(stored: Sequence[Stored]) -> list[Stored]:
    """The documents under ids of their own; one text under one id is one document, whichever way it came in."""
    first: dict[tuple[str, str], Stored] = {}
    for item in stored:
        first.setdefault((item.document.id, item.document.sha256), item)
    documents = unique_ids(item.document for item in first.values())
    return [Stored(document, item.root) for document, item in zip(documents, first.values(), strict=True)]


def _path_of(item: Stored) -> str:
    return item.document.source.path or item.document.id
