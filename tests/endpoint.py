"""An HTTP endpoint on this machine that speaks a language model's protocol and says what a test has it say."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from bot.llm.generate import LanguageModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Endpoint:
    """An endpoint that answers as a test says: `script(request, say)`, where `say` sends a piece or a raw line."""

    def __init__(self) -> None:
        self.script: Callable[[dict[str, Any], Callable[[str | bytes], None]], int | None] = lambda *_: None
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.left = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                endpoint.asked.append(asked)
                endpoint.keys.append(self.headers.get("authorization", ""))
                begun = False

                def say(piece: str | bytes) -> None:
                    nonlocal begun
                    if not begun:
                        self.send_response(200)
                        self.send_header("content-type", "text/event-stream")
                        self.end_headers()
                        begun = True
                    if isinstance(piece, str):
                        delta = {"index": 0, "delta": {"role": "assistant", "content": piece}}
                        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
                        piece = b"data: " + json.dumps({**chunk, "choices": [delta]}).encode() + b"\n\n"
                    self.wfile.write(piece)
                    self.wfile.flush()

                try:
                    status = endpoint.script(asked, say)
                    if status is not None:
                        body = json.dumps({"error": {"message": "seed: unknown field s3cret"}}).encode()
                        self.send_response(status)
                        self.send_header("content-type", "application/json")
                        self.send_header("content-length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)
                    else:
                        say(b"data: [DONE]\n\n")
                except OSError:
                    endpoint.left.set()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def model(self, timeout: float = 20.0, first_token: float = 10.0) -> LanguageModel:
        return LanguageModel(self.url, "small", "s3cret", timeout, first_token)


@contextmanager
def listening() -> Iterator[Endpoint]:
    """An endpoint that listens as long as it is needed."""
    served = Endpoint()
    thread = threading.Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.server.shutdown()
        served.server.server_close()
        thread.join()
