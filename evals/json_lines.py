"""Files of JSON lines whose every line is one checked object with an id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from ingest.errors import DocumentError, PathError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["Identified", "apart", "load_lines", "write_lines"]


class Identified(BaseModel):
    """Something with an id.

    Attributes:
        id: Its name, once only in all files that are read together.
    """

    id: Annotated[str, Field(min_length=1)]


T = TypeVar("T", bound=Identified)


def load_lines(paths: Sequence[Path], model: type[T], what: str) -> list[T]:
    """The objects of files and of the `*.jsonl` files in folders, in order.

    Args:
        paths: Files or folders.
        model: What each line must be.
        what: What one is called in messages ("case").

    Raises:
        PathError: A path that is not there.
        DocumentError: A line that is none; names file, line and what is wrong. Or an id used twice.
    """
    found: dict[str, T] = {}
    for path in paths:
        if not path.exists():
            raise PathError(f"{path} does not exist. Give {what} files (.jsonl) or folders of them.")
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
            try:
                lines = file.read_text(encoding="utf-8").split("\n")
            except (OSError, UnicodeDecodeError) as error:
                raise DocumentError(f"{file} cannot be read: {error}. Give UTF-8 JSON lines.") from error
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    one = model.model_validate_json(line)
                except ValidationError as error:
                    first = error.errors(include_url=False)[0]
                    where = ".".join(str(part) for part in first["loc"])
                    about = f"{where}: {first['msg']}" if where else first["msg"]
                    raise DocumentError(f"{file}, line {number}: {about}. Correct the {what}.") from error
                if one.id in found:
                    raise DocumentError(
                        f"{file}, line {number}: id {one.id!r} is used twice. Give each {what} its own."
                    )
                found[one.id] = one
    return list(found.values())


def apart(file: Path, out: Path | None) -> None:
    """Makes sure that a result is not written over the set that it is about.

    Raises:
        UsageError: It would be.
    """
    if out is not None and out.resolve() == file.resolve():
        raise UsageError(f"--out is the set itself, {file}. Choose another file.")


def write_lines(out: Path, lines: Iterable[Any]) -> None:
    """Writes one JSON object a line.

    Raises:
        StoreError: The file cannot be written.
    """
    try:
        out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}. Choose another place.") from error
