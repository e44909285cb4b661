"""From a question, and the turn before it, to an answer: understood, advised on or looked up, checked, phrased, cited.

Nothing is kept here; that is `bot.assistant`'s.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.advising.hearing import Heard
from bot.llm.phrasing import Spoken
from bot.responding import STRUCTURED_CONFIDENCE, shown
from bot.types import Answer
from bot.verifying.checked import checked
from bot.verifying.citations import cite_all
from bot.worked_out import WorkedOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.advising.advisor import Advice, Advisor
    from bot.advising.hearing import Hearing
    from bot.llm.phrasing import Phrasing
    from bot.messages.request import Request
    from bot.messages.understand import Reader
    from bot.responding import Responder
    from bot.sessions.session import Turn
    from bot.types import Kind
    from bot.verifying.verify import Verifier
    from bot.worked_out import Asked
    from ingest.types import Document

__all__ = ["Answering"]


class Answering:
    """Works out answers from one library.

    Args:
        reader: Understands questions.
        hearing: Hears what is said of the user's own organisation; None without a rubric.
        advisor: Advises on it; None without a rubric.
        responder: Answers everything else.
        verifier: Looks answers over.
        documents: Everything that may be cited.
    """

    def __init__(
        self,
        reader: Reader,
        hearing: Hearing | None,
        advisor: Advisor | None,
        responder: Responder,
        verifier: Verifier,
        documents: Mapping[str, Document],
    ) -> None:
        self._reader = reader
        self._hearing = hearing
        self._advisor = advisor
        self._responder = responder
        self._verifier = verifier
        self._documents = documents

    def work_out(self, asked: Asked, last: Turn, former: WorkedOut | None, phrasing: Phrasing | None) -> WorkedOut:
        """The answer to a question after a turn.

        Args:
            asked: The question.
            last: The conversation's last turn.
            former: What was made of it after another turn, in vain.
            phrasing: Has a language model phrase it; without it, it is as composed.
        """
        request = self._reader.read(asked.question, last)
        read = former.suggestions if former else None
        heard = self._hearing.hear(request, last, asked.question, read) if self._hearing else Heard()
        understood = time.perf_counter()
        advice, dropped = None, 0
        if heard.mode and heard.reading and self._advisor:
            advice = self._advisor.advise(heard.mode, request, heard.reading, last)
            kind, text, passages, confidence = shown(advice.draft, advice.kind, STRUCTURED_CONFIDENCE)
            turn = replace(request.as_turn(), intent=heard.mode, options=advice.options, profile=advice.profile)
        else:
            kind, text, passages, confidence = self._responder.answer(request, last)
            # Where something comes from is a list of quotes under the names of their sources.
            whole = Spoken(text, passages)
            if request.intent != "origin":
                whole = checked(whole, self._verifier)
            text, passages, dropped = whole.text, whole.passages, whole.dropped
            if dropped and not passages:
                kind, text, passages, confidence = self._responder.refuse(request, 1 - STRUCTURED_CONFIDENCE)
            # A pleasantry changes nothing of what is being talked about. What is stated beside a question is kept.
            pleasantry = request.intent in ("smalltalk", "introduce", "origin")
            known = last.profile
            if heard.reading and self._advisor and heard.reading.facts:
                known = known.after(self._advisor.states(request, heard.reading))
            turn = last if pleasantry else replace(request.as_turn(), profile=known)
        composed = time.perf_counter()
        plain = Spoken(text, passages)
        if former is None:
            spoken = _phrased(plain, kind, request, turn, advice, asked, phrasing)
        else:
            spoken = former.phrased_before(plain)
        citations = cite_all(spoken.passages, self._documents)
        done = time.perf_counter()
        answer = Answer(
            session=asked.session,
            question=asked.question,
            kind=kind,
            answer=spoken.text,
            refused=kind == "refusal",
            citations=citations,
            recommendation=advice.recommendation if advice else None,
            other_decisions=advice.others if advice else (),
            confidence=round(confidence, 3),
            timings_ms={
                "understand": round((understood - asked.began) * 1000, 2),
                "answer": round((composed - understood) * 1000, 2),
                "phrase": round((done - composed) * 1000, 2),
                "total": round((done - asked.began) * 1000, 2),
            },
            generator=spoken.generator,
            dropped_sentences=spoken.dropped + dropped,
        )
        turn = replace(turn, cited=tuple(p.id for p in spoken.passages) or turn.cited)
        # A refused order to the bot says nothing about the documents: it is no question of substance.
        unanswered = answer.refused and not request.orders
        return WorkedOut(answer, turn, unanswered, plain, spoken, heard.suggestions)


def _phrased(
    composed: Spoken,
    kind: Kind,
    request: Request,
    turn: Turn,
    advice: Advice | None,
    asked: Asked,
    phrasing: Phrasing | None,
) -> Spoken:
    """The answer in a language model's words where one is set, may phrase it, and holds to the passages."""
    if phrasing is None:
        return composed
    # Only a language model reads what was said.
    said = asked.said()
    if advice is None:
        return phrasing.answer(composed, request.intent, kind, request.message, said, asked.on_sentence)
    if turn.intent == "recommend" and advice.recommendation and kind == "recommendation":
        return phrasing.why(composed, advice.recommendation, request.message, said, asked.on_sentence)
    return composed
