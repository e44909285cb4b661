"""The HTTP API as one FastAPI application."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount, Route

from bot.surfaces.http.answering import answering_routes
from bot.surfaces.http.errors import add_handlers
from bot.surfaces.http.health import health_routes
from bot.surfaces.http.keeping import keeping_routes
from bot.surfaces.http.quality import quality_routes
from bot.surfaces.http.slack import slack_routes
from bot.surfaces.http.taking import taking_routes
from bot.surfaces.http.whoami import whoami_routes
from bot.surfaces.mcp.server import mcp_app
from bot.surfaces.openai.routes import openai_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.service.reports import Reports
    from bot.service.service import Service
    from bot.surfaces.http.metrics import Metrics
    from bot.surfaces.slack.app import SlackApp

__all__ = ["make_api"]

_PROGRAMS = ("/api", "/v1", "/slack")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_DESCRIPTION = """Every answer is the same `Answer` as at every other door; `schema` is its version, and it changes by
additions only. Errors are problem details (RFC 9457), with a `code` for programs and the request's id as in the log."""
_KEY = {"type": "http", "scheme": "bearer", "description": "An API key, where the server has any."}


def _nothing(request: Request) -> None:
    """What is below a program's path and no route: the page at the root would answer in its own words.

    Raises:
        HTTPException: 405 where the path is known with other methods, 404 else.
    """
    known = [m for m in _METHODS if _is_route(request, m)]
    if known:
        raise HTTPException(405, f"{request.method} is not for this path. Use {', '.join(known)}.", _allow(known))
    raise HTTPException(404)


def _is_route(request: Request, method: str) -> bool:
    """Whether a route other than the one for nothing has the request's path with a method."""
    scope = {**request.scope, "method": method}
    own = [route for route in request.app.router.routes if getattr(route, "endpoint", None) is not _nothing]
    return any(route.matches(scope)[0] == Match.FULL for route in own if not isinstance(route, Mount))


def _allow(methods: list[str]) -> dict[str, str]:
    return {"Allow": ", ".join(methods)}


def make_api(
    service: Service,
    metrics: Metrics,
    slack: SlackApp | None = None,
    *,
    reports: Reports | None = None,
    threads: int = 64,
    max_body: int = 2**19,
) -> FastAPI:
    """The application with every route for programs: neither the page nor what guards it.

    Args:
        service: What the routes call.
        metrics: What is counted; it is told of answers by the service itself.
        slack: Takes in what Slack reports over HTTP.
        reports: Where the latest evaluation is.
        threads: Requests worked on at the same time.
        max_body: Largest request of Slack's, in bytes.
    """
    # The guard around the whole application looks at hosts and origins.
    mcp = mcp_app(service, hosts=["*"])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # A request that waits for a language model holds a thread.
        anyio.to_thread.current_default_thread_limiter().total_tokens = threads
        async with mcp.run():
            yield

    app = FastAPI(
        lifespan=lifespan,
        title="Groundrule",
        summary="Answers about operating models, cited to the character.",
        description=_DESCRIPTION,
        version=version("groundrule"),
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        # A query is no place for what a route does not know, and a slash more is another path.
        redirect_slashes=False,
    )
    add_handlers(app)
    app.include_router(health_routes({"library": service.check_library, "database": service.check_ready}, metrics))
    for routes in (answering_routes, keeping_routes, taking_routes, whoami_routes, openai_routes):
        app.include_router(routes(service))
    app.include_router(quality_routes(reports))
    if slack is not None:
        app.include_router(slack_routes(slack, max_body))
    app.router.routes.append(Route("/mcp", endpoint=mcp.app, include_in_schema=False))
    for prefix in _PROGRAMS:
        app.add_api_route(f"{prefix}/{{rest:path}}", _nothing, methods=_METHODS, include_in_schema=False)
    _describe_keys(app)
    return app


def _describe_keys(app: FastAPI) -> None:
    """Adds to the API's description how a key is sent, and that a server may have none; the guard asks for it."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        schema = plain()
        schema.setdefault("components", {})["securitySchemes"] = {"key": _KEY}
        schema["security"] = [{"key": []}, {}]
        return schema

    app.openapi = described  # type: ignore[method-assign]
