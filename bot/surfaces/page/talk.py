"""What the chat page does when somebody asks, corrects, votes or comes back: each event gives what is to be shown next.

It knows no user interface library: `bot.surfaces.page.layout` hands its values to one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bot.composing.draft import escape
from bot.service.streaming import stream_answer
from bot.surfaces.page.decision import decision_panel, no_decision
from bot.surfaces.page.messages import exchange_messages, messages_of, question_text, read_answer
from bot.surfaces.page.reading import cited_passages, in_document, nothing_cited
from bot.surfaces.page.templating import render
from bot.surfaces.page.view import Side, View
from bot.types import Answer
from ingest.errors import GroundruleError, MissingError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.service.service import Service
    from bot.service.streaming import Listener
    from bot.sessions.session import Exchange

__all__ = ["Talk"]

MAX_COMMENT = 2000
_READ_ONLY = "your key may only read. Log in with one that may write."
_WAITING = "*Reading the passages…*"


@dataclass(frozen=True, slots=True)
class Talk:
    """The page's conversations.

    Attributes:
        service: Answers and keeps.
    """

    service: Service

    def open(self, session: str) -> View:
        """A conversation as it stands, or the beginning of one.

        Args:
            session: Identifier from the page's address; "" for none.
        """
        if not session:
            return self._opened()
        try:
            return self._standing(session, self.service.history(session))
        except MissingError:
            notice = "That conversation is not kept any more: it has expired or was deleted. This is a new one."
        except GroundruleError as error:
            notice = f"That conversation cannot be shown: {error}"
        return self._opened(notice)

    def ask(self, question: str, session: str, *, editing: bool = False, may_delete: bool = True) -> Iterator[View]:
        """Shows the question at once, then the answer as it comes.

        Args:
            question: The user's words.
            session: Identifier of the conversation; "" begins one.
            editing: Whether it takes the place of the last question.
            may_delete: Whether who asks may take back what was said.
        """
        try:
            self.service.check(question, session or None)
            if editing and session:
                if not may_delete:
                    yield View(box=question, notice=f"The last question stays: {_READ_ONLY}", working=False)
                    return
                self.service.rewind(session, 1)
        except GroundruleError as error:
            # Nothing was asked, so the conversation stays as it was and the words stay in the box.
            yield View(box=question, notice=str(error), working=False)
            return

        def answer(told: Listener[str]) -> Answer:
            return self.service.ask(question, session or None, door="page", on_sentence=told, check=told.check)

        yield from self._answering(question, session, answer)

    def again(self, session: str, *, may_delete: bool = True) -> Iterator[View]:
        """Asks the last question anew, in the place of its answer."""
        try:
            last = self.service.history(session)[-1]
            if last.answer.get("asked") == "facts":
                yield View(notice="That was a choice of facts, not a question. Change it beside the chat.")
                return
        except GroundruleError as error:
            yield View(notice=str(error))
            return
        yield from self.ask(last.question, session, editing=True, may_delete=may_delete)

    def correct(self, session: str, criterion: str, level: str) -> Iterator[View]:
        """Decides anew from a corrected fact, and says so in the chat.

        Args:
            session: Identifier of the conversation.
            criterion: What is corrected.
            level: How it stands; "" makes it unknown.
        """
        yield View(working=True)
        try:
            self.service.correct(session, {criterion: level or None}, door="page")
            yield self._standing(session, self.service.history(session), side="decision")
        except GroundruleError as error:
            yield View(notice=str(error), working=False)

    def edit(self, session: str) -> View:
        """Puts the last question back into the box."""
        exchanges = self._history(session)
        asked = [one for one in exchanges[-1:] if one.answer.get("asked") != "facts"]
        if not asked:
            return View(notice="There is no last question to edit.")
        return View(box=asked[0].question, editing=True, tools=_tools(session, exchanges, editing=True))

    def settle(self, session: str) -> View:
        """Leaves the last question as it was asked."""
        return View(box="", editing=False, tools=_tools(session, self._history(session)))

    def show(self, passage: str, number: str) -> View:
        """Opens a passage in its document."""
        try:
            return View(sources=in_document(self.service, passage, number), side="sources")
        except GroundruleError as error:
            return View(notice=str(error))

    def cited(self, session: str) -> View:
        """The passages of the last answer."""
        return View(sources=_sources(self._history(session)), side="sources")

    def vote(self, session: str, number: int, vote: Literal["up", "down"], *, may_write: bool = True) -> View:
        """Stores a vote on an answer, and opens a field for words about it.

        Args:
            session: Identifier of the conversation.
            number: Which answer, from 1.
            vote: Thumb up or down.
            may_write: Whether who votes may.
        """
        try:
            if not may_write:
                return View(notice=f"The vote is not stored: {_READ_ONLY}", votes=self._votes(session))
            self.service.vote(session, vote, number=number)
        except GroundruleError as error:
            return View(notice=f"The vote is not stored: {error}")
        return View(votes=self._votes(session), judged=number, notice="Thank you. Your vote is stored.")

    def comment(self, session: str, number: int, words: str, *, may_write: bool = True) -> View:
        """Adds words to a vote that stands."""
        try:
            vote = self.service.votes(session).get(number)
            if vote is None or not may_write:
                return View(judged=0, notice=f"Nothing is stored: {_READ_ONLY if vote else 'there is no vote yet.'}")
            self.service.vote(session, vote, words[:MAX_COMMENT], number)
        except GroundruleError as error:
            return View(notice=f"Your words are not stored: {error}")
        return View(judged=0, notice="Thank you. Your words are stored.")

    def leave(self) -> View:
        """Begins a new conversation; the former one is kept."""
        return self._beginning()

    def delete(self, session: str, *, may_write: bool = True) -> View:
        """Deletes the conversation and begins a new one."""
        if not may_write:
            return View(notice=f"The conversation is not deleted: {_READ_ONLY}")
        try:
            if session:
                self.service.forget(session)
        except GroundruleError as error:
            # Who wants it gone has to know that it is not.
            return View(notice=f"The conversation is not deleted: {error}")
        return self._beginning("The conversation is deleted.")

    def stopped(self, session: str, question: str) -> View:
        """The conversation as it stood before a question whose answer was broken off; that is back in its box."""
        return replace(self.open(session), box=question, notice="Stopped. Your question is back in its box.")

    def _answering(self, question: str, session: str, answer: Callable[[Listener[str]], Answer]) -> Iterator[View]:
        before = self._history(session)
        asked = [*messages_of(before), {"role": "user", "content": question_text(question)}]
        waits = self.service.assistant.phrasing is not None
        yield View(box="", messages=asked, working=waits, editing=False, judged=0, under="", pending=question)
        said = ""
        try:
            for piece in stream_answer(answer):
                if isinstance(piece, Answer):
                    yield self._standing(piece.session, self._history(piece.session), piece)
                    return
                if not waits:
                    # All of it is there at once, and each view costs Gradio more than the answer did; at a yield the
                    # reader may leave.
                    if piece is None:
                        yield View()
                    continue
                said = " ".join(filter(None, (said, piece)))
                yield View(messages=[*asked, {"role": "assistant", "content": said or _WAITING}])
        except QuestionError as error:
            yield View(box=question, messages=asked[:-1], notice=str(error), working=False)
        except GroundruleError as error:
            told = f"**No answer could be given.** {escape(str(error))}"
            yield View(
                messages=[*asked, {"role": "assistant", "content": told}],
                under=render("failed", question=question),
                working=False,
            )

    def _standing(
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
            votes=self._votes(session),
            under=self._under(answer),
            sources=_cited(answer),
            decision=panel or self._earlier_decision(exchanges),
            tools=_tools(session, exchanges),
            side=side or ("decision" if made else "sources"),
            working=False,
            editing=False,
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

    def _opened(self, notice: str | None = None) -> View:
        # What was typed before the page was complete stays.
        return replace(self._beginning(notice), box=None)

    def _beginning(self, notice: str | None = None) -> View:
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
            tools=_tools("", ()),
            side="sources",
            notice=notice,
            working=False,
            editing=False,
            judged=0,
        )

    def _history(self, session: str) -> list[Exchange]:
        """The transcript; nothing where there is none (yet)."""
        try:
            return self.service.history(session) if session else []
        except GroundruleError:
            return []

    def _votes(self, session: str) -> list[str | None]:
        try:
            given = self.service.votes(session)
        except GroundruleError:
            return []
        return [given.get(number) for number in range(1, max(given, default=0) + 1)]


def _tools(session: str, exchanges: Sequence[Exchange], *, editing: bool = False) -> str:
    decided = any(one.answer.get("recommendation") for one in exchanges)
    return render("tools", session=session, decided=decided, editing=editing)


def _sources(exchanges: Sequence[Exchange]) -> str:
    return _cited(read_answer(exchanges[-1].answer)) if exchanges else nothing_cited(asked=False)


def _cited(answer: Answer | None) -> str:
    return cited_passages(answer.citations) if answer and answer.citations else nothing_cited(asked=answer is not None)
