"""`/api/ask` and what else answers: recommendations, comparisons and searches, and what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from bot.service.side_by_side import MAX_BESIDE, SideBySide
from bot.service.streaming import stream_answer
from bot.service.views import PassageView  # noqa: TC001 - read at run time
from bot.surfaces.http.errors import problem_responses, request_id_of
from bot.surfaces.http.events import (
    ALIVE_SECONDS,
    EVENTS,
    Told,
    events_described,
    events_of,
    wants_events,
)
from bot.surfaces.http.shapes import (
    AskRequest,
    CompareRequest,
    Decisions,
    Found,
    Id,
    RecommendRequest,
    SearchRequest,
    SessionId,
)
from bot.types import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.service.service import Service

__all__ = ["answering_routes"]


def answering_routes(service: Service) -> APIRouter:
    """The routes that answer."""
    router = APIRouter(prefix="/api", tags=["answers"])

    @router.post(
        "/ask",
        summary="Answer a question",
        response_model=Answer,
        responses={**events_described(), **problem_responses(422)},
    )
    def ask(asked: AskRequest, request: Request) -> Response:
        """Answers a question from the documents, with citations.

        With `Accept: text/event-stream` the answer comes as events: `sentence` (`{"text"}`) for each piece that is
        final so far, `answer` with the whole answer, which is what counts, or `problem`.
        """
        if wants_events(request):
            # Refused with a status of its own while there still is one to give.
            service.check(asked.question, asked.session)
            events = events_of(_news(service, asked), request_id_of(request), "No answer", lambda _: (500, "no-answer"))
            return StreamingResponse(events, media_type=EVENTS)
        return JSONResponse(service.ask(asked.question, asked.session, door="http").as_json())

    @router.post("/recommend", summary="Recommend from facts", responses=problem_responses(404, 409, 422))
    def recommend(asked: RecommendRequest) -> Answer:
        """What the rubric decides from facts given outright; without enough of them, the question that helps most."""
        return service.recommend(asked.facts, asked.decision, asked.session, door="http")

    @router.post("/compare", summary="Compare options", responses=problem_responses(422))
    def compare(asked: CompareRequest) -> Answer:
        """Sets options side by side, each line cited."""
        return service.compare(asked.options, asked.about, asked.session, door="http")

    @router.get("/side-by-side", summary="Options side by side", responses=problem_responses(422))
    def beside(
        option: Annotated[
            list[Id], Query(description="Ids of two or three options of one decision.", max_length=MAX_BESIDE)
        ],
        session: Annotated[
            SessionId | None, Query(description="The conversation whose last recommendation says where they stand.")
        ] = None,
    ) -> SideBySide:
        """All that the documents say of two or three options, claim by claim, each line cited."""
        return service.side_by_side(option, session)

    @router.post("/search", summary="Search the passages", responses=problem_responses(422))
    def search(asked: SearchRequest) -> Found:
        """The passages that rank highest for a query."""
        found = service.search(asked.query, asked.count, sources=asked.sources, options=asked.options)
        return Found(passages=found)

    @router.get("/options", summary="What can be decided", responses=problem_responses(422))
    def options() -> Decisions:
        """The decisions and the options of each."""
        return Decisions(decisions=service.decisions())

    @router.get("/rubric", summary="The whole rubric", responses=problem_responses(409, 422))
    def rubric() -> dict[str, Any]:
        """The rubric that decides, as `groundrule rubric show --json` prints it."""
        return service.rubric()

    @router.get("/passages/{passage_id}", summary="A passage", responses=problem_responses(404, 422))
    def passage(passage_id: Annotated[str, Path(max_length=200)]) -> PassageView:
        """A passage that may be cited: the exact characters, and where they stand."""
        return service.passage(passage_id)

    return router


def _news(service: Service, asked: AskRequest) -> Iterator[Told | None]:
    """What happens on the way to one answer, and the answer.

    It is finished and remembered even where the reader has gone: the conversation holds what was asked.
    """
    for one in stream_answer(
        lambda told: service.ask(asked.question, asked.session, door="http", on_sentence=told),
        beat=ALIVE_SECONDS,
        finish=True,
    ):
        if isinstance(one, str):
            yield "sentence", {"text": one}
        else:
            yield None if one is None else ("answer", one.as_json())
