"""Tells addresses from paths; what fetches them is `ingest.reading.urls`."""

from __future__ import annotations

import re

__all__ = ["is_address"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_address(given: object) -> bool:
    """Whether this is meant as an address, of whatever scheme, and not as a path."""
    return isinstance(given, str) and _SCHEME.match(given) is not None
