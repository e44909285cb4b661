"""The HTTP API as one FastAPI application."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from bot.surfaces.http.answering import answering_routes
from bot.surfaces.http.errors import add_handlers
from bot.surfaces.http.health import health_routes
from bot.surfaces.http.keeping import keeping_routes

if TYPE_CHECKING:
    from bot.service.service import Service
    from bot.surfaces.http.metrics import Metrics

__all__ = ["make_api"]

_PROGRAMS = ("/api", "/v1", "/slack")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_DESCRIPTION = """Every answer is the same `Answer` as at every other door; `schema` is its version, and it changes by
additions only. Errors are problem details (RFC 9457), with a `code` for programs and the request's id as in the log."""


def _nothing(rest: str) -> None:
    """What is below a program's path and no route: the page at the root would answer in its own words."""
    raise HTTPException(404)


def make_api(service: Service, metrics: Metrics) -> FastAPI:
    """The application with every route for programs: neither the page nor what guards it.

    Args:
        service: What the routes call.
        metrics: What is counted; it is told of answers by the service itself.
    """
    app = FastAPI(
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
    app.include_router(health_routes({"library": lambda: None, "database": service.check_ready}, metrics))
    app.include_router(answering_routes(service))
    app.include_router(keeping_routes(service))
    for prefix in _PROGRAMS:
        app.add_api_route(f"{prefix}/{{rest:path}}", _nothing, methods=_METHODS, include_in_schema=False)
    return app
