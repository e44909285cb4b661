"""Whether an index holds the pros and cons that its sources tell: each one's option and stance, from a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import DocumentError
from ingest.lexicon import content_stems

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.index.library import Library
    from ingest.types import Passage

__all__ = ["Expected", "Found", "find_claims", "read_expected"]


@dataclass(frozen=True, slots=True)
class Expected:
    """A claim that a source makes.

    Attributes:
        work: Id of the pack's document on the source.
        option: Whom it is about.
        stance: "pro" or "con".
        words: Words that stand in it and, together, in no other claim of the source about that option.
    """

    work: str
    option: str
    stance: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What an index holds of the claims that were expected.

    Attributes:
        right: Claims with a passage of their own that has their option and stance.
        wrong: Claims whose words stand in passages of another option or stance alone, or in none.
        further: Pros and cons that nobody expected.
    """

    right: tuple[Expected, ...]
    wrong: tuple[Expected, ...]
    further: tuple[Passage, ...]


def read_expected(path: Path) -> list[Expected]:
    """The table of claims in a file of JSON lines.

    Raises:
        DocumentError: A line is not one.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            fields = json.loads(line)
            found.append(Expected(**{**fields, "words": tuple(fields["words"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise DocumentError(f"{path}, line {number} is no claim: {error}. See the other lines.") from error
    return found


def find_claims(library: Library, expected: Sequence[Expected]) -> Found:
    """Compares the pros and cons of an index with a table; a passage counts for one claim at most."""
    passages: dict[str, list[tuple[Passage, frozenset[str]]]] = {}
    for passage in library.passages:
        work = library.works[passage.document_id] or passage.document_id
        stems = frozenset(content_stems(f"{passage.lead_in} {passage.text}"))
        passages.setdefault(work, []).append((passage, stems))
    right, wrong, used = [], [], set()
    # What has the most words finds its passage first.
    for claim in sorted(expected, key=lambda one: -len(one.words)):
        wanted = frozenset(content_stems(" ".join(claim.words)))
        own = [
            passage
            for passage, stems in passages.get(claim.work, ())
            if wanted <= stems
            and passage.id not in used
            and (passage.options, passage.stance) == ((claim.option,), claim.stance)
        ]
        if own:
            used.add(own[0].id)
            right.append(claim)
        else:
            wrong.append(claim)
    further = [one for one in library.passages if one.stance in ("pro", "con") and one.id not in used]
    return Found(tuple(right), tuple(wrong), tuple(further))
