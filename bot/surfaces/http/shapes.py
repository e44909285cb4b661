"""What requests to the API hold, and what its answers hold beside the public `Answer`. Changed by additions only."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.service.browsing import MAX_FOUND
from bot.service.views import DecisionView, DocumentView, FoundView, PassageView
from bot.sessions.feedback import MAX_COMMENT
from bot.types import MAX_SESSION_ID

__all__ = [
    "AskRequest",
    "CompareRequest",
    "Conversation",
    "Decisions",
    "Documents",
    "FeedbackRequest",
    "Forgotten",
    "Found",
    "Health",
    "Id",
    "IngestReport",
    "May",
    "Me",
    "Passages",
    "RecommendRequest",
    "RecordRequest",
    "RecordText",
    "Rewound",
    "Said",
    "SearchRequest",
    "SessionId",
    "Stored",
]

# The setting says how long a question may be; this only bounds what is read at all.
MAX_TEXT = 100_000
MAX_FACTS = 100
MAX_IDS = 50

SessionId = Annotated[str, Field(min_length=1, max_length=MAX_SESSION_ID)]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Facts = Annotated[
    dict[Annotated[str, Field(max_length=200)], bool | int | float | Annotated[str, Field(max_length=200)]],
    Field(max_length=MAX_FACTS),
]
# The same, with null for what is unknown again.
Corrections = Annotated[
    dict[Annotated[str, Field(max_length=200)], bool | int | float | Annotated[str, Field(max_length=200)] | None],
    Field(max_length=MAX_FACTS),
]
_EXAMPLE_FACTS = {"use-cases": "few", "stage": 60}


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Annotated[int, Field(alias="schema")] = 1


class AskRequest(_Request):
    """A question, in a conversation that goes on or begins."""

    question: Words = Field(description="In words.", examples=["What are the pros of the central model?"])
    session: SessionId | None = Field(
        None,
        description="The conversation to go on with, as an earlier answer named it; a new one when null. "
        "Whoever knows it can read the conversation, so do not choose one that can be guessed.",
    )


class RecommendRequest(_Request):
    """Facts about an organisation."""

    facts: Corrections = Field(
        description="Criterion to level, or to a number where the criterion counts something (`GET /api/rubric` names "
        "them); `present` is the id of the option that the organisation has today. Null makes what the conversation "
        "knows of a criterion unknown again, and needs a session.",
        examples=[_EXAMPLE_FACTS],
    )
    decision: Id | None = Field(None, description="Id of the decision; null takes the one that the facts bear on.")
    session: SessionId | None = Field(
        None, description="A conversation that is to know the facts from then on; null keeps nothing."
    )


class CompareRequest(_Request):
    """Options to set side by side."""

    options: list[Id] = Field(description="Ids of at least two.", min_length=2, max_length=MAX_IDS)
    about: Annotated[str, Field(max_length=500)] | None = Field(
        None, description="In what; null tells what sets them apart.", examples=["governance"]
    )
    session: SessionId | None = Field(None, description="The conversation to go on with; a new one when null.")


class SearchRequest(_Request):
    """What to look for."""

    query: Words = Field(description="Words to look for.", examples=["who owns the platform"])
    count: int = Field(10, ge=1, le=MAX_FOUND, description="How many passages at most.")
    sources: list[Id] = Field(default_factory=list, max_length=MAX_IDS, description="Only of these documents.")
    options: list[Id] = Field(
        default_factory=list, max_length=MAX_IDS, description="None that speaks of other options only."
    )


class FeedbackRequest(_Request):
    """What a user thinks of an answer."""

    session: SessionId = Field(description="The conversation.")
    vote: Literal["up", "down"] = Field(description="Thumb up or down.")
    comment: Annotated[str, Field(max_length=MAX_COMMENT)] = Field("", description="The user's words.")
    number: int | None = Field(None, ge=1, le=10_000, description="Which answer, from 1; null means the last.")


class RecordRequest(_Request):
    """What to record: a conversation's last recommendation, facts, or both, of which the facts come first."""

    session: SessionId | None = Field(None, description="The conversation.")
    facts: Facts = Field(default_factory=dict, description="Criterion to level.", examples=[_EXAMPLE_FACTS])
    decision: Id | None = Field(None, description="Id of the decision; null takes the one talked about.")
    title: Annotated[str, Field(max_length=200)] | None = Field(None, description="Title of the record.")


class Decisions(_Reply):
    """What can be decided."""

    decisions: list[DecisionView]


class Documents(_Reply):
    """The documents of the library."""

    documents: list[DocumentView]


class Passages(_Reply):
    """The passages of a document, in its order."""

    passages: list[PassageView]


class May(BaseModel):
    """What a caller may do: ask, vote on answers, delete conversations, add and remove documents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: bool
    vote: bool
    delete: bool
    upload: bool


class Me(_Reply):
    """Who calls.

    Attributes:
        keys: Whether the server asks for keys.
        scope: The scope of the key; "admin" where none is asked for.
        may: What that allows here.
    """

    keys: bool
    scope: Literal["read", "write", "admin"]
    may: May


class Found(_Reply):
    """The passages that rank highest, best first."""

    passages: list[FoundView]


class Said(BaseModel):
    """One exchange of a conversation.

    Attributes:
        at: When it was answered, in UTC.
        answer: The answer, in the shape of the release that gave it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: dt.datetime
    answer: dict[str, Any]


class Conversation(_Reply):
    """A conversation, the oldest exchange first."""

    session: str
    exchanges: list[Said]


class Forgotten(_Reply):
    """What became of a conversation: whether there was anything to delete."""

    session: str
    deleted: bool


class Rewound(_Reply):
    """What became of a transcript: how many exchanges were taken back, and how many are left."""

    session: str
    dropped: int
    left: int


class Stored(_Reply):
    """Feedback that was stored, under its number."""

    feedback: int


class RecordText(_Reply):
    """A decision record, as Markdown with what a replay needs in front."""

    markdown: str


class FileOutcome(BaseModel):
    """What became of one document, uploaded or not, when the index was built anew.

    Attributes:
        name: Its file's name.
        status: "added", "updated", "unchanged", "removed", "kept" (its file is not there now) or "failed".
        detail: Why it failed or was kept; "" otherwise.
        passages: Claims of it in the index.
        sent: The name that the request gave it, which may hold what no file here may be called; null for those that the
            request did not send.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    status: str
    detail: str
    passages: Annotated[int, Field(ge=0)] = 0
    sent: str | None = None


class IngestReport(_Reply):
    """What an upload or a removal did to the index."""

    files: list[FileOutcome]
    documents: int
    passages: int
    embedded: int


class Health(_Reply):
    """Whether the server can answer: each part by name, "ok" or what is wrong with it."""

    ready: bool
    parts: dict[str, str]
