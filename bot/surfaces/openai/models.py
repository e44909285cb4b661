"""The requests and responses of OpenAI's chat completions, as far as Groundrule takes part in them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from bot.types import Answer

__all__ = [
    "MAX_MESSAGES",
    "MODEL",
    "Annotation",
    "ChatMessage",
    "ChatRequest",
    "Choice",
    "Chunk",
    "ChunkChoice",
    "Completion",
    "Delta",
    "ErrorBody",
    "ErrorResponse",
    "Model",
    "ModelList",
    "Reply",
    "UrlCitation",
]

MODEL = "groundrule"
"""The one model there is."""
MAX_MESSAGES = 100
_TEXT_FORMAT = {
    "anyOf": [{"type": "object", "properties": {"type": {"const": "text"}}, "required": ["type"]}, {"type": "null"}]
}


class _Sent(BaseModel):
    # Clients send much that means nothing here, from `temperature` to fields of their own.
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class _Part(_Sent):
    """A part of a message; only those of type "text" are read."""

    type: str
    text: str | None = None


class ChatMessage(_Sent):
    """A message of the chat.

    Attributes:
        role: Who wrote it. Only messages of role "user" are read: the others are neither questions nor instructions.
        content: Its text, or its parts.
    """

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None


class ChatRequest(_Sent):
    """A chat whose last message is the question.

    Attributes:
        model: Always "groundrule".
        messages: The chat so far, the oldest first; the last one is the user's.
        stream: Whether the answer comes as server-sent events.
        n: How many answers; there is one.
        tools: Tools that a model might call; Groundrule calls none.
        tool_choice: "required", or the name of a tool, cannot be met.
        response_format: Anything but text cannot be met.
        stream_options: Taken, without effect: no tokens are counted, so no usage is reported.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": MODEL, "messages": [{"role": "user", "content": "What are the pros of a central team?"}]},
                {
                    "model": MODEL,
                    "stream": True,
                    "messages": [
                        {"role": "user", "content": "We are 30 people with two models live. How should we organise?"},
                        {"role": "assistant", "content": "…"},
                        {"role": "user", "content": "What if we had 50 models?"},
                    ],
                },
            ]
        }
    )

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = False
    # What these may be is said in the schema, but told in words of our own.
    n: Annotated[int | None, WithJsonSchema({"enum": [1, None]})] = 1
    tools: list[dict[str, Any]] | None = None
    tool_choice: Annotated[str | dict[str, Any] | None, WithJsonSchema({"enum": ["none", "auto", None]})] = None
    response_format: Annotated[dict[str, Any] | None, WithJsonSchema(_TEXT_FORMAT)] = None
    stream_options: dict[str, Any] | None = None


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UrlCitation(_Given):
    """What a marker in the content refers to: `content[start_index:end_index]` is the marker, as "[1]".

    Attributes:
        start_index: Offset of the marker's first character, in code points.
        end_index: Offset past its last.
        title: Title of the source.
        url: Address of the source or, where it has none, of the passage on this server.
    """

    start_index: Annotated[int, Field(ge=0)]
    end_index: Annotated[int, Field(ge=1)]
    title: str
    url: str


class Annotation(_Given):
    """A citation."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Reply(_Given):
    """The answer as a message.

    Attributes:
        role: Always "assistant".
        content: Markdown with [1] markers and a numbered list of sources at its end.
        refusal: Always null: that the documents do not hold an answer is said in the content.
        annotations: One for each marker of the content, in order.
    """

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: tuple[Annotation, ...] = ()


class Choice(_Given):
    """The one answer there is."""

    index: Literal[0] = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Completion(_Given):
    """An answer in OpenAI's shape.

    Attributes:
        id: Its id.
        object: What it is.
        created: When it was given, in seconds since 1970.
        model: "groundrule".
        choices: The one answer.
        usage: Always null: no tokens are counted.
        groundrule: The whole answer as `/api/ask` gives it; its session is "", for none is kept.
    """

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: tuple[Choice, ...]
    usage: None = None
    groundrule: Answer


class Delta(_Given):
    """What a piece of a streamed answer adds."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    annotations: tuple[Annotation, ...] | None = None


class ChunkChoice(_Given):
    """A piece of the one answer."""

    index: Literal[0] = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None


class Chunk(_Given):
    """A piece of a streamed answer; the last one carries the citations and the whole answer."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str = MODEL
    choices: tuple[ChunkChoice, ...]
    groundrule: Answer | None = None


class Model(_Given):
    """A model that can be asked.

    Attributes:
        id: Its name in requests.
        object: What it is.
        created: When the index was built, in seconds since 1970.
        owned_by: Whose it is.
    """

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = MODEL


class ModelList(_Given):
    """The models that can be asked."""

    object: Literal["list"] = "list"
    data: tuple[Model, ...]


class ErrorBody(_Given):
    """What went wrong.

    Attributes:
        message: What failed, on which value, and what to do.
        type: "invalid_request_error", "server_error", ...
        param: Where in the request, or null.
        code: The same for programs.
    """

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(_Given):
    """An error in OpenAI's shape."""

    error: ErrorBody
