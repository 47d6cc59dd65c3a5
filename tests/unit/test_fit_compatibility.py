"""The chi2 of a region."""

import numpy as np
import pytest
from scipy import stats

from n2mu.fit.compatibility import Compatibility, compatibility

ALL = np.ones(2, dtype=bool)


def test_without_uncertainty_it_is_the_chi2_of_pearson() -> None:
    found = compatibility(np.array([12.0, 90.0]), np.array([9.0, 100.0]), np.zeros((2, 2)), ALL)
    assert found.value == pytest.approx(1.0 + 1.0)
    assert found.ndof == 2
    assert found.p_value == pytest.approx(stats.chi2.sf(2.0, 2))


def test_a_common_uncertainty_explains_a_common_shift_but_not_a_tilt() -> None:
    expected = np.array([100.0, 100.0])
    common = 20.0**2 * np.ones((2, 2))
    shift = compatibility(expected + 20, expected, common, ALL)
    tilt = compatibility(expected + np.array([20, -20]), expected, common, ALL)
    # eigenvalues: 100 + 2 x 400 along (1, 1), 100 along (1, -1)
    assert shift.value == pytest.approx(800 / 900)
    assert tilt.value == pytest.approx(800 / 100)


def test_bins_that_are_hidden_or_expect_nothing_do_not_count() -> None:
    covariance = np.diag([3.0, 5.0, 1.0])
    used = np.array([True, False, True])
    found = compatibility(np.array([13.0, 1e6, 4.0]), np.array([10.0, 10.0, 0.0]), covariance, used)
    assert found.ndof == 1
    assert found.value == pytest.approx(9 / 13)
    nothing = compatibility(np.ones(3), np.ones(3), covariance, np.zeros(3, dtype=bool))
    assert nothing == Compatibility(None, 0, None)


@pytest.mark.parametrize("seed", [1, 2])
def test_it_follows_a_chi2_distribution_when_everything_is_as_assumed(seed: int) -> None:
    random = np.random.default_rng(seed)
    expected = np.array([400.0, 900.0, 600.0])
    shape = np.array([[20.0, 10.0, -5.0], [0.0, 30.0, 10.0]])
    covariance = shape.T @ shape
    p_values = []
    for _ in range(400):
        true = expected + random.normal(size=2) @ shape
        p_value = compatibility(
            random.poisson(true).astype(float), expected, covariance, np.ones(3, dtype=bool)
        ).p_value
        assert p_value is not None
        p_values.append(p_value)
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
