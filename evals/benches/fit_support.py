"""Fits the coefficients of `bot.verifying.support` to labelled sets, and says how well they do on parts held out."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from bot.verifying import support
from bot.verifying.grounds import Evidence, Synonyms
from bot.verifying.reading import read_sentence, split_sentences
from evals.metrics.curves import auroc, fit_logistic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evals.benches.judged import Judged

__all__ = ["cross_fitted", "fitted"]

PARTS = 5
# Inverse penalties. The set of answers has two dozen negatives at most, so that its weights are held close to nought.
SHORT_STRENGTH = 0.3
LONG_STRENGTH = 0.01

Features = dict[str, float]


def fitted(short: Sequence[Judged], long: Sequence[Judged], told: Callable[[str, int, int], None]) -> dict[str, Any]:
    """The coefficients of both models, fitted to all of their sets."""
    models = _fit(_features(short, told, "short"), _labels(short), _features(long, told, "long"), _labels(long))
    return {
        name: {"base": one.base, "weights": dict(one.weights)}
        for name, one in zip(("SHORT", "LONG"), models, strict=True)
    }


def cross_fitted(
    short: Sequence[Judged], long: Sequence[Judged], told: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """AUROC of each set when every part is judged by models fitted to the other parts."""
    sets = {"short": short, "long": long}
    values = {name: _features(items, told, name) for name, items in sets.items()}
    labels = {name: _labels(items) for name, items in sets.items()}
    parts = {name: [_part(item) for item in items] for name, items in sets.items()}
    scores: dict[str, list[float]] = {name: [0.0] * len(items) for name, items in sets.items()}
    for part in range(PARTS):
        kept = {name: [n for n, one in enumerate(parts[name]) if one != part] for name in sets}
        models = _fit(
            [values["short"][n] for n in kept["short"]],
            [labels["short"][n] for n in kept["short"]],
            [values["long"][n] for n in kept["long"]],
            [labels["long"][n] for n in kept["long"]],
        )
        for name in sets:
            for n, one in enumerate(parts[name]):
                if one == part:
                    scores[name][n] = support.logit(values[name][n], *models)
    found = {}
    for name in sets:
        area = auroc(labels[name], scores[name])
        found[name] = area.as_json() if area else None
    return found


def _fit(
    short: Sequence[Features], short_labels: Sequence[bool], long: Sequence[Features], long_labels: Sequence[bool]
) -> tuple[support.Model, support.Model]:
    return (
        _model(short, short_labels, support.SHORT.weights, SHORT_STRENGTH, balanced=False),
        _model(long, long_labels, support.LONG.weights, LONG_STRENGTH, balanced=True),
    )


def _model(
    rows: Sequence[Features], labels: Sequence[bool], names: Mapping[str, float], strength: float, *, balanced: bool
) -> support.Model:
    base, weights = fit_logistic([[row[name] for name in names] for row in rows], labels, strength, balanced=balanced)
    return support.Model(base, dict(zip(names, weights, strict=True)))


def _labels(items: Sequence[Judged]) -> list[bool]:
    return [item.label == "supported" for item in items]


def _features(items: Sequence[Judged], told: Callable[[str, int, int], None], stage: str) -> list[Features]:
    found = []
    for n, item in enumerate(items, start=1):
        sentences = [read_sentence(one) for one in split_sentences(item.response)]
        found.append(support.features(sentences, Evidence(item.passages, Synonyms())))
        told(stage, n, len(items))
    return found


def _part(item: Judged) -> int:
    """Items of one conversation, or of the same passages, fall into the same part."""
    conversation, mark, _ = item.id.partition("<::>")
    whole = conversation if mark else item.passages[0]
    return int(hashlib.sha256(whole.encode()).hexdigest(), 16) % PARTS
