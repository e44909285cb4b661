"""Which answers a language model phrases, and how its sentences and the composer's stand together.

The composer's draft comes first: it settles whether there is an answer, from which passages, and what is decided. The
model may say those passages in its own words. What it leaves out is listed below its text, so that no claim is lost;
tables, refusals, questions and decisions stay as they were composed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from bot.composing.draft import MARKER, Draft
from bot.language import phrases
from bot.llm.written import Brief
from ingest.lexicon import fold
from ingest.naming import phrase_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.llm.prompt import Exchange
    from bot.llm.written import Written
    from bot.types import Intent, Kind, Recommendation
    from ingest.types import Passage

__all__ = ["EXTRACTIVE", "Phrasing", "SentenceWriter", "Spoken"]

EXTRACTIVE = "extractive"
"""The generator of an answer that the composer wrote."""
# Lists of claims and facts; comparisons are tables, and a many-meaning word needs each source's own terms.
_PHRASED: frozenset[Intent] = frozenset({"fact", "pros_cons", "describe", "fit"})
# What a prompt holds of an answer with many claims; the rest is listed.
MAX_PASSAGES = 12
# Claims about the option that comes first, for a short why.
MAX_WHY = 8
# A paragraph without a number that is a sentence, as in "none are listed in ...", says what no passage says.
_NOTE = re.compile(r"[.!?][*_)]*$")
_ORDERS = phrase_pattern(phrases.DIRECTIVE)


class SentenceWriter(Protocol):
    """Writes what passages say; `bot.llm.writer.Writer`."""

    @property
    def model(self) -> str:
        """Name of the language model."""
        ...

    def write(
        self, brief: Brief, marker: Callable[[Passage], str], on_sentence: Callable[[str], None] | None = None
    ) -> Written:
        """What came of a brief."""
        ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer's text, and whose words it is in.

    Attributes:
        text: Markdown with numbers.
        passages: What the numbers refer to, in order.
        generator: "extractive", with the reason where a model was asked in vain; or the model's name.
        dropped: Sentences of the model that are not shown.
    """

    text: str
    passages: Sequence[Passage]
    generator: str = EXTRACTIVE
    dropped: int = field(default=0, kw_only=True)


class Phrasing:
    """Has a model phrase answers that are already made.

    Args:
        writer: Writes and verifies.
    """

    def __init__(self, writer: SentenceWriter) -> None:
        self.writer = writer

    def answer(
        self,
        composed: Spoken,
        intent: Intent | None,
        kind: Kind,
        question: str,
        conversation: Sequence[Exchange] = (),
        on_sentence: Callable[[str], None] | None = None,
    ) -> Spoken:
        """An answer in the model's words, or as composed where it is not the model's to phrase or does not hold.

        Args:
            composed: The composer's answer.
            intent: What was asked for.
            kind: What sort of answer it is.
            question: The user's words.
            conversation: What was said before.
            on_sentence: Told each sentence once it is verified.
        """
        usable = [passage for passage in composed.passages if not _gives_orders(passage)][:MAX_PASSAGES]
        if intent not in _PHRASED or kind not in ("fact", "pros_cons") or not usable:
            return composed
        draft = Draft()
        written = self.writer.write(Brief(question, tuple(usable), tuple(conversation)), draft.marker, on_sentence)
        if written.failure:
            return self._in_vain(composed, written)
        draft.paragraph(written.markdown)
        if left := [passage for passage in composed.passages if passage not in draft.passages]:
            draft.paragraph("**Also in the sources:**")
            draft.bullets(left)
        for note in _notes(composed.text):
            draft.paragraph(note)
        return Spoken(draft.markdown, draft.passages, written.model, dropped=len(written.dropped))

    def why(
        self,
        composed: Spoken,
        recommendation: Recommendation,
        question: str,
        conversation: Sequence[Exchange] = (),
        on_sentence: Callable[[str], None] | None = None,
    ) -> Spoken:
        """A recommendation with a short why in the model's words below its headline; all else stays as composed.

        Args:
            composed: The composed recommendation.
            recommendation: What was decided.
            question: The user's words.
            conversation: What was said before.
            on_sentence: Told each sentence once it is verified.
        """
        first, *others = recommendation.ranking
        own = [p for p in composed.passages if p.options == (first.option,) and not _gives_orders(p)][:MAX_WHY]
        if not recommendation.clear_winner or recommendation.supposed or not own:
            return composed
        barred = frozenset(ranked.option for ranked in others)
        brief = Brief(question, tuple(own), tuple(conversation), f"{first.name} comes first.", barred)
        numbers = {passage.id: n for n, passage in enumerate(composed.passages, start=1)}
        written = self.writer.write(brief, lambda passage: f"[{numbers[passage.id]}]", on_sentence)
        if written.failure:
            return self._in_vain(composed, written)
        headline, gap, rest = composed.text.partition("\n\n")
        why = "**In short.** " + " ".join(sentence.markdown for sentence in written.shown)
        text = f"{headline}\n\n{why}{gap}{rest}"
        return replace(composed, text=text, generator=written.model, dropped=len(written.dropped))

    @staticmethod
    def _in_vain(composed: Spoken, written: Written) -> Spoken:
        # None of the model's sentences stands in the answer, those that held included.
        unused = len(written.dropped) + len(written.shown)
        return replace(composed, generator=f"{EXTRACTIVE} ({written.model}: {written.failure})", dropped=unused)


def _gives_orders(passage: Passage) -> bool:
    """Whether a passage tells the bot how to behave: a model might obey it, and it would seem to support itself."""
    return bool(_ORDERS.search(fold(passage.text)))


def _notes(markdown: str) -> list[str]:
    """The paragraphs that no passage stands for: what is missing, whose words these are."""
    blocks = markdown.split("\n\n")
    return [block for block in blocks if not MARKER.search(block) and _NOTE.search(block)]
