"""Symmetrisation, smoothing, pruning and sets: worked examples and what always holds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from n2mu.errors import TemplateError
from n2mu.templates.combine import hessian_asymmetric
from n2mu.templates.prune import norm_only, prune, shape_only
from n2mu.templates.smooth import (
    Variation,
    smooth_353qh,
    smooth_max_variation,
    smooth_ratio,
)
from n2mu.templates.treatments import COMBINATIONS, SYMMETRISATIONS, symmetrise

NOMINAL = np.array([10.0, 20.0, 30.0])
UP = np.array([12.0, 20.0, 27.0])
DOWN = np.array([9.0, 23.0, 31.0])

YIELDS = hnp.arrays(np.float64, 6, elements=st.floats(0.5, 100.0))
VARIED = hnp.arrays(np.float64, 6, elements=st.floats(-20.0, 100.0))
ERRORS = hnp.arrays(np.float64, 6, elements=st.floats(0.0, 50.0))


@pytest.mark.parametrize(
    ("kind", "up", "down"),
    [
        ("one_sided", [12, 20, 27], [8, 20, 33]),
        # (3, -3, -4) / 2
        ("two_sided", [11.5, 18.5, 28], [8.5, 21.5, 32]),
        # (2 + 1, 0 + 3, 3 + 1) / 2 with the signs of up - down
        ("abs_mean", [11.5, 18.5, 28], [8.5, 21.5, 32]),
        ("maximum", [12, 17, 27], [8, 23, 33]),
    ],
)
def test_symmetrisations_of_a_worked_example(kind: Any, up: list[float], down: list[float]) -> None:
    sides = symmetrise(kind, NOMINAL, UP, DOWN)
    np.testing.assert_allclose(sides, [up, down])


def test_sides_that_go_the_same_way_cancel_only_in_two_sided() -> None:
    nominal, up, down = (np.array([x]) for x in (10.0, 13.0, 11.0))
    found = {kind: float(symmetrise(kind, nominal, up, down)[0][0]) for kind in SYMMETRISATIONS}
    assert found == {"one_sided": 13.0, "two_sided": 11.0, "abs_mean": 12.0, "maximum": 13.0}


@given(st.sampled_from(list(SYMMETRISATIONS)), YIELDS, VARIED, VARIED)
def test_symmetrisation_is_symmetric(kind: Any, nominal: Any, up: Any, down: Any) -> None:
    new_up, new_down = symmetrise(kind, nominal, up, down)
    np.testing.assert_allclose(new_up + new_down, 2 * nominal, rtol=1e-12, atol=1e-9)
    again = symmetrise(kind, nominal, new_up, new_down)
    np.testing.assert_allclose(again, (new_up, new_down), rtol=1e-12, atol=1e-9)


def test_a_missing_side_can_only_be_mirrored() -> None:
    np.testing.assert_array_equal(symmetrise("one_sided", NOMINAL, UP, None)[1], 2 * NOMINAL - UP)
    with pytest.raises(ValueError, match="'maximum' needs an up and a down side"):
        symmetrise("maximum", NOMINAL, UP, None)


def counted(nominal: Any, varied: Any) -> Variation:
    """Independent events of weight 1, as many as nominal in both."""
    return Variation(nominal, nominal, varied, nominal, correlated=False)


def smooth_in_both_ways(nominal: Any, varied: Any, error: Any) -> list[Any]:
    correlated, independent = (Variation(nominal, error, varied, error, c) for c in (True, False))
    return [
        smooth_ratio(correlated),
        smooth_max_variation(correlated, max_error=0.3),
        smooth_max_variation(independent, max_error=0.3),
    ]


@given(YIELDS, VARIED, ERRORS)
def test_smoothing_keeps_the_integral(nominal: Any, varied: Any, error: Any) -> None:
    for smoothed in smooth_in_both_ways(nominal, varied, error):
        assert smoothed.sumw.sum() == pytest.approx(varied.sum(), rel=1e-9, abs=1e-9)


@given(YIELDS, st.floats(0.1, 3.0), ERRORS)
def test_smoothing_leaves_a_pure_rate_effect_alone(nominal: Any, rate: float, error: Any) -> None:
    for smoothed in smooth_in_both_ways(nominal, rate * nominal, error):
        assert smoothed.changed
        np.testing.assert_allclose(smoothed.sumw, rate * nominal, rtol=1e-9)


def test_smoothing_takes_a_spike_but_not_a_slope() -> None:
    nominal = np.array([40.0, 10.0, 30.0, 20.0, 50.0, 25.0, 15.0, 35.0])
    slope = np.linspace(0.9, 1.1, 8)
    spiked = slope + 0.5 * (np.arange(8) == 3)
    smooth = smooth_ratio(counted(nominal, nominal * spiked)).sumw / nominal
    assert np.ptp(smooth / slope) < 0.03
    np.testing.assert_allclose(smooth_353qh(slope), slope, rtol=1e-12)


def test_bins_are_merged_until_the_ratio_is_known() -> None:
    nominal = np.array([100.0, 100.0, 4.0, 4.0, 100.0])
    varied = np.array([110.0, 100.0, 2.0, 6.0, 90.0])
    # relative errors 10 % where there are 100 events, 50 % where there are 4
    shared = Variation(nominal, nominal, varied, nominal, correlated=True)
    smoothed = smooth_max_variation(shared, max_error=0.2)
    assert smoothed.what.startswith("5 bins merged to 3 ")
    one = smooth_max_variation(counted(nominal, varied), max_error=0.01)
    assert one.what.startswith("5 bins merged to 1 ")
    np.testing.assert_allclose(one.sumw, nominal * varied.sum() / nominal.sum())


def test_shared_events_are_merged_less_than_independent_ones() -> None:
    nominal = np.full(8, 100.0)
    found = [
        smooth_max_variation(
            Variation(nominal, nominal, nominal, nominal, correlated), max_error=0.11
        ).what
        for correlated in (True, False)
    ]
    assert [what.split(" (")[0] for what in found] == [
        "8 bins merged to 8",
        "8 bins merged to 4",
    ]


def test_smoothing_says_what_it_cannot_smooth() -> None:
    two = smooth_ratio(counted(np.array([1.0, 2.0]), np.array([1.5, 2.0])))
    assert not two.changed and "353QH needs 3" in two.what
    np.testing.assert_array_equal(two.sumw, [1.5, 2.0])
    negative = smooth_ratio(counted(NOMINAL, -NOMINAL))
    assert not negative.changed and "not positive" in negative.what


def test_a_bin_without_nominal_yield_takes_the_overall_ratio() -> None:
    nominal = np.array([10.0, 0.0, 10.0, -1.0, 10.0])
    smoothed = smooth_ratio(counted(nominal, np.array([11.0, 3.0, 11.0, -1.0, 11.0])))
    assert smoothed.changed
    assert np.isfinite(smoothed.sumw).all()
    assert smoothed.sumw.sum() == pytest.approx(35.0)


def test_pruning_of_a_worked_example() -> None:
    up, down = 1.02 * NOMINAL, NOMINAL * np.array([0.99, 0.99, 1.0])
    decided = prune(NOMINAL, up, down, norm_threshold=0.01, shape_threshold=0.01)
    assert decided.norm and not decided.shape
    assert decided.norm_size == pytest.approx(0.02)
    # down is 59.7 of 60: its last bin is 60 / 59.7 higher at the nominal integral
    assert decided.shape_size == pytest.approx(60 / 59.7 - 1)
    assert not prune(NOMINAL, up, down, norm_threshold=0.021, shape_threshold=0.01).norm
    assert prune(NOMINAL, up, down, norm_threshold=0.01, shape_threshold=0.005).shape


@given(YIELDS, YIELDS, YIELDS, st.floats(0, 0.5), st.floats(0, 0.5), st.floats(1.0, 5.0))
def test_pruning_is_monotonic(
    nominal: Any, up: Any, down: Any, norm: float, shape: float, factor: float
) -> None:
    loose = prune(nominal, up, down, norm_threshold=norm, shape_threshold=shape)
    tight = prune(nominal, up, down, norm_threshold=factor * norm, shape_threshold=factor * shape)
    assert tight.norm <= loose.norm and tight.shape <= loose.shape


@given(YIELDS, st.floats(0.2, 3.0))
def test_a_rate_has_no_shape_and_what_does_nothing_is_pruned(nominal: Any, rate: float) -> None:
    decided = prune(
        nominal, rate * nominal, rate * nominal, norm_threshold=0.0, shape_threshold=0.0
    )
    assert not decided.shape
    nothing = prune(nominal, nominal, nominal, norm_threshold=0.0, shape_threshold=0.0)
    assert not nothing.norm and not nothing.shape


@given(YIELDS, YIELDS)
def test_rate_times_shape_is_the_variation(nominal: Any, varied: Any) -> None:
    norm, shape = norm_only(nominal, varied), shape_only(nominal, varied)
    assert norm.sum() == pytest.approx(varied.sum())
    assert shape.sum() == pytest.approx(nominal.sum())
    np.testing.assert_allclose(shape * norm / nominal, varied, rtol=1e-9)


def test_sets_of_a_worked_example() -> None:
    nominal = np.array([10.0, 10.0])
    members = np.array([[13.0, 9.0], [9.0, 11.0], [14.0, 10.0], [8.0, 10.0]])
    found = {name: combine(nominal, members) for name, combine in COMBINATIONS.items()}
    np.testing.assert_allclose(found["envelope"], [[14, 11], [8, 9]])
    # shifts 3, -1, 4, -2 and -1, 1, 0, 0; means 11 and 10
    size = np.sqrt([(4 + 4 + 9 + 9) / 3, 2 / 3])
    np.testing.assert_allclose(found["standard_deviation"], [nominal + size, nominal - size])
    size = np.sqrt([9 + 1 + 16 + 4, 2])
    np.testing.assert_allclose(found["hessian"], [nominal + size, nominal - size])
    up, down = np.sqrt([9 + 16, 1]), np.sqrt([1 + 4, 1])
    np.testing.assert_allclose(found["hessian_asymmetric"], [nominal + up, nominal - down])


@pytest.mark.parametrize("name", list(COMBINATIONS))
@given(YIELDS, hnp.arrays(np.float64, (4, 6), elements=st.floats(0.0, 100.0)))
def test_sets_enclose_the_nominal(name: str, nominal: Any, members: Any) -> None:
    up, down = COMBINATIONS[name](nominal, members)
    assert (up >= nominal).all() and (down <= nominal).all()
    shuffled = members[[2, 3, 0, 1]]  # pairs stay pairs
    np.testing.assert_allclose(COMBINATIONS[name](nominal, shuffled), (up, down), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "members", "message"),
    [
        ("envelope", 0, "an envelope needs at least 1 member, got 0"),
        ("standard_deviation", 1, "a standard deviation needs at least 2 members, got 1"),
        ("hessian_asymmetric", 3, "needs pairs of members, got 3"),
    ],
)
def test_sets_with_too_few_members_are_refused(name: str, members: int, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        COMBINATIONS[name](NOMINAL, np.ones((members, 3)))


def test_an_eigenvector_that_only_raises_lowers_nothing() -> None:
    nominal = np.array([10.0])
    up, down = hessian_asymmetric(nominal, np.array([[12.0], [11.0]]))
    assert (up[0], down[0]) == (12.0, 10.0)
