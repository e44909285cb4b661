"""How sure it is that the library answers a question: decided from what was found, before anything is written.

A logistic model over a handful of measures that mean the same in every library. What it was fitted to, and what
refusing below a confidence costs and saves (the risk-coverage curve of El-Yaniv and Wiener, JMLR 11, 2010), is in the
README and can be repeated with `groundrule bench answerability`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.finding.answer_type import holding_answer
from bot.language.asked_for import asked_for, things
from bot.language.vocabulary import related
from ingest.lexicon import content_stems, fold, sentence_spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.finding.retrieve import Hit
    from bot.language.vocabulary import Vocabulary, Word

__all__ = ["ANSWER_FROM", "Measures", "confidence", "measured"]

ANSWER_FROM = 0.5
"""Refuse below this confidence."""
# Passages that are looked at for words and for the kind of thing asked for.
LOOKED_AT = 5
# Passages whose sentences are read one by one; the texts whose sentences are remembered.
READ_CLOSELY = 3
SENTENCES_KEPT = 4096
# A question that denies something is seldom answered by the text that affirms it, and much like it in all else.
_DENIES = re.compile(r"\b(?:not|never|no|without|cannot|except|unlike|least|nobody|none)\b|n't\b")


@dataclass(frozen=True, slots=True)
class Measures:
    """How what was found bears on a question. All but `missing` are numbers from 0 to 1.

    Attributes:
        fused: Fused score of the best passage in its surroundings.
        cosine: Best cosine similarity of a passage.
        missing: Content words of the question that the library never speaks of.
        unknown_name: 1 when a proper name is among them.
        unmet: 1 when a word by which the question names what it asks for is among them, or no passage speaks of it.
        sentence: Share of the content words, weighted by rarity, that a single sentence of the best passages holds.
        typed: 1 when a passage found holds a thing of the kind asked for, or no kind is asked for.
        denies: 1 when the question denies something.
    """

    fused: float
    cosine: float
    missing: tuple[Word, ...]
    unknown_name: float
    unmet: float
    sentence: float
    typed: float
    denies: float

    def numbers(self) -> dict[str, float]:
        """The measures by name."""
        return {name: float(getattr(self, name)) for name in WEIGHTS}


# Fitted by logistic regression (L2) to the sets named in the README, each with an intercept of its own, so that no
# set's share of unanswerable questions colours the weights; the bias is the bundled library's.
WEIGHTS = {
    "fused": 3.46,
    "cosine": 3.55,
    "unknown_name": -2.46,
    "unmet": -1.3,
    "typed": 2.43,
    "sentence": 0.62,
    "denies": -0.78,
}
# Set where nine of ten looked-up questions that were answered rightly stay answered; see the README's curve.
BIAS = -4.2


def measured(
    question: str, words: Sequence[Word], missing: Sequence[Word], hits: Sequence[Hit], vocabulary: Vocabulary
) -> Measures:
    """Measures how passages bear on a question.

    Args:
        question: The user's words.
        words: The content words that the answer must speak of.
        missing: Those of them that the library never speaks of.
        hits: What was found, best first.
        vocabulary: Rarity of the words, and which mean the same.
    """
    asked = asked_for(question)
    weights = {word.root: vocabulary.idf(word.root) for word in words}
    return Measures(
        fused=max((hit.score for hit in hits), default=0.0),
        cosine=max((hit.cosine for hit in hits), default=0.0),
        missing=tuple(missing),
        unknown_name=float(any(word.name for word in missing)),
        unmet=float(any(word.root in asked for word in missing) or _is_unmet(question, words, hits, vocabulary)),
        sentence=_in_one_sentence(weights, hits[:READ_CLOSELY]),
        typed=float(bool(holding_answer(question, hits[:LOOKED_AT], vocabulary.relatives))),
        denies=float(bool(_DENIES.search(fold(question)))),
    )


def _is_unmet(question: str, words: Sequence[Word], hits: Sequence[Hit], vocabulary: Vocabulary) -> bool:
    """Whether the question names a thing that it asks for, and none of the passages speaks of it."""
    thing = things(question)
    asked = [word for word in words if word.root in thing]
    return bool(asked) and not any(vocabulary.covers(hit.passage, word, question) for hit in hits for word in asked)


def _in_one_sentence(weights: Mapping[str, float], hits: Sequence[Hit]) -> float:
    """The most of some stems, weighted, that one sentence holds, as a share."""
    total = sum(weights.values())
    sentences = (stems for hit in hits for stems in _sentence_stems(hit.passage.text))
    held = (sum(weight for root, weight in weights.items() if _holds(stems, root)) for stems in sentences)
    return max(held, default=0.0) / total if total else 1.0


def _holds(stems: frozenset[str], root: str) -> bool:
    return root in stems or any(related(root, other) for other in stems)


@lru_cache(maxsize=SENTENCES_KEPT)
def _sentence_stems(text: str) -> tuple[frozenset[str], ...]:
    """The stems of each sentence of a passage."""
    return tuple(frozenset(content_stems(text[start:end])) for start, end in sentence_spans(text))


def confidence(found: Measures) -> float:
    """How sure it is that the passages found answer the question, 0 to 1."""
    score = BIAS + sum(weight * getattr(found, name) for name, weight in WEIGHTS.items())
    return 1 / (1 + math.exp(-score))
