"""What is kept, over HTTP: conversations, feedback on them, decision records, and the library's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, File, Path, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response, StreamingResponse

from bot.service.streaming import Listener, meanwhile
from bot.service.uploads import safe_name
from bot.surfaces.http.errors import problem_responses, request_id_of, status_of
from bot.surfaces.http.events import (
    ALIVE_SECONDS,
    EVENTS,
    Told,
    events_described,
    events_of,
    wants_events,
)
from bot.surfaces.http.shapes import (
    Conversation,
    Documents,
    FeedbackRequest,
    FileOutcome,
    Forgotten,
    IngestReport,
    Passages,
    RecordRequest,
    RecordText,
    Rewound,
    Said,
    Stored,
)
from bot.types import MAX_SESSION_ID
from ingest.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.service.service import Service
    from bot.service.uploads import Uploads
    from ingest.gather import FileReport
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

    @router.get("/documents/{document_id}/passages", tags=["documents"], responses=problem_responses(404, 422))
    def passages(document_id: Annotated[str, Path(max_length=200)]) -> Passages:
        """The passages of a document, in its order: all that can be cited from it."""
        return Passages(passages=service.passages_of(document_id))

    @router.post(
        "/documents",
        tags=["documents"],
        status_code=201,
        response_model=IngestReport,
        responses={**events_described(), **problem_responses(409, 422)},
    )
    def upload(
        files: Annotated[list[UploadFile], File(description="Of any format that is read.")], request: Request
    ) -> Response:
        """Adds documents, or replaces those of the same name. They are answered from once this returns.

        With `Accept: text/event-stream` events tell how far it is: `progress` (`{"stage", "done", "total"}`), then
        `report` with what is returned else, or `problem`. The documents are added even where the client has gone.
        """
        uploads = _uploads(service)
        sent = [(file.filename or "", file.file.read()) for file in files]
        if wants_events(request):
            # Refused with a status of its own while there still is one to give.
            uploads.check(sent)
            events = events_of(_adding(uploads, sent), request_id_of(request), "Nothing was added", status_of)
            return StreamingResponse(events, media_type=EVENTS)
        return JSONResponse(_report(uploads.add(sent), uploads, sent).model_dump(mode="json", by_alias=True), 201)

    @router.delete("/documents/{document_id}", tags=["documents"], responses=problem_responses(404, 409, 422))
    def remove(document_id: Annotated[str, Path(max_length=200)]) -> IngestReport:
        """Removes an uploaded document."""
        uploads = _uploads(service)
        return _report(uploads.remove(document_id), uploads)

    return router


def _uploads(service: Service) -> Uploads:
    if service.uploads is None:
        raise UsageError("this server's documents cannot be changed.")
    return service.uploads


def _adding(uploads: Uploads, sent: Sequence[tuple[str, bytes]]) -> Iterator[Told | None]:
    """What happens while documents are added, and the report."""

    def add(told: Listener[tuple[str, int, int]]) -> Report:
        return uploads.add(sent, lambda stage, done, total: told((stage, done, total)))

    steps = meanwhile(add, beat=ALIVE_SECONDS, finish=True)
    while True:
        try:
            step = next(steps)
        except StopIteration as done:
            yield "report", _report(done.value, uploads, sent).model_dump(mode="json", by_alias=True)
            return
        yield None if step is None else ("progress", dict(zip(("stage", "done", "total"), step, strict=True)))


def _report(report: Report, uploads: Uploads, sent: Sequence[tuple[str, bytes]] = ()) -> IngestReport:
    """A report without the server's paths."""
    names = {safe_name(name, content): name for name, content in sent}
    files = [
        FileOutcome(
            name=_file_name(file),
            status=file.status,
            detail=_detail(file),
            passages=file.passages,
            sent=names.get(file.place[1] or "") if uploads.holds(file.place[0]) else None,
        )
        for file in report.files
    ]
    return IngestReport(files=files, documents=report.documents, passages=report.passages, embedded=report.embedded)


def _file_name(file: FileReport) -> str:
    return file.path.rpartition("/")[2]


def _detail(file: FileReport) -> str:
    """What is to know of a document, without the folder that it lies in."""
    if file.status == "kept":
        return "Its file is not there now; what is indexed of it stays."
    return file.detail.replace(file.path, _file_name(file))
