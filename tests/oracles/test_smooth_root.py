"""Smoothing against ROOT's TH1::Smooth."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n2mu.templates.smooth import smooth_353qh

with warnings.catch_warnings():
    # the wheel announces at import that it is an alpha distribution
    warnings.simplefilter("ignore")
    ROOT = pytest.importorskip("ROOT", reason="ROOT has a wheel for Python 3.11 on Linux only")


def root_smooth(values: list[float], times: int) -> list[float]:
    histogram = ROOT.TH1D("", "", len(values), 0.0, 1.0)
    histogram.SetDirectory(ROOT.nullptr)
    for i, value in enumerate(values, start=1):
        histogram.SetBinContent(i, value)
    histogram.Smooth(times)
    return [histogram.GetBinContent(i) for i in range(1, len(values) + 1)]


@settings(max_examples=300, deadline=None)
@given(
    # small integers make the flat stretches and ties that the algorithm treats apart
    st.lists(
        st.integers(-3, 6).map(float) | st.floats(-10.0, 10.0, width=32), min_size=3, max_size=40
    ),
    st.integers(1, 3),
)
def test_353qh_is_that_of_root(values: list[float], times: int) -> None:
    expected = root_smooth(values, times)
    np.testing.assert_allclose(
        smooth_353qh(np.array(values), times), expected, rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("bins", [3, 4, 5, 6, 7, 100])
def test_353qh_of_yields_is_that_of_root(bins: int) -> None:
    random = np.random.default_rng(bins)
    for _ in range(50):
        values = random.poisson(5.0, bins).astype(float)
        expected = root_smooth(values.tolist(), 2)
        np.testing.assert_allclose(smooth_353qh(values, 2), expected, rtol=1e-12, atol=1e-12)
