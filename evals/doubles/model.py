"""A language model's endpoint on this machine that repeats the first passage, or hangs as long as it is told to.

It speaks as much of OpenAI's protocol as the product asks for: a chat completion that comes as events.
"""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING

from evals.doubles.endpoint import Endpoint, posted, reply

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

__all__ = ["MODEL", "ModelDouble"]

MODEL = "parrot"
_PASSAGE = re.compile(r"(?m)^\[1\] (.+)$")
_NOTHING = "The passages say nothing of it."


class ModelDouble:
    """The endpoint; `with` starts and stops its server.

    Attributes:
        asked: How often it was asked.
        hung: How often it accepted a question and said nothing.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.hung = 0
        self._lock = threading.Lock()
        self._free = threading.Event()
        self._free.set()
        self._endpoint = Endpoint(self.serve)

    @property
    def url(self) -> str:
        """Its base address."""
        return f"{self._endpoint.address}/v1"

    def hang(self) -> None:
        """It accepts what comes and answers nothing."""
        self._free.clear()

    def release(self) -> None:
        """It answers again; what hung is dropped."""
        self._free.set()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers a request, or lets it hang."""
        asked = json.loads(posted(handler))
        hangs = not self._free.is_set()
        with self._lock:
            self.asked += 1
            self.hung += hangs
        if hangs:
            self._free.wait()
            handler.close_connection = True
            return
        if not asked.get("stream"):
            _fill_in(handler)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for piece in _said(str(asked["messages"][-1]["content"])).split(" "):
            delta = {"index": 0, "delta": {"role": "assistant", "content": f"{piece} "}}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [delta]}
            handler.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        handler.wfile.write(b"data: [DONE]\n\n")

    def __enter__(self) -> ModelDouble:
        self._endpoint.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._endpoint.stop()


def _fill_in(handler: BaseHTTPRequestHandler) -> None:
    """Answers who wants a schema filled in, with nothing in it."""
    message = {"role": "assistant", "content": '{"facts": []}'}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [choice]})
    reply(handler, 200, body.encode())


def _said(prompt: str) -> str:
    """The first passage in its own words, with its number."""
    found = _PASSAGE.search(prompt)
    return f"{found[1].strip().rstrip('.')} [1]." if found else _NOTHING
