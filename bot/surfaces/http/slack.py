"""`/slack/events`: where Slack reports events, commands and clicks over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

if TYPE_CHECKING:
    from bot.surfaces.slack.app import SlackApp

__all__ = ["PATH", "slack_routes"]

PATH = "/slack/events"
ANSWER_WITHIN = 2.5
"""Seconds after which Slack is told to try again; it waits for three."""


def slack_routes(app: SlackApp, max_body: int, answer_within: float = ANSWER_WITHIN) -> APIRouter:
    """The route for Slack, which signs its requests and needs no key of ours.

    Args:
        app: Verifies and takes in requests.
        max_body: Largest request, in bytes.
        answer_within: Seconds after which a request that is not stored yet is answered with 503.
    """
    router = APIRouter()

    @router.post(PATH, include_in_schema=False)
    async def events(request: Request) -> Response:
        body = await _bounded(request, max_body)
        if body is None:
            return _refused(413, "the request is too large")
        # Before anything is read of it, and before it takes a thread from Slack's own.
        if not app.verified(body, request.headers):
            return _refused(401, "invalid signature or timestamp")
        taken = asyncio.wrap_future(app.submit(body, request.headers))
        try:
            # What has begun is finished all the same, and the second delivery is then known.
            reply = await asyncio.wait_for(asyncio.shield(taken), answer_within)
        except TimeoutError:
            taken.add_done_callback(lambda late: late.cancelled() or late.exception())
            return _refused(503, "busy; try again")
        return Response(reply.body, reply.status, dict(reply.headers))

    return router


async def _bounded(request: Request, most: int) -> bytes | None:
    """The body; None when it is longer than allowed."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > most:
            return None
    return bytes(chunks)


def _refused(status: int, why: str) -> Response:
    return Response(json.dumps({"error": why}), status, media_type="application/json")
