"""What every door of a server offers: one object over the assistant, the feedback store and the pack's rubric.

A door speaks a protocol (HTTP, OpenAI's, Slack's, MCP) and calls this; what an answer is, is decided below it.
"""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any, Literal

from bot.advising.record import write_record
from bot.deciding.correcting import read_correction
from bot.deciding.facts import Profile
from bot.deciding.facts_given import profile_of, told_profile
from bot.messages.incoming import check_question, check_session
from bot.service.browsing import Browsing
from bot.service.following import follow_ups
from bot.service.kept import KeptConversations, Vote
from bot.service.near import check_known
from bot.service.recommended import last_recommended
from bot.service.recommending import answer_of, chosen_decision, in_conversation, in_words, open_advisor
from bot.service.side_by_side import side_by_side
from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.advising.advisor import Advisor
    from bot.assistant import Assistant
    from bot.service.following import FollowUps
    from bot.service.side_by_side import SideBySide
    from bot.sessions.feedback_store import StoredFeedback
    from bot.sessions.session import Conversations
    from bot.types import Answer

__all__ = ["Door", "Service", "Vote"]

Door = Literal["page", "http", "openai", "slack", "mcp"]
"""Where a question came in."""


class Service(Browsing, KeptConversations):
    """The product behind the doors; safe with threads.

    Args:
        assistant: Answers questions.
        feedback: Where votes are kept; the database of the conversations.
        observe: Told of each answer and the door it went out by.
    """

    def __init__(
        self,
        assistant: Assistant,
        feedback: StoredFeedback,
        observe: Callable[[Answer, Door], None] = lambda _answer, _door: None,
    ) -> None:
        super().__init__(feedback)
        self._assistant = assistant
        self._observe = observe
        self._lock = threading.Lock()

    @property
    def assistant(self) -> Assistant:
        """The assistant over the newest library; hold it for as long as one request takes."""
        return self._assistant

    def renew(self, assistant: Assistant) -> Assistant:
        """Puts an assistant over a newer library in the place of the present one, which is returned."""
        with self._lock:
            former, self._assistant = self._assistant, assistant
        return former

    @property
    def advisor(self) -> Advisor:
        """Decides from facts given outright.

        Raises:
            PackError: The pack has no rubric.
        """
        assistant = self.assistant
        # A pack without one is opened only to be told so.
        return assistant.rubric_advisor or open_advisor(assistant.pack)

    def check(self, question: str, session: str | None) -> None:
        """Looks at a question before any work is done for it.

        Raises:
            QuestionError: It cannot be asked, or the identifier is none.
        """
        check_question(question, self.assistant.max_question_chars)
        if session is not None:
            check_session(session)

    def check_ready(self) -> None:
        """Looks whether conversations and feedback can be kept.

        Raises:
            ConversationError: They cannot.
        """
        self._feedback.entries(limit=1)

    def ask(
        self,
        question: str,
        session: str | None = None,
        *,
        door: Door,
        on_sentence: Callable[[str], None] | None = None,
        check: Callable[[], None] = lambda: None,
        conversations: Conversations | None = None,
        replacing: str | None = None,
    ) -> Answer:
        """Answers a question; see `Assistant.ask`.

        Args:
            question: The user's words.
            session: Identifier of the conversation; a new one is begun when None.
            door: Where it was asked.
            on_sentence: Told each verified sentence of a language model.
            check: Called before the exchange is kept; an error of its leaves the conversation as it was.
            conversations: Where this conversation is kept, if not with the others.
            replacing: Key of the conversation's newest exchange, whose place the new one takes.
        """
        assistant = self.assistant if conversations is None else self.assistant.with_conversations(conversations)
        answer = assistant.ask(question, session, on_sentence=on_sentence, check=check, replacing=replacing)
        self._observe(answer, door)
        return answer

    def recommend(
        self, facts: Mapping[str, Any], decision: str | None = None, session: str | None = None, *, door: Door
    ) -> Answer:
        """What the rubric decides from facts; without a conversation nothing of it is kept.

        Args:
            facts: Criterion to level or number; `present` names the option that the organisation has. With None, what
                the conversation knows is corrected; see `correct`.
            decision: Id of the decision; the one that the facts bear on when None.
            session: Identifier of the conversation, which knows the facts from then on.
            door: Where it was asked for.

        Raises:
            PackError: The pack has no rubric.
            UsageError: A criterion, a level or the decision is not known, or there is no conversation to correct.
        """
        if None in facts.values():
            return self.correct(in_conversation(session), facts, decision, door=door)
        advisor = self.advisor
        chosen_decision(advisor, decision, Profile())
        profile = told_profile(facts, advisor.book.rubric, advisor.pack)
        if session is None:
            answer = answer_of(advisor, advisor.decide(profile, chosen_decision(advisor, decision, profile)))
        else:
            answer = self.assistant.decide(profile, decision, in_words(profile, advisor), session)
        self._observe(answer, door)
        return answer

    def correct(self, session: str, facts: Mapping[str, Any], decision: str | None = None, *, door: Door) -> Answer:
        """What the rubric decides once facts that a conversation knows are corrected; the conversation says so.

        Args:
            session: Identifier of the conversation.
            facts: Criterion to level or number, which replace what is known; None makes a criterion unknown again.
            decision: Id of the decision; the one that the conversation is about when None.
            door: Where it was corrected.

        Raises:
            PackError: The pack has no rubric.
            UsageError: Nothing is corrected, or a criterion, a level or the decision is not known.
        """
        advisor = self.advisor
        chosen_decision(advisor, decision, Profile())
        answer = self.assistant.correct(read_correction(facts, advisor.book.rubric, advisor.pack), decision, session)
        self._observe(answer, door)
        return answer

    def follow_ups(self, answer: Answer) -> FollowUps:
        """What can be said after an answer: the next question's answers, and questions worth asking."""
        assistant = self.assistant
        return follow_ups(answer, assistant.advisor, assistant.pack)

    def compare(
        self, options: Sequence[str], about: str | None = None, session: str | None = None, *, door: Door
    ) -> Answer:
        """The comparison of options that asking for it by name gives.

        Args:
            options: Ids of at least two.
            about: What to compare them in, in words; what sets them apart when None.
            session: Identifier of the conversation it belongs to.
            door: Where it was asked for.

        Raises:
            UsageError: Fewer than two, or an option that is not known.
        """
        distinct = list(dict.fromkeys(options))
        check_known("option", distinct, [option.id for option in self.assistant.pack.options])
        if len(distinct) < 2:
            raise UsageError("a comparison needs two options or more. Give the ids of those to compare.")
        names = [self.assistant.pack.option(option).name for option in distinct]
        question = f"Compare {', '.join(names[:-1])} and {names[-1]}" + (f" for {about}" if about else "")
        return self.ask(question, session, door=door)

    def rubric(self) -> dict[str, Any]:
        """The whole rubric as `groundrule rubric show --json` prints it.

        Raises:
            PackError: The pack has no rubric.
        """
        return self.advisor.book.rubric.as_json()

    def side_by_side(self, options: Sequence[str], session: str | None = None) -> SideBySide:
        """Two or three options of one decision, claim by claim; see `bot.service.side_by_side`."""
        return side_by_side(self.assistant, options, check_session(session) if session is not None else None)

    def record(
        self,
        *,
        session: str | None = None,
        facts: Mapping[str, Any] | None = None,
        decision: str | None = None,
        title: str | None = None,
    ) -> str:
        """A decision record as Markdown: of a conversation's last recommendation, of facts, or of both together.

        Raises:
            UsageError: Nothing was recommended, or something is not known.
            MissingError: There is no such conversation.
            GroundruleError: No fact bears on the decision.
        """
        advisor = self.advisor
        rubric, pack = advisor.book.rubric, advisor.pack
        profile, about = Profile(), decision
        if session is not None:
            said = self.history(session)
            made = last_recommended(said, decision) or last_recommended(said)
            if made is None:
                raise UsageError("nothing was recommended in this conversation yet, so there is nothing to record.")
            profile, about = profile_of(made, rubric, pack, "the answer"), decision or made.decision
        elif not facts:
            raise UsageError("nothing to record. Give a session in which something was recommended, or facts.")
        profile = profile.with_more(told_profile(facts or {}, rubric, pack))
        chosen = chosen_decision(advisor, about, profile)
        return write_record(advisor, chosen, profile, dt.datetime.now(dt.UTC).date(), title)
