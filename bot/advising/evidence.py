"""What the rubric rests on: each of its quotes, found in the pack's own documents, whatever is indexed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.deciding.rubric_file import RUBRIC_FILE, has_rubric, load_rubric
from ingest.errors import PackError
from ingest.naming import Namer
from ingest.reading.load import pack_documents
from ingest.structure import parse_passages

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.composing.claims import Claims
    from bot.deciding.rubric_model import Quote, Rubric
    from ingest.pack import Pack
    from ingest.types import Document, Passage, Stance

__all__ = ["ClaimsOrEvidence", "Evidence", "RubricBook", "load_rubric_book", "require_rubric_book"]


class Evidence:
    """The passages that the rubric's quotes stand in.

    Args:
        quotes: The quotes by name.
        documents: The pack's own documents by id.
        namer: Finds the options a passage names.
    """

    def __init__(self, quotes: Mapping[str, Quote], documents: Mapping[str, Document], namer: Namer) -> None:
        self.documents = dict(documents)
        self.passages: tuple[Passage, ...] = tuple(
            # Evidence is not embedded, so no passage is too long for it.
            passage
            for document in documents.values()
            for passage in parse_passages(document, namer, lambda _: 0, 1)
        )
        self._by_quote = {name: self._passage(quote) for name, quote in quotes.items()}
        self._quotes = dict(quotes)

    def passage(self, quote: str) -> Passage:
        """The passage that holds a quote, by the quote's name."""
        return self._by_quote[quote]

    def words(self, quote: str) -> str:
        """The quote's own words."""
        return self._quotes[quote].quote

    def taking(self, stance: Stance, option: str, sources: Collection[str] = ()) -> list[Passage]:
        """All claims of one stance about an option in the pack's documents, or in those with the given ids."""
        own = [p for p in self.passages if option in p.options and p.stance == stance]
        return [p for p in own if not sources or p.document_id in sources]

    def _passage(self, quote: Quote) -> Passage:
        start = self.documents[quote.source].text.index(quote.quote)
        end = start + len(quote.quote)
        own = [p for p in self.passages if p.document_id == quote.source]
        # A quote over two claims is cited by the first.
        found = next((p for p in own if p.start <= start < p.end or start <= p.start < end), None)
        if found is None:
            raise PackError(
                f"{RUBRIC_FILE}: the quote {quote.quote!r:.80} stands in {quote.source}, but in no claim of it (in a "
                "heading, perhaps). Quote a sentence."
            )
        return found


class RubricBook:
    """A pack's rubric with the evidence behind it.

    Args:
        rubric: The rubric.
        evidence: Its quotes, bound.
    """

    def __init__(self, rubric: Rubric, evidence: Evidence) -> None:
        self.rubric = rubric
        self.evidence = evidence


def load_rubric_book(pack: Pack) -> RubricBook | None:
    """The pack's rubric and its evidence; None when the pack brings no rubric.

    Raises:
        PackError: The rubric breaks a rule.
    """
    if not has_rubric(pack):
        return None
    documents = {document.id: document for document in pack_documents(pack.sources)}
    rubric = load_rubric(pack, documents)
    return RubricBook(rubric, Evidence(rubric.quotes, documents, Namer(pack)))


def require_rubric_book(pack: Pack) -> RubricBook:
    """The pack's rubric and its evidence.

    Raises:
        PackError: The pack has no rubric, or one that breaks a rule.
    """
    book = load_rubric_book(pack)
    if book is None:
        raise PackError(
            f"{pack.folder} has no {RUBRIC_FILE}, so nothing can be recommended from it. "
            "`groundrule init DIR` writes a pack that has one."
        )
    return book


@dataclass(frozen=True, slots=True)
class ClaimsOrEvidence:
    """The library's claims about an option; the pack's own where the library holds none."""

    library: Claims
    evidence: Evidence

    def taking(self, stance: Stance, option: str, sources: Collection[str]) -> Sequence[Passage]:
        """All claims of one stance about an option, the library's or else the pack's."""
        return self.library.taking(stance, option, sources) or self.evidence.taking(stance, option, sources)
