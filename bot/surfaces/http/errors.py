"""Errors as HTTP says them: which of ours has which status, and what a request that breaks its schema is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bot.surfaces.problems import PROBLEM_TYPE, Problem, faults_of, problem
from ingest.errors import (
    DocumentError,
    EncoderError,
    GroundruleError,
    MissingError,
    PackError,
    QuestionError,
    StoreError,
    UsageError,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import Response

__all__ = ["add_handlers", "problem_responses", "refused", "request_id_of", "status_of"]

# The first that fits; a class comes before those it is made of.
_STATUS: tuple[tuple[type[GroundruleError], int, str], ...] = (
    (MissingError, 404, "not-found"),
    (QuestionError, 422, "bad-question"),
    (UsageError, 422, "not-possible"),
    (DocumentError, 422, "unreadable-document"),
    (PackError, 409, "no-rubric"),
    (EncoderError, 503, "no-encoder"),
    (StoreError, 503, "store-unavailable"),
    (GroundruleError, 422, "not-possible"),
)
_CODES = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}
_GUARDED = (400, 401, 403, 413, 421, 429, 500, 503, 504)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an operation may answer instead, for the API's description: the given statuses, and those of the guard."""
    shown = {"model": Problem, "content": {PROBLEM_TYPE: {}}}
    return {status: dict(shown) for status in sorted({*statuses, *_GUARDED})}


def refused(request: Request, status: int, code: str, detail: str, **more: Any) -> Response:
    """The response to a request that cannot be met."""
    return problem(request.url.path, status, code, detail, request_id_of(request), **more)


def status_of(error: GroundruleError) -> tuple[int, str]:
    """The HTTP status of one of our errors, and its code."""
    return next((status, code) for kind, status, code in _STATUS if isinstance(error, kind))


def add_handlers(app: FastAPI) -> None:
    """Makes every error that a handler lets through a problem that says what to do."""

    @app.exception_handler(GroundruleError)
    async def _ours(request: Request, error: GroundruleError) -> Response:
        status, code = status_of(error)
        headers = {"Retry-After": "5"} if status == 503 else {}
        return refused(request, status, code, str(error), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        faults = faults_of(error.errors())
        named = "; ".join(f"{one['where']}: {one['what']}" for one in faults[:3])
        # Whoever calls `curl -d` alone sends JSON that says it is a form.
        is_form = "urlencoded" in request.headers.get("content-type", "")
        what_to_do = "Send JSON with the header `Content-Type: application/json`." if is_form else "Correct it."
        return refused(
            request, 422, "invalid-request", f"The request breaks its schema: {named}. {what_to_do}", errors=faults
        )

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        code = _CODES.get(error.status_code, "refused")
        detail = str(error.detail)
        if error.status_code == 404:
            detail = f"There is nothing at {request.url.path[:200]}. `GET /api/openapi.json` says what there is."
        return refused(request, error.status_code, code, detail, headers=error.headers)


def request_id_of(request: Request) -> str:
    """The request's id, as the log has it."""
    return str(getattr(request.state, "request_id", "")) or "none"
