"""`/api/me`: what the caller's key allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from bot.surfaces.guard.caller import caller_of
from bot.surfaces.http.errors import problem_responses
from bot.surfaces.http.shapes import May, Me

if TYPE_CHECKING:
    from bot.service.service import Service

__all__ = ["whoami_routes"]


def whoami_routes(service: Service) -> APIRouter:
    """The route that says who calls."""
    router = APIRouter(prefix="/api", tags=["operation"])

    @router.get("/me", summary="What I may do", responses=problem_responses())
    def me(request: Request) -> Me:
        """Whether the server asks for keys, the scope of the caller's, and what that allows."""
        caller = caller_of(request)
        if caller.scope is None:
            raise HTTPException(401, "This needs an API key.")
        may = May(
            ask=caller.may("ask"),
            vote=caller.may("vote"),
            delete=caller.may("delete"),
            upload=caller.may("upload") and service.uploads is not None,
        )
        return Me(keys=caller.keys, scope=caller.scope, may=may)

    return router
