"""The MCP server: tools, the documents and the rubric as resources, over HTTP and over standard input and output.

Owns the `mcp` library.
"""

from __future__ import annotations

import json
import logging
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import anyio.to_thread
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, Resource, ToolAnnotations
from starlette.responses import PlainTextResponse

from bot.surfaces.mcp import wording
from bot.surfaces.mcp.tools import Tools
from ingest.errors import GroundruleError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.advising.advisor import Advisor
    from bot.service.service import Service
    from ingest.pack import Pack

__all__ = ["McpDoor", "make_server", "mcp_app", "run_stdio"]

DOCUMENTS = "groundrule://documents"
RUBRIC = "groundrule://rubric"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# Nothing is changed, and nothing beyond the documents is reached. A question with a session is another turn of it.
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_ANSWERS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=False, open_world_hint=False)


class McpDoor(NamedTuple):
    """The server as a web application.

    Attributes:
        app: Answers the requests of one path, whatever its name.
        run: What must be open while it answers; only once.
    """

    app: ASGIApp
    run: Callable[[], AbstractAsyncContextManager[None]]


class _Server(MCPServer):
    """A server whose documents are listed as they are now, for they come and go."""

    service: Callable[[], Service]

    async def list_resources(self) -> list[Resource]:
        """The fixed resources, then the documents."""
        try:
            return [*await super().list_resources(), *await anyio.to_thread.run_sync(self._documents)]
        except GroundruleError as error:
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from error

    def _documents(self) -> list[Resource]:
        return [
            Resource(
                uri=f"{DOCUMENTS}/{quote(one.id, safe='')}",
                name=one.id,
                title=one.title,
                description=", ".join(part for part in (one.author, one.publisher, one.published) if part) or None,
                mime_type="text/plain",
            )
            for one in self.service().documents()
        ]


def make_server(service: Callable[[], Service], pack: Pack, advisor: Advisor | None) -> MCPServer:
    """The server with its tools and resources.

    Args:
        service: Gives the service; called from threads, and may keep them waiting until there is one.
        pack: The subject.
        advisor: Decides by the pack's rubric; None when it brings none, and then nothing is offered that needs one.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    server = _Server(
        name="groundrule",
        title="Groundrule",
        version=version("groundrule"),
        instructions=wording.instructions(pack),
        log_level="WARNING",
        # Another process might be asked next, so nothing is announced.
        subscriptions=False,
    )
    # The library sets logging up for the whole process, which is not its to decide.
    root.handlers[:] = handlers
    root.setLevel(level)
    server.service = service
    _add_tools(server, Tools(service), pack, advisor)
    _add_resources(server, service, with_rubric=advisor is not None)
    return server


def mcp_app(service: Service, hosts: Sequence[str] = (), origins: Sequence[str] = ()) -> McpDoor:
    """The server over streamable HTTP; it keeps nothing between requests, so any process may answer any of them.

    Args:
        service: Answers.
        hosts: Names by which it may be reached, beside those of this machine; "*" allows any.
        origins: Web pages that may call it, beside those of the hosts; "*" allows any.
    """
    pack = service.assistant.pack
    advisor = service.advisor if service.assistant.advisor else None
    server = make_server(lambda: service, pack, advisor)
    server.streamable_http_app(stateless_http=True, transport_security=_security(hosts, origins))
    manager = server.session_manager
    return McpDoor(_PostsOnly(manager.handle_request), manager.run)


def run_stdio(server: MCPServer) -> None:
    """Serves one client on standard input and output until it hangs up; meanwhile all other output is diverted."""
    server.run("stdio")


class _PostsOnly:
    """An application that takes POST alone: without sessions there is nothing to listen to and nothing to end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "POST":
            refusal = PlainTextResponse("POST a message of the protocol.", 405, headers={"allow": "POST"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _security(hosts: Sequence[str], origins: Sequence[str]) -> TransportSecuritySettings:
    """Which names and pages requests may come by, so that no web page reaches a server behind its visitor's back."""
    if "*" in hosts:
        # Any name is right: who can be reached by any is guarded by keys.
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    names = [name for host in (*_LOOPBACK, *hosts) for name in (host, f"{host}:*")]
    pages = [f"{scheme}://{name}" for scheme in ("http", "https") for name in names]
    return TransportSecuritySettings(allowed_hosts=names, allowed_origins=[*pages, *origins])


def _add_tools(server: MCPServer, tools: Tools, pack: Pack, advisor: Advisor | None) -> None:
    server.add_tool(tools.ask, title="Ask a question", description=wording.ask_description(pack), annotations=_ANSWERS)
    if advisor is not None:
        described = wording.recommend_description(advisor.book.rubric, pack)
        server.add_tool(tools.recommend, title="Decide from facts", description=described, annotations=_READS)
    server.add_tool(tools.search, title="Search the documents", description=wording.SEARCH, annotations=_READS)
    described = wording.compare_description(pack)
    server.add_tool(tools.compare, title="Compare options", description=described, annotations=_ANSWERS)
    described = "Read a cited passage word for word, with the document and the place it stands at."
    server.add_tool(tools.get_passage, title="Read a passage", description=described, annotations=_READS)


def _add_resources(server: MCPServer, service: Callable[[], Service], *, with_rubric: bool) -> None:
    def documents() -> str:
        """The documents that answers rest on, as JSON."""
        return _json([one.model_dump(mode="json") for one in _read(lambda: service().documents())])

    def document(document_id: str) -> str:
        """A document: who wrote it, then its text."""
        return wording.document_text(_read(lambda: service().document(document_id)))

    def rubric() -> str:
        """The rubric that recommendations are computed by, as JSON."""
        return _json(_read(lambda: service().rubric()))

    server.resource(DOCUMENTS, title="Documents", mime_type="application/json")(documents)
    server.resource(f"{DOCUMENTS}/{{document_id}}", title="Document", mime_type="text/plain")(document)
    if with_rubric:
        server.resource(RUBRIC, title="Rubric", mime_type="application/json")(rubric)


def _read(work: Callable[[], Any]) -> Any:
    """What is read, or the error that says what is wrong."""
    try:
        return work()
    except MissingError as error:
        raise ResourceNotFoundError(str(error)) from error
    except GroundruleError as error:
        raise ResourceError(str(error)) from error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
