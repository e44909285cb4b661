"""The one way to an answer: every door calls `Assistant.ask`."""

from __future__ import annotations

import time
from copy import copy
from functools import cached_property, partial
from typing import TYPE_CHECKING

from bot.advising.advisor import Advisor
from bot.advising.evidence import ClaimsOrEvidence, load_rubric_book
from bot.advising.hearing import Hearing
from bot.answering import Answering
from bot.composing.compose import Composer
from bot.composing.themes import Themes
from bot.finding.lookup import Lookup
from bot.finding.retrieve import Retriever
from bot.llm.prompt import MAX_EXCHANGES, exchange
from bot.messages.incoming import check_question, check_session
from bot.messages.understand import Reader
from bot.responding import Responder
from bot.sessions.going_on import GoingOn
from bot.sessions.memory import MemoryConversations
from bot.sessions.session import new_session_id
from bot.sessions.turns import Known
from bot.verifying.verify import Verifier
from bot.worked_out import Asked, WorkedOut, corrected, decided, from_facts
from ingest.errors import PackError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.advising.advisor import Advice
    from bot.advising.suggest import StructuredModel
    from bot.deciding.correcting import Correction
    from bot.deciding.facts import Profile
    from bot.finding.rerank import Relevance
    from bot.llm.phrasing import Phrasing
    from bot.llm.prompt import Exchange as Said
    from bot.sessions.session import Conversations, Exchange, Turn
    from bot.types import Answer
    from ingest.index.library import Library
    from ingest.pack import Pack
    from ingest.types import Document, Encoder, Passage

__all__ = ["Assistant"]


class Assistant:
    """Answers questions from one library.

    Args:
        library: The documents' claims.
        pack: The subject.
        encoder: Embeds questions; must be the model the library was built with.
        max_question_chars: Longest question accepted.
        model: A language model that may add facts which the user's words support.
        conversations: Where conversations are kept; in this process's memory when None.
        phrasing: Has a language model phrase answers; without it, all are the composer's.
        relevance: Orders what a search finds anew; nothing does when None.
        verifier: Looks answers over; one that knows the pack's synonyms when None.

    Raises:
        EncoderError: The library was built with another model.
    """

    def __init__(
        self,
        library: Library,
        pack: Pack,
        encoder: Encoder,
        *,
        max_question_chars: int = 4000,
        model: StructuredModel | None = None,
        conversations: Conversations | None = None,
        phrasing: Phrasing | None = None,
        relevance: Relevance | None = None,
        verifier: Verifier | None = None,
    ) -> None:
        library.check_encoder(encoder)
        self.library = library
        self.pack = pack
        self.retriever = Retriever(library, encoder, pack, relevance=relevance)
        self._reader = Reader(pack, library)
        self.composer = Composer(library, pack, self.retriever, Themes(library, pack, encoder))
        lookup = Lookup(self.retriever, self._reader.wording)
        responder = Responder(library, pack, self.retriever, lookup, self.composer)
        book = load_rubric_book(pack)
        self._evidence = book.evidence if book else None
        self.advisor = Advisor(book, pack, ClaimsOrEvidence(self.composer.claims, book.evidence)) if book else None
        hearing = Hearing(self.advisor, model) if self.advisor else None
        self._conversations = conversations or MemoryConversations()
        self._going_on = GoingOn()
        self._known = Known(pack, book.rubric if book else None, self.documents, set(self.passages))
        self.phrasing = phrasing
        self._verifier = verifier or Verifier(pack.synonyms)
        self._answering = Answering(self._reader, hearing, self.advisor, responder, self._verifier, self.documents)
        self.max_question_chars = max_question_chars

    def ask(
        self,
        question: str,
        session: str | None = None,
        *,
        on_sentence: Callable[[str], None] | None = None,
        check: Callable[[], None] = lambda: None,
        replacing: str | None = None,
    ) -> Answer:
        """Answers a question in its conversation.

        Where something else was said or corrected there meanwhile, the question is understood anew from there. A
        language model does not phrase it again then: its words stand if they still say what there is to say.

        Args:
            question: The user's words.
            session: Identifier of the conversation; a new one is begun when None.
            on_sentence: Told each sentence of a language model, as Markdown, as soon as it is verified. What counts is
                the answer returned: it may hold more, or be the composer's when the model fails later.
            check: Called before the exchange is kept. Its errors and `on_sentence`'s leave all as it was.
            replacing: Key of the newest exchange (`Exchange.key`), whose place the new one takes: it is understood
                from the turn before that one, which stands until the answer is kept.

        Raises:
            QuestionError: The question is empty, too long or not text, or the identifier is none.
            UsageError: The exchange to be replaced is not the newest, or an older release stored it.
            ChangedError: The conversation was deleted meanwhile, or changed again and again; nothing was kept.
            ConversationError: What is to be replaced cannot be replaced now.
        """
        began = time.perf_counter()
        question = check_question(question, self.max_question_chars)
        session = new_session_id() if session is None else check_session(session)
        said = partial(self._said, session, replaces=replacing is not None)
        asked = Asked(question, session, began, on_sentence, said)
        return self._going_on.go_on(
            self._conversations,
            session,
            lambda last, former: self._answering.work_out(asked, self._known.only(last), former, self.phrasing),
            replacing=replacing,
            check=check,
        ).answer

    def decide(self, told: Profile, decision: str | None, said: str, session: str) -> Answer:
        """A recommendation from facts given outright, as a part of its conversation: it knows them from then on.

        Args:
            told: What is given; it comes before what the conversation knew.
            decision: Id of the decision; the one that the facts bear on when None.
            said: The same in words, for the transcript.
            session: Identifier of the conversation.

        Raises:
            PackError: The pack has no rubric.
            QuestionError: The identifier is none.
        """
        return self._from_facts(session, lambda advisor, last: (decided(advisor, last, told, decision), said))

    def correct(self, correction: Correction, decision: str | None, session: str) -> Answer:
        """The recommendation once what the conversation knows is corrected, as a part of the conversation.

        What is made unknown is not what is asked next, unless nothing else is worth asking.

        Args:
            correction: What replaces what is known.
            decision: Id of the decision; the one that the conversation is about when None.
            session: Identifier of the conversation.

        Raises:
            PackError: The pack has no rubric.
            QuestionError: The identifier is none.
        """

        def work(advisor: Advisor, last: Turn) -> tuple[Advice, str]:
            said = correction.in_words(last.profile, advisor.book.rubric, self.pack)
            return corrected(advisor, last, correction, decision), said

        return self._from_facts(session, work)

    def _from_facts(self, session: str, work: Callable[[Advisor, Turn], tuple[Advice, str]]) -> Answer:
        """The answer that advice becomes, remembered as an exchange; `work` gives it and what was told, in words."""
        began, session = time.perf_counter(), check_session(session)
        advisor = self.advisor
        if advisor is None:
            raise PackError(f"{self.pack.folder} has no rubric, so nothing can be recommended from it.")

        def work_out(last: Turn, _: WorkedOut | None) -> WorkedOut:
            last = self._known.only(last)
            advice, said = work(advisor, last)
            return from_facts(advice, self.documents, last, said, session, began)

        return self._going_on.go_on(self._conversations, session, work_out).answer

    @cached_property
    def rubric_advisor(self) -> Advisor | None:
        """Decides from facts alone, with the rubric's own evidence whatever is indexed; None without a rubric."""
        return Advisor(self.advisor.book, self.pack, self.advisor.book.evidence) if self.advisor else None

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Everything that may be cited: the library, and the pack's own documents as the rubric's evidence."""
        return {**(self._evidence.documents if self._evidence else {}), **self.library.documents}

    @cached_property
    def passages(self) -> dict[str, Passage]:
        """Every passage that may be cited, by id."""
        return {**{p.id: p for p in (self._evidence.passages if self._evidence else ())}, **self.library.by_id}

    def warm_up(self) -> None:
        """Loads the models now, so that the first question does not wait for them."""
        self.retriever.search(self.pack.title, 1)
        self.composer.themes.warm_up()
        self._verifier.warm_up()

    def with_conversations(self, conversations: Conversations, *, phrased: bool = True) -> Assistant:
        """This assistant over other conversations; all else is shared.

        Args:
            conversations: Where they are kept.
            phrased: Whether a language model, where one is set, phrases answers.
        """
        other = copy(self)
        other._conversations = conversations  # noqa: SLF001
        other.phrasing = self.phrasing if phrased else None
        return other

    def history(self, session: str) -> list[Exchange]:
        """The transcript of a conversation, the oldest exchange first; empty when there is none.

        Raises:
            ConversationError: It cannot be read now.
        """
        return self._conversations.history(session)

    def rewind(self, session: str, drop: int) -> int:
        """Takes the newest exchanges of a conversation back, as if they had not been; how many there were.

        Args:
            session: Identifier of the conversation.
            drop: How many, from 1; all where there are no more.

        Raises:
            UsageError: That is none, or nobody knows what was before them: an older release stored them.
            ConversationError: It cannot be done now; nothing is changed.
        """
        if drop < 1:
            raise UsageError(f"{drop} answers cannot be taken back. Say how many, from 1.")
        return self._conversations.rewind(session, drop)

    def forget(self, session: str) -> bool:
        """Deletes everything about a conversation; whether there was anything.

        Raises:
            ConversationError: It cannot be deleted now.
        """
        return self._conversations.forget(session)

    def _said(self, session: str, *, replaces: bool) -> tuple[Said, ...]:
        """What was said in a conversation, as a language model reads it; without what is to be replaced."""
        before = self._conversations.history(session)[: -1 if replaces else None]
        return tuple(exchange(one.question, str(one.answer.get("answer", ""))) for one in before[-MAX_EXCHANGES:])
