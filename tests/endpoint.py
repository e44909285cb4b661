"""An HTTP endpoint on this machine that speaks a language model's protocol and says what a test has it say."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.llm.generate import LanguageModel
from evals.doubles.endpoint import Endpoint as Served
from evals.doubles.endpoint import posted, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler


class Endpoint:
    """An endpoint that answers as a test says: `script(request, say)`, where `say` sends a piece or a raw line."""

    def __init__(self) -> None:
        self.script: Callable[[dict[str, Any], Callable[[str | bytes], None]], int | None] = lambda *_: None
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.left = threading.Event()
        self.served = Served(self._serve)
        self.url = f"{self.served.address}/v1"

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        asked = json.loads(posted(handler))
        self.asked.append(asked)
        self.keys.append(handler.headers.get("authorization", ""))
        begun = False

        def say(piece: str | bytes) -> None:
            nonlocal begun
            if not begun:
                handler.send_response(200)
                handler.send_header("content-type", "text/event-stream")
                handler.end_headers()
                begun = True
            if isinstance(piece, str):
                delta = {"index": 0, "delta": {"role": "assistant", "content": piece}}
                chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
                piece = b"data: " + json.dumps({**chunk, "choices": [delta]}).encode() + b"\n\n"
            handler.wfile.write(piece)
            handler.wfile.flush()

        try:
            status = self.script(asked, say)
            if status is not None:
                reply(handler, status, json.dumps({"error": {"message": "seed: unknown field s3cret"}}).encode())
            else:
                say(b"data: [DONE]\n\n")
        except OSError:
            self.left.set()

    def model(self, timeout: float = 20.0, first_token: float = 10.0) -> LanguageModel:
        return LanguageModel(self.url, "small", "s3cret", timeout, first_token)


@contextmanager
def listening() -> Iterator[Endpoint]:
    """An endpoint that listens as long as it is needed."""
    endpoint = Endpoint()
    with endpoint.served:
        yield endpoint
