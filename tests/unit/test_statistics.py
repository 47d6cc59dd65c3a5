"""Weighted AUC, effective events and significance."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import poisson

from n2mu.errors import TemplateError
from n2mu.statistics.auc import NoRocError, weighted_auc, weighted_roc
from n2mu.statistics.effective import effective_events
from n2mu.statistics.significance import (
    asimov_significance,
    binned_significance,
    combined_significance,
    threshold_scan,
)

EVENT = st.tuples(st.integers(0, 5), st.booleans(), st.floats(-2.0, 3.0))


def pairwise_auc(
    score: NDArray[np.float64], is_signal: NDArray[np.bool_], weight: NDArray[np.float64]
) -> float:
    """Return the weighted share of pairs in which the signal scores higher; equal is one half."""
    pairs = np.outer(weight[is_signal], weight[~is_signal])
    order = np.sign(score[is_signal][:, None] - score[~is_signal][None, :])
    return float((pairs * (order + 1) / 2).sum() / pairs.sum())


@given(st.lists(EVENT, min_size=2, max_size=30))
def test_auc_counts_pairs_with_signed_weights(events: list[tuple[int, bool, float]]) -> None:
    score = np.array([e[0] for e in events]) / 5
    is_signal = np.array([e[1] for e in events])
    weight = np.array([e[2] for e in events])
    assume(weight[is_signal].sum() > 0.1 and weight[~is_signal].sum() > 0.1)
    auc = weighted_auc(score, is_signal, weight)
    assert auc == pytest.approx(pairwise_auc(score, is_signal, weight), abs=1e-9)


def test_a_roc_curve_runs_from_nothing_to_everything() -> None:
    roc = weighted_roc(
        np.array([0.9, 0.9, 0.5, 0.1], np.float32),
        np.array([True, False, True, False]),
        np.array([1.0, 1.0, 3.0, 1.0]),
    )
    assert roc.background_efficiency.tolist() == [0.0, 0.5, 0.5, 1.0]
    assert roc.signal_efficiency.tolist() == [0.0, 0.25, 1.0, 1.0]
    assert roc.threshold[1:] == pytest.approx([0.9, 0.5, 0.1])


def test_a_class_without_positive_weight_has_no_roc() -> None:
    score = np.array([0.1, 0.2, 0.3])
    with pytest.raises(NoRocError, match="signal has the sum of weights -1"):
        weighted_auc(score, np.array([True, False, False]), np.array([-1.0, 1.0, 1.0]))
    with pytest.raises(NoRocError, match="background has the sum of weights 0"):
        weighted_auc(score, np.ones(3, bool), np.ones(3))
    with pytest.raises(ValueError, match="finite"):
        weighted_auc(np.array([0.1, np.nan]), np.array([True, False]), np.ones(2))


def test_effective_events_have_the_relative_uncertainty_of_the_weighted_ones() -> None:
    assert effective_events(np.full(7, 0.3)) == pytest.approx(7)
    weight = np.array([2.0, -1.0, 0.5])
    relative = np.sqrt(np.sum(weight**2)) / weight.sum()
    assert 1 / np.sqrt(effective_events(weight)) == pytest.approx(relative)
    assert effective_events(np.empty(0)) == 0.0


def profiled_significance(s: float, b: float, sigma: float) -> float:
    """Return sqrt(q0) of the Asimov data of n ~ Poisson(s + b), m ~ Poisson(tau b)."""
    tau = b / sigma**2

    def two_nll(signal: float, background: float) -> float:
        # the counts are no integers: Poisson up to a constant
        total = signal + background
        return 2 * float(
            total - (s + b) * np.log(total) + tau * background - tau * b * np.log(tau * background)
        )

    best = minimize_scalar(
        lambda background: two_nll(0.0, background),
        bounds=(b / 10, b + 2 * s),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(np.sqrt(best.fun - two_nll(s, b)))


@pytest.mark.parametrize(("s", "b", "sigma"), [(5.0, 10.0, 3.0), (20.0, 4.0, 1.0), (3.0, 50.0, 10)])
def test_significance_is_the_profile_likelihood_ratio(s: float, b: float, sigma: float) -> None:
    assert asimov_significance(s, b, sigma) == pytest.approx(
        profiled_significance(s, b, sigma), rel=1e-6
    )


def test_significance_without_uncertainty_is_the_limit_of_a_small_one() -> None:
    assert asimov_significance(5.0, 10.0) == pytest.approx(
        asimov_significance(5.0, 10.0, 1e-4), rel=1e-6
    )
    # for small signals both are s / sqrt(b)
    assert asimov_significance(1.0, 1e4) == pytest.approx(0.01, rel=1e-3)
    # counting: the likelihood ratio of Poisson probabilities at n = s + b
    ratio = poisson.logpmf(15, 15) - poisson.logpmf(15, 10)
    assert asimov_significance(5.0, 10.0) == pytest.approx(np.sqrt(2 * ratio))


def test_bins_add_in_quadrature_and_a_deficit_adds_nothing() -> None:
    single = float(asimov_significance(2.0, 5.0))
    assert combined_significance([2.0, 2.0, -1.0], [5.0, 5.0, 5.0]) == pytest.approx(
        np.sqrt(2) * single
    )


def test_a_bin_without_background_has_no_significance() -> None:
    with pytest.raises(TemplateError, match=r"backgrounds > 0 in every bin, got -0\.1"):
        asimov_significance([1.0, 1.0], [2.0, -0.1])


def test_bins_of_equal_signal_add_in_quadrature() -> None:
    random = np.random.default_rng(1)
    is_signal = np.arange(4000) < 1600
    score = random.normal(is_signal.astype(float), 1.0)
    weight = random.exponential(size=4000) * np.where(is_signal, 0.1, 1.0)
    found = binned_significance(score, is_signal, weight, bins=4)
    order = np.argsort(-score[is_signal])
    passing = np.cumsum(weight[is_signal][order])
    reached = np.searchsorted(passing, passing[-1] * np.arange(1, 4) / 4)
    edges = [np.inf, *score[is_signal][order][reached], -np.inf]
    signal, background = (
        [
            weight[kind & (score >= low) & (score < high)].sum()
            for high, low in itertools.pairwise(edges)
        ]
        for kind in (is_signal, ~is_signal)
    )
    assert signal == pytest.approx([sum(signal) / 4] * 4, rel=0.02)
    assert found == pytest.approx(combined_significance(signal, background))
    inclusive = binned_significance(score, is_signal, weight, bins=1)
    assert inclusive == pytest.approx(combined_significance([sum(signal)], [sum(background)]))
    assert inclusive is not None
    assert found is not None
    assert found > inclusive


def test_the_window_of_the_mass_holds_its_share_of_the_signal() -> None:
    random = np.random.default_rng(2)
    is_signal = np.arange(20_000) < 10_000
    score = random.random(20_000)
    mass = np.where(is_signal, random.normal(125, 2, 20_000), random.uniform(100, 180, 20_000))
    weight = np.where(is_signal, 0.01, 1.0)
    found = binned_significance(score, is_signal, weight, 1, mass)
    low, high = np.quantile(mass[is_signal], [0.05, 0.95])
    background = ((mass[~is_signal] >= low) & (mass[~is_signal] <= high)).sum()
    assert found == pytest.approx(combined_significance([90.0], [background]), rel=2e-3)


def test_a_bin_without_background_is_joined_with_the_next() -> None:
    score = np.array([0.9, 0.9, 0.6, 0.6, 0.3, 0.3])
    is_signal = np.array([True, False] * 3)
    negative = np.array([1.0, -1.0, 1.0, 3.0, 1.0, 4.0])
    assert binned_significance(score, is_signal, negative, 3) == pytest.approx(
        combined_significance([2.0, 1.0], [2.0, 4.0])
    )
    at_the_bottom = np.array([1.0, 4.0, 1.0, 3.0, 1.0, -1.0])
    assert binned_significance(score, is_signal, at_the_bottom, 3) == pytest.approx(
        combined_significance([1.0, 2.0], [4.0, 2.0])
    )
    assert binned_significance(score, is_signal, -negative, 3) is None
    assert binned_significance(np.full(6, 0.5), is_signal, negative, 3) == pytest.approx(
        combined_significance([3.0], [6.0])
    )


@given(st.integers(0, 10_000), st.integers(1, 10))
def test_no_sample_has_a_significance_that_is_no_number(seed: int, bins: int) -> None:
    random = np.random.default_rng(seed)
    size = int(random.integers(1, 40))
    score = random.integers(0, 6, size) / 5
    is_signal = random.random(size) < 0.5
    weight = random.normal(0.5, 1.0, size)
    mass = random.integers(0, 4, size).astype(float)
    for masses in (None, mass):
        found = binned_significance(score, is_signal, weight, bins, masses)
        assert found is None or (np.isfinite(found) and found >= 0)


def test_a_scan_of_thresholds_counts_what_lies_above() -> None:
    random = np.random.default_rng(3)
    is_signal = random.random(3000) < 0.3
    score = random.normal(is_signal.astype(float), 1.0)
    weight = random.normal(1.0, 0.5, 3000)
    scan = threshold_scan(score, is_signal, weight, points=30)
    for i in (0, 12, 29):
        above = score >= scan["threshold"][i]
        s, b = weight[above & is_signal].sum(), weight[above & ~is_signal].sum()
        assert scan["signal"][i] == pytest.approx(s)
        assert scan["background"][i] == pytest.approx(b)
        assert scan["s_over_sqrt_b"][i] == pytest.approx(s / np.sqrt(b))
        assert scan["asimov"][i] == pytest.approx(float(asimov_significance(s, b)))
    alone = threshold_scan(np.array([1.0, 0.0]), np.array([True, False]), np.ones(2))
    assert np.isnan(alone["s_over_sqrt_b"]).all()
