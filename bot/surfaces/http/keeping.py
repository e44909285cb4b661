"""What is kept, over HTTP: conversations, feedback on them, decision records, and the library's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, File, Path, Query, UploadFile

from bot.surfaces.http.errors import problem_responses
from bot.surfaces.http.shapes import (
    Conversation,
    Documents,
    FeedbackRequest,
    FileOutcome,
    Forgotten,
    IngestReport,
    RecordRequest,
    RecordText,
    Rewound,
    Said,
    Stored,
)
from bot.types import MAX_SESSION_ID
from ingest.errors import MissingError, UsageError

if TYPE_CHECKING:
    from bot.service.service import Service
    from bot.service.uploads import Uploads
    from ingest.pipeline import Report

__all__ = ["keeping_routes"]

SessionPath = Annotated[str, Path(min_length=1, max_length=MAX_SESSION_ID)]


def keeping_routes(service: Service) -> APIRouter:
    """The routes of what is kept."""
    router = APIRouter(prefix="/api")

    @router.get("/conversations/{session}", tags=["conversations"], responses=problem_responses(404, 422))
    def conversation(session: SessionPath) -> Conversation:
        """The transcript of a conversation."""
        said = [Said(at=one.at, answer=dict(one.answer)) for one in service.history(session)]
        return Conversation(session=session, exchanges=said)

    @router.delete("/conversations/{session}", tags=["conversations"], responses=problem_responses(404, 422))
    def forget(session: SessionPath) -> Forgotten:
        """Deletes a conversation and the feedback on it; it cannot be undone."""
        if not service.forget(session):
            raise MissingError(f"conversation {session!r} is not kept: it never was, has expired or was deleted.")
        return Forgotten(session=session, deleted=True)

    @router.delete("/conversations/{session}/exchanges", tags=["conversations"], responses=problem_responses(404, 422))
    def rewind(
        session: SessionPath, last: Annotated[int, Query(ge=1, le=10_000, description="How many, the newest first.")]
    ) -> Rewound:
        """Takes the last exchanges of a conversation back, as if they had not been; feedback on them stays.

        What the conversation knows of an organisation is then what it knew before them.
        """
        dropped = service.rewind(session, last)
        return Rewound(session=session, dropped=dropped, left=len(service.assistant.history(session)))

    @router.post("/feedback", tags=["conversations"], status_code=201, responses=problem_responses(404, 422))
    def feedback(said: FeedbackRequest) -> Stored:
        """Stores a vote on an answer of a kept conversation; a second vote on the same answer replaces the first."""
        return Stored(feedback=service.vote(said.session, said.vote, said.comment, said.number))

    @router.post("/records", tags=["answers"], responses=problem_responses(404, 409, 422))
    def record(asked: RecordRequest) -> RecordText:
        """Writes a decision record, which `groundrule replay` computes again; nothing is stored."""
        text = service.record(session=asked.session, facts=asked.facts, decision=asked.decision, title=asked.title)
        return RecordText(markdown=text)

    @router.get("/documents", tags=["documents"], responses=problem_responses(422))
    def documents() -> Documents:
        """The documents of the library."""
        return Documents(documents=service.documents())

    @router.post("/documents", tags=["documents"], status_code=201, responses=problem_responses(409, 422))
    def upload(
        files: Annotated[list[UploadFile], File(description="Markdown or plain text in UTF-8.")],
    ) -> IngestReport:
        """Adds documents, or replaces those of the same name. They are answered from once this returns."""
        return _report(_uploads(service).add([(file.filename or "", file.file.read()) for file in files]))

    @router.delete("/documents/{document_id}", tags=["documents"], responses=problem_responses(404, 409, 422))
    def remove(document_id: Annotated[str, Path(max_length=200)]) -> IngestReport:
        """Removes an uploaded document."""
        return _report(_uploads(service).remove(document_id))

    return router


def _uploads(service: Service) -> Uploads:
    if service.uploads is None:
        raise UsageError("this server's documents cannot be changed.")
    return service.uploads


def _report(report: Report) -> IngestReport:
    """A report without the server's paths."""
    files = [FileOutcome(name=file.path.rpartition("/")[2], status=file.status, detail="") for file in report.files]
    return IngestReport(files=files, documents=report.documents, passages=report.passages, embedded=report.embedded)
