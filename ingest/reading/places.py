"""Where documents are looked for: files, folders, patterns such as `notes/**/*.pdf`, and addresses."""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import PathError
from ingest.reading.address import is_address
from ingest.reading.formats import SUFFIXES
from ingest.reading.sidecar import SIDECAR
from ingest.reading.urls import address_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Found", "Place", "find_files"]

_WILD = re.compile(r"[*?\[]")


@dataclass(slots=True)
class Found:
    """What a place holds.

    Attributes:
        files: (folder that recorded paths are relative to, file), in a stable order, each file once.
        skipped: Files of other kinds.
        problems: What could not be looked into: the path relative to the folder, and why, in a sentence.
    """

    files: list[tuple[Path, Path]] = field(default_factory=list)
    skipped: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """A place that was given: a file, a folder, a pattern or an address.

    Attributes:
        name: What is recorded: the absolute path or pattern, or the address.
    """

    name: str

    @classmethod
    def of(cls, given: Path | str) -> Place:
        """The place that a user means.

        Raises:
            PathError: There is no such place.
        """
        if isinstance(given, str) and is_address(given):
            return cls(address_of(given))
        place = cls(_tidy(given))
        if not place.is_there:
            if _WILD.search(place.name):
                raise PathError(f"{given} matches nothing: its folder {place.folder} does not exist.")
            raise PathError(f"{given} does not exist. Give files or folders that do.")
        return place

    @cached_property
    def is_address(self) -> bool:
        """Whether it is fetched and not read from a disk."""
        return is_address(self.name)

    @cached_property
    def is_pattern(self) -> bool:
        """Whether it is a pattern; what exists under its very name is none."""
        return not self.is_address and _WILD.search(self.name) is not None and not os.path.lexists(self.name)

    @property
    def is_there(self) -> bool:
        """Whether it can be looked into on this machine, now."""
        if self.is_address:
            return True
        return Path(self.name).is_absolute() and (self.folder.is_dir() if self.is_pattern else Path(self.name).exists())

    @cached_property
    def folder(self) -> Path:
        """The folder that recorded paths are relative to."""
        path = Path(self.name)
        if self.is_pattern:
            fixed = path.parts[: next(k for k, part in enumerate(path.parts) if _WILD.search(part))]
            return Path(*fixed)
        return path if path.is_dir() else path.parent

    def look(self) -> Found:
        """What is there now; nothing where the place is gone, and nothing on a disk for an address."""
        found = Found()
        if self.is_address or not self.is_there:
            return found
        path = Path(self.name)
        if self.is_pattern:
            self._match(found)
        elif path.is_dir():
            _walk(path, path, found, frozenset())
        else:
            found.files.append((path.parent, path))
        first: dict[str, tuple[Path, Path]] = {}
        for pair in sorted(found.files, key=lambda one: one[1]):
            first.setdefault(os.path.realpath(pair[1]), pair)
        found.files = list(first.values())
        return found

    def _match(self, found: Found) -> None:
        """Files that the pattern matches; a folder that it matches is searched."""
        for name in sorted(glob.glob(self.name, recursive=True)):  # noqa: PTH207 - its patterns are absolute
            path = Path(name)
            if any(part.startswith(".") for part in path.relative_to(self.folder).parts):
                continue
            if path.is_dir():
                # `**` itself goes through all folders; a last part that names one means what is in it.
                if Path(self.name).name != "**" and "**" not in Path(self.name).parts[-1:]:
                    _walk(path, self.folder, found, frozenset())
            else:
                _take(path, self.folder, found)


def _tidy(given: Path | str) -> str:
    """An absolute path, without `..` where that is the same file or folder."""
    absolute = str(Path(given).absolute())
    tidy = os.path.normpath(absolute)
    try:
        return tidy if os.path.samefile(tidy, absolute) else absolute  # noqa: PTH121 - of two texts
    except OSError:
        return absolute


def _walk(folder: Path, root: Path, found: Found, above: frozenset[tuple[int, int]]) -> None:
    """Goes through a folder, links included; a link back to a folder that it lies in is told and not followed."""
    shown = folder.relative_to(root).as_posix()
    try:
        here = folder.stat()
        identity = (here.st_dev, here.st_ino)
        if identity in above:
            found.problems.append((shown, f"{folder} is a link to a folder that it lies in. Remove the link."))
            return
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        found.problems.append((shown, f"{folder} cannot be read: {error.strerror}. {_remedy(error)}"))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if path.is_dir():
            _walk(path, root, found, above | {identity})
        else:
            _take(path, root, found)


def _take(path: Path, root: Path, found: Found) -> None:
    """Takes a file of a folder, if it is one that is read."""
    if path.suffix.lower() not in SUFFIXES:
        found.skipped += path.name != SIDECAR
        return
    shown = path.relative_to(root).as_posix()
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        found.problems.append((shown, f"{path} cannot be read: {error.strerror}. {_remedy(error)}"))
        return
    if regular:
        found.files.append((root, path))
    else:
        found.problems.append((shown, f"{path} is no ordinary file (a device, a pipe or a socket). Leave it out."))


def _remedy(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "The link leads to itself; remove it."
    return "The link leads nowhere; remove it." if error.errno == errno.ENOENT else "Check its permissions."


def find_files(paths: Sequence[Path | str]) -> list[tuple[Path, Path]]:
    """The documents at or under `paths`; addresses are checked for their form and give none.

    Args:
        paths: Files, folders (searched recursively, hidden names skipped), patterns and addresses.

    Returns:
        (folder, file) pairs in a stable order, each file once. A file given by name is its own folder's.

    Raises:
        PathError: A path that does not exist, or that holds no document.
    """
    return list(_found(paths))


def _found(paths: Sequence[Path | str]) -> Iterator[tuple[Path, Path]]:
    seen: set[str] = set()
    for given in paths:
        place = Place.of(given)
        found = place.look()
        if not (found.files or found.problems or place.is_address):
            what = "matches" if place.is_pattern else "holds"
            raise PathError(f"{given} {what} no document: no file there ends in {', '.join(SUFFIXES)}.")
        for folder, file in found.files:
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                yield folder, file
