"""Intervals, areas, risk and calibration, by numbers that can be checked on paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evals.metrics.curves import (
    BINS,
    SAMPLES,
    auroc,
    calibration,
    interval,
    rank_correlation,
    risk_coverage,
)


def test_the_interval_of_nothing_and_of_one() -> None:
    assert interval([]).as_json() == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert interval([0.25]).as_json() == {"value": 0.25, "low": 0.25, "high": 0.25}
    assert interval([1.0] * 7).as_json() == {"value": 1.0, "low": 1.0, "high": 1.0}


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_an_interval_holds_its_mean_and_is_the_same_again(values: list[float]) -> None:
    found = interval(values)
    assert min(values) - 1e-9 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= max(values) + 1e-9
    assert found == interval(values)
    assert found.value == pytest.approx(sum(values) / len(values))


def test_an_interval_is_as_wide_as_the_binomial_says() -> None:
    """Of 100 coin throws the mean's standard error is 0.05: 0.5 plus and minus 1.96 times that."""
    found = interval([0.0, 1.0] * 50)
    assert found.value == 0.5
    assert found.low == pytest.approx(0.402, abs=0.012)
    assert found.high == pytest.approx(0.598, abs=0.012)
    narrower = interval([0.0, 1.0] * 200)
    assert narrower.high - narrower.low == pytest.approx((found.high - found.low) / 2, rel=0.1)


def test_the_interval_is_that_of_the_resampled_means() -> None:
    """[0, 1]: means of two draws are 0, 1/2 and 1, with chances of 1/4, 1/2 and 1/4."""
    assert interval([0.0, 1.0]).as_json() == {"value": 0.5, "low": 0.0, "high": 1.0}
    # A mean of ten 0s and one 1 is k/11, k as from a binomial law: P(k=0) is 0.35, P(k<=3) is 0.985, P(k<=2) is 0.925.
    found = interval([0.0] * 10 + [1.0])
    assert found.low == 0.0
    assert found.high == pytest.approx(3 / 11)


def test_the_area_under_the_curve_counts_pairs_in_order() -> None:
    """Of the four pairs of a true and a false item three are in order: 0.9 above both, 0.4 above one of them."""
    found = auroc([True, True, False, False], [0.9, 0.4, 0.6, 0.1])
    assert found is not None
    assert found.value == 0.75
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found == auroc([True, True, False, False], [0.9, 0.4, 0.6, 0.1])
    level = auroc([True, False], [0.5, 0.5])
    assert level is not None
    assert level.value == 0.5


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])), min_size=2, max_size=40))
@settings(max_examples=10, deadline=None)
def test_the_area_is_scikit_learns(items: list[tuple[bool, float]]) -> None:
    labels, scores = [label for label, _ in items], [score for _, score in items]
    found = auroc(labels, scores)
    if found is None:
        assert len(set(labels)) == 1
    else:
        assert found.value == pytest.approx(roc_auc_score(labels, scores))


@pytest.mark.parametrize("labels", [[], [True], [False, False], [True, True, True]])
def test_without_both_labels_there_is_no_area(labels: list[bool]) -> None:
    assert auroc(labels, [0.5] * len(labels)) is None


def test_risk_and_coverage() -> None:
    curve = risk_coverage([True, True, False, False], [0.9, 0.3, 0.3, 0.1])
    assert [row["from"] for row in curve] == [round(0.05 * n, 2) for n in range(21)]
    at = {row["from"]: (row["coverage"], row["risk"]) for row in curve}
    assert at[0.0] == at[0.1] == (1.0, 0.5)
    # 0.3 is answered "from 0.3", although six steps of 0.05 come to a little more.
    assert at[0.15] == at[0.3] == (0.75, 0.3333)
    assert at[0.35] == at[0.9] == (0.25, 0.0)
    assert at[0.95] == at[1.0] == (0.0, 0.0)


def test_every_round_score_is_covered_from_itself() -> None:
    for step in range(21):
        score = round(0.05 * step, 2)
        covered = {row["from"]: row["coverage"] for row in risk_coverage([True], [score])}
        assert covered[score] == 1.0
        assert all(share == (start <= score) for start, share in covered.items())


def test_risk_and_coverage_of_nothing() -> None:
    assert {(row["coverage"], row["risk"]) for row in risk_coverage([], [])} == {(0.0, 0.0)}


def test_calibration() -> None:
    """Brier: (0.01 + 0.09 + 0.64 + 0.04) / 4. Bins: 0.7 and 0.8 and 0.9 lie in [0.6, 0.8), [0.8, 1] and [0.8, 1]."""
    found = calibration([True, True, False, False], [0.9, 0.7, 0.8, 0.2])
    assert found is not None
    assert found["brier"] == pytest.approx(0.195)
    assert [(one["from"], one["to"], one["n"]) for one in found["bins"]] == [
        (0.2, 0.4, 1),
        (0.6, 0.8, 1),
        (0.8, 1.0, 2),
    ]
    assert [one["stated"] for one in found["bins"]] == pytest.approx([0.2, 0.7, 0.85])
    assert [one["observed"] for one in found["bins"]] == [0.0, 1.0, 0.5]
    # 1/4 of 0.2, 1/4 of 0.3 and 2/4 of 0.35.
    assert found["ece"] == pytest.approx(0.3)


@pytest.mark.parametrize("truth", [True, False])
def test_calibration_with_labels_of_one_kind(truth: bool) -> None:
    found = calibration([truth, truth], [1.0, 1.0])
    assert found is not None
    wrong = 0.0 if truth else 1.0
    assert (found["brier"], found["ece"]) == (wrong, wrong)
    assert [(one["from"], one["to"], one["n"]) for one in found["bins"]] == [(0.8, 1.0, 2)]


def test_a_share_on_an_edge_lies_in_the_bin_above() -> None:
    for n in range(BINS):
        found = calibration([True], [n / BINS])
        assert found is not None
        assert [one["from"] for one in found["bins"]] == [n / BINS]


def test_calibration_of_nothing() -> None:
    assert calibration([], []) is None


def test_rank_correlation() -> None:
    assert rank_correlation([1, 2, 3, 4], [10, 20, 40, 30]) == pytest.approx(0.8)  # 1 - 6 * (0 + 0 + 1 + 1) / (4 * 15)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1.0)
    assert rank_correlation([], []) is None
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([1, 2, 3], [5, 5, 5]) is None


def test_enough_samples_for_the_second_decimal() -> None:
    """Another thousand draws leave the bounds where they are, to within what a decision hangs on."""
    values = np.asarray([0.0] * 30 + [1.0] * 70)
    picks = np.random.default_rng(7).integers(0, 100, (20 * SAMPLES, 100))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    found = interval(list(values))
    assert found.low == pytest.approx(low, abs=0.011)
    assert found.high == pytest.approx(high, abs=0.011)
