"""What there is to look up without asking a question, for every door: options, documents, passages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from bot.messages.incoming import check_question
from bot.service.near import check_known, no_document, no_passage
from bot.service.views import decision_views, document_views, found_views, passage_view
from ingest.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.assistant import Assistant
    from bot.service.uploads import Uploads
    from bot.service.views import DecisionView, DocumentView, FoundView, PassageView
    from ingest.types import Document

__all__ = ["MAX_FOUND", "Browsing"]

MAX_FOUND = 100
"""Most passages that one search returns."""


class Browsing(ABC):
    """The part of a service that shows what is in the library; see `bot.service.service`."""

    uploads: Uploads | None = None
    """Adds and removes documents; none where the library is not this service's to change."""

    @property
    @abstractmethod
    def assistant(self) -> Assistant:
        """The assistant over the newest library."""

    def check_library(self) -> None:
        """Looks whether passages can be found.

        Raises:
            StoreError: The index cannot be used.
            EncoderError: Nor can the embedding model.
        """
        self.assistant.retriever.search(self.assistant.pack.title, 1)

    def search(
        self, query: str, count: int = 10, *, sources: Sequence[str] = (), options: Sequence[str] = ()
    ) -> list[FoundView]:
        """The passages that rank highest.

        Args:
            query: Words.
            count: How many at most.
            sources: Only of these documents.
            options: None that speaks of other options only.

        Raises:
            QuestionError: There are no words.
            UsageError: A source, an option or the count is not possible.
        """
        assistant = self.assistant
        query = check_question(query, assistant.max_question_chars)
        if not 1 <= count <= MAX_FOUND:
            raise UsageError(f"{count} passages cannot be asked for. Ask for 1 to {MAX_FOUND}.")
        check_known("source", sources, list(assistant.library.documents))
        check_known("option", options, [option.id for option in assistant.pack.options])
        hits = assistant.retriever.search(query, count, sources=tuple(sources), options=tuple(options))
        return found_views(list(hits), assistant.library.documents)

    def decisions(self) -> list[DecisionView]:
        """What can be decided, and the options of each."""
        assistant = self.assistant
        ranked = set(assistant.advisor.cards) if assistant.advisor else set()
        return decision_views(assistant.pack, assistant.library, ranked)

    def documents(self) -> list[DocumentView]:
        """The documents of the library, in its order."""
        uploads = self.uploads
        return document_views(self.assistant.library, lambda root: uploads is not None and uploads.holds(root))

    def document(self, id_: str) -> Document:
        """A document that may be cited.

        Raises:
            MissingError: There is none of that id.
        """
        found = self.assistant.documents.get(id_)
        if found is None:
            raise MissingError(no_document(id_, self.assistant.documents))
        return found

    def passage(self, id_: str) -> PassageView:
        """A passage that may be cited.

        Raises:
            MissingError: There is none of that id.
        """
        assistant = self.assistant
        found = assistant.passages.get(id_)
        if found is None:
            raise MissingError(no_passage(id_, assistant.documents))
        return passage_view(found, assistant.documents[found.document_id])

    def passages_of(self, document_id: str) -> list[PassageView]:
        """The passages of a document that may be cited, in its order.

        Raises:
            MissingError: There is no such document.
        """
        document = self.document(document_id)
        found = [one for one in self.assistant.passages.values() if one.document_id == document_id]
        return [passage_view(one, document) for one in sorted(found, key=lambda one: one.position)]
