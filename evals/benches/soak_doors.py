"""The doors of a server as a user meets them: what is asked there, and whether what comes is an answer or an error that
says what is wrong."""

from __future__ import annotations

import http.client
import json
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Said", "ask_at_api", "ask_at_openai", "ask_in_events", "call", "remove", "upload"]

_WAIT_SECONDS = 150.0
_JSON = {"Content-Type": "application/json"}
# An error that says what failed and what to do takes so many words at least.
_WORDS = 5
_FAULTY = ("Traceback (most recent call last)", "internal fault", "Internal Server Error")


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a request.

    Attributes:
        kind: "answer"; "clear", an error that says what is wrong; "unclear", one that does not; "cut", nothing, for the
            connection broke.
        text: The answer, or the error's words.
        body: The whole answer.
    """

    kind: Literal["answer", "clear", "unclear", "cut"]
    text: str
    body: dict[str, Any] = field(default_factory=dict)


def ask_at_api(port: int, question: str, session: str) -> Said:
    """Asks at `/api/ask`."""
    return _answer(call(port, "POST", "/api/ask", {"question": question, "session": session}))


def ask_in_events(port: int, question: str, session: str) -> Said:
    """Asks at `/api/ask`, and reads the answer as it comes, as server-sent events."""
    return call(port, "POST", "/api/ask", {"question": question, "session": session}, _last_event, {"Accept": _EVENTS})


def ask_at_openai(port: int, questions: Sequence[str], *, stream: bool) -> Said:
    """Asks at OpenAI's door, which is told the whole chat each time."""
    messages = [{"role": "user", "content": one} for one in questions]
    asked = {"model": "groundrule", "messages": messages, "stream": stream}
    return call(port, "POST", "/v1/chat/completions", asked, _last_chunk if stream else _completion)


def upload(port: int, name: str, text: str) -> Said:
    """Uploads a document."""
    mark = uuid.uuid4().hex
    part = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: text/markdown'
    body = f"--{mark}\r\n{part}\r\n\r\n{text}\r\n--{mark}--\r\n".encode()
    return call(port, "POST", "/api/documents", body, headers={"Content-Type": f"multipart/form-data; boundary={mark}"})


def remove(port: int, title: str) -> Said:
    """Removes an uploaded document, where there is one of that title."""
    said = call(port, "GET", "/api/documents")
    for one in said.body.get("documents", ()):
        if one["removable"] and one["title"] == title:
            said = call(port, "DELETE", f"/api/documents/{one['id']}")
    return said


def call(
    port: int,
    method: str,
    path: str,
    asked: dict[str, Any] | bytes | None = None,
    read: Callable[[str], Said] | None = None,
    headers: dict[str, str] | None = None,
) -> Said:
    """One request.

    Args:
        port: Where the server listens on this machine.
        method: HTTP method.
        path: Path.
        asked: What is sent, as JSON unless it is bytes.
        read: Reads the body of a response that is no error; JSON as it is when None.
        headers: Further headers.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAIT_SECONDS)
    body = asked if isinstance(asked, bytes) or asked is None else json.dumps(asked).encode()
    try:
        connection.request(method, path, body, {**_JSON, **(headers or {})})
        with connection.getresponse() as response:
            text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return Said("cut", type(error).__name__)
    finally:
        connection.close()
    if response.status >= HTTPStatus.BAD_REQUEST:
        return _error(response.status, text)
    return (read or _plain)(text)


_EVENTS = "text/event-stream"


def _error(status: int, text: str) -> Said:
    """Whether an error says what is wrong: a status by itself does not, and one for faults of ours never does."""
    try:
        told = json.loads(text)
        error = told.get("error") or told
        detail, code = error.get("detail") or error.get("message") or "", error.get("code")
    except (ValueError, AttributeError):
        detail = code = ""
    shown = f"{status}: {detail or text[:200]}"
    ours = status == HTTPStatus.INTERNAL_SERVER_ERROR or code == "internal"
    clear = not ours and len(str(detail).split()) >= _WORDS and not _faulty(text)
    return Said("clear" if clear else "unclear", shown)


def _faulty(text: str) -> bool:
    return any(one in text for one in _FAULTY)


def _plain(text: str) -> Said:
    try:
        return Said("answer", "", json.loads(text))
    except ValueError:
        return Said("unclear", f"no JSON: {text[:200]}")


def _answer(said: Said) -> Said:
    """A reply of `/api/ask` as the answer it holds."""
    if said.kind != "answer":
        return said
    text = str(said.body.get("answer") or "")
    if not text or not said.body.get("kind") or _faulty(text):
        return Said("unclear", f"no answer: {json.dumps(said.body)[:200]}")
    return Said("answer", text, said.body)


def _last_event(text: str) -> Said:
    events = [dict(line.partition(": ")[::2] for line in one.splitlines()) for one in text.split("\n\n") if one.strip()]
    last = next((one for one in reversed(events) if "event" in one), {})
    if last.get("event") == "answer":
        return _answer(_plain(last["data"]))
    if last.get("event") == "problem":
        return _error(int(json.loads(last["data"])["status"]), last["data"])
    return Said("unclear", f"the stream ended without an answer: {text[-200:]!r}")


def _completion(text: str) -> Said:
    said = _plain(text)
    if said.kind != "answer":
        return said
    words = str(said.body["choices"][0]["message"]["content"] or "") if said.body.get("choices") else ""
    return Said("answer", words, said.body) if words and not _faulty(words) else Said("unclear", f"empty: {text[:200]}")


def _last_chunk(text: str) -> Said:
    data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    chunks = [json.loads(one) for one in data if one != "[DONE]"]
    failed = next((one for one in chunks if "error" in one), None)
    if failed:
        return _error(HTTPStatus.SERVICE_UNAVAILABLE, json.dumps(failed))
    words = "".join(str(one["choices"][0]["delta"].get("content") or "") for one in chunks if one.get("choices"))
    if data[-1:] != ["[DONE]"] or not words or _faulty(words):
        return Said("unclear", f"the stream ended without an answer: {text[-200:]!r}")
    return Said("answer", words)
