"""The one way to an answer: every door calls `Assistant.ask`."""

from __future__ import annotations

import time
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from bot.advising.advisor import Advisor
from bot.advising.evidence import ClaimsOrEvidence, load_rubric_book
from bot.advising.seeking import MIN_TOLD
from bot.advising.suggest import FactSuggester
from bot.composing import replies
from bot.composing.compose import Composer
from bot.composing.parts import PartAnswer, merged
from bot.composing.premise import correction
from bot.composing.themes import Themes
from bot.finding.answer_type import has_number
from bot.finding.lookup import Lookup
from bot.finding.retrieve import Retriever
from bot.llm.phrasing import Spoken
from bot.llm.prompt import MAX_EXCHANGES, exchange
from bot.messages.incoming import check_question, check_session
from bot.messages.understand import Reader
from bot.sessions.memory import MemoryConversations
from bot.sessions.session import Exchange, new_session_id
from bot.sessions.turns import Known
from bot.types import Answer
from bot.verifying.checked import checked
from bot.verifying.citations import cite_all
from bot.verifying.verify import Verifier
from ingest.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.advising.advisor import Advice
    from bot.advising.seeking import Mode
    from bot.advising.suggest import StructuredModel
    from bot.composing.draft import Draft
    from bot.deciding.facts import Reading
    from bot.finding.rerank import Relevance
    from bot.language.vocabulary import Word
    from bot.llm.phrasing import Phrasing
    from bot.messages.request import Request
    from bot.sessions.session import Conversations, Turn
    from bot.types import Intent, Kind
    from ingest.library import Library
    from ingest.pack import Pack
    from ingest.types import Document, Encoder, Passage

__all__ = ["Assistant"]

STRUCTURED_CONFIDENCE = 0.95
"""An answer taken whole from the claims about a named option; no threshold applies to it."""
MAX_ADVICE = 5
ADVICE_COSINE = 0.2
# Telling words of the sources that make a description of an organisation; a number alone makes one too.
MIN_DESCRIPTION = 2

_KINDS: dict[Intent, Kind] = {"pros_cons": "pros_cons", "compare": "comparison", "term": "comparison"}


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
        if library.manifest.encoder != encoder.name:
            raise EncoderError(
                f"the index was built with {library.manifest.encoder!r}, but the embedding model is set to "
                f"{encoder.name!r}. Run `groundrule ingest` to rebuild it, or set GROUNDRULE_EMBEDDING_MODEL back."
            )
        self.library = library
        self.pack = pack
        self.retriever = Retriever(library, encoder, pack, relevance=relevance)
        self._reader = Reader(pack, library)
        self._lookup = Lookup(self.retriever, self._reader.wording)
        self._composer = Composer(library, pack, self.retriever, Themes(library, pack, encoder))
        book = load_rubric_book(pack)
        self._evidence = book.evidence if book else None
        self.advisor = Advisor(book, pack, ClaimsOrEvidence(self._composer.claims, book.evidence)) if book else None
        self._suggester = (
            FactSuggester(book.rubric, self.advisor.profiler, model) if book and self.advisor and model else None
        )
        self._conversations = conversations or MemoryConversations()
        self._known = Known(pack, book.rubric if book else None, self.documents, set(self.passages))
        self.phrasing = phrasing
        self._verifier = verifier or Verifier(pack.synonyms)
        self.max_question_chars = max_question_chars

    def ask(
        self, question: str, session: str | None = None, *, on_sentence: Callable[[str], None] | None = None
    ) -> Answer:
        """Answers a question in its conversation.

        Args:
            question: The user's words.
            session: Identifier of the conversation; a new one is begun when None.
            on_sentence: Told each sentence of a language model, as Markdown, as soon as it is verified. What counts is
                the answer returned: it may hold more, or be the composer's when the model fails later.

        Raises:
            QuestionError: The question is empty, too long or not text, or the identifier is none.
        """
        began = time.perf_counter()
        question = check_question(question, self.max_question_chars)
        session = new_session_id() if session is None else check_session(session)
        last = self._known.only(self._conversations.last(session))
        request = self._reader.read(question, last)
        mode, reading = self._advising(request, last, question)
        understood = time.perf_counter()
        advice, dropped = None, 0
        if mode and reading and self.advisor:
            advice = self.advisor.advise(mode, request, reading, last)
            kind, text, passages, confidence = _shown(advice.draft, advice.kind, STRUCTURED_CONFIDENCE)
            turn = replace(request.as_turn(), intent=mode, options=advice.options, profile=advice.profile)
        else:
            kind, text, passages, confidence = self._answer(request, last)
            # Where something comes from is a list of quotes under the names of their sources.
            whole = Spoken(text, passages)
            if request.intent != "origin":
                whole = checked(whole, self._verifier)
            text, passages, dropped = whole.text, whole.passages, whole.dropped
            if dropped and not passages:
                kind, text, passages, confidence = self._refuse(request, 1 - STRUCTURED_CONFIDENCE, ())
            # A pleasantry changes nothing of what is being talked about. What is stated beside a question is kept.
            pleasantry = request.intent in ("smalltalk", "introduce", "origin")
            known = last.profile
            if reading and self.advisor and reading.facts:
                known = known.after(self.advisor.states(request, reading))
            turn = last if pleasantry else replace(request.as_turn(), profile=known)
        composed = time.perf_counter()
        spoken = self._phrased(Spoken(text, passages), kind, request, turn, advice, session, on_sentence)
        citations = cite_all(spoken.passages, self.documents)
        done = time.perf_counter()
        answer = Answer(
            session=session,
            question=question,
            kind=kind,
            answer=spoken.text,
            refused=kind == "refusal",
            citations=citations,
            recommendation=advice.recommendation if advice else None,
            other_decisions=advice.others if advice else (),
            confidence=round(confidence, 3),
            timings_ms={
                "understand": round((understood - began) * 1000, 2),
                "answer": round((composed - understood) * 1000, 2),
                "phrase": round((done - composed) * 1000, 2),
                "total": round((done - began) * 1000, 2),
            },
            generator=spoken.generator,
            dropped_sentences=spoken.dropped + dropped,
        )
        turn = replace(turn, cited=tuple(p.id for p in spoken.passages) or turn.cited)
        # A refused order to the bot says nothing about the documents: it is no question of substance.
        unanswered = answer.refused and not request.orders
        self._conversations.remember(session, turn, Exchange(datetime.now(UTC), answer.as_json(), unanswered))
        return answer

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

    def forget(self, session: str) -> bool:
        """Deletes everything about a conversation; whether there was anything.

        Raises:
            ConversationError: It cannot be deleted now.
        """
        return self._conversations.forget(session)

    def _advising(self, request: Request, last: Turn, question: str) -> tuple[Mode | None, Reading | None]:
        """What advice the message asks for, if any, and the facts in it."""
        if self.advisor is None:
            return None, None
        # Orders to the bot are no facts and are left out; where nothing else is left, facts may still stand among them.
        text = question if request.orders else request.message
        reading = self.advisor.read(text, request, last)
        if request.orders and len(reading.facts) < MIN_TOLD:
            return None, None
        mode = self.advisor.seeking.mode(request, reading, last)
        if mode == "recommend" and self._suggester and not reading.supposed:
            reading = reading.with_suggested(self._suggester.suggest(text, reading, last.profile))
        return mode, reading

    def _phrased(
        self,
        composed: Spoken,
        kind: Kind,
        request: Request,
        turn: Turn,
        advice: Advice | None,
        session: str,
        on_sentence: Callable[[str], None] | None,
    ) -> Spoken:
        """The answer in a language model's words where one is set, may phrase it, and holds to the passages."""
        if self.phrasing is None:
            return composed
        # Only a language model reads what was said.
        last = self._conversations.history(session)[-MAX_EXCHANGES:]
        said = tuple(exchange(one.question, str(one.answer.get("answer", ""))) for one in last)
        if advice is None:
            return self.phrasing.answer(composed, request.intent, kind, request.message, said, on_sentence)
        if turn.intent == "recommend" and advice.recommendation and kind == "recommendation":
            return self.phrasing.why(composed, advice.recommendation, request.message, said, on_sentence)
        return composed

    def _answer(self, request: Request, last: Turn) -> tuple[Kind, str, Sequence[Passage], float]:
        if request.orders:
            return self._refuse(request, 1 - STRUCTURED_CONFIDENCE, ())
        if request.each and (whole := merged(self._each(request, last))):
            return whole.kind, whole.text, whole.passages, whole.confidence
        match request.intent:
            case "smalltalk":
                return "smalltalk", replies.small_talk(request.message, self.pack), (), 1.0
            case "introduce":
                return "smalltalk", replies.introduction(self.pack, self.library), (), 1.0
            case "origin":
                cited = [self.library.by_id[id_] for id_ in last.cited if id_ in self.library.by_id]
                return _shown(self._composer.origin(cited), "fact", STRUCTURED_CONFIDENCE)
            case "ambiguous":
                return "clarification", replies.ask_which_sense(request, self.pack), (), 1.0
            case "which_option":
                return "clarification", replies.ask_which_option(request, self.pack), (), 1.0
            case "recommend" | "why_not" | "what_if":
                # Without a rubric there is nothing to rank by.
                return self._advise_without_rubric(request)
            case "fact":
                return self._look_up(request)
            case "pros_cons" if self._composer.is_of_other_side(request):
                return self._look_up(request)
            case "pros_cons" | "compare" | "describe" | "fit" if self._lookup.is_beyond_lists(request):
                return self._look_up(request)
            case "pros_cons" | "compare" | "describe" | "catalogue" | "fit" | "term":
                draft = self._composer.write(request)
        if draft is None:
            # The sources asked for do not speak of the options asked about.
            return self._refuse(request, 1 - STRUCTURED_CONFIDENCE, ())
        return _shown(draft, _KINDS.get(request.intent, "fact"), STRUCTURED_CONFIDENCE)

    def _each(self, request: Request, last: Turn) -> list[PartAnswer]:
        """The answers to the questions of a message, one by one."""
        answers: list[PartAnswer] = []
        for part in request.each:
            # "And where do they work?" has no answer where "who wrote it?" has none.
            hangs = bool(answers) and part.follows_up and not (part.topic or part.named)
            lost = hangs and not answers[-1].passages
            given = self._refuse(part, answers[-1].confidence, ()) if lost else self._answer(part, last)
            answers.append(PartAnswer(part.message, *given))
        return answers

    def _look_up(self, request: Request) -> tuple[Kind, str, Sequence[Passage], float]:
        about = (self._composer.claims.about(option, request.sources) for option in request.named)
        if request.scoped and request.named and not any(about):
            return self._refuse(request, 1 - STRUCTURED_CONFIDENCE, ())
        finding = self._lookup.find(request)
        if not finding.passages:
            return self._refuse(request, finding.confidence, finding.missing)
        opening = correction(request, finding.passages, self.pack, named=finding.named)
        return _shown(self._composer.fact(request, finding.passages, opening), "fact", finding.confidence)

    def _advise_without_rubric(self, request: Request) -> tuple[Kind, str, Sequence[Passage], float]:
        """A pack without a rubric: ask when nothing is known, else what the sources advise, without a ranking."""
        hits = self.retriever.search(request.search, MAX_ADVICE, stances=("fit",))
        advice = [hit.passage for hit in hits if hit.passage.options and hit.cosine >= ADVICE_COSINE]
        said = [word for word in request.topic if self.retriever.vocabulary.is_rare(word)]
        if (len(said) < MIN_DESCRIPTION and not has_number(request.message)) or not advice:
            return "clarification", replies.ask_for_facts(self.pack), (), 1.0
        return _shown(self._composer.advice(advice), "fact", STRUCTURED_CONFIDENCE)

    def _refuse(
        self, request: Request, confidence: float, missing: Sequence[Word]
    ) -> tuple[Kind, str, Sequence[Passage], float]:
        return "refusal", replies.refusal(request, self.pack, self.library, missing), (), confidence


def _shown(draft: Draft, kind: Kind, confidence: float) -> tuple[Kind, str, Sequence[Passage], float]:
    return kind, draft.markdown, draft.passages, confidence
