"""An HTTP server on this machine for a double: whatever is posted to it is the double's to answer."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Endpoint", "posted", "reply"]


class Endpoint:
    """The server; it runs between `start` and `stop`, or within a `with`.

    Args:
        serve: Answers a request; called from several threads at once.
        failed: Told what `serve` raised, but for connections that broke: clients are killed, or go, on purpose here.
    """

    def __init__(
        self,
        serve: Callable[[BaseHTTPRequestHandler], None],
        failed: Callable[[BaseException], object] = lambda _: None,
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                serve(self)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                if not isinstance(error := sys.exception() or OSError(), OSError):
                    failed(error)

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answers no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Endpoint:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def posted(handler: BaseHTTPRequestHandler) -> bytes:
    """The body of a request."""
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
    """Answers a request.

    Args:
        handler: What got it.
        status: HTTP status.
        body: All of the answer.
        headers: Beside its length; its type is JSON unless they say otherwise.
    """
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
