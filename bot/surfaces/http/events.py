"""Server-sent events: who wants them, and how news of work that goes on is told in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi.sse import format_sse_event

from bot.surfaces.problems import Problem
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fastapi import Request

__all__ = ["ALIVE_SECONDS", "EVENTS", "Told", "events_described", "events_of", "wants_events"]

EVENTS = "text/event-stream"
ALIVE_SECONDS = 10.0
"""A comment this often keeps what stands between from closing a stream in which nothing happens."""
Told = tuple[str, dict[str, Any]]
"""The name of an event and what it holds."""


def events_described(status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What an operation may answer with beside JSON, for the API's description."""
    return {status: {"content": {EVENTS: {"schema": {"type": "string"}}}, "description": "Events, where asked for."}}


def wants_events(request: Request) -> bool:
    """Whether events are accepted by name and JSON is not."""
    kinds = [part.split(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return EVENTS in kinds and "application/json" not in kinds


def events_of(
    news: Iterable[Told | None], request_id: str, title: str, failed: Callable[[GroundruleError], tuple[int, str]]
) -> Iterator[bytes]:
    """News as events, None as a comment; where the work fails, the last event is a `problem`.

    Args:
        news: What happens.
        request_id: Id of the request.
        title: Title of the problem.
        failed: Status and code of one of our errors.
    """
    try:
        for one in news:
            yield format_sse_event(comment="still at it") if one is None else _event(*one)
    except GroundruleError as error:
        yield _problem(title, *failed(error), str(error), request_id)
    except Exception:  # noqa: BLE001 - whose work it is has logged it
        yield _problem(title, 500, "internal", "Something is wrong here; the log says what.", request_id)


def _problem(title: str, status: int, code: str, detail: str, request_id: str) -> bytes:
    shown = Problem(title=title, status=status, detail=detail, code=code, request_id=request_id)
    return _event("problem", shown.model_dump(mode="json"))


def _event(name: str, data: dict[str, Any]) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
