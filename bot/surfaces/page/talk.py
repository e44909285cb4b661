"""What the chat page does when somebody asks, corrects, votes or comes back: each event gives what is to be shown next.

It knows no user interface library: `bot.surfaces.page.chat_tab` hands its values to one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.service.streaming import Listener, stream_answer
from bot.sessions.feedback import MAX_COMMENT
from bot.surfaces.page.messages import Message, messages_of, question_text, read_answer
from bot.surfaces.page.reading import in_document, nothing_cited
from bot.surfaces.page.running import Running
from bot.surfaces.page.scenes import Scenes, cited, failed, tools
from bot.surfaces.page.view import View
from bot.types import Answer
from ingest.errors import GroundruleError, MissingError, QuestionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from bot.service.kept import Vote
    from bot.service.service import Service
    from bot.sessions.session import Exchange

__all__ = ["Talk"]

_READ_ONLY = "your key may only read. Log in with one that may write."
_WAITING = "*Reading the passages…*"


@dataclass(frozen=True, slots=True)
class Talk:
    """The page's conversations.

    Attributes:
        service: Answers and keeps.
        running: The answers that are being worked out.
    """

    service: Service
    running: Running = field(default_factory=Running)

    @property
    def _scenes(self) -> Scenes:
        return Scenes(self.service)

    def open(self, session: str) -> View:
        """A conversation as it stands, or the beginning of one.

        Args:
            session: Identifier from the page's address; "" for none.
        """
        if not session:
            return self._opened()
        try:
            return self._scenes.standing(session, self.service.history(session))
        except MissingError:
            notice = "That conversation is not kept any more: it has expired or was deleted. This is a new one."
        except GroundruleError as error:
            notice = f"That conversation cannot be shown: {error}"
        return self._opened(notice)

    def ask(self, question: str, session: str, *, replacing: str = "", may_delete: bool = True) -> Generator[View]:
        """Shows the question at once, then the answer as it comes.

        Args:
            question: The user's words; nothing happens where there are none.
            session: Identifier of the conversation; "" begins one.
            replacing: Key of the last exchange, whose place it takes; "" for none.
            may_delete: Whether who asks may take back what was said.
        """
        if not question.strip():
            yield View()
            return
        try:
            self.service.check(question, session or None)
        except GroundruleError as error:
            # Nothing was asked, so the conversation stays as it was and the words stay in the box.
            yield View(box=question, notice=str(error), working=False)
            return
        if replacing and not may_delete:
            yield View(box=question, notice=f"The last question stays: {_READ_ONLY}", working=False)
            return
        yield from self._answering(question, session, replacing)

    def again(self, session: str, number: int, asked: str, *, may_delete: bool = True) -> Generator[View]:
        """Asks a question anew, in the place of its answer.

        Args:
            session: Identifier of the conversation; "" for none yet.
            number: Which question, from 1; the last.
            asked: The question asked last, for one that got no answer.
            may_delete: Whether who asks may take back what was said.
        """
        exchanges = self._history(session)
        if number > len(exchanges):
            yield from self.ask(asked, session)
        elif exchanges[-1].answer.get("asked") == "facts":
            yield View(notice="That was a choice of facts, not a question. Change it beside the chat.")
        else:
            last = exchanges[-1]
            yield from self.ask(last.question, session, replacing=last.key, may_delete=may_delete)

    def correct(self, session: str, criterion: str, level: str) -> View:
        """Decides anew from a corrected fact, and says so in the chat.

        Args:
            session: Identifier of the conversation.
            criterion: What is corrected.
            level: How it stands; "" makes it unknown.
        """
        try:
            self.service.correct(session, {criterion: level or None}, door="page")
        except GroundruleError as error:
            # What was chosen in vain must not stand there as if it held.
            return replace(self.open(session), box=None, side="decision", notice=str(error))
        return self._scenes.standing(session, self._history(session), side="decision")

    def edit(self, session: str) -> View:
        """Puts the last question back into the box."""
        exchanges = self._history(session)
        asked = [one for one in exchanges[-1:] if one.answer.get("asked") != "facts"]
        if not asked:
            return View(notice="There is no last question to edit.")
        return View(box=asked[0].question, editing=asked[0].key, tools=tools(session, exchanges, editing=True))

    def settle(self, session: str) -> View:
        """Leaves the last question as it was asked."""
        return View(box="", editing="", tools=tools(session, self._history(session)))

    def show(self, passage: str, number: str) -> View:
        """Opens a passage in its document."""
        try:
            return View(sources=in_document(self.service, passage, number), side="sources")
        except GroundruleError as error:
            return View(notice=str(error))

    def cited(self, session: str) -> View:
        """The passages of the last answer."""
        return View(sources=_sources(self._history(session)))

    def vote(self, session: str, number: int, vote: Vote | None, *, may_write: bool = True) -> View:
        """Stores a vote on an answer and opens a field for words about it, or takes the vote back.

        Args:
            session: Identifier of the conversation.
            number: Which answer, from 1.
            vote: Thumb up or down; None for neither any more.
            may_write: Whether who votes may.
        """
        try:
            if not may_write:
                return View(notice=f"The vote is not stored: {_READ_ONLY}", votes=self._scenes.votes(session))
            if vote is None:
                self.service.withdraw(session, number)
                return View(votes=self._scenes.votes(session), judged=0, notice="Your vote is taken back.")
            self.service.vote(session, vote, None, number)
        except GroundruleError as error:
            return View(notice=f"The vote is not stored: {error}")
        return View(votes=self._scenes.votes(session), judged=number, notice="Thank you. Your vote is stored.")

    def comment(self, session: str, number: int, words: str, *, may_write: bool = True) -> View:
        """Adds words to a vote that stands."""
        try:
            vote = self.service.votes(session).get(number)
            if vote is None or not may_write:
                return View(judged=0, notice=f"Nothing is stored: {_READ_ONLY if vote else 'there is no vote yet.'}")
            self.service.vote(session, vote, words[:MAX_COMMENT], number)
        except GroundruleError as error:
            return View(notice=f"Your words are not stored: {error}")
        return View(judged=0, words="", notice="Thank you. Your words are stored.")

    def leave(self, run: str = "") -> View:
        """Begins a new conversation; the former one is kept.

        Args:
            run: Names an answer that may still be on its way, which must not come back; "" for none.
        """
        self.running.end(run)
        return self._scenes.beginning()

    def delete(self, session: str, run: str = "", *, may_write: bool = True) -> View:
        """Deletes the conversation and begins a new one.

        Args:
            session: Identifier of the conversation; "" for one that has not begun.
            run: Names an answer that may still be on its way, which must not come back; "" for none.
            may_write: Whether who asks may delete.
        """
        self.running.end(run)
        if not may_write:
            return replace(self.open(session), box=None, notice=f"The conversation is not deleted: {_READ_ONLY}")
        try:
            if session:
                self.service.forget(session)
        except GroundruleError as error:
            # Who wants it gone has to know that it is not.
            return replace(self.open(session), box=None, notice=f"The conversation is not deleted: {error}")
        return self._scenes.beginning("The conversation is deleted.")

    def stopped(self, session: str, question: str, run: str, typed: str = "") -> View:
        """The conversation as it stood before a question whose answer was broken off; that is back in its box.

        Args:
            session: Identifier of the conversation.
            question: What was asked.
            run: Names the answer.
            typed: What was typed into the box meanwhile, which stays there.
        """
        self.running.end(run)
        if typed.strip():
            return replace(self.open(session), box=None, notice="Stopped. What you typed meanwhile is in the box.")
        return replace(self.open(session), box=question, notice="Stopped. Your question is back in its box.")

    def _answering(self, question: str, session: str, replacing: str) -> Generator[View]:
        with self.running.begun() as run:

            def answer(told: Listener[str]) -> Answer:
                run.listen(told)
                return self.service.ask(
                    question,
                    session or None,
                    door="page",
                    on_sentence=told,
                    check=told.check,
                    replacing=replacing or None,
                )

            before = [one for one in self._history(session) if one.key != replacing]
            asked = [*messages_of(before), {"role": "user", "content": question_text(question)}]
            waits = self.service.assistant.phrasing is not None
            yield View(
                box="", messages=asked, working=waits, editing="", judged=0, under="", pending=question, run=run.name
            )
            yield from self._told(question, session, asked, stream_answer(answer), waits=waits)

    def _told(
        self,
        question: str,
        session: str,
        asked: list[Message],
        pieces: Iterator[str | Answer | None],
        *,
        waits: bool,
    ) -> Generator[View]:
        """Views of an answer as it comes, and of what is wrong where none comes."""
        said = ""
        try:
            for piece in pieces:
                if isinstance(piece, Answer):
                    yield self._scenes.standing(piece.session, self._history(piece.session), piece)
                    return
                if not waits:
                    # All of it is there at once, and each view costs Gradio more than the answer did; at a yield the
                    # reader may leave.
                    if piece is None:
                        yield View()
                    continue
                said = " ".join(filter(None, (said, piece)))
                yield View(messages=[*asked, {"role": "assistant", "content": said or _WAITING}])
        except (QuestionError, UsageError) as error:
            # It was not asked at all.
            yield replace(self.open(session), box=question, notice=str(error))
        except GroundruleError as error:
            yield failed(asked, question, str(error))
        except Exception:  # noqa: BLE001 - the log has it; who waits must not wait for ever
            yield failed(asked, question, "Something is wrong here; the server's log says what.")

    def _opened(self, notice: str | None = None) -> View:
        # What was typed before the page was complete stays.
        return replace(self._scenes.beginning(notice), box=None)

    def _history(self, session: str) -> list[Exchange]:
        """The transcript; nothing where there is none (yet)."""
        try:
            return self.service.history(session) if session else []
        except GroundruleError:
            return []


def _sources(exchanges: Sequence[Exchange]) -> str:
    return cited(read_answer(exchanges[-1].answer)) if exchanges else nothing_cited(asked=False)
