"""The tools that a client's language model may call; each gives our public JSON, and text for the model to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, ConfigDict, Field

from bot.service.views import FoundView, PassageView
from bot.surfaces.mcp.wording import answer_text, found_text, passage_text
from bot.types import Answer
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.service.service import Service

__all__ = ["FoundPassages", "Tools"]

M = TypeVar("M", bound=BaseModel)

Question = Annotated[str, Field(description="The question in plain words.")]
Session = Annotated[
    str | None, Field(description="The `session` of the answer before, to go on with that conversation.")
]
Facts = Annotated[
    dict[str, str | int | float | list[str]],
    Field(description="Criterion to level, or to a number.", examples=[{"use-cases": 2, "governance": "strict"}]),
]
Decision = Annotated[str | None, Field(description="Id of the decision; that on which the facts bear when left out.")]
Query = Annotated[str, Field(description="Words to search for.")]
Count = Annotated[int, Field(ge=1, le=100, description="How many passages at most.")]
Sources = Annotated[list[str] | None, Field(description="Only of these documents, by id.")]
Options = Annotated[list[str] | None, Field(description="None that speaks of other options only; ids.")]
Compared = Annotated[list[str], Field(min_length=2, description="Ids of the options to compare.")]
About = Annotated[str | None, Field(description='What to compare them in, as "governance"; all when left out.')]
PassageId = Annotated[str, Field(description="Id of a passage, from a citation or a search.")]


class FoundPassages(BaseModel):
    """What a search found, best first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    passages: tuple[FoundView, ...]


class Tools:
    """The tools over a service.

    Args:
        service: Gives the service, once there is one.
    """

    def __init__(self, service: Callable[[], Service]) -> None:
        self._service = service

    def ask(self, question: Question, session: Session = None) -> Annotated[CallToolResult, Answer]:
        """Answers a question."""
        return _told(lambda: self._service().ask(question, session, door="mcp"), answer_text)

    def recommend(
        self, facts: Facts, decision: Decision = None, session: Session = None
    ) -> Annotated[CallToolResult, Answer]:
        """Decides from facts."""
        return _told(lambda: self._service().recommend(facts, decision, session, door="mcp"), answer_text)

    def compare(
        self, options: Compared, about: About = None, session: Session = None
    ) -> Annotated[CallToolResult, Answer]:
        """Compares options."""
        return _told(lambda: self._service().compare(options, about, session, door="mcp"), answer_text)

    def search(
        self, query: Query, count: Count = 10, sources: Sources = None, options: Options = None
    ) -> Annotated[CallToolResult, FoundPassages]:
        """Finds passages."""

        def found() -> FoundPassages:
            views = self._service().search(query, count, sources=sources or (), options=options or ())
            return FoundPassages(passages=tuple(views))

        return _told(found, lambda one: found_text(one.passages))

    def get_passage(self, passage_id: PassageId) -> Annotated[CallToolResult, PassageView]:
        """Gives a passage."""
        return _told(lambda: self._service().passage(passage_id), passage_text)


def _told(work: Callable[[], M], text: Callable[[M], str]) -> CallToolResult:
    """The result of a tool, or the message of an error that is meant for its caller."""
    try:
        value = work()
    except GroundruleError as error:
        return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)
    structured: dict[str, Any] = value.model_dump(mode="json", by_alias=True)
    return CallToolResult(content=[TextContent(type="text", text=text(value))], structured_content=structured)
