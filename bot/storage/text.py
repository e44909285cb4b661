"""Text as every database takes it. A leaf: who has to bound what is stored need not load a database."""

from __future__ import annotations

__all__ = ["storable"]


def storable(text: str) -> str:
    """Text without half characters, and without the character that ends a text in C."""
    return text.encode(errors="replace").decode().replace("\0", "")
