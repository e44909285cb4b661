"""`/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from bot.surfaces.http.errors import problem_responses
from bot.surfaces.http.shapes import Health
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.surfaces.http.metrics import Metrics

__all__ = ["health_routes"]


def health_routes(parts: dict[str, Callable[[], None]], metrics: Metrics) -> APIRouter:
    """The routes for whoever runs the server.

    Args:
        parts: What has to work for answers to be given, by name; each raises one of our errors when it does not.
        metrics: What was counted.
    """
    router = APIRouter(tags=["operation"])
    # Threads of their own: those that answer may all wait for a language model, which is no reason to be restarted.
    threads = anyio.CapacityLimiter(2)

    @router.get("/healthz", responses=problem_responses())
    async def healthz() -> dict[str, str]:
        """Whether the process is alive."""
        return {"status": "ok"}

    @router.get("/readyz", response_model=Health, responses={**problem_responses(), 503: {"model": Health}})
    async def readyz() -> JSONResponse:
        """Whether questions can be answered and conversations kept."""
        found = {name: await anyio.to_thread.run_sync(_state, part, limiter=threads) for name, part in parts.items()}
        ready = all(state == "ok" for state in found.values())
        shown = Health(ready=ready, parts=found)
        return JSONResponse(shown.model_dump(mode="json", by_alias=True), 200 if ready else 503)

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **problem_responses()},
    )
    async def shown() -> Response:
        """What was counted, for Prometheus."""
        text = await anyio.to_thread.run_sync(metrics.text, limiter=threads)
        return Response(text, media_type=metrics.content_type)

    return router


def _state(part: Callable[[], None]) -> str:
    try:
        part()
    except GroundruleError:
        # The message names paths and hosts; it is in the log of whatever meets it.
        return "unavailable"
    return "ok"
