"""Questions for a fact: finds the passages that answer, says how sure that is, and picks what to show."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.finding.answer_type import (
    holding_answer,
    labels,
    speaks_of_bodies,
    wants_bodies,
    wants_kind,
    wants_product,
    wants_somebody,
    wants_unlisted,
)
from bot.finding.confidence import ANSWER_FROM, confidence, measured
from bot.finding.selection import COMPLETE_WITHIN, Selection
from bot.language.asked_for import asked_for, things
from bot.messages.wording import questions
from ingest.lexicon import fold, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.finding.confidence import Measures
    from bot.finding.retrieve import Hit, Retriever
    from bot.language.vocabulary import Word
    from bot.messages.request import Request
    from bot.messages.wording import Wording
    from ingest.types import Passage

__all__ = ["Finding", "Lookup"]

SEARCHED = 12
SEARCHED_FOR_NAMES = 100
# A hit for the conversation counts for less than one for the message's own words.
CONTEXT_WEIGHT = 0.8
# Words in a message that only completes the one before ("and small?").
ELLIPSIS = 3

_BARE_SUBJECT = re.compile(
    r"(?<!who )(?<!what )(?<!which )\b(?:does|did|is|was|has) (?!(?:a|an|the|one|each|every)\b)"
    r"([a-z](?!\w*(?:ing|ed|ly|s)\b)[\w-]+)(?= (?!of\b)[\w-]+)"
)
_SUBJECT = re.compile(r"\b(?:does|did|is|was|has|would|will|can|could|should) ([a-z][\w-]+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look-up came to.

    Attributes:
        passages: What answers, in the order to show; empty when nothing does.
        confidence: How sure that is, 0 to 1.
        missing: Words of the question that the library never speaks of.
        named: Whether the question names somebody or something by a proper name, of which the passages tell.
    """

    passages: tuple[Passage, ...]
    confidence: float
    missing: tuple[Word, ...]
    named: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """Looks facts up.

    Attributes:
        retriever: Finds passages.
        wording: Takes the names of options out of a question.
    """

    retriever: Retriever
    wording: Wording

    def prepare(self, requests: Sequence[Request]) -> None:
        """Embeds together what will be searched for to answer some requests."""
        self.retriever.prepare(
            search
            for request in requests
            for search in (
                (request.search, ""),
                (self._bare(request.own), self._bare(request.context or request.before)),
                *(((request.own, request.context),) if request.follows_up and request.topic else ()),
                *((part, "") for part in (request.parts if len(request.parts) > 1 else ())),
            )
        )

    def find(self, request: Request) -> Finding:
        """The passages that answer a request, or none with the reason in numbers."""
        self.prepare([request])
        named = self._of_the_named(request)
        hits = named or self._search(request)
        found = self.measures(request)
        sure = confidence(found)
        near = [hit for hit in hits if hit.score >= COMPLETE_WITHIN * hits[0].score]
        fitting = self._of_wanted_kind(request, near)
        unknown_other = request.contrasts and len(request.options) < 2 and bool(found.missing)
        if request.orders or unknown_other or not fitting:
            sure = min(sure, ANSWER_FROM / 2)
        if sure < ANSWER_FROM:
            return Finding((), sure, found.missing)
        chosen = Selection(self.retriever).chosen(request, fitting)
        for part in request.parts if len(request.parts) > 1 else ():
            # Each question of a message has a claim to its own best passage.
            best = self._of_wanted_kind(request, self._scoped(request, part)[:1])
            chosen += [hit.passage for hit in best if hit.passage not in chosen]
        return Finding(tuple(chosen), sure, found.missing, bool(named))

    def measures(self, request: Request) -> Measures:
        """How what is found for a request bears on it."""
        found = self._measured(request, request.context)
        if request.before and not request.context:
            # A message that points back by nothing may still be about what was asked before. The weaker counts: what
            # only its own words or only the talk before it make look near is seldom meant.
            found = min(found, self._measured(request, request.before), key=lambda measures: measures.fused)
        return found

    def _measured(self, request: Request, context: str) -> Measures:
        # What is asked about an option counts, not that it is named: a name alone makes any passage of it look near.
        query, before = self._bare(request.own), self._bare(context)
        hits = self.retriever.search(
            query,
            SEARCHED,
            context=(before,) if before else (),
            sources=request.sources,
            options=request.options,
        )
        missing = self._missing(request)
        words = [word for word in request.topic if not self.wording.spelling.is_misspelt(word)]
        return measured(request.message, words, missing, hits, self.retriever.vocabulary)

    def _bare(self, text: str) -> str:
        return self.wording.without_options(text)

    def is_beyond_lists(self, request: Request) -> bool:
        """Whether a question asks for a thing that a list of claims about an option does not give.

        A thing that the documents never speak of, one of several that somebody numbered, or somebody by name: that has
        to be looked up, and refused where it is not found, whatever else is said of the option.
        """
        asked = asked_for(_asking(request.message))
        unheard = any(word.root in asked for word in self._missing(request))
        message = request.message
        if request.intent == "compare" and self._of_the_named(request):
            # "Is Acme central or local?" sets nothing side by side.
            return True
        if request.intent == "fit":
            # "Which registry suits ...", "is Acme good for ...": for a thing or a name, not when the option is right.
            unheard = unheard or bool(things(_asking(message))) or self._is_of_unknown(request)
        sides = any(self.wording.cues[side].search(fold(message)) for side in ("PROS", "CONS"))
        if request.intent == "describe" and wants_kind(message) and not sides:
            return True
        return unheard or bool(labels(message)) or wants_somebody(message) or wants_unlisted(message)

    def _is_of_unknown(self, request: Request) -> bool:
        """Whether the subject of a question is a name that the library does not know: "is Acme right for ...?"."""
        subjects = set(_SUBJECT.findall(fold(request.message)))
        return any(word.name and word.text in subjects for word in self._missing(request))

    def _missing(self, request: Request) -> tuple[Word, ...]:
        """The topic's words that the library never speaks of; misspelt ones are not among them."""
        missing = self.retriever.missing(request.topic, request.message, request.sources)
        # A singular noun with no article before it is a name, or what nobody counts: "how does acme organise ...".
        bare = set(_BARE_SUBJECT.findall(fold(request.message)))
        return tuple(
            replace(word, name=word.name or word.text in bare)
            for word in missing
            if not self.wording.spelling.is_misspelt(word)
        )

    def _search(self, request: Request) -> list[Hit]:
        """The hits for a question; for one that refers back, also for its own words alone, whichever bear better."""
        if not (request.follows_up and request.topic):
            return self._scoped(request, request.search)
        # Joined, each of the two messages may drown the other: a passage counts by the better of two ways to ask.
        best = {
            hit.passage.id: replace(hit, score=hit.score * CONTEXT_WEIGHT)
            for hit in self._scoped(request, request.search)
        }
        for hit in self._scoped(request, request.own, request.context):
            if hit.passage.id not in best or best[hit.passage.id].score < hit.score:
                best[hit.passage.id] = hit
        return sorted(best.values(), key=lambda hit: -hit.score)[:SEARCHED]

    def _of_the_named(self, request: Request) -> list[Hit]:
        """The hits that speak of all whom the question calls by a proper name; none when it calls nobody so.

        Whatever option the question puts them to: it may be mistaken.
        """
        words = self.retriever.vocabulary
        named = [word for word in request.topic if words.is_name(word)]
        if not named:
            return []
        hits = self.retriever.search(request.search, SEARCHED_FOR_NAMES, sources=request.sources, alone=True)
        return [hit for hit in hits if all(words.covers(hit.passage, word, request.message) for word in named)]

    def _scoped(self, request: Request, query: str, context: str = "") -> list[Hit]:
        return self.retriever.search(
            query,
            SEARCHED,
            context=(context,) if context else (),
            sources=request.sources,
            options=request.options,
            alone=True,
        )

    def _of_wanted_kind(self, request: Request, hits: Sequence[Hit]) -> list[Hit]:
        """The hits that hold the kind of thing asked for; a message of a few words asks for what the last one did."""
        carried = request.follows_up and len(tokens(request.message)) <= ELLIPSIS and not wants_kind(request.message)
        question = request.query if carried else request.message
        words = self.retriever.vocabulary
        if wants_somebody(question) or wants_product(question):
            sorts = wants_bodies(question)
            hits = [
                hit
                for hit in hits
                if words.tells_of_somebody(hit.passage) or (sorts and speaks_of_bodies(hit.passage.text))
            ]
        held = holding_answer(question, hits, words.relatives)
        if wants_unlisted(question) and request.options:
            # A ratio or a measure is one of something: of the option asked about.
            held = [hit for hit in held if set(hit.passage.options) & set(request.options)]
        return held


def _asking(message: str) -> str:
    """What of a message asks; all of it where nothing does outright."""
    return " ".join(questions(message)) or message
