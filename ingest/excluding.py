"""What was removed from the library and stays out although its file is there, until somebody names it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ingest.index.records import Stored

__all__ = ["EXCLUDED", "left_out", "recorded"]

EXCLUDED = "it was removed from the library; `groundrule ingest` with its path or its folder brings it back"
"""Why a file that is there is not read."""


def left_out(excluded: Iterable[tuple[str, str]], given: Collection[str]) -> set[tuple[str, str]]:
    """Of the files that were removed those that are not asked for again.

    Args:
        excluded: The place that each was added from, and its path there.
        given: The places that are asked for now, as they are recorded.
    """
    return {(root, path) for root, path in excluded if root not in given and not _is_within(root, path, given)}


def recorded(out: Iterable[tuple[str | None, str | None]], stored: Iterable[Stored]) -> tuple[tuple[str, str], ...]:
    """What the next index notes of that: nothing of places of which nothing is left, for nobody looks there again.

    Args:
        out: What is left out now.
        stored: The documents of the next index.
    """
    roots = {item.root for item in stored}
    return tuple(sorted((root, path) for root, path in out if root and path and root in roots))


def _is_within(root: str, path: str, given: Collection[str]) -> bool:
    """Whether a file is one of those given, or under a folder of them."""
    # A place is the folder that the path is in, or the file itself.
    files = [Path(root) / path, *([Path(root)] if Path(root).name == path else [])]
    asked = [Path(name) for name in given if Path(name).is_absolute()]
    return any(place in (file, *file.parents) for place in asked for file in files)
