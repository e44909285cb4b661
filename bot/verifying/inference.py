"""A second opinion on a sentence: a model for natural language inference (NLI) asked whether its passage denies it.

Off unless a setting names a model. It can only take support away: what the rules of `bot.verifying.verify` find
unsupported no model talks them out of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.verifying.grounds import read_passage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.grounds import Evidence
    from bot.verifying.reading import Sentence

__all__ = ["CONTRADICTED_FROM", "InferenceModel", "Inferred", "denied"]

CONTRADICTED_FROM = 0.5
"""Probability of a contradiction from which a sentence is unsupported: likelier than all else together. Not measured,
for want of a model whose licence is clear."""


class Inferred(Protocol):
    """What a premise means for a sentence."""

    @property
    def contradiction(self) -> float:
        """Probability, 0 to 1, that it speaks against it."""
        ...


class InferenceModel(Protocol):
    """Compares sentences with premises."""

    def entailment(self, pairs: Sequence[tuple[str, str]]) -> Sequence[Inferred]:
        """The verdict on each pair of a premise and a sentence."""
        ...


def denied(
    sentences: Sequence[Sentence], passages: Sequence[str], evidence: Evidence, model: InferenceModel
) -> list[str]:
    """What the model finds against sentences, in plain words.

    Each is held against the one of its passages that shares most of its words: a model calls many a passage that speaks
    of something else a contradiction. Sentences copied from a passage are not asked about.

    Args:
        sentences: The sentences.
        passages: Texts of the passages they cite.
        evidence: The same passages, prepared.
        model: The model.
    """
    asked = [one for one in sentences if not evidence.copies(one)]
    if not asked or not passages:
        return []
    held = [frozenset(s for one in read_passage(p) for s in evidence.synonyms.marks(one.stems)) for p in passages]
    pairs = []
    for one in asked:
        marks = evidence.synonyms.marks(one.stems)
        content = {mark for mark, word in zip(marks, one.words, strict=True) if word.content and mark}
        shared = [sum(evidence.weight(mark) for mark in content & there) for there in held]
        pairs.append((passages[shared.index(max(shared))], one.text))
    return [
        f"the NLI model finds that the passage denies it (probability {found.contradiction:.2f}): {text!r:.80}"
        for (_, text), found in zip(pairs, model.entailment(pairs), strict=True)
        if found.contradiction >= CONTRADICTED_FROM
    ]
