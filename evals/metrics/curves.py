"""Curves and fits over scores: the area under the ROC curve with its interval, and logistic regression.

Owns scikit-learn and scipy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Interval", "auroc", "calibration", "fit_logistic", "interval", "rank_correlation", "risk_coverage"]

# Bootstrap samples; more change the second decimal of the bounds no longer.
SAMPLES = 1000
SEED = 20240501
THRESHOLDS = 21
BINS = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval.

    Attributes:
        value: The figure.
        low: Its 2.5 % bound.
        high: Its 97.5 % bound.
    """

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """The figure and its bounds for programs."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        return f"{self.value:.3f} (95 % {self.low:.3f} to {self.high:.3f})"


def auroc(labels: Sequence[bool], scores: Sequence[float]) -> Interval | None:
    """Area under the ROC curve, with a percentile bootstrap over items (Efron 1979); None when all labels agree."""
    truth, values = np.asarray(labels, dtype=bool), np.asarray(scores, dtype=float)
    if truth.all() or not truth.any():
        return None
    chance = np.random.default_rng(SEED)
    found: list[float] = []
    while len(found) < SAMPLES:
        pick = chance.integers(0, len(truth), len(truth))
        if truth[pick].any() and not truth[pick].all():
            found.append(_area(truth[pick], values[pick]))
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(_area(truth, values), float(low), float(high))


def _area(truth: NDArray[np.bool_], values: NDArray[np.float64]) -> float:
    """Share of the pairs of a true and a false item that are in order, level ones for half (Mann and Whitney 1947).

    From the ranks: scikit-learn's area is the same and takes twenty times as long, a thousand times over.
    """
    true, false = int(truth.sum()), int((~truth).sum())
    ranks = float(rankdata(values)[truth].sum())
    return (ranks - true * (true + 1) / 2) / (true * false)


def interval(values: Sequence[float]) -> Interval:
    """The mean of some values, with a percentile bootstrap over them (Efron 1979); zeros when there are none."""
    if not values:
        return Interval(0.0, 0.0, 0.0)
    table = np.asarray(values, dtype=float)
    picks = np.random.default_rng(SEED).integers(0, len(table), (SAMPLES, len(table)))
    low, high = np.quantile(table[picks].mean(axis=1), [0.025, 0.975])
    return Interval(float(table.mean()), float(low), float(high))


def risk_coverage(labels: Sequence[bool], scores: Sequence[float]) -> list[dict[str, float]]:
    """What answering from a score upwards covers and risks (El-Yaniv and Wiener, JMLR 11, 2010).

    Returns:
        For thresholds from 0 to 1: "from", "coverage" (share of items at or above it) and "risk" (share of those whose
        label is false; 0 when there are none).
    """
    truth, values = np.asarray(labels, dtype=bool), np.asarray(scores, dtype=float)
    rows = []
    for step in range(THRESHOLDS):
        # 0.3, not the 0.30000000000000004 that sums of steps come to: scores are given in such numbers.
        threshold = round(step / (THRESHOLDS - 1), 2)
        kept = values >= threshold
        risk = float((~truth[kept]).mean()) if kept.any() else 0.0
        coverage = float(kept.mean()) if len(kept) else 0.0
        rows.append({"from": threshold, "coverage": round(coverage, 4), "risk": round(risk, 4)})
    return rows


def calibration(labels: Sequence[bool], shares: Sequence[float]) -> dict[str, Any] | None:
    """How far a stated share is also the share of times that it comes true.

    Args:
        labels: Whether it came true.
        shares: What was stated, 0 to 1.

    Returns:
        "brier": mean squared difference (Brier 1950); "ece": mean difference between stated and observed over five
        equal bins, weighted by their items (Naeini, Cooper and Hauskrecht, AAAI 2015); "bins": "from", "to", "n",
        "stated" and "observed" of those that hold any. None without items.
    """
    if not labels:
        return None
    truth, values = np.asarray(labels, dtype=float), np.asarray(shares, dtype=float)
    place = np.minimum((values * BINS).astype(int), BINS - 1)
    bins, gap = [], 0.0
    for n in range(BINS):
        held = place == n
        if not held.any():
            continue
        stated, observed = float(values[held].mean()), float(truth[held].mean())
        gap += abs(stated - observed) * float(held.mean())
        bins.append(
            {"from": n / BINS, "to": (n + 1) / BINS, "n": int(held.sum()), "stated": stated, "observed": observed}
        )
    # Given as numbers, for with labels of one kind alone scikit-learn cannot tell which is which.
    brier = float(brier_score_loss(truth, values, pos_label=1))
    return {"brier": brier, "ece": gap, "bins": bins}


def rank_correlation(ratings: Sequence[float], scores: Sequence[float]) -> float | None:
    """Spearman's rank correlation, -1 to 1; None when one side is all the same or there are fewer than three."""
    if len(ratings) < 3 or len(set(ratings)) == 1 or len(set(scores)) == 1:
        return None
    return float(spearmanr(ratings, scores).statistic)


def fit_logistic(
    rows: Sequence[Sequence[float]], labels: Sequence[bool], strength: float, *, balanced: bool
) -> tuple[float, list[float]]:
    """Logistic regression with an L2 penalty on standardised features.

    Args:
        rows: Features of each item.
        labels: Their labels.
        strength: Inverse of the penalty, scikit-learn's C.
        balanced: Whether both labels weigh the same; the probabilities are then set right by Platt's scaling (1999).

    Returns:
        The intercept and the weights for the features as given.
    """
    table, truth = np.asarray(rows, dtype=float), np.asarray(labels, dtype=bool)
    middle, spread = table.mean(axis=0), table.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=strength, max_iter=5000, class_weight="balanced" if balanced else None)
    model.fit((table - middle) / spread, truth)
    weights = model.coef_[0] / spread
    base = float(model.intercept_[0] - weights @ middle)
    if balanced:
        scale = LogisticRegression(C=1.0).fit((table @ weights + base)[:, None], truth)
        slope = float(scale.coef_[0][0])
        weights, base = weights * slope, base * slope + float(scale.intercept_[0])
    return base, [float(one) for one in weights]
