"""Which documents the next index holds: the pack's, those added before, those added now; and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.errors import DocumentError, PathError
from ingest.excluding import EXCLUDED, left_out, recorded
from ingest.index.records import OTHER_HOME, Stored
from ingest.reading.load import find_files, load_file, pack_documents, unique_ids
from ingest.relations import related

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ingest.config import Settings
    from ingest.pack import Pack

__all__ = ["FileReport", "Gathered", "Progress", "gather"]

Status = Literal["added", "updated", "unchanged", "removed", "excluded", "duplicate", "kept", "failed"]
Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding"), how much of it is done and how much there is."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one document.

    Attributes:
        path: The file, or the stored document's path when there is no file.
        status: "kept" is a stored document whose file is no longer there to read; "excluded" a file that is there but
            was removed from the library.
        detail: Why it failed or what is to know; "" otherwise.
        place: Where it was added from, and its path there.
        passages: Claims of it in the index.
        duplicate_of: Path of the document that it is a copy of; "" when it is none.
    """

    path: str
    status: Status
    detail: str = ""
    place: tuple[str | None, str | None] = (None, None)
    passages: int = 0
    duplicate_of: str = ""


@dataclass(slots=True)
class Gathered:
    """The documents of the next index, in a stable order, and a report of each that was looked at.

    Attributes:
        stored: The documents.
        files: The reports.
        excluded: Files that stay out until they are named again: where they were added from, and their path there.
    """

    stored: list[Stored] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    excluded: tuple[tuple[str, str], ...] = ()


def gather(
    settings: Settings,
    pack: Pack,
    previous: Sequence[Stored],
    paths: Sequence[Path],
    *,
    only: bool,
    progress: Progress,
    join: bool = False,
    root: str | None = None,
    without: Collection[tuple[str | None, str | None]] = (),
    excluded: Collection[tuple[str, str]] = (),
    read_again: bool = True,
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
        root: What is recorded as the place that `paths` come from, in their stead; what was added under it before
            stays.
        without: Documents to leave out from now on, by the place they were added from and their path there.
        excluded: Those that were left out before; what `paths` name is no longer.
        read_again: Whether what was added before is read again, or taken as it is stored.
    """
    result = Gathered()
    given = {root or str(path.absolute()): path.absolute() for path in paths}
    earlier = (
        [] if only and paths and not join else [item.root for item in previous if item.root and item.root not in given]
    )
    places = {place: Path(place) for place in earlier if place and read_again} | given
    out = left_out(excluded, given) | set(without)
    work: list[tuple[str | None, Path, Path]] = []
    if not only:
        work += [(None, pack.sources, file) for file in sorted(pack.sources.glob("*.md"))]
    work += [(name, folder, file) for name, place in places.items() for folder, file in _files_under(place)]
    seen: set[tuple[str | None, str | None]] = {
        (name, file.relative_to(folder).as_posix()) for name, folder, file in work
    }
    before = _by_place(previous, seen)
    for name, folder, file in work:
        place = (name, file.relative_to(folder).as_posix())
        if place in out and place not in before:
            result.files.append(FileReport(str(file), "excluded", EXCLUDED, place))
    work = [one for one in work if (one[0], one[2].relative_to(one[1]).as_posix()) not in out]
    seen -= out
    for key, item in before.items():
        if item.root in places and not _is_there(item.root) and key not in seen and key not in out:
            seen.add(key)
            result.stored.append(item)
            result.files.append(FileReport(_path_of(item), "kept", _why_kept(item.root), key))
    for done, (name, folder, file) in enumerate(work):
        progress("reading", done, len(work))
        old = before.get((name, file.relative_to(folder).as_posix()))
        report, kept = _read(file, folder, name, old, settings.max_document_mb * 2**20)
        result.files.append(report)
        if kept is not None:
            result.stored.append(kept)
    progress("reading", len(work), len(work))
    if not read_again:
        stays = {key: item for key, item in before.items() if item.root is not None and key not in seen | out}
        seen |= stays.keys()
        result.stored += stays.values()
    result.files += [
        FileReport(_path_of(item), "removed", place=key) for key, item in before.items() if key not in seen
    ]
    result.stored = related(_distinct(result.stored), pack_documents(pack.sources))
    result.files = list(_with_copies(result.files, result.stored))
    result.excluded = recorded(out, result.stored)
    return result


def _with_copies(files: Sequence[FileReport], stored: Sequence[Stored]) -> Iterator[FileReport]:
    """The reports, those of copies with what they are copies of."""
    copies = {(item.root, item.document.source.path): item for item in stored if item.copy_of}
    paths = {item.document.id: _path_of(item) for item in stored}
    for file in files:
        copy = copies.get(file.place)
        if copy is None or copy.copy_of is None or file.status == "failed":
            yield file
            continue
        of = paths[copy.copy_of]
        notes = copy.document.source.text == "notes"
        detail = (
            f"notes on {of}, which is answered from instead; they stay the rubric's evidence"
            if notes
            else f"a copy of {of}: what only this one has was added there"
        )
        yield replace(file, status="duplicate", detail=detail, duplicate_of=of)


def _by_place(
    previous: Sequence[Stored], read: Collection[tuple[str | None, str | None]]
) -> dict[tuple[str | None, str | None], Stored]:
    """What is indexed now by where it came from; files that are read here take the place of another home's."""
    own: dict[tuple[str | None, str | None], Stored] = {}
    others: dict[tuple[str | None, str | None], Stored] = {}
    for item in previous:
        path = item.document.source.path
        home, other, place = (item.root or "").partition(OTHER_HOME)
        if other and not home.startswith("/") and (place, path) in read:
            others[(place, path)] = Stored(item.read, place)
        else:
            own[(item.root, path)] = Stored(item.read, item.root)
    return others | own


def _why_kept(root: str) -> str:
    return f"{root} is not there now" if Path(root).is_absolute() else "its file is not on this machine"


def _files_under(place: Path) -> list[tuple[Path, Path]]:
    """(folder that paths are relative to, file) of each document at a place that may be gone."""
    try:
        return find_files([place]) if _is_there(place) else []
    except PathError:
        return []  # a folder that was emptied


def _is_there(place: Path | str) -> bool:
    """Whether a place can be read here; one that is no absolute path is another home's, or none on a disk."""
    return Path(place).is_absolute() and Path(place).exists()


def _read(
    file: Path, folder: Path, root: str | None, old: Stored | None, max_bytes: int
) -> tuple[FileReport, Stored | None]:
    place = (root, file.relative_to(folder).as_posix())
    try:
        document = load_file(file, folder, max_bytes)
    except DocumentError as error:
        return FileReport(str(file), "failed", str(error), place), old
    same = old is not None and (old.document.sha256, old.document.source) == (document.sha256, document.source)
    status: Status = "added" if old is None else "unchanged" if same else "updated"
    return FileReport(str(file), status, place=place), Stored(document, root)


def _distinct(stored: Sequence[Stored]) -> list[Stored]:
    """The documents under ids of their own; one text under one id is one document, whichever way it came in."""
    first: dict[tuple[str, str], Stored] = {}
    for item in stored:
        first.setdefault((item.document.id, item.document.sha256), item)
    documents = unique_ids(item.document for item in first.values())
    return [Stored(document, item.root) for document, item in zip(documents, first.values(), strict=True)]


def _path_of(item: Stored) -> str:
    return item.document.source.path or item.document.id
