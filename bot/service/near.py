"""What is told to somebody who gave an id that is not there: a few of those that are, or what became of it."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["check_known", "known_ones", "no_document", "no_passage"]

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


def check_known(kind: str, given: Iterable[str], known: Collection[str]) -> None:
    """Looks whether ids are there.

    Args:
        kind: What they are of ("option").
        given: The ids.
        known: Those there are.

    Raises:
        UsageError: One is not; which, and which could have been meant.
    """
    for id_ in given:
        if id_ not in known:
            raise UsageError(f"{kind} {id_!r:.80} is not known. {known_ones(id_, known)}")


def no_document(id_: str, known: Collection[str]) -> str:
    """Why a document cannot be shown, and which could have been meant.

    Args:
        id_: What was given.
        known: The ids there are.
    """
    return f"document {id_!r:.80} is not in the library. {known_ones(id_, known)}"


def no_passage(id_: str, documents: Collection[str]) -> str:
    """Why a passage cannot be shown, for whoever may have it from an answer that was given long ago.

    Args:
        id_: What was given; the id of a passage begins with that of its document.
        documents: The ids of the documents there are.
    """
    document_id, mark, _ = id_.rpartition("#")
    if not mark:
        return f"passage {id_!r:.80} is not in the library. Take an id from a citation or a search."
    if document_id in documents:
        why = f"does not stand in {document_id!r:.60} any more: the document has changed since"
    else:
        why = f"is not in the library: there is no document {document_id!r:.60} any more"
    return f"passage {id_!r:.80} {why}. An answer that cites it keeps its words; ask again for today's."
