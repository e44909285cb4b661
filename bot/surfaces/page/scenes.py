"""Whole views of the chat's tab: a conversation as it stands, the beginning of one, an answer that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.composing.draft import escape
from bot.surfaces.page.decision import decision_panel, no_decision
from bot.surfaces.page.messages import exchange_messages, messages_of, read_answer
from bot.surfaces.page.reading import cited_passages, nothing_cited
from bot.surfaces.page.templating import render
from bot.surfaces.page.view import View
from ingest.errors import GroundruleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.service.service import Service
    from bot.sessions.session import Exchange
    from bot.surfaces.page.messages import Message
    from bot.surfaces.page.view import Side
    from bot.types import Answer

__all__ = ["Scenes", "cited", "failed", "tools"]


@dataclass(frozen=True, slots=True)
class Scenes:
    """Makes views.

    Attributes:
        service: Knows the pack, the rubric and the votes.
    """

    service: Service

    def standing(
        self, session: str, exchanges: Sequence[Exchange], newest: Answer | None = None, side: Side | None = None
    ) -> View:
        """Everything about a conversation; what its store lost of the newest answer is shown all the same."""
        answer = newest or read_answer(exchanges[-1].answer)
        messages = messages_of(exchanges)
        if newest is not None and (not exchanges or exchanges[-1].answer != newest.as_json()):
            messages = [*messages, *exchange_messages(newest.question, newest.as_json())]
        made = [one for one in (answer.recommendation, *answer.other_decisions) if one] if answer else []
        panel = decision_panel(made, self.service.advisor) if made else None
        return View(
            session=session,
            messages=messages,
            votes=self.votes(session),
            under=self._under(answer),
            sources=cited(answer),
            decision=panel or self._earlier_decision(exchanges),
            tools=tools(session, exchanges),
            side=side or ("decision" if made else "sources"),
            working=False,
            editing="",
            pending="",
            judged=0,
        )

    def _earlier_decision(self, exchanges: Sequence[Exchange]) -> str:
        """The decision made last in a conversation: a question about something else does not undo it."""
        for one in reversed(exchanges):
            answer = read_answer(one.answer)
            if answer is not None and answer.recommendation is not None:
                return decision_panel([answer.recommendation, *answer.other_decisions], self.service.advisor)
        return no_decision()

    def _under(self, answer: Answer | None) -> str:
        if answer is None:
            return ""
        return render("under", follow=self.service.follow_ups(answer), refused=answer.refused)

    def beginning(self, notice: str | None = None) -> View:
        """A new conversation, with examples."""
        kinds: dict[str, list[str]] = {}
        for example in self.service.assistant.pack.examples:
            kinds.setdefault(example.kind, []).append(example.question)
        return View(
            box="",
            session="",
            messages=[],
            votes=[],
            under=render("beginning", kinds=kinds, heading=f"Ask {self.service.assistant.pack.subject}"),
            sources=nothing_cited(asked=False),
            decision=no_decision(),
            tools=tools("", ()),
            side="sources",
            notice=notice,
            working=False,
            editing="",
            pending="",
            judged=0,
        )

    def votes(self, session: str) -> list[str | None]:
        """The vote on each answer, as far as there are votes."""
        try:
            given = self.service.votes(session)
        except GroundruleError:
            return []
        return [given.get(number) for number in range(1, max(given, default=0) + 1)]


def failed(asked: list[Message], question: str, why: str) -> View:
    """An answer that could not be given; the question can be tried again."""
    told = f"**No answer could be given.** {escape(why)}"
    return View(
        messages=[*asked, {"role": "assistant", "content": told}],
        under=render("failed", question=question),
        working=False,
    )


def tools(session: str, exchanges: Sequence[Exchange], *, editing: bool = False) -> str:
    """What can be done with a conversation."""
    decided = any(one.answer.get("recommendation") for one in exchanges)
    return render("tools", session=session, decided=decided, editing=editing)


def cited(answer: Answer | None) -> str:
    """The passages of an answer; None where nothing was answered that can be read."""
    return cited_passages(answer.citations) if answer and answer.citations else nothing_cited(asked=answer is not None)
