"""Edges of regions: each way says what it chose, and none hides poor bins."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from n2mu.errors import TemplateError
from n2mu.statistics.effective import effective_events, effective_sums
from n2mu.templates.binning import (
    Binned,
    explicit_binning,
    few_effective,
    merge_few_effective,
    quantile_binning,
    uniform_binning,
)
from n2mu.templates.transfo import Fine, fine_histogram, transfo_binning

TEN = np.arange(11.0)


def flat(signal: float = 1.0, background: float = 10.0, sumw2: float = 0.5) -> Fine:
    return Fine(TEN, np.full(10, signal), np.full(10, background), np.full(10, sumw2))


def test_given_and_uniform_edges_say_what_they_are() -> None:
    given_edges = explicit_binning([0, 1, 5])
    assert given_edges.edges.tolist() == [0, 1, 5]
    assert given_edges.reason == "2 bins: edges given"
    uniform = uniform_binning(4, -1.0, 1.0)
    assert uniform.edges.tolist() == [-1, -0.5, 0, 0.5, 1]
    assert uniform.reason == "4 bins: equal width from -1 to 1"


def test_quantiles_say_what_each_bin_holds() -> None:
    binned = quantile_binning(np.arange(30.0), np.full(30, 0.5), 3, "SR")
    assert binned.edges.tolist() == [0, 10, 20, 29]
    assert binned.reason == "3 bins: 5 expected events in each, as near as can be"


def test_transfo_d_of_a_worked_example() -> None:
    # Z = 0.3 per fine bin: 0.9 after three is closer to 1 than 1.2 after four; the last 0.3 is
    # too little for a bin
    binned = transfo_binning("transfo_d", flat(), 1.5, 1.5, "SR")
    assert binned.edges.tolist() == [0, 4, 7, 10]
    assert binned.reason == (
        "3 bins: TransfoD with z_s = 1.5, z_b = 1.5 closed 2 times among 10 fine bins, from high "
        "to low; the lowest bin has Z = 1.20"
    )


def test_transfo_d_is_finer_where_signal_is() -> None:
    # Z of the highest three is 1.54, 1.11 and 0.78, with the next 1.30; then 1.10 after three
    # more, and what is left has 0.47
    fine = Fine(TEN, np.arange(10.0) ** 3, np.full(10, 10.0), np.full(10, 0.5))
    assert transfo_binning("transfo_d", fine, 4.0, 1.0, "SR").edges.tolist() == [0, 7, 8, 9, 10]


def test_transfo_f_of_a_worked_example() -> None:
    # Z = sqrt(0.4 n) + sqrt(n ln 1.1): 0.94 after one fine bin, 1.33 after two
    binned = transfo_binning("transfo_f", flat(), 1.0, 4.0, "SR")
    assert binned.edges.tolist() == [0, 2, 4, 6, 8, 10]


def test_transfo_f_waits_until_the_background_is_known() -> None:
    # sqrt(2.5 n) / (10 n) < 0.1 takes three fine bins; the last one alone is not known either
    binned = transfo_binning("transfo_f", flat(sumw2=2.5), 1.0, 4.0, "SR")
    assert binned.edges.tolist() == [0, 4, 7, 10]


@given(
    hnp.arrays(np.float64, 40, elements=st.floats(0.01, 5.0)),
    hnp.arrays(np.float64, 40, elements=st.floats(0.01, 5.0)),
    st.floats(0.5, 8.0),
    st.floats(0.5, 8.0),
    st.sampled_from(["transfo_d", "transfo_f"]),
)
def test_transfo_keeps_its_promises(
    signal: Any, background: Any, z_s: float, z_b: float, rule: Any
) -> None:
    fine = Fine(np.arange(41.0), signal, background, 0.004 * background)
    binned = transfo_binning(rule, fine, z_s, z_b, "SR")
    assert (binned.edges[0], binned.edges[-1]) == (0.0, 40.0)
    assert (np.diff(binned.edges) > 0).all()
    starts = binned.edges[:-1].astype(int)
    yields = np.add.reduceat(background, starts)
    z = z_b * yields / background.sum() + z_s * np.add.reduceat(signal, starts) / signal.sum()
    if rule == "transfo_d":
        assert binned.bins <= 2 * (z_s + z_b) + 1
        largest = float((z_b * background / background.sum() + z_s * signal / signal.sum()).max())
        assert z[1:].max(initial=0.0) <= 1 + largest + 1e-9
    elif binned.bins > 1:
        errors = np.sqrt(np.add.reduceat(fine.background_sumw2, starts)) / yields
        assert (errors < 0.1).all()


def test_fine_bins_hold_every_event_and_follow_them() -> None:
    random = np.random.default_rng(1)
    values = random.exponential(1.0, 5000) ** 3
    weights = random.choice([-0.5, 1.0], 5000)
    is_signal = random.random(5000) < 0.2
    fine = fine_histogram(values, weights, is_signal, "SR")
    assert fine.signal.sum() == pytest.approx(weights[is_signal].sum())
    assert fine.background.sum() == pytest.approx(weights[~is_signal].sum())
    assert fine.background_sumw2.sum() == pytest.approx((weights[~is_signal] ** 2).sum())
    events, _ = np.histogram(values, fine.edges)
    assert events.min() >= 24 and len(events) == 200
    assert len(fine_histogram(values[:50], weights[:50], is_signal[:50], "SR").signal) == 5


@pytest.mark.parametrize(
    ("signal", "background", "message"),
    [
        (0.0, 10.0, "region 'SR': the expected yield of signal is 0, transfo_d cannot"),
        (1.0, -1.0, "region 'SR': the expected yield of background is -10"),
    ],
)
def test_transfo_needs_signal_and_background(
    signal: float, background: float, message: str
) -> None:
    with pytest.raises(TemplateError, match=message):
        transfo_binning("transfo_d", flat(signal, background), 1.0, 1.0, "SR")


@pytest.mark.parametrize("values", [[], [3.0, 3.0]])
def test_transfo_needs_distinct_values(values: list[float]) -> None:
    size = len(values)
    with pytest.raises(TemplateError, match="distinct values, no bins can be chosen"):
        fine_histogram(np.array(values), np.ones(size), np.zeros(size, dtype=bool), "SR")


def test_effective_events_of_sums_are_those_of_events() -> None:
    weights = np.array([1.0, 2.0, -0.5])
    sums = effective_sums(np.array([weights.sum(), -1.0, 0.0]), np.array([5.25, 1.0, 0.0]))
    np.testing.assert_allclose(sums, [effective_events(weights), 0.0, 0.0])


def test_poor_bins_are_merged_with_the_poorer_neighbour() -> None:
    binned = explicit_binning([0, 1, 2, 3, 4])
    sumw, sumw2 = np.array([50.0, 3.0, 20.0, 2.0]), np.array([50.0, 3.0, 20.0, 2.0])
    merged = merge_few_effective(binned, sumw, sumw2, 10.0, "SR")
    assert merged.edges.tolist() == [0, 1, 4]
    assert merged.reason == (
        "2 bins, merged from 4 because bins 2, 4 had fewer than 10 effective events "
        "(the poorest 2); before, 4 bins: edges given"
    )
    assert merge_few_effective(binned, sumw, sumw2, 2.0, "SR") is binned


@given(
    hnp.arrays(np.float64, 8, elements=st.floats(-1.0, 30.0)),
    hnp.arrays(np.float64, 8, elements=st.floats(0.5, 30.0)),
    st.floats(1.0, 40.0),
)
def test_no_poor_bin_is_left(sumw: Any, sumw2: Any, least: float) -> None:
    binned = Binned(np.arange(9.0), "")
    assume(few_effective(sumw.sum(keepdims=True), sumw2.sum(keepdims=True), least) == [])
    merged = merge_few_effective(binned, sumw, sumw2, least, "SR")
    starts = merged.edges[:-1].astype(int)
    assert few_effective(np.add.reduceat(sumw, starts), np.add.reduceat(sumw2, starts), least) == []


def test_too_few_events_for_one_bin_are_refused() -> None:
    binned = uniform_binning(2, 0.0, 1.0)
    with pytest.raises(TemplateError, match="are worth 5 unweighted ones, at least 10"):
        merge_few_effective(binned, np.array([2.0, 3.0]), np.array([2.0, 3.0]), 10.0, "SR")
