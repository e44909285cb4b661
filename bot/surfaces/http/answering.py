"""`/api/ask` and what else answers: recommendations, comparisons and searches, and what they rest on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event

from bot.service.streaming import stream_answer
from bot.service.views import PassageView  # noqa: TC001 - read at run time
from bot.surfaces.http.errors import problem_responses
from bot.surfaces.http.shapes import AskRequest, CompareRequest, Decisions, Found, RecommendRequest, SearchRequest
from bot.surfaces.problems import Problem
from bot.types import Answer
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.service.service import Service

__all__ = ["answering_routes"]

EVENTS = "text/event-stream"
# A comment this often keeps what stands between from closing a stream that a language model lets wait.
_ALIVE_SECONDS = 10.0


def answering_routes(service: Service) -> APIRouter:
    """The routes that answer."""
    router = APIRouter(prefix="/api", tags=["answers"])

    @router.post(
        "/ask",
        summary="Answer a question",
        response_model=Answer,
        responses={200: {"content": {EVENTS: {"schema": {"type": "string"}}}}, **problem_responses(422)},
    )
    def ask(asked: AskRequest, request: Request) -> Response:
        """Answers a question from the documents, with citations.

        With `Accept: text/event-stream` the answer comes as events: `sentence` (`{"text"}`) for each piece that is
        final so far, `answer` with the whole answer, which is what counts, or `problem`.
        """
        if _wants_events(request):
            # Refused with a status of its own while there still is one to give.
            service.check(asked.question, asked.session)
            return StreamingResponse(
                _events(service, asked, str(getattr(request.state, "request_id", "none"))), media_type=EVENTS
            )
        return JSONResponse(service.ask(asked.question, asked.session, door="http").as_json())

    @router.post("/recommend", summary="Recommend from facts", responses=problem_responses(404, 409, 422))
    def recommend(asked: RecommendRequest) -> Answer:
        """What the rubric decides from facts given outright; without enough of them, the question that helps most."""
        return service.recommend(asked.facts, asked.decision, asked.session, door="http")

    @router.post("/compare", summary="Compare options", responses=problem_responses(422))
    def compare(asked: CompareRequest) -> Answer:
        """Sets options side by side, each line cited."""
        return service.compare(asked.options, asked.about, asked.session, door="http")

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


def _wants_events(request: Request) -> bool:
    """Whether events are accepted by name and JSON is not."""
    kinds = [part.split(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return EVENTS in kinds and "application/json" not in kinds


def _events(service: Service, asked: AskRequest, request_id: str) -> Iterator[bytes]:
    """The events of one answer, as they come up.

    The answer is finished and remembered even where the reader has gone: the conversation holds what was asked.
    """
    answering = stream_answer(
        lambda told: service.ask(asked.question, asked.session, door="http", on_sentence=told),
        beat=_ALIVE_SECONDS,
        finish=True,
    )
    try:
        for one in answering:
            if one is None:
                yield format_sse_event(comment="still at it")
            elif isinstance(one, str):
                yield _event("sentence", {"text": one})
            else:
                yield _event("answer", one.as_json())
    except GroundruleError as error:
        yield _event("problem", _problem(500, "no-answer", str(error), request_id))
    except Exception:  # noqa: BLE001 - logged where it was raised
        detail = "Something is wrong here; the log says what."
        yield _event("problem", _problem(500, "internal", detail, request_id))


def _event(name: str, data: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


def _problem(status: int, code: str, detail: str, request_id: str) -> dict[str, Any]:
    shown = Problem(title="No answer", status=status, detail=detail, code=code, request_id=request_id)
    return shown.model_dump(mode="json")
