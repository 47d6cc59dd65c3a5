"""The chi2 of two weighted histograms against ROOT's TH1::Chi2Test."""

import warnings

import numpy as np
import pytest
from scipy.special import chdtrc

from n2mu.statistics.two_samples import two_sample_chi2

with warnings.catch_warnings():
    # the wheel announces at import that it is an alpha distribution
    warnings.simplefilter("ignore")
    ROOT = pytest.importorskip("ROOT", reason="ROOT has a wheel for Python 3.11 on Linux only")


@pytest.mark.parametrize("negative", [False, True])
def test_chi2_and_residuals_of_two_weighted_histograms_equal_those_of_root(negative: bool) -> None:
    random = np.random.default_rng(7)
    histograms, sums = [], []
    for size, shape in ((900, 2.0), (400, 2.3)):
        # no event in the last bin
        values = 0.9 * random.beta(shape, 3.0, size)
        weights = random.normal(1.0, 0.9, size) if negative else random.random(size)
        histogram = ROOT.TH1D("", "", 12, 0.0, 1.0)
        histogram.SetDirectory(ROOT.nullptr)
        histogram.Sumw2()
        for value, weight in zip(values, weights, strict=True):
            histogram.Fill(value, weight)
        histograms.append(histogram)
        edges = np.linspace(0, 1, 13)
        sums += [np.histogram(values, edges, weights=weights**power)[0] for power in (1, 2)]
    found = two_sample_chi2(*sums)
    assert found is not None
    first, second = histograms
    assert found.chi2 == pytest.approx(first.Chi2Test(second, "WW CHI2"), rel=1e-10)
    residuals = np.zeros(12)
    first.Chi2Test(second, "WW", residuals)
    np.testing.assert_allclose(found.residuals[:-1], residuals[:-1], rtol=1e-9)
    assert np.isnan(found.residuals[-1])
    p_value = float(chdtrc(found.ndf, found.chi2))
    assert p_value == pytest.approx(first.Chi2Test(second, "WW"), rel=1e-9)
