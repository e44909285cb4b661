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
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.answer_type import holding_answer
from bot.vocabulary import related
from ingest.lexicon import content_stems, fold, sentence_spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.retrieve import Hit
    from bot.vocabulary import Vocabulary, Word

__all__ = ["ANSWER_FROM", "Measures", "confidence", "measured"]

ANSWER_FROM = 0.55
"""Refuse below this confidence."""
# Passages that are looked at for words and for the kind of thing asked for.
LOOKED_AT = 5
# Passages whose sentences are read one by one; the texts whose sentences are remembered.
READ_CLOSELY = 3
SENTENCES_KEPT = 4096
# Content words between two words that belong together.
CLOSE = 3
# A question that denies something is seldom answered by the text that affirms it, and much like it in all else.
_DENIES = re.compile(r"\b(?:not|never|no|without|cannot|except|unlike|least|nobody|none)\b|n't\b")


@dataclass(frozen=True, slots=True)
class Measures:
    """How what was found bears on a question. All but `missing` are numbers from 0 to 1.

    Attributes:
        fused: Fused score of the best passage in its surroundings.
        cosine: Best cosine similarity of a passage.
        lead: How far the best passage is ahead of the tenth, as a share of its score.
        covered: Share of the question's content words, weighted by rarity, that one of the best passages holds.
        missing_share: Share of them, so weighted, that the library never speaks of.
        missing: Those words.
        unknown_name: 1 when a proper name is among them.
        sentence: Share of them, so weighted, that a single sentence of the best passages holds.
        order: Share of the neighbouring pairs among them that such a sentence holds close together.
        gap: How far the best passage is ahead of the second, as a share of its score.
        typed: 1 when a passage found holds a thing of the kind asked for, or no kind is asked for.
        denies: 1 when the question denies something.
    """

    fused: float
    cosine: float
    lead: float
    covered: float
    missing_share: float
    missing: tuple[Word, ...]
    unknown_name: float
    sentence: float
    order: float
    gap: float
    typed: float
    denies: float

    def numbers(self) -> dict[str, float]:
        """The measures by name."""
        return {name: float(getattr(self, name)) for name in WEIGHTS}


# Fitted by logistic regression (L2) to the sets named in the README, each with an intercept of its own, so that no
# set's share of unanswerable questions colours the weights; the bias is the bundled library's.
WEIGHTS = {
    "fused": 0.0,
    "cosine": 4.54,
    "lead": 0.0,
    "covered": 0.0,
    "missing_share": -1.37,
    "unknown_name": -3.42,
    "sentence": 0.0,
    "order": 0.0,
    "gap": 0.0,
    "typed": 0.0,
    "denies": 0.0,
}
BIAS = 0.18


def measured(
    question: str, words: Sequence[Word], missing: Sequence[Word], hits: Sequence[Hit], vocabulary: Vocabulary
) -> Measures:
    """Measures how passages bear on a question.

    Args:
        question: The user's words.
        words: The content words that the answer must speak of.
        missing: Those of them that the library never speaks of.
        hits: What was found, best first.
        vocabulary: Rarity of the words, and which passage speaks of them.
    """
    weights = {word.root: vocabulary.idf(word.root) for word in words}
    total = sum(weights.values())
    best = hits[:LOOKED_AT]
    covered = max(
        (sum(weights[w.root] for w in words if vocabulary.covers(hit.passage, w, question)) for hit in best),
        default=0.0,
    )
    sentence, order = _in_one_sentence([word.root for word in words], weights, hits[:READ_CLOSELY])
    ranked = sorted((hit.score for hit in hits), reverse=True)
    top = ranked[0] if ranked else 0.0
    return Measures(
        fused=top,
        cosine=max((hit.cosine for hit in hits), default=0.0),
        lead=(top - ranked[-1]) / top if top > 0 else 0.0,
        covered=covered / total if total else 1.0,
        missing_share=sum(weights[word.root] for word in missing) / total if total else 0.0,
        missing=tuple(missing),
        unknown_name=float(any(word.name for word in missing)),
        sentence=sentence,
        order=order,
        gap=(top - ranked[1]) / top if top > 0 and len(ranked) > 1 else 0.0,
        typed=float(bool(holding_answer(question, best, vocabulary.relatives))),
        denies=float(bool(_DENIES.search(fold(question)))),
    )


def _in_one_sentence(roots: Sequence[str], weights: Mapping[str, float], hits: Sequence[Hit]) -> tuple[float, float]:
    """The most of the words that one sentence holds, and the most of their neighbouring pairs, as shares."""
    total, pairs = sum(weights.values()), list(pairwise(roots))
    if not total:
        return 1.0, 1.0
    held, close = 0.0, 0.0
    for hit in hits:
        for stems in _sentence_stems(hit.passage.text):
            places = {root: at for at, root in enumerate(stems)}
            found = {root: places.get(root, _kin_place(root, places)) for root in roots}
            held = max(held, sum(weights[root] for root in roots if found[root] is not None) / total)
            near = sum(
                (a := found[one]) is not None and (b := found[other]) is not None and abs(a - b) <= CLOSE
                for one, other in pairs
            )
            close = max(close, near / len(pairs) if pairs else 0.0)
    return held, close


def _kin_place(root: str, places: Mapping[str, int]) -> int | None:
    return next((at for other, at in places.items() if related(root, other)), None)


@lru_cache(maxsize=SENTENCES_KEPT)
def _sentence_stems(text: str) -> tuple[tuple[str, ...], ...]:
    """The stems of each sentence of a passage."""
    return tuple(tuple(content_stems(text[start:end])) for start, end in sentence_spans(text))


def confidence(found: Measures) -> float:
    """How sure it is that the passages found answer the question, 0 to 1."""
    score = BIAS + sum(weight * getattr(found, name) for name, weight in WEIGHTS.items())
    return 1 / (1 + math.exp(-score))
