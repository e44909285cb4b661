"""Which code something was made by: digests of files, for what has to be made anew when the code is another."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["digest_of"]


def digest_of(files: Iterable[Path], *more: str) -> str:
    """SHA-256 (hex) over files' names and contents, in the order given, and further words."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    for word in more:
        digest.update(word.encode())
    return digest.hexdigest()
