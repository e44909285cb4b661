"""The report of the latest evaluation, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import Response

from bot.surfaces.http.errors import problem_responses
from ingest.errors import MissingError

if TYPE_CHECKING:
    from bot.service.reports import Reports

__all__ = ["quality_routes"]

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# What cases and answers hold is other people's: the report is shown in its own style, with its plots, and does nothing.
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The report, to be shown."}
}


def quality_routes(reports: Reports | None) -> APIRouter:
    """The route of the report.

    Args:
        reports: Where it is; None where nothing is kept.
    """
    router = APIRouter(prefix="/api/quality", tags=["operation"])

    @router.get(
        "/report",
        summary="Report of the latest evaluation",
        response_class=Response,
        responses={**_CONTENT, **problem_responses(404)},
    )
    def report() -> Response:
        """The report that `groundrule eval` wrote last, as a page of HTML without scripts."""
        if reports is None:
            raise MissingError("this server keeps no evaluations.")
        return Response(
            reports.report(), media_type="text/html; charset=utf-8", headers={"content-security-policy": _POLICY}
        )

    return router
