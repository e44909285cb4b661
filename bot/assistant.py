"""The one way to an answer: every door calls `Assistant.ask`."""

from __future__ import annotations

import math
import time
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import replies
from bot.answer_type import holding_answer, wants_kind
from bot.compose import Composer
from bot.retrieve import Retriever
from bot.session import MAX_SESSION_ID, SessionStore
from bot.types import Answer
from bot.understand import Reader
from bot.verify import citation_faults, cite
from ingest.errors import DamagedIndexError, EncoderError, QuestionError
from ingest.lexicon import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.draft import Draft
    from bot.retrieve import Hit, Support
    from bot.types import Citation, Intent, Kind
    from bot.understand import Request
    from ingest.library import Library
    from ingest.pack import Pack
    from ingest.types import Encoder, Passage

__all__ = ["Assistant"]

# Confidence that the sources answer a looked-up question: a logistic model over the best cosine of its own words, the
# share of its content words (weighted by rarity) that the library never speaks of, and whether one of those is a
# proper name. Fitted on evals/datasets/core.jsonl (L2, C = 0.5); a refusal weighs as much as an answer.
CONFIDENCE_WEIGHTS = {"bias": 0.18, "cosine": 4.54, "missing": -1.37, "unknown_name": -3.42}
ANSWER_FROM = 0.55
"""Refuse below this confidence."""
STRUCTURED_CONFIDENCE = 0.95
"""An answer taken whole from the claims about a named option; no threshold applies to it."""
MAX_FACT_PASSAGES = 5
# A further passage joins a looked-up answer only when it is nearly as good as the best one.
KEEP_WITHIN = 0.8
# The claim before or after it in the same section often goes on from it.
NEIGHBOUR_WITHIN = 0.6
# A hit for the conversation counts for less than one for the message's own words.
CONTEXT_WEIGHT = 0.8
# One that completes it, by a word that nothing shown yet covers, may be weaker.
COMPLETE_WITHIN = 0.5
MAX_SECTION_PASSAGES = 10
# Words in a message that only completes the one before ("and small?").
ELLIPSIS = 3
SEARCHED = 12
MAX_ADVICE = 5
ADVICE_COSINE = 0.2
# Content words that make a description of an organisation.
MIN_DESCRIPTION = 3

_KINDS: dict[Intent, Kind] = {"pros_cons": "pros_cons", "compare": "comparison", "term": "comparison"}


class Assistant:
    """Answers questions from one library.

    Args:
        library: The documents' claims.
        pack: The subject.
        encoder: Embeds questions; must be the model the library was built with.
        max_question_chars: Longest question accepted.
        max_sessions: Conversations remembered.

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
        max_sessions: int = 1000,
    ) -> None:
        if library.manifest.encoder != encoder.name:
            raise EncoderError(
                f"the index was built with {library.manifest.encoder!r}, but the embedding model is set to "
                f"{encoder.name!r}. Run `groundrule ingest` to rebuild it, or set GROUNDRULE_EMBEDDING_MODEL back."
            )
        self.library = library
        self.pack = pack
        self.retriever = Retriever(library, encoder, pack)
        self._reader = Reader(pack, library)
        self._composer = Composer(library, pack, self.retriever)
        self._sessions = SessionStore(max_sessions)
        self._max_question_chars = max_question_chars

    def ask(self, question: str, session: str | None = None) -> Answer:
        """Answers a question in its conversation.

        Args:
            question: The user's words.
            session: Identifier of the conversation; a new one is begun when None.

        Raises:
            QuestionError: The question is empty, too long or not text, or the identifier is too long.
        """
        began = time.perf_counter()
        question = check_question(question, self._max_question_chars)
        if session is not None and not 0 < len(session) <= MAX_SESSION_ID:
            raise QuestionError(
                f"session identifier has {len(session)} characters; it must have 1 to {MAX_SESSION_ID}."
            )
        session = session or SessionStore.new_id()
        request = self._reader.read(question, self._sessions.last(session))
        understood = time.perf_counter()
        kind, text, passages, confidence = self._answer(request)
        citations = self._citations(passages)
        self._sessions.remember(session, request.as_turn())
        done = time.perf_counter()
        return Answer(
            session=session,
            question=question,
            kind=kind,
            answer=text,
            refused=kind == "refusal",
            citations=citations,
            confidence=round(confidence, 3),
            timings_ms={
                "understand": round((understood - began) * 1000, 2),
                "answer": round((done - understood) * 1000, 2),
                "total": round((done - began) * 1000, 2),
            },
        )

    def warm_up(self) -> None:
        """Loads the model now, so that the first question does not wait for it."""
        self.retriever.search(self.pack.title, 1)

    def forget(self, session: str) -> None:
        """Drops a conversation."""
        self._sessions.forget(session)

    def _answer(self, request: Request) -> tuple[Kind, str, Sequence[Passage], float]:
        match request.intent:
            case "smalltalk":
                return "smalltalk", replies.small_talk(self.pack), (), 1.0
            case "ambiguous":
                return "clarification", replies.ask_which_sense(request, self.pack), (), 1.0
            case "which_option":
                return "clarification", replies.ask_which_option(request, self.pack), (), 1.0
            case "recommend":
                return self._recommend(request)
            case "fact":
                return self._look_up(request)
            case "pros_cons" | "compare" | "describe" | "fit" | "term":
                draft = self._composer.write(request)
        if draft is None:
            # The sources asked for do not speak of the options asked about.
            return self._refuse(request, 1 - STRUCTURED_CONFIDENCE, ())
        return _shown(draft, _KINDS.get(request.intent, "fact"), STRUCTURED_CONFIDENCE)

    def _look_up(self, request: Request) -> tuple[Kind, str, Sequence[Passage], float]:
        hits = self._search(request)
        # What the user asked about an option counts, not that it was named: names alone make any passage look near.
        bearing = self._scoped(request, self._reader.without_options(request.own))
        if request.follows_up:
            bearing += self._scoped(request, self._reader.without_options(request.search))
        support = self.retriever.support(request.topic, request.message, bearing)
        confidence = answer_confidence(support)
        fitting = self._of_wanted_kind(request, hits[:MAX_FACT_PASSAGES])
        if request.contrasts and len(request.options) < 2 and support.missing:
            confidence = min(confidence, ANSWER_FROM / 2)  # what is set against it is not known here
        if confidence < ANSWER_FROM or not fitting or request.orders:
            missing = [word.text for word in support.missing]
            return self._refuse(request, confidence if fitting else min(confidence, ANSWER_FROM / 2), missing)
        chosen = self._select(request, fitting, [*fitting, *hits[MAX_FACT_PASSAGES:]])
        for part in request.parts if len(request.parts) > 1 else ():
            # Each question of a message has a claim to its own best passage.
            best = self._of_wanted_kind(request, self._scoped(request, part)[:1])
            chosen += [hit.passage for hit in best if hit.passage not in chosen]
        return _shown(self._composer.fact(chosen), "fact", confidence)

    def _of_wanted_kind(self, request: Request, hits: Sequence[Hit]) -> list[Hit]:
        """The hits that hold the kind of thing asked for; a message of a few words asks for what the last one did."""
        carried = request.follows_up and len(tokens(request.message)) <= ELLIPSIS and not wants_kind(request.message)
        return holding_answer(request.query if carried else request.message, hits, self.retriever.relatives)

    def _search(self, request: Request) -> list[Hit]:
        """The hits for a question; for one that refers back, also for its own words alone, whichever bears better."""
        hits = self._scoped(request, request.search)
        if not (request.follows_up and request.topic):
            return hits
        best = {hit.passage.id: replace(hit, score=hit.score * CONTEXT_WEIGHT) for hit in hits}
        for hit in self._scoped(request, request.own):
            if hit.passage.id not in best or best[hit.passage.id].score < hit.score:
                best[hit.passage.id] = hit
        return sorted(best.values(), key=lambda hit: -hit.score)[:SEARCHED]

    def _scoped(self, request: Request, query: str) -> list[Hit]:
        return self.retriever.search(query, SEARCHED, sources=request.sources, options=request.options)

    def _recommend(self, request: Request) -> tuple[Kind, str, Sequence[Passage], float]:
        """Until the rubric stands: ask when nothing is known, else what the sources advise, without a ranking."""
        hits = self.retriever.search(request.search, MAX_ADVICE, sources=request.sources, stances=("fit",))
        advice = [hit.passage for hit in hits if hit.passage.options and hit.cosine >= ADVICE_COSINE]
        if len(request.topic) < MIN_DESCRIPTION or not advice:
            return "clarification", replies.ask_for_facts(self.pack), (), 1.0
        return _shown(self._composer.advice(advice), "fact", STRUCTURED_CONFIDENCE)

    def _select(self, request: Request, hits: Sequence[Hit], further: Sequence[Hit]) -> list[Passage]:
        """The passages to show: a whole section when the question names it, else the best and what completes it.

        Args:
            request: What was asked.
            hits: The hits that may open the answer, best first.
            further: All hits that may complete it.
        """
        top = hits[0].passage
        section = self.retriever.named_section(top, request.own if request.topic else request.query)
        if section:
            title = self.retriever.title(top)
            asked = [word for word in request.topic if word.root not in title]
            telling = [p for p in section if any(self.retriever.covers(p, word, request.message) for word in asked)]
            # What is asked of most of a section is asked of the section.
            return (telling if 0 < len(telling) < len(section) / 2 else section)[:MAX_SECTION_PASSAGES]
        kept = [
            hit.passage
            for hit in hits
            if hit.score >= (NEIGHBOUR_WITHIN if _neighbours(hit.passage, top) else KEEP_WITHIN) * hits[0].score
        ]
        for word in request.topic:
            if not any(self.retriever.covers(p, word, request.message) for p in kept):
                better = (
                    h.passage
                    for h in further
                    if h.score >= COMPLETE_WITHIN * hits[0].score
                    and self.retriever.covers(h.passage, word, request.message)
                )
                kept += [p for p in [next(better, None)] if p is not None]
        rare = [word for word in request.topic if self.retriever.is_rare(word)]
        telling = [p for p in kept if any(self.retriever.covers(p, word, request.message) for word in rare)]
        return sorted(
            (telling or kept)[:MAX_FACT_PASSAGES],
            key=lambda p: (
                top.document_id != p.document_id,
                top.heading_path != p.heading_path,
                p.document_id,
                p.position,
            ),
        )

    def _refuse(
        self, request: Request, confidence: float, missing: Sequence[str]
    ) -> tuple[Kind, str, Sequence[Passage], float]:
        return "refusal", replies.refusal(request, self.pack, self.library, missing), (), confidence

    def _citations(self, passages: Sequence[Passage]) -> tuple[Citation, ...]:
        documents = self.library.documents
        citations = tuple(cite(p, documents[p.document_id], n) for n, p in enumerate(passages, start=1))
        faults = [fault for citation in citations for fault in citation_faults(citation, documents)]
        if faults:
            raise DamagedIndexError(
                f"the index no longer agrees with its documents: {faults[0]}. Run `groundrule ingest`."
            )
        return citations


def check_question(question: str, max_chars: int) -> str:
    """The question as it will be read.

    Raises:
        QuestionError: It is empty, too long, or not text that can be written as UTF-8.
    """
    try:
        question.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError(
            f"the question is not valid UTF-8 (character {error.start}). Send it as UTF-8 text."
        ) from error
    if len(question) > max_chars:
        raise QuestionError(
            f"the question has {len(question):,} characters; the most is {max_chars:,}. "
            "Shorten it or raise GROUNDRULE_MAX_QUESTION_CHARS."
        )
    normal = unicodedata.normalize("NFC", question).strip()
    if not any(character.isalnum() for character in normal):
        raise QuestionError("the question is empty. Ask something in words.")
    return normal


def _shown(draft: Draft, kind: Kind, confidence: float) -> tuple[Kind, str, Sequence[Passage], float]:
    return kind, draft.markdown, draft.passages, confidence


def _neighbours(passage: Passage, other: Passage) -> bool:
    return (
        passage.document_id == other.document_id
        and passage.heading_path == other.heading_path
        and abs(passage.position - other.position) == 1
    )


def answer_confidence(support: Support) -> float:
    """How sure it is that the found passages answer the question, 0 to 1 (logistic; see `CONFIDENCE_WEIGHTS`)."""
    score = (
        CONFIDENCE_WEIGHTS["bias"]
        + CONFIDENCE_WEIGHTS["cosine"] * support.cosine
        + CONFIDENCE_WEIGHTS["missing"] * support.missing_share
        + CONFIDENCE_WEIGHTS["unknown_name"] * any(word.name for word in support.missing)
    )
    return 1 / (1 + math.exp(-score))
