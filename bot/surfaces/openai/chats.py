"""Answers chats that bring their whole history along: OpenAI's protocol keeps no conversation, so it is rebuilt.

What a conversation amounts to depends on the user's messages alone. It is remembered, for a while and in this process,
under a digest of them: a chat that goes on finds itself again and costs one answer a request, and any process can
rebuild it. Nothing of it is stored in the database.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bot.llm.prompt import MAX_EXCHANGES
from bot.messages.incoming import check_question
from bot.sessions.memory import MemoryConversations
from bot.sessions.session import Exchange, Limits, Standing, check_newest
from ingest.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.assistant import Assistant
    from bot.service.service import Service
    from bot.sessions.session import Turn
    from bot.types import Answer

__all__ = ["Chats"]

MAX_CHATS = 2000
"""States remembered at the same time: one for each message of a chat."""
DAYS = 1


class Chats:
    """The chats of clients that keep their history themselves; safe with threads.

    Args:
        service: Answers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept = MemoryConversations(Limits(conversations=MAX_CHATS, days=DAYS, exchanges=MAX_EXCHANGES))

    def answer(self, questions: Sequence[str], check: Callable[[], None] = lambda: None) -> Answer:
        """The answer to the last of a chat's questions, which alone is told to the service's observer.

        Args:
            questions: What the user wrote, the oldest first.
            check: Called before each piece of work; an error that it raises ends the work.

        Raises:
            QuestionError: The last question is empty, too long or not text. Earlier ones were refused, so they are
                passed over.
        """
        assistant = self._service.assistant
        *earlier, question = questions
        asked = [text for one in earlier if (text := _readable(one, assistant.max_question_chars))]
        question = check_question(question, assistant.max_question_chars)
        names = _names(assistant, [*asked, question])
        # The newest state that is still remembered; the turns after it are replayed.
        known = next((n for n in range(len(asked), 0, -1) if self._kept.history(names[n])), 0)
        for n in range(known, len(asked)):
            check()
            replayed = assistant.with_conversations(self._step(names, n, assistant), phrased=False)
            replayed.ask(asked[n], names[n + 1])
        check()
        step = self._step(names, len(asked), assistant)
        answer = self._service.ask(
            question, names[-1], door="openai", on_sentence=lambda _: check(), conversations=step
        )
        # Under its name no other door would find it.
        return answer.model_copy(update={"session": ""})

    def _step(self, names: Sequence[str], n: int, assistant: Assistant) -> _Step:
        return _Step(self._kept, names[n], names[n + 1], spoken=assistant.phrasing is not None)


class _Step:
    """One step of a chat as `Conversations`: read from the state before it, written to the state after it.

    Args:
        kept: Where states are kept.
        before: Name of the state before.
        after: Name of the state after.
        spoken: Whether what was said is kept too; only a language model reads it.
    """

    def __init__(self, kept: MemoryConversations, before: str, after: str, *, spoken: bool) -> None:
        self._kept, self._before, self._after, self._spoken = kept, before, after, spoken

    def last(self, _session: str) -> Turn:
        """The last turn before the step."""
        return self._kept.last(self._before)

    def read(self, session: str, replacing: str | None = None) -> Standing:
        """How the conversation stands before the step; such a client replaces nothing, it sends what is to count."""
        if replacing is not None:
            check_newest(None, replacing)
        return Standing(self.last(session))

    def remember(
        self,
        _session: str,
        turn: Turn,
        exchange: Exchange | None = None,
        *,
        standing: Standing | None = None,
        replacing: str | None = None,
    ) -> None:
        """Keeps the state after the step."""
        if replacing is not None:
            check_newest(None, replacing)
        self._kept.forget(self._after)
        before = self._kept.history(self._before) if self._spoken else []
        for one in [*before, *([exchange] if exchange else [])][-MAX_EXCHANGES:]:
            self._kept.remember(self._after, turn, one if self._spoken else Exchange(one.at, {}))

    def history(self, _session: str) -> list[Exchange]:
        """What was said before the step."""
        return self._kept.history(self._before) if self._spoken else []

    def rewind(self, _session: str, _drop: int) -> int:
        """A step takes nothing back: such a client sends what it wants to have been said."""
        return 0

    def forget(self, _session: str) -> bool:
        """Deletes the state after the step; whether there was any."""
        return self._kept.forget(self._after)

    def forget_older(self, _days: float) -> int:
        """A step deletes nothing else."""
        return 0

    def forget_all(self) -> int:
        """A step deletes nothing else."""
        return 0

    def close(self) -> None:
        """Nothing is held."""


def _readable(message: str, max_chars: int) -> str:
    """The question in a message; "" where there is none."""
    try:
        return check_question(message, max_chars)
    except QuestionError:
        return ""


def _names(assistant: Assistant, questions: Sequence[str]) -> list[str]:
    """The names of a chat's states: that before the first question, then that after each."""
    # A state speaks of passages and options, so one of another library is another state.
    digest = hashlib.sha256(repr(assistant.library.manifest).encode())
    names = [digest.hexdigest()]
    for question in questions:
        digest.update(hashlib.sha256(question.encode()).digest())
        names.append(digest.hexdigest())
    return names
