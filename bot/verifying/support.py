"""How much of a text its passages hold: features of shared words, and the probability that follows from them.

Two small logistic models. One is for remarks of a sentence or so, where one sentence of a passage is to hold all of it;
the other is for answers of many sentences, which draw on many. Between the two lengths their logits are mixed. The
coefficients were fitted by `groundrule bench fit-verify` (L2-regularised logistic regression).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rapidfuzz.distance import LCSseq

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.verifying.grounds import Evidence
    from bot.verifying.reading import Sentence

__all__ = ["LONG", "SHORT", "Model", "features", "logit", "probability"]

# The speaker's own person: who speaks of himself tells what no passage holds.
_OWN = frozenset("i me my mine myself we us our you your".split())
# Copied words in a row that say no more when they grow.
LONGEST_RUN = 12
# Content words up to which a text is a remark, and from which it is an answer of many sentences.
SHORT_UP_TO, LONG_FROM = 10, 30


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model.

    Attributes:
        base: The logit when all features are nought.
        weights: What each feature adds a unit.
    """

    base: float
    weights: Mapping[str, float]

    def logit(self, values: Mapping[str, float]) -> float:
        """The log odds that a text with these features is supported."""
        return self.base + sum(weight * values[name] for name, weight in self.weights.items())


SHORT = Model(
    -2.408,
    {
        "best": 2.377,
        "order": 3.540,
        "run": -1.295,
        "own": -10.747,
        "new": -1.621,
        "question": -2.401,
        "links": -4.262,
        "numbers": -1.978,
        "length": 0.410,
    },
)
"""For remarks; fitted to the seen half of BEGIN's development files."""

LONG = Model(-7.530, {"shared": 9.018, "near": 3.073, "pairs": 2.864, "names": -3.287})
"""For answers; fitted to the seen half of MTRAG's human judgements, 21 of them negative."""


def features(sentences: Sequence[Sentence], evidence: Evidence) -> dict[str, float]:
    """What is known of a text beside its passages.

    Args:
        sentences: The sentences of the text.
        evidence: The passages.

    Returns:
        `best`: weighted share of its content words in the best single sentence of the passages; `order`: share of all
        its words in one sentence of the passages in the same order; `run`: its longest run of words of which each two
        stand side by side in the passages, of `LONGEST_RUN`; `own`: share of words of the speaker's own person; `new`:
        log of one more than its content words that no passage has; `question`: whether it asks; `links`: share of
        other words that no passage has; `numbers`: numbers that no passage has, at most two; `length`: log of one more
        than its content words; `shared`: share of all words that the passages have; `near`: like `best`, sentence by
        sentence, with the best two neighbours of the passages, weighted by length; `pairs`: share of its pairs of
        neighbours that stand side by side in the passages; `names`: capitalised words that no passage has, against
        the root of its length.
    """
    marks = [evidence.synonyms.marks(one.stems) for one in sentences]
    words = [word for one in sentences for word in one.words]
    stems = [mark for one in marks for mark in one]
    content = [mark for mark, word in zip(stems, words, strict=True) if word.content and mark]
    filled = [mark for mark in stems if mark]
    many = max(len(filled), 1)
    known = evidence.known
    best = evidence.best(content)
    weights = {one: evidence.weight(one) for one in set(content)}
    whole = sum(weights.values()) or 1.0
    neighbours = list(pairwise(filled))
    run = longest = 0
    beside = 0
    for pair in neighbours:
        if pair in evidence.neighbours:
            beside += 1
            run += 1
            longest = max(longest, run)
        else:
            run = 0
    values = [number.value for one in sentences for number in one.numbers if not number.vague]
    capitals = {m for m, w in zip(stems, words, strict=True) if w.capital and w.content and m and not known[m]}
    return {
        "best": best[0][0] / whole if best else 0.0,
        "order": max((LCSseq.similarity(filled, evidence.stems[n]) for _, n in best), default=0) / many,
        "run": min(longest, LONGEST_RUN) / LONGEST_RUN,
        "own": sum(word.low in _OWN for word in words) / many,
        "new": math.log1p(sum(not known[one] for one in content)),
        "question": float(any(one.question for one in sentences)),
        "links": sum(bool(m) and not w.content and not known[m] for m, w in zip(stems, words, strict=True)) / many,
        "numbers": float(min(sum(value not in evidence.values for value in values), 2)),
        "length": math.log1p(len(content)),
        "shared": sum(bool(known[one]) for one in filled) / many,
        "near": _near(sentences, marks, evidence),
        "pairs": beside / len(neighbours) if neighbours else float(bool(filled and known[filled[0]])),
        "names": len(capitals) / math.sqrt(many + 1),
    }


def _near(sentences: Sequence[Sentence], marks: Sequence[Sequence[str]], evidence: Evidence) -> float:
    total = 0.0
    lengths = 0
    for sentence, stems in zip(sentences, marks, strict=True):
        content = {m for m, word in zip(stems, sentence.words, strict=True) if word.content and m}
        if not content:
            continue
        lengths += len(content) + 1
        total += (len(content) + 1) * evidence.held(content)
    return total / lengths if lengths else 0.0


def logit(values: Mapping[str, float], short: Model = SHORT, long: Model = LONG) -> float:
    """The log odds that a text with these features is supported, the models mixed by its length."""
    count = math.expm1(values["length"])
    share = min(max((count - SHORT_UP_TO) / (LONG_FROM - SHORT_UP_TO), 0.0), 1.0)
    return (1 - share) * short.logit(values) + share * long.logit(values)


def probability(log_odds: float) -> float:
    """The probability that log odds mean."""
    return 1 / (1 + math.exp(-max(min(log_odds, 30.0), -30.0)))
