"""Answers from the documents: to everything that asks for no advice on the user's own organisation.

Advice itself is `bot.advising`'s; here it only becomes an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.composing import replies
from bot.composing.parts import PartAnswer, merged
from bot.composing.premise import correction
from bot.finding.answer_type import has_number
from bot.types import Answer, Kind
from bot.verifying.citations import cite_all
from ingest.types import Passage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.advising.advisor import Advice
    from bot.composing.compose import Composer
    from bot.composing.draft import Draft
    from bot.finding.lookup import Lookup
    from bot.finding.retrieve import Retriever
    from bot.language.vocabulary import Word
    from bot.messages.request import Request
    from bot.sessions.session import Turn
    from bot.types import Intent
    from ingest.index.library import Library
    from ingest.pack import Pack
    from ingest.types import Document

__all__ = ["STRUCTURED_CONFIDENCE", "Responder", "Told", "advised", "shown"]

STRUCTURED_CONFIDENCE = 0.95
"""An answer taken whole from the claims about a named option; no threshold applies to it."""
MAX_ADVICE = 5
ADVICE_COSINE = 0.2
# Telling words of the sources that make a description of an organisation; a number alone makes one too.
MIN_DESCRIPTION = 2

Told = tuple[Kind, str, Sequence[Passage], float]
"""What sort of answer it is, its Markdown, the passages it rests on in order of number, and how sure it is, 0 to 1."""

_KINDS: dict[Intent, Kind] = {"pros_cons": "pros_cons", "compare": "comparison", "term": "comparison"}


class Responder:
    """Answers messages from one library.

    Args:
        library: The documents' claims.
        pack: The subject.
        retriever: Searches the library.
        lookup: Finds facts.
        composer: Writes answers from claims.
    """

    def __init__(self, library: Library, pack: Pack, retriever: Retriever, lookup: Lookup, composer: Composer) -> None:
        self._library = library
        self._pack = pack
        self._retriever = retriever
        self._lookup = lookup
        self._composer = composer

    def answer(self, request: Request, last: Turn) -> Told:
        """The answer to a message, its kind, its words, the passages it rests on, and how sure it is.

        Args:
            request: The message as understood.
            last: The conversation's last turn.
        """
        if request.orders:
            return self.refuse(request, 1 - STRUCTURED_CONFIDENCE)
        if request.each and (whole := merged(self._each(request, last))):
            return whole.kind, whole.text, whole.passages, whole.confidence
        match request.intent:
            case "smalltalk":
                return "smalltalk", replies.small_talk(request.message, self._pack), (), 1.0
            case "introduce":
                return "smalltalk", replies.introduction(self._pack, self._library), (), 1.0
            case "origin":
                cited = [self._library.by_id[id_] for id_ in last.cited if id_ in self._library.by_id]
                return shown(self._composer.origin(cited), "fact", STRUCTURED_CONFIDENCE)
            case "ambiguous":
                return "clarification", replies.ask_which_sense(request, self._pack), (), 1.0
            case "which_option":
                return "clarification", replies.ask_which_option(request, self._pack), (), 1.0
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
            return self.refuse(request, 1 - STRUCTURED_CONFIDENCE)
        return shown(draft, _KINDS.get(request.intent, "fact"), STRUCTURED_CONFIDENCE)

    def _each(self, request: Request, last: Turn) -> list[PartAnswer]:
        """The answers to the questions of a message, one by one."""
        answers: list[PartAnswer] = []
        self._lookup.prepare([part for part in request.each if part.intent == "fact"])
        for part in request.each:
            # "And where do they work?" has no answer where "who wrote it?" has none.
            hangs = bool(answers) and part.follows_up and not (part.topic or part.named)
            lost = hangs and not answers[-1].passages
            given = self.refuse(part, answers[-1].confidence, ()) if lost else self.answer(part, last)
            answers.append(PartAnswer(part.message, *given))
        return answers

    def _look_up(self, request: Request) -> Told:
        about = (self._composer.claims.about(option, request.sources) for option in request.named)
        if request.scoped and request.named and not any(about):
            return self.refuse(request, 1 - STRUCTURED_CONFIDENCE)
        finding = self._lookup.find(request)
        if not finding.passages:
            return self.refuse(request, finding.confidence, finding.missing)
        opening = correction(request, finding.passages, self._pack, named=finding.named)
        return shown(self._composer.fact(request, finding.passages, opening), "fact", finding.confidence)

    def _advise_without_rubric(self, request: Request) -> Told:
        """A pack without a rubric: ask when nothing is known, else what the sources advise, without a ranking."""
        hits = self._retriever.search(request.search, MAX_ADVICE, stances=("fit",))
        advice = [hit.passage for hit in hits if hit.passage.options and hit.cosine >= ADVICE_COSINE]
        said = [word for word in request.topic if self._retriever.vocabulary.is_rare(word)]
        if (len(said) < MIN_DESCRIPTION and not has_number(request.message)) or not advice:
            return "clarification", replies.ask_for_facts(self._pack), (), 1.0
        return shown(self._composer.advice(advice), "fact", STRUCTURED_CONFIDENCE)

    def refuse(self, request: Request, confidence: float, missing: Sequence[Word] = ()) -> Told:
        """A refusal that says what is missing and what can be asked instead."""
        return "refusal", replies.refusal(request, self._pack, self._library, missing), (), confidence


def shown(draft: Draft, kind: Kind, confidence: float) -> Told:
    """An answer that is taken from a draft as it stands."""
    return kind, draft.markdown, draft.passages, confidence


def advised(
    advice: Advice, documents: Mapping[str, Document], *, session: str = "", question: str = "", **more: Any
) -> Answer:
    """Advice from facts that were given outright, as an answer.

    Args:
        advice: What was decided, and its words.
        documents: Everything that may be cited.
        session: Identifier of the conversation it belongs to.
        question: The facts in words, for its transcript.
        more: Further fields of the answer.
    """
    return Answer(
        session=session,
        question=question,
        kind=advice.kind,
        answer=advice.draft.markdown,
        citations=cite_all(advice.draft.passages, documents),
        recommendation=advice.recommendation,
        other_decisions=advice.others,
        **more,
    )
