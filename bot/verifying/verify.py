"""Whether sentences are supported by the passages that they cite: a probability, and what speaks against them.

Two questions are kept apart. Do the passages hold what the sentence says (`bot.verifying.support`, from shared
words)? Does anything in them speak against it (`bot.verifying.contradiction`: numbers, denials, roles)? A sentence is
supported when the first is likely enough and the second finds nothing. What is not written in much the same words is
judged by the words it shares, so a free paraphrase of a false claim can pass and one of a true claim can fail. No
model is loaded, unless one is given for a second opinion on what would pass (`bot.verifying.inference`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.verifying.contradiction import contradictions
from bot.verifying.grounds import Evidence, Synonyms
from bot.verifying.inference import denied
from bot.verifying.reading import read_sentence, split_sentences
from bot.verifying.support import features, logit, probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.inference import InferenceModel
    from bot.verifying.reading import Sentence

__all__ = ["SUPPORTED_FROM", "Verdict", "Verifier"]

SUPPORTED_FROM = 0.1
"""Probability from which a sentence counts as supported: of true ones at most one in twenty is lost."""

# What a contradiction takes from the log odds, about the lower of what it was worth on the two calibration sets.
CONTRADICTED = 1.0
# The probability that a sentence copied from a passage is given at least.
COPIED = 0.97
# Reasons that are told; the first ones say enough.
MAX_REASONS = 5
# Sentences of one text that are looked at; longer texts are not answers.
MAX_SENTENCES = 200
# Prepared sets of passages that are kept: the sentences of one answer cite the same few.
KEPT = 64
VERDICTS_KEPT = 2048


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verifier finds.

    Attributes:
        text: The sentence or text.
        score: Calibrated probability, 0 to 1, that its passages support it.
        supported: Whether the score is high enough and nothing speaks against it.
        reasons: What speaks against it, in plain words; empty when supported.
    """

    text: str
    score: float
    supported: bool
    reasons: tuple[str, ...]


class Verifier:
    """Compares sentences with the passages they cite.

    Args:
        synonyms: Groups of phrases that mean the same, such as a pack's.
        supported_from: Probability from which a sentence counts as supported. Ask for more where a false sentence costs
            more than a lost one: on BEGIN 16 % of the unsupported remarks pass at 0.1 and 4 % of the true ones are
            lost; at 0.5 it is 4 % and 14 %.
        inference: A model asked about what would else be supported, and believed when it finds a contradiction.
    """

    def __init__(
        self,
        synonyms: Sequence[Sequence[str]] = (),
        *,
        supported_from: float = SUPPORTED_FROM,
        inference: InferenceModel | None = None,
    ) -> None:
        self._supported_from = supported_from
        self._inference = inference
        marks = Synonyms(synonyms)
        self._evidence = lru_cache(maxsize=KEPT)(lambda passages: Evidence(passages, marks))
        # The same claims are cited again and again.
        self._known = lru_cache(maxsize=VERDICTS_KEPT)(lambda text, passages: self._verdict(text, [text], passages))

    def sentence(self, sentence: str, passages: Sequence[str]) -> Verdict:
        """Whether one sentence is supported.

        Args:
            sentence: The sentence; it is taken as one, whatever stops it holds.
            passages: Texts of the passages it cites; a heading before them does no harm.
        """
        verdict: Verdict = self._known(sentence, tuple(passages))
        return verdict

    def text(self, response: str, passages: Sequence[str]) -> Verdict:
        """Whether a text of several sentences is supported as a whole.

        Its score is that of its words taken together, by which whole answers were told apart better than by any mean or
        minimum over sentences; what speaks against a single sentence speaks against the whole.

        Args:
            response: The text.
            passages: Texts of the passages that all of it may draw on.
        """
        return self._verdict(response, split_sentences(response)[:MAX_SENTENCES], passages)

    def warm_up(self) -> None:
        """Loads the model, where one is given, so that the first sentence does not wait for it."""
        if self._inference is not None:
            self._inference.entailment([("", "")])

    def _verdict(self, text: str, parts: Sequence[str], passages: Sequence[str]) -> Verdict:
        evidence: Evidence = self._evidence(tuple(passages))
        sentences = [read_sentence(part) for part in parts]
        against = list(dict.fromkeys(r for one in sentences for r in _against(one, evidence)))[:MAX_REASONS]
        odds = logit(features(sentences, evidence))
        score = probability(odds - (CONTRADICTED if against else 0.0))
        if not against and sentences and all(evidence.copies(one) for one in sentences):
            score = max(score, COPIED)
        if not against and score < self._supported_from:
            against = [_lacking(sentences, evidence)]
            return Verdict(text, score, False, tuple(against))
        if not against and self._inference is not None:
            against = denied(sentences, passages, evidence, self._inference)[:MAX_REASONS]
            score = probability(odds - CONTRADICTED) if against else score
        return Verdict(text, score, not against, tuple(against))


def _against(sentence: Sentence, evidence: Evidence) -> list[str]:
    if evidence.copies(sentence):
        return []
    stems = evidence.synonyms.marks(sentence.stems)
    content = [one for one, word in zip(stems, sentence.words, strict=True) if word.content and one]
    return contradictions(sentence, evidence.match(sentence, stems, evidence.best(content)), evidence)


def _lacking(sentences: Sequence[Sentence], evidence: Evidence) -> str:
    """Which words the passages lack, for people."""
    missing = [
        word.text
        for one in sentences
        for mark, word in zip(evidence.synonyms.marks(one.stems), one.words, strict=True)
        if word.content and mark and not evidence.known[mark]
    ]
    named = ", ".join(repr(word) for word in dict.fromkeys(missing[:4]))
    return (
        f"too little of it is in the passage; not there: {named}" if named else "the passage does not say this together"
    )
