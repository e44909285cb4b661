"""What is taken away of a conversation: its decision record and its transcript, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from bot.service.away import (
    RecordForm,
    TakenAway,
    TranscriptForm,
    record_of,
    transcript_of,
)
from bot.service.pages import PAGE_POLICY
from bot.surfaces.http.errors import problem_responses
from bot.surfaces.http.keeping import SessionPath  # noqa: TC001 - read at run time
from bot.surfaces.http.shapes import Id  # noqa: TC001 - read at run time

if TYPE_CHECKING:
    from bot.service.service import Service

__all__ = ["taking_routes"]

Inline = Annotated[bool, Query(description="To be shown by the browser; else it is saved as a file.")]
_TEXT = {"schema": {"type": "string"}}


def taking_routes(service: Service) -> APIRouter:
    """The routes of what is taken away."""
    router = APIRouter(prefix="/api/conversations", tags=["conversations"])

    @router.get(
        "/{session}/record",
        summary="Decision record",
        response_class=Response,
        responses=_described({"text/markdown": _TEXT, "text/html": _TEXT}, 404, 409, 422),
    )
    def record(
        session: SessionPath,
        form: Annotated[RecordForm, Query(alias="format")] = "markdown",
        decision: Annotated[Id | None, Query(description="Id; the one last recommended on when left out.")] = None,
        inline: Inline = False,
    ) -> Response:
        """The decision record of the conversation's last recommendation, as a file.

        As Markdown `groundrule replay` computes it again; as HTML it is a page to print.
        """
        return _file(record_of(service, session, form, decision), inline=inline)

    @router.get(
        "/{session}/transcript",
        summary="Transcript",
        response_class=Response,
        responses=_described(
            {"text/markdown": _TEXT, "text/html": _TEXT, "application/json": {"schema": {}}}, 404, 422
        ),
    )
    def transcript(
        session: SessionPath,
        form: Annotated[TranscriptForm, Query(alias="format")] = "markdown",
        inline: Inline = False,
    ) -> Response:
        """The conversation as a file: questions, answers, and under each answer the passages that it cites."""
        return _file(transcript_of(service, session, form), inline=inline)

    return router


def _described(content: dict[str, Any], *statuses: int) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": content, "description": "The file."}, **problem_responses(*statuses)}


def _file(taken: TakenAway, *, inline: bool) -> Response:
    headers = {"content-disposition": f'{"inline" if inline else "attachment"}; filename="{taken.name}"'}
    if taken.media_type == "text/html":
        headers["content-security-policy"] = PAGE_POLICY
    return Response(taken.text, media_type=taken.media_type, headers=headers)
