"""Bins: which are chosen, and what is in them."""

import numpy as np
import pytest
from helpers_toy_templates import REGIONS, SAMPLES, Analysis, edges_of, made_tables, settings
from hypothesis import assume, given
from hypothesis import strategies as st

from n2mu.errors import TemplateError
from n2mu.templates.binning import quantile_edges
from n2mu.templates.histogram import bin_indices, fill


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    chunks = {
        "c0": made_tables(1, ["ttH.a", "tt"]),
        "c1": made_tables(2, ["ttH.d", "ttV", "tt"]),
    }
    return Analysis(tmp_path_factory.mktemp("templates"), chunks)


finite = st.floats(-1e6, 1e6)


def test_bins_are_closed_below_and_the_last_on_both_sides() -> None:
    edges = np.array([0.0, 1.0, 2.0])
    values = np.array([-5.0, 0.0, np.nextafter(1, 0), 1.0, 2.0, 7.0])
    assert bin_indices(values, edges).tolist() == [0, 0, 0, 1, 1, 1]


@given(
    st.lists(st.tuples(finite, st.floats(0.01, 5)), min_size=10, max_size=200),
    st.integers(1, 6),
)
def test_quantiles_hold_equal_yields(events: list[tuple[float, float]], bins: int) -> None:
    values = np.array([v for v, _ in events])
    weights = np.array([w for _, w in events])
    distinct, where = np.unique(values, return_inverse=True)
    heaviest = np.bincount(where, weights).max()
    try:
        edges = quantile_edges(values, weights, bins, "SR")
    except TemplateError as error:
        # no bin is wide enough for one value
        assert heaviest >= weights.sum() / bins / 2 or len(distinct) < bins + 1
        assert "too few distinct values" in str(error)
        return
    assert (edges[0], edges[-1]) == (values.min(), values.max())
    yields = fill(bin_indices(values, edges), weights, bins).sumw
    below = np.cumsum(yields)[:-1]
    share = weights.sum() / bins
    assert np.abs(below - share * np.arange(1, bins)).max(initial=0) <= heaviest / 2 + 1e-9


def test_quantiles_of_equal_weights_are_exact() -> None:
    values = np.random.default_rng(1).permutation(60) / 7
    edges = quantile_edges(values, np.full(60, 0.1), 6, "SR")
    assert fill(bin_indices(values, edges), np.ones(60), 6).sumw.tolist() == [10] * 6


@pytest.mark.parametrize("luminosity", [138e3, 400e3, 1e6, 0.1, 1 / 3])
def test_another_luminosity_has_the_same_quantiles(luminosity: float) -> None:
    values = np.random.default_rng(1).random(844)
    # 844 / 8 events end in the middle of one, where rounding could choose either side
    weights = np.full(844, 5.014e-3 / 3000)
    expected = quantile_edges(values, weights, 8, "SR")
    assert (quantile_edges(values, weights * luminosity, 8, "SR") == expected).all()


@given(st.integers(0, 2**32))
def test_quantiles_increase_with_signed_weights(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.random(200)
    weights = random.choice([-1.0, 0.3, 1.0], 200, p=[0.2, 0.3, 0.5])
    assume(weights.sum() > 10)
    edges = quantile_edges(values, weights, 4, "SR")
    assert (np.diff(edges) > 0).all()
    yields = fill(bin_indices(values, edges), weights, 4).sumw
    below = np.cumsum(yields)[:-1]
    np.testing.assert_allclose(below, weights.sum() * np.arange(1, 4) / 4, atol=0.51)


def test_too_few_distinct_values_are_refused() -> None:
    with pytest.raises(TemplateError, match=r"region 'SR': .* too few distinct values for 4"):
        quantile_edges(np.array([1.0, 1.0, 2.0, 3.0]), np.ones(4), 4, "SR")


def test_quantiles_need_a_yield() -> None:
    with pytest.raises(TemplateError, match=r"the expected yield is -2"):
        quantile_edges(np.array([1.0, 2.0]), -np.ones(2), 2, "SR")
    with pytest.raises(TemplateError, match=r"the expected yield is 0"):
        quantile_edges(np.empty(0), np.empty(0), 2, "SR")


def test_quantiles_of_a_region_share_the_total_nominal_yield(analysis: Analysis) -> None:
    regions = settings().regions
    quantiles = {"quantiles": 3}
    regions["SR"] = regions["SR"].model_copy(
        update={"binning": regions["SR"].binning.model_validate(quantiles)}
    )
    filler = analysis.filler(regions=regions)
    edges = edges_of(filler)
    assert list(edges) == ["SR", "CR"]
    templates = filler.fill(edges)
    total = np.sum([templates["SR", sample, "nominal"].sumw for sample in SAMPLES], axis=0)
    np.testing.assert_allclose(total, total.mean(), rtol=0.05)
    np.testing.assert_array_equal(edges["CR"], REGIONS["CR"]["binning"]["edges"])
