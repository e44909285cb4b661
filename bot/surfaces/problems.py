"""How the server says what went wrong: problem details (RFC 9457), and OpenAI's own shape below `/v1`."""

from __future__ import annotations

import json
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["PROBLEM_TYPE", "Problem", "faults_of", "problem"]

PROBLEM_TYPE = "application/problem+json"
OPENAI_PATHS = "/v1/"
MAX_FAULTS = 20
"""Faults named in one reply; a request may have any number."""


class Problem(BaseModel):
    """What went wrong with a request, as RFC 9457 lays it down.

    Attributes:
        type: "about:blank": the title says no more than the status, the detail is what counts.
        title: The status in words.
        status: The HTTP status.
        detail: What failed, on which value, and what to do.
        code: The same for programs: "not-found", "rate-limited", ...
        request_id: The request's id, which the server's log has too.
        errors: Where the request breaks its schema: the place of each fault, and what is wrong there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = "about:blank"
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str
    request_id: str
    errors: tuple[dict[str, str], ...] = ()


def problem(
    path: str,
    status: int,
    code: str,
    detail: str,
    request_id: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: tuple[dict[str, str], ...] = (),
) -> Response:
    """The response that says so.

    Args:
        path: Path of the request, which decides the shape.
        status: HTTP status, 400 to 599.
        code: For programs.
        detail: For people; one sentence or more.
        request_id: Id of the request.
        headers: Further headers.
        errors: Faults against the schema.
    """
    if path.startswith(OPENAI_PATHS):
        kind = "invalid_request_error" if status < 500 else "server_error"
        kind = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}.get(status, kind)
        param = errors[0]["where"] if errors else None
        body: dict[str, Any] = {"error": {"message": detail, "type": kind, "param": param, "code": code}}
        media = "application/json"
    else:
        shown = Problem(
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            request_id=request_id,
            errors=errors,
        )
        body, media = shown.model_dump(mode="json"), PROBLEM_TYPE
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers=dict(headers or {}), media_type=media)


def faults_of(errors: Iterable[Mapping[str, Any]], without: str = "") -> tuple[dict[str, str], ...]:
    """Where a request breaks its schema and how; never what stood there, which may be anything.

    Args:
        errors: As pydantic tells them.
        without: A part of the place that goes without saying.
    """
    return tuple(
        {
            "where": ".".join(str(part)[:80] for part in error["loc"] if part != without) or without or "request",
            "what": str(error["msg"])[:300],
        }
        for error in islice(errors, MAX_FAULTS)
    )
