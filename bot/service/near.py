"""What is told of the ids there are to somebody who gave one that is not among them: a few, however many there are."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["known_ones"]

MAX_TOLD = 20
"""Most ids that are told outright."""
MAX_LOOKED_AT = 1000
"""Most ids that are looked through for near ones: it takes a moment for each."""
_LONGEST = 80


def known_ones(id_: str, known: Collection[str]) -> str:
    """The ids that could have been meant, as a sentence: all where they are few, else up to three that are spelt alike.

    Args:
        id_: What was given.
        known: The ids there are.
    """
    if len(known) <= MAX_TOLD:
        return f"Known: {', '.join(known)}."
    near = get_close_matches(id_[:_LONGEST], islice(known, MAX_LOOKED_AT))
    if near:
        return f"Did you mean {' or '.join(repr(one) for one in near)}?"
    return f"Take one of the {len(known):,} that are listed."
