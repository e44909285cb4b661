"""OpenAI's chat completions: any program that can talk to a model there can ask Groundrule instead."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from bot.messages.incoming import check_question
from bot.surfaces.openai.chats import Chats
from bot.surfaces.openai.models import (
    MODEL,
    ChatRequest,
    Chunk,
    Completion,
    ErrorResponse,
    Model,
    ModelList,
)
from bot.surfaces.openai.shapes import chunks, completion, new_id, objection, questions_of
from bot.surfaces.problems import faults_of, problem
from ingest.errors import GroundruleError, MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from bot.service.service import Service
    from bot.types import Answer

__all__ = ["WATCH", "openai_routes"]

KEEP_ALIVE = 5.0
"""Seconds after which a comment keeps a stream open that has nothing to say yet."""
WATCH = 0.25
"""Seconds between two looks at whether the client is still there."""
_FAULTS = logging.getLogger("groundrule.server")
_WAITING = ": the answer is being checked\n\n"
_FAILURES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request cannot be met."},
    "5XX": {"model": ErrorResponse, "description": "The server failed."},
}
# Each event's data is a piece of the answer as JSON; the last event's is "[DONE]".
_STREAM = {"schema": {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}}


class _GoneError(Exception):
    """The client has gone; nobody waits for the answer."""


class _Route(APIRoute):
    """A route that says what went wrong in OpenAI's shape, whatever application it stands in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with its errors told."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                faults = faults_of(error.errors(), without="body")
                detail = "; ".join(f"{fault['where']}: {fault['what']}" for fault in faults[:3])
                return problem(self.path, 400, "invalid_value", detail, "", errors=faults)
            except HTTPException as error:
                headers = dict(error.headers or {})
                return problem(self.path, error.status_code, "invalid_request", str(error.detail), "", headers=headers)
            except GroundruleError as error:
                return problem(self.path, _status(error), _code(error), str(error), "")

        return told


def openai_routes(service: Service) -> APIRouter:
    """`/v1/chat/completions`, `/v1/models` and `/v1/models/{model}`.

    Args:
        service: Answers.
    """
    router = APIRouter(prefix="/v1", tags=["OpenAI"], route_class=_Route, responses=_FAILURES)
    chats = Chats(service)

    @router.post(
        "/chat/completions",
        response_model=Completion,
        responses={200: {"content": {"text/event-stream": _STREAM}, "description": "The answer."}},
    )
    async def create_chat_completion(asked: ChatRequest, request: Request) -> Any:
        """Answers the last message of a chat.

        The user's earlier messages are the conversation; those of other roles are not read. The content ends with a
        numbered list of sources, `annotations` tie each marker to its source, and `groundrule` holds the whole answer.
        """
        if found := objection(asked):
            errors = ({"where": found.param, "what": found.message},)
            return problem("/v1/chat/completions", found.status, found.code, found.message, "", errors=errors)
        questions = questions_of(asked.messages)
        base = str(request.base_url).rstrip("/")
        if asked.stream:
            # What is wrong with the question is said as an error, not in a stream that has begun.
            check_question(questions[-1], service.assistant.max_question_chars)
            headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
            return StreamingResponse(_stream(chats, questions, base), headers=headers, media_type="text/event-stream")
        answer = await _answer(chats, questions, request)
        return completion(answer, base)

    @router.get("/models")
    def list_models() -> ModelList:
        """The models that can be asked: one."""
        return ModelList(data=(_model(service),))

    @router.get("/models/{model}")
    def get_model(model: str) -> Model:
        """What is known of a model."""
        if model != MODEL:
            raise MissingError(f"model {model!r:.80} does not exist. Ask for {MODEL!r}.")
        return _model(service)

    return router


def _model(service: Service) -> Model:
    built = datetime.fromisoformat(service.assistant.library.manifest.created)
    return Model(id=MODEL, created=int(built.timestamp()))


def _working(chats: Chats, questions: list[str], gone: threading.Event) -> asyncio.Task[Answer]:
    """The answer in the making, on a thread; it is given up at the next occasion once `gone` is set."""

    def check() -> None:
        if gone.is_set():
            raise _GoneError

    def work() -> Answer:
        return chats.answer(questions, check)

    async def worked() -> Answer:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)

    return asyncio.create_task(worked())


async def _answer(chats: Chats, questions: list[str], request: Request) -> Answer:
    """The answer, unless the client goes away before."""
    gone = threading.Event()
    task = _working(chats, questions, gone)
    try:
        while not (await asyncio.wait({task}, timeout=WATCH))[0]:
            if await request.is_disconnected():
                # Nobody reads this.
                raise HTTPException(499, "the client has closed the connection.")
        return task.result()
    finally:
        gone.set()
        task.cancel()


async def _stream(chats: Chats, questions: list[str], base: str) -> AsyncIterator[str]:
    """The answer as server-sent events: comments while it is made, then the verified text piece by piece."""
    gone = threading.Event()
    task = _working(chats, questions, gone)
    id_ = new_id()
    try:
        yield _WAITING
        while not (await asyncio.wait({task}, timeout=KEEP_ALIVE))[0]:
            yield _WAITING
        for chunk in chunks(task.result(), base, id_):
            yield _event(chunk)
    except GroundruleError as error:
        yield _failure(_status(error), _code(error), str(error))
    except Exception as error:  # noqa: BLE001 - the stream has begun: nobody else can say so any more
        _FAULTS.error("internal fault in a stream", exc_info=error)
        yield _failure(500, "internal", "Something is wrong here; the log says what.")
    finally:
        gone.set()
        task.cancel()
    yield "data: [DONE]\n\n"


def _failure(status: int, code: str, detail: str) -> str:
    failed = problem("/v1/chat/completions", status, code, detail, "")
    return f"data: {bytes(failed.body).decode()}\n\n"


def _event(chunk: Chunk) -> str:
    # What a chunk does not say is left out; `finish_reason` is null until the last.
    said = chunk.model_dump(mode="json", by_alias=True, exclude_none=True)
    said["choices"][0].setdefault("finish_reason", None)
    if chunk.groundrule:
        said["groundrule"] = chunk.groundrule.as_json()
    return f"data: {json.dumps(said, ensure_ascii=False, separators=(',', ':'))}\n\n"


def _status(error: GroundruleError) -> int:
    if isinstance(error, MissingError):
        return 404
    return 400 if isinstance(error, UsageError) else 503


def _code(error: GroundruleError) -> str:
    if isinstance(error, MissingError):
        return "model_not_found"
    return "invalid_question" if isinstance(error, UsageError) else "unavailable"
