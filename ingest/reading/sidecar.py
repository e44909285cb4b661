"""`sources.yaml`: what the documents of a folder do not say of themselves, written beside them by people.

    report.pdf: {title: Hub or spokes, author: Ann Example, published: 2023-05-17}
    "talks/*.pptx": {publisher: Example Conference}
    https://example.com/page: {author: Ann Example}

A key is a file's name, its path below the folder, a pattern of such a path, or an address. What is said here wins over
what a document says; a path wins over a pattern, a folder's own file over that of a folder above it.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from ingest.errors import DocumentError, PathError
from ingest.reading.address import is_address
from ingest.reading.urls import address_of
from ingest.yaml_file import YamlError, line_of, parse_yaml

__all__ = ["SIDECAR", "Sidecar", "Sidecars"]

SIDECAR = "sources.yaml"
_LARGEST = 2**22


def _as_text(value: object) -> object:
    """Years and dates, which YAML reads as numbers and dates, as text."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_Text = Annotated[str, BeforeValidator(_as_text), StringConstraints(min_length=1, strip_whitespace=True)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: _Text | None = None
    author: _Text | None = None
    author_role: _Text | None = None
    publisher: _Text | None = None
    published: Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^\d{4}(-\d\d){0,2}$")] | None = (
        None
    )
    url: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = None
    licence: _Text | None = None
    kind: _Text | None = None
    text: Literal["notes", "original"] | None = None
    aliases: list[_Text] | None = None


class Sidecar:
    """What one `sources.yaml` says.

    Args:
        path: The file.

    Raises:
        DocumentError: It cannot be read or breaks a rule; the message names the line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries = _entries_of(path)

    def of_path(self, path: str) -> dict[str, Any]:
        """The fields of a document, by its path below the folder."""
        found = [(key, fields) for key, fields in self._entries.items() if not is_address(key) and _matches(key, path)]
        ranked = sorted(found, key=lambda one: (one[0] == path, one[0] == PurePosixPath(path).name))
        return {name: value for _, fields in ranked for name, value in fields.items()}

    def of_address(self, address: str) -> dict[str, Any]:
        """The fields of a page, by its address."""
        return self._entries.get(address, {})

    def unmatched(self, paths: list[str], addresses: set[str]) -> list[str]:
        """The keys that belong to no document.

        Args:
            paths: Those of the documents below the folder.
            addresses: Those that are indexed.
        """
        folder = self.path.parent
        return [
            key
            for key in self._entries
            if not (
                key in addresses
                if is_address(key)
                else any(_matches(key, path) for path in paths) or (folder / key).exists() or _on_disk(folder, key)
            )
        ]


class Sidecars:
    """The `sources.yaml` of all folders that are read, each looked up once."""

    def __init__(self) -> None:
        self._known: dict[Path, Sidecar | None] = {}
        self.broken: dict[Path, str] = {}
        """Those that cannot be used, and why."""

    def fields_of(self, file: Path, folder: Path) -> dict[str, Any]:
        """The fields of a document, from its own folder's file and those above it up to `folder`."""
        fields: dict[str, Any] = {}
        for place in [folder, *reversed([p for p in file.parents if p != folder and p.is_relative_to(folder)])]:
            sidecar = self._in(place)
            if sidecar is not None:
                fields |= sidecar.of_path(file.relative_to(place).as_posix())
        return fields

    def is_broken_for(self, file: Path, folder: Path) -> bool:
        """Whether one of the files that could speak of a document cannot be used."""
        return any((place / SIDECAR) in self.broken for place in file.parents if place.is_relative_to(folder))

    def fields_of_address(self, address: str) -> dict[str, Any]:
        """The fields of a page, from any of the files that were read."""
        fields: dict[str, Any] = {}
        for sidecar in self._known.values():
            if sidecar is not None:
                fields |= sidecar.of_address(address)
        return fields

    def unmatched(self, files: list[Path], addresses: set[str]) -> list[tuple[Path, str]]:
        """(file, key) of each entry that belongs to no document."""
        return [
            (folder / SIDECAR, key)
            for folder, sidecar in self._known.items()
            if sidecar is not None
            for key in sidecar.unmatched(
                [file.relative_to(folder).as_posix() for file in files if file.is_relative_to(folder)], addresses
            )
        ]

    def _in(self, folder: Path) -> Sidecar | None:
        if folder not in self._known:
            self._known[folder] = None
            if (folder / SIDECAR).is_file():
                try:
                    self._known[folder] = Sidecar(folder / SIDECAR)
                except DocumentError as error:
                    self.broken[folder / SIDECAR] = str(error)
        return self._known[folder]


def _entries_of(path: Path) -> dict[str, dict[str, Any]]:
    try:
        if path.stat().st_size > _LARGEST:
            raise DocumentError(f"{path} is larger than {_LARGEST // 2**20} MiB. Split it over folders.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path} cannot be read: {error}. Check its permissions and that it is UTF-8.") from error
    try:
        raw = parse_yaml(text, once=True)
    except (YamlError, RecursionError) as error:
        line = f", line {error.line}" if isinstance(error, YamlError) and error.line else ""
        raise DocumentError(f"{path}{line}: not valid YAML ({error}). Correct it.") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise DocumentError(f"{path}: must give fields by file name, such as `report.pdf: {{author: Ann Example}}`.")
    return {_key(key): _fields(path, text, key, value) for key, value in raw.items()}


def _key(key: object) -> str:
    try:
        return address_of(str(key)) if is_address(str(key)) else str(key).removeprefix("./")
    except PathError:
        return str(key)  # no such address can have been fetched, so it will be told as unmatched


def _fields(path: Path, text: str, key: object, value: object) -> dict[str, Any]:
    try:
        return _Entry.model_validate(value).model_dump(exclude_none=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = [str(key), *first["loc"]]
        number = line_of(text, where)
        line = f", line {number}" if number else ""
        name = f"{key}: {where[1]}" if len(where) > 1 else str(key)
        if first["type"] == "extra_forbidden":
            known = ", ".join(_Entry.model_fields)
            raise DocumentError(f"{path}{line}: {name} is no field. Use {known}.") from error
        raise DocumentError(f"{path}{line}: {name}: {first['msg']} (found {first.get('input')!r:.80}).") from error


@lru_cache(maxsize=4096)
def _pattern(key: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", key)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts))


def _matches(key: str, path: str) -> bool:
    return key == path or bool(_pattern(key).fullmatch(path if "/" in key else PurePosixPath(path).name))


def _on_disk(folder: Path, key: str) -> bool:
    """Whether a pattern matches a file that was not given now but is there."""
    try:
        return any(file.is_file() for file in folder.glob(key if "/" in key else f"**/{key}"))
    except (ValueError, NotImplementedError, OSError):
        return False
