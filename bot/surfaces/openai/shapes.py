"""Our answers in OpenAI's shapes, and what of OpenAI's requests cannot be met."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from bot.composing.draft import MARKER, escape
from bot.surfaces.openai.models import (
    MODEL,
    Annotation,
    Choice,
    Chunk,
    ChunkChoice,
    Completion,
    Delta,
    Reply,
    UrlCitation,
)
from bot.surfaces.sources import with_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.surfaces.openai.models import ChatMessage, ChatRequest
    from bot.types import Answer, Citation

__all__ = ["Objection", "chunks", "completion", "new_id", "objection", "questions_of"]

# After a line, and after a sentence: a reader never sees half a number or half a marker.
_BORDER = re.compile(r"(?<=\n)|(?<=[.!?:] )")


class Objection(NamedTuple):
    """Why a request cannot be met.

    Attributes:
        status: HTTP status.
        code: For programs.
        param: Where in the request.
        message: For people.
    """

    status: int
    code: str
    param: str
    message: str


def objection(request: ChatRequest) -> Objection | None:
    """What of a request cannot be met; None when all can."""
    if request.model != MODEL:
        message = f"model {request.model!r:.80} does not exist. Ask for {MODEL!r}."
        return Objection(404, "model_not_found", "model", message)
    if request.n not in (None, 1):
        return _unsupported("n", f"{request.n} answers cannot be given: there is one. Leave `n` out.")
    if request.tool_choice not in (None, "none", "auto"):
        return _unsupported("tool_choice", "Groundrule calls no tools. Leave `tool_choice` out, or set it to 'auto'.")
    if request.response_format is not None and request.response_format.get("type") != "text":
        message = "answers are Markdown. Leave `response_format` out, and read the field `groundrule` for JSON."
        return _unsupported("response_format", message)
    last = request.messages[-1]
    if last.role != "user":
        return _unsupported("messages", f"the last message is the {last.role}'s. Put the user's question last.")
    if other := _other_part(last):
        return _unsupported("messages", f"a part of type {other!r:.80} cannot be read. Ask in text alone.")
    return None


def questions_of(messages: list[ChatMessage]) -> list[str]:
    """What the user wrote, the oldest first; what else a chat holds is neither question nor instruction."""
    # An earlier message with an image was refused when it was asked.
    return [_text(message) for message in messages if message.role == "user" and not _other_part(message)]


def new_id() -> str:
    """An id for an answer."""
    return f"chatcmpl-{secrets.token_hex(12)}"


def completion(answer: Answer, base: str) -> Completion:
    """An answer in one piece.

    Args:
        answer: The answer.
        base: Address of this server, without a slash at its end.
    """
    reply = Reply(content=_content(answer, base), annotations=_annotations(answer, base))
    return Completion(id=new_id(), created=int(time.time()), choices=(Choice(message=reply),), groundrule=answer)


def chunks(answer: Answer, base: str, id_: str) -> Iterator[Chunk]:
    """An answer piece by piece; the pieces together are the content of `completion`.

    Args:
        answer: The answer.
        base: Address of this server, without a slash at its end.
        id_: Id of the answer.
    """
    created = int(time.time())

    def chunk(delta: Delta, *, last: bool = False) -> Chunk:
        choice = ChunkChoice(delta=delta, finish_reason="stop" if last else None)
        more = {"groundrule": answer} if last else {}
        return Chunk(id=id_, created=created, choices=(choice,), **more)

    yield chunk(Delta(role="assistant", content=""))
    for piece in _BORDER.split(_content(answer, base)):
        if piece:
            yield chunk(Delta(content=piece))
    yield chunk(Delta(annotations=_annotations(answer, base)), last=True)


def _unsupported(param: str, message: str) -> Objection:
    return Objection(400, "unsupported_value", param, message)


def _other_part(message: ChatMessage) -> str | None:
    """The type of the first part of a message that is not text."""
    parts = message.content if isinstance(message.content, list) else []
    return next((part.type for part in parts if part.type != "text"), None)


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, list):
        return "\n".join(part.text or "" for part in message.content)
    return message.content or ""


def _content(answer: Answer, base: str) -> str:
    return with_sources(answer, lambda one: f"[{escape(one.title)}](<{_address(one, base)}>)")


def _annotations(answer: Answer, base: str) -> tuple[Annotation, ...]:
    """One for each marker: the answer stands at the beginning of the content, so its offsets are the content's."""
    cited = {str(one.number): one for one in answer.citations}
    return tuple(
        Annotation(
            url_citation=UrlCitation(
                start_index=marker.start(), end_index=marker.end(), title=one.title, url=_address(one, base)
            )
        )
        for marker in MARKER.finditer(answer.answer)
        if (one := cited.get(marker[1]))
    )


def _address(citation: Citation, base: str) -> str:
    """Where a reader finds what is cited; a source's own address only where it is one of the web."""
    url = citation.url or ""
    if urlsplit(url).scheme in ("http", "https"):
        # Nothing in it may end the link it stands in.
        return quote(url, safe="%/:=&?~#+!$,;'@()*[]-._")
    return f"{base}/api/passages/{quote(citation.passage_id, safe='')}"
