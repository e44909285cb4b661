"""Which documents the next index holds: the pack's, those added before, those added now; and what became of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ingest.errors import DocumentError
from ingest.excluding import EXCLUDED, left_out, recorded
from ingest.index.records import OTHER_HOME, Stored
from ingest.reading.address import is_address
from ingest.reading.isolated import Reader
from ingest.reading.load import missing_in, pack_documents, unique_ids
from ingest.reading.places import Place
from ingest.reading.urls import Fetcher
from ingest.relations import as_it_was_read, related
from ingest.rereading import Readable, Rereading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ingest.config import Settings
    from ingest.pack import Pack
    from ingest.rereading import Key

__all__ = ["FileReport", "Gathered", "Progress", "gather"]

Status = Literal["added", "updated", "unchanged", "removed", "excluded", "kept", "duplicate", "failed"]
Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding"), how much of it is done and how much there is."""
_STAYS = " The version that is indexed stays."


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one document.

    Attributes:
        path: The file or address, or the stored document's path when there is no file.
        status: "kept" is a stored document whose file is no longer there to read; "excluded" a file that is there but
            was removed from the library.
        detail: Why it failed or what is to know; "" otherwise.
        place: Where it was added from, and its path there.
        passages: Claims of it in the index.
        notes: What is to know about how it was read.
        missing: What its citation lacks of title, author and date.
        duplicate_of: Path of the document that it is a copy of; "" when there is none.
    """

    path: str
    status: Status
    detail: str = ""
    place: Key = (None, None)
    passages: int = 0
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    duplicate_of: str = ""

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "path": self.path,
            "status": self.status,
            "detail": self.detail,
            "passages": self.passages,
            "notes": list(self.notes),
            "missing": list(self.missing),
            "duplicate_of": self.duplicate_of or None,
        }


@dataclass(slots=True)
class Gathered:
    """The documents of the next index, in a stable order, and a report of each that was looked at.

    Attributes:
        stored: The documents.
        files: What became of each.
        skipped: Files of other kinds in the folders.
        excluded: Files that stay out until they are named again: where they were added from, and their path there.
    """

    stored: list[Stored] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    skipped: int = 0
    excluded: tuple[tuple[str, str], ...] = ()


def gather(
    settings: Settings,
    pack: Pack,
    previous: Sequence[Stored],
    paths: Sequence[Path | str],
    *,
    only: bool,
    progress: Progress,
    join: bool = False,
    root: str | None = None,
    without: Collection[Key] = (),
    excluded: Collection[tuple[str, str]] = (),
    read_again: bool = True,
    settled: bool = False,
    fetcher: Fetcher | None = None,
) -> Gathered:
    """Reads the documents of the next index.

    What cannot be read is reported and its stored version, if any, stays. What was added from a place that is not there
    now stays too. A file whose bytes are those of the stored version is not read again.

    Args:
        settings: The limits of size and time.
        pack: Whose own documents come first, unless `only`.
        previous: What is indexed now.
        paths: Files, folders, patterns and addresses to add.
        only: Leave the pack's documents out and, when there are paths, what was added before.
        progress: Told how many documents are read.
        join: What was added before stays, whatever `only` says; addresses are not fetched again.
        root: What is recorded as the place that `paths` come from, in their stead; what was added under it before
            stays.
        without: Documents to leave out from now on, by the place they were added from and their path there.
        excluded: Those that were left out before; what `paths` name is no longer.
        read_again: Whether what was added before is read again, or taken as it is stored.
        settled: Whether documents that are the same as before are related as before: with the same pack, they are.
        fetcher: Fetches addresses; one with the limits of `settings` unless given.
    """
    result = Gathered()
    given = {root or place.name: place for place in map(Place.of, paths)}
    earlier = (
        [] if only and paths and not join else [item.root for item in previous if item.root and item.root not in given]
    )
    places = {name: Place(name) for name in earlier if read_again} | given
    out = left_out(excluded, given) | set(without)
    work, troubled = _work(pack, places, given, result, with_pack=not only, fetch_again=not join)
    before = _by_place(previous, {one.key for one in work})
    result.files += [
        FileReport(one.shown, "excluded", EXCLUDED, one.key) for one in work if one.key in out and one.key not in before
    ]
    work = [one for one in work if one.key not in out]
    seen = {one.key for one in work}
    for key, item in before.items():
        if key in seen or key in out or item.root not in places:
            continue
        why = _why_kept(item, item.root, troubled)
        if why:
            seen.add(key)
            result.stored.append(item)
            result.files.append(FileReport(_path_of(item), "kept", why, key, missing=_missing(item)))
    max_bytes = settings.max_document_mb * 2**20
    fetcher = fetcher or Fetcher(max_bytes, settings.max_document_seconds, allow_private=settings.allow_private_urls)
    with Reader(settings.max_document_seconds) as reader:
        reading = Rereading(reader, fetcher, max_bytes)
        for done, one in enumerate(work):
            progress("reading", done, len(work))
            report, kept = _read(reading, one, before.get(one.key))
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
    result.files += [FileReport(str(path), "failed", why) for path, why in reading.sidecar_faults(work)]
    distinct = _distinct(result.stored)
    same = settled and distinct == [as_it_was_read(item) for item in previous]
    result.stored = [*previous] if same else related(distinct, pack_documents(pack.sources))
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
        detail = f"a copy of {of}: what only this one has was added there"
        if copy.document.source.text == "notes":
            detail = f"notes on {of}, which is answered from instead; they stay the rubric's evidence"
        yield replace(file, status="duplicate", detail=detail, duplicate_of=of)


def _work(
    pack: Pack,
    places: Mapping[str, Place],
    given: Collection[str],
    result: Gathered,
    *,
    with_pack: bool,
    fetch_again: bool,
) -> tuple[list[Readable], set[tuple[str, str]]]:
    """What there is to read, each once, and the (place, path) of what could not be looked into."""
    work = [Readable(None, pack.sources, file) for file in sorted(pack.sources.glob("*.md"))] if with_pack else []
    troubled: set[tuple[str, str]] = set()
    for name, place in places.items():
        if place.is_address:
            work += [Readable(name)] if fetch_again or name in given else []
            continue
        found = place.look()
        work += [Readable(name, folder, file) for folder, file in found.files]
        result.skipped += found.skipped
        for path, why in found.problems:
            troubled.add((name, path))
            result.files.append(FileReport(str(place.folder / path), "failed", why, (name, path)))
    return work, troubled


def _read(reading: Rereading, one: Readable, old: Stored | None) -> tuple[FileReport, Stored | None]:
    """What became of one document, and what the next index has of it."""
    try:
        stored, notes = reading.read(one, old)
    except DocumentError as error:
        detail = str(error) + (_STAYS if old else "")
        return FileReport(one.shown, "failed", detail, one.key, missing=_missing(old)), old
    same = old is not None and (old.document.sha256, old.document.source) == (
        stored.document.sha256,
        stored.document.source,
    )
    status: Status = "added" if old is None else "unchanged" if same else "updated"
    return FileReport(one.shown, status, "", one.key, notes=notes, missing=_missing(stored)), stored


def _missing(item: Stored | None) -> tuple[str, ...]:
    """What the citation of a document lacks; a pack's own are the pack's business."""
    return missing_in(item.document.source) if item is not None and item.root is not None else ()


def _by_place(previous: Sequence[Stored], read: Collection[Key]) -> dict[Key, Stored]:
    """What is indexed now by where it came from; files that are read here take the place of another home's."""
    own: dict[Key, Stored] = {}
    others: dict[Key, Stored] = {}
    for item in previous:
        path = item.document.source.path
        home, other, place = (item.root or "").partition(OTHER_HOME)
        if other and not is_address(item.root) and not home.startswith("/") and (place, path) in read:
            others[(place, path)] = replace(as_it_was_read(item), root=place)
        else:
            own[(item.root, path)] = as_it_was_read(item)
    return others | own


def _why_kept(item: Stored, root: str, troubled: Collection[tuple[str, str]]) -> str:
    """Why a document that is not read now stays; "" when it goes."""
    place = Place(root)  # as it is recorded: uploads are given under another name than their place has
    if place.is_address:
        return "it was not fetched again"
    path = item.document.source.path or ""
    if any(name == root and (bad in (".", path) or path.startswith(bad + "/")) for name, bad in troubled):
        return "it cannot be looked at now"
    if place.is_there:
        return ""
    return f"{root} is not there now" if Path(root).is_absolute() else "its file is not on this machine"


def _distinct(stored: Sequence[Stored]) -> list[Stored]:
    """The documents under ids of their own; one text under one id is one document, whichever way it came in."""
    first: dict[tuple[str, str], Stored] = {}
    for item in stored:
        first.setdefault((item.document.id, item.document.sha256), item)
    documents = unique_ids(item.document for item in first.values())
    return [replace(item, document=document) for document, item in zip(documents, first.values(), strict=True)]


def _path_of(item: Stored) -> str:
    return item.document.source.path or (item.root if is_address(item.root) else None) or item.document.id
