"""Citations that hold: each is cut from its document anew and compared before anyone sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.types import Citation
from ingest.errors import DamagedIndexError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.types import Document, Passage

__all__ = ["citation_faults", "cite", "cite_all"]


def cite(passage: Passage, document: Document, number: int) -> Citation:
    """The citation of a passage under a number."""
    source = document.source
    return Citation(
        number=number,
        passage_id=passage.id,
        source_id=document.id,
        title=source.title,
        author=source.author,
        publisher=source.publisher,
        published=source.published,
        section=passage.section,
        quote=passage.text,
        start=passage.start,
        end=passage.end,
        document_sha256=document.sha256,
        text=source.text,
        url=source.url,
        also_at=source.also_at,
    )


def cite_all(passages: Sequence[Passage], documents: Mapping[str, Document]) -> tuple[Citation, ...]:
    """The citations of an answer's passages, numbered from 1, each compared with its document.

    Raises:
        DamagedIndexError: One does not hold.
    """
    citations = tuple(cite(p, documents[p.document_id], n) for n, p in enumerate(passages, start=1))
    faults = [fault for citation in citations for fault in citation_faults(citation, documents)]
    if faults:
        raise DamagedIndexError(f"the index no longer agrees with its documents: {faults[0]}. Run `groundrule ingest`.")
    return citations


def citation_faults(citation: Citation, documents: Mapping[str, Document]) -> list[str]:
    """What is wrong with a citation; nothing when it holds.

    Args:
        citation: The citation to check.
        documents: The documents of the index by id.
    """
    document = documents.get(citation.source_id)
    if document is None:
        return [f"[{citation.number}] cites {citation.source_id!r}, which is not in the index"]
    faults = []
    if document.sha256 != citation.document_sha256:
        faults.append(f"[{citation.number}] {citation.source_id} has changed since it was cited")
    if document.text[citation.start : citation.end] != citation.quote:
        faults.append(
            f"[{citation.number}] {citation.source_id} does not read {citation.quote!r:.60} "
            f"at {citation.start}-{citation.end}"
        )
    return faults
