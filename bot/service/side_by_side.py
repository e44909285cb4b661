"""Two or three options of one decision side by side: all that the documents say of each, by stance, every line cited.

Unlike a comparison that is asked for in words this chooses and shortens nothing: a page lays it out in columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.composing.draft import Draft
from bot.service.near import check_known
from bot.service.recommended import last_recommended
from bot.types import Citation
from bot.verifying.citations import cite_all
from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.assistant import Assistant
    from bot.types import Recommendation
    from ingest.pack import Decision
    from ingest.types import Passage

__all__ = ["MAX_BESIDE", "Beside", "Line", "SideBySide", "Standing", "side_by_side"]

MAX_BESIDE = 3
"""Most options side by side: more columns are not read across."""
# Claims of each source that say what an option is.
_DEFINING = 4


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Line(_View):
    """A claim.

    Attributes:
        text: The passage's exact characters.
        citations: Numbers of the passages that say it: first its own, then those of other sources that say the same.
    """

    text: str
    citations: Annotated[tuple[int, ...], Field(min_length=1)]


class Standing(_View):
    """Where an option stands in the last recommendation that its conversation was given.

    Attributes:
        place: From 1.
        score: 0 to 100.
        low: The score if every open answer were the worst for it.
        high: The score if every open answer were the best for it.
        first_share: Share of weightings and open answers under which it comes first, 0 to 1.
    """

    place: Annotated[int, Field(ge=1)]
    score: float
    low: float
    high: float
    first_share: float


class Beside(_View):
    """One option.

    Attributes:
        option: Its id.
        name: What people read.
        definition: What it is.
        pros: What speaks for it.
        cons: What speaks against it.
        fit: When it suits.
        standing: Where it stands; null when nothing was recommended on the decision, or in no conversation.
    """

    option: str
    name: str
    definition: tuple[Line, ...]
    pros: tuple[Line, ...]
    cons: tuple[Line, ...]
    fit: tuple[Line, ...]
    standing: Standing | None


class SideBySide(_View):
    """Options side by side. Public JSON, changed by additions only.

    Attributes:
        schema_version: Version of this shape; "schema" in JSON.
        decision: Id of the decision.
        decision_name: What people read for it.
        options: In the order asked for.
        citations: What the numbers of all lines refer to, in order.
    """

    schema_version: Annotated[int, Field(alias="schema")] = 1
    decision: str
    decision_name: str
    options: tuple[Beside, ...]
    citations: tuple[Citation, ...]


def side_by_side(assistant: Assistant, options: Sequence[str], session: str | None = None) -> SideBySide:
    """Options of one decision side by side.

    Args:
        assistant: Over the library and the pack.
        options: Ids of two or three.
        session: The conversation whose last recommendation says where they stand; what it only supposed is left out.

    Raises:
        UsageError: Another number of options, one that is not known, or options of several decisions.
        ConversationError: The conversation cannot be read now.
    """
    decision = _decision(assistant, options)
    made = last_recommended(assistant.history(session), decision.id) if session is not None else None
    draft = Draft()
    shown = tuple(_beside(assistant, option, draft, made) for option in options)
    return SideBySide(
        decision=decision.id,
        decision_name=decision.name,
        options=shown,
        citations=cite_all(draft.passages, assistant.documents),
    )


def _decision(assistant: Assistant, options: Sequence[str]) -> Decision:
    """The decision that the options are all of."""
    check_known("option", options, [option.id for option in assistant.pack.options])
    if len(set(options)) != len(options) or not 2 <= len(options) <= MAX_BESIDE:
        raise UsageError(
            f"{', '.join(options) or 'nothing'} cannot be set side by side. Give 2 to {MAX_BESIDE} options."
        )
    first, *others = [assistant.pack.decision_of(option) for option in options]
    for other in others:
        if other.id != first.id:
            raise UsageError(
                f"{', '.join(options)} are no choices of one decision, but of {first.id} and {other.id}. "
                "Take options of one of them."
            )
    return first


def _beside(assistant: Assistant, option: str, draft: Draft, made: Recommendation | None) -> Beside:
    claims = assistant.composer.claims
    return Beside(
        option=option,
        name=assistant.pack.option(option).name,
        definition=_lines(assistant, claims.definition(option, (), _DEFINING), draft),
        pros=_lines(assistant, claims.taking("pro", option, ()), draft),
        cons=_lines(assistant, claims.taking("con", option, ()), draft),
        fit=_lines(assistant, claims.taking("fit", option, ()), draft),
        standing=_standing(made, option) if made else None,
    )


def _lines(assistant: Assistant, found: Sequence[Passage], draft: Draft) -> tuple[Line, ...]:
    """A line for each claim; those of several sources that say the same are one."""
    return tuple(
        Line(text=group[0].text, citations=tuple(draft.number(passage) for passage in group))
        for group in assistant.composer.themes.grouped(found)
    )


def _standing(made: Recommendation, option: str) -> Standing | None:
    for place, one in enumerate(made.ranking, start=1):
        if one.option == option:
            return Standing(place=place, score=one.score, low=one.low, high=one.high, first_share=one.first_share)
    return None
