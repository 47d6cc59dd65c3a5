"""Weighted AUC, effective events and significance."""

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
from n2mu.statistics.significance import asimov_significance, combined_significance

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
