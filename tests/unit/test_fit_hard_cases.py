"""Counting experiments in closed form, and workspaces on which fits go wrong."""

from math import inf, log, sqrt
from typing import Any

import numpy as np
import pytest
from tests.fits import nominal_asimov

from n2mu.errors import FitError, WorkspaceError
from n2mu.fit.bestfit import BestFit, DeeperMinimumError, best_fit, deepest_fit, find_poi
from n2mu.fit.decomposition import data_statistics, stat_only
from n2mu.fit.gates import check_gates
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.minimise import minimise
from n2mu.fit.model import build_model
from n2mu.fit.profile import Profile
from n2mu.fit.ranking import impacts
from n2mu.fit.significance import discovery_significance
from n2mu.fit.workspace import parse_workspace
from n2mu.fit.yields import postfit_yields, prefit_yields

MU = {"name": "mu", "type": "normfactor", "data": None}
WIDE = {"name": "mu", "bounds": [[-50.0, 50.0]]}


def normsys(name: str, low: float, high: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"lo": low, "hi": high}}


def normfactor(name: str) -> dict[str, Any]:
    return {"name": name, "type": "normfactor", "data": None}


def counting(
    signal: list[float],
    background: list[float],
    observed: list[float],
    on_signal: list[dict[str, Any]] | None = None,
    on_background: list[dict[str, Any]] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> Likelihood:
    samples = [
        {"name": "signal", "data": signal, "modifiers": [MU, *(on_signal or [])]},
        {"name": "background", "data": background, "modifiers": on_background or []},
    ]
    spec = {
        "channels": [{"name": "SR", "samples": samples}],
        "observations": [{"name": "SR", "data": observed}],
        "measurements": [
            {
                "name": "m",
                "config": {"poi": "mu", "parameters": [WIDE] if parameters is None else parameters},
            }
        ],
        "version": "1.0.0",
    }
    return Likelihood.of(build_model(parse_workspace(spec)))


def fit(likelihood: Likelihood, start: np.ndarray | None = None) -> BestFit:
    return best_fit(likelihood, find_poi(likelihood, "mu"), start)


def test_a_counting_experiment_has_the_closed_form_errors() -> None:
    signal, background, observed = 10.0, 50.0, 72.0
    best = fit(counting([signal], [background], [observed]))
    assert best.mu == pytest.approx((observed - background) / signal)
    sigma = sqrt(observed) / signal
    assert best.covariance.uncertainty[best.poi] == pytest.approx(sigma)
    assert data_statistics(best) == pytest.approx(sigma)
    interval = stat_only(best)
    for error, sign in ((interval.up, 1), (interval.down, -1)):
        assert error is not None
        rate = observed + sign * signal * error
        assert 2 * (rate - observed - observed * log(rate / observed)) == pytest.approx(1, rel=1e-5)


def test_a_counting_experiment_has_the_closed_form_significance() -> None:
    signal, background = 10.0, 50.0
    likelihood = counting([signal], [background], [0.0])
    best = fit(nominal_asimov(likelihood, 0))
    expected = sqrt(2 * ((signal + background) * log(1 + signal / background) - signal))
    assert discovery_significance(best) == pytest.approx(expected, rel=1e-6)


def test_a_deficit_has_no_significance() -> None:
    assert discovery_significance(fit(counting([10.0], [50.0], [40.0]))) == 0.0


def test_a_significance_against_an_empty_bin_is_refused() -> None:
    with pytest.raises(FitError, match="bin 1 of region SR: expected 0 with 5 observed"):
        discovery_significance(fit(counting([10.0], [0.0], [5.0])))


def test_yields_before_the_fit_have_prior_and_after_it_data_uncertainties() -> None:
    best = fit(
        counting(
            [10.0], [50.0], [72.0], on_background=[normsys("rate", 0.9, 1.1)], parameters=[WIDE]
        )
    )
    before, after = prefit_yields(best.likelihood), postfit_yields(best)
    assert before.total_error[0] == pytest.approx(5.0, rel=1e-2)
    assert before.region_sample_errors[:, 0] == pytest.approx([5.0, 0.0], rel=1e-2)
    # one bin and a free signal: the total is as uncertain as its count, its parts are not
    assert after.region_total[0] == pytest.approx(72.0)
    assert after.region_total_error[0] == pytest.approx(sqrt(72.0), rel=1e-6)
    assert after.region_sample_errors[1, 0] > after.region_total_error[0]


def test_bins_without_events_are_fitted() -> None:
    # -ln L = mu S - n ln(mu s_1) falls to zero slope at mu = n / S
    best = fit(counting([4.0, 1.0], [0.0, 0.0], [3.0, 0.0]))
    assert best.mu == pytest.approx(3.0 / 5.0)


def test_no_events_at_all_drive_mu_to_its_bound() -> None:
    best = fit(counting([4.0], [1.0], [0.0], parameters=[]))
    assert best.mu == 0.0
    assert best.covariance.at_bound == ("mu",)
    interval = Profile(best, best.poi, best.fixed).interval()
    assert interval.down is None
    assert interval.reasons["down"] == "mu is at its lower bound 0"
    assert interval.up == pytest.approx(0.5 / 4.0, rel=1e-5)
    assert data_statistics(best) is None


def test_an_error_that_would_end_beyond_a_bound_is_none_with_a_reason() -> None:
    best = fit(counting([10.0], [50.0], [53.0], parameters=[]))
    interval = Profile(best, best.poi, best.fixed).interval()
    assert interval.up is not None
    assert interval.down is None
    assert "up to the lower bound 0 of mu, 1 is needed" in interval.reasons["down"]


def test_a_signal_strength_at_its_bound_passes_on_data_but_not_on_asimov_data() -> None:
    best = fit(counting([10.0], [50.0], [40.0], parameters=[]))
    assert {gate.name: gate.passed for gate in check_gates(best, None)} == {
        "covariance": True,
        "bounds": True,
    }
    failed = {gate.name for gate in check_gates(best, 1.0) if not gate.passed}
    assert failed == {"bounds", "asimov_mu"}


def test_a_nuisance_parameter_at_its_bound_fails_a_gate_and_its_ranking() -> None:
    likelihood = counting(
        [10.0, 1.0], [50.0, 500.0], [60.0, 60.0], on_background=[normfactor("k")],
        parameters=[WIDE, {"name": "k", "bounds": [[0.5, 2.0]]}],
    )  # fmt: skip
    best = fit(likelihood)
    assert best.covariance.at_bound == ("k",)
    (bounds,) = [gate for gate in check_gates(best, None) if gate.name == "bounds"]
    assert not bounds.passed
    assert "at a bound: k" in bounds.detail
    (impact,) = impacts(best)
    assert impact.status == "k is at its bound in the best fit"
    assert impact.postfit.up is None


@pytest.mark.parametrize("mu", [-2.0, 0.0, 30.0, 50.0])
@pytest.mark.parametrize("alpha", [-5.0, 0.0, 5.0])
def test_the_minimum_is_found_from_far_away(mu: float, alpha: float) -> None:
    shape = {
        "name": "shape",
        "type": "histosys",
        "data": {"lo_data": [35.0, 33.0], "hi_data": [65.0, 29.0]},
    }
    likelihood = counting(
        [10.0, 20.0], [50.0, 30.0], [72.0, 64.0],
        on_background=[shape, normsys("rate", 0.8, 1.3)],
    )  # fmt: skip
    names = likelihood.model.parameters.names
    start = np.where([name == "mu" for name in names], mu, alpha)
    reference = fit(likelihood)
    found = minimise(likelihood, start, likelihood.model.parameters.fixed)
    assert found.converged
    np.testing.assert_allclose(found.theta, reference.theta, atol=1e-5)


def test_a_shape_that_drives_a_rate_negative_does_not_stop_the_fit() -> None:
    shape = {
        "name": "shape",
        "type": "histosys",
        "data": {"lo_data": [70.0, 30.0], "hi_data": [-20.0, 30.0]},
    }
    likelihood = counting([1.0, 20.0], [20.0, 30.0], [3.0, 55.0], on_background=[shape])
    best = fit(likelihood)
    assert (likelihood.rates.per_bin(best.theta) > 0).all()
    far = likelihood.model.parameters.inits.copy()
    far[likelihood.model.parameters.index("shape")] = 4.0
    assert likelihood.deviance(far) == inf
    assert fit(likelihood, far).two_nll == pytest.approx(best.two_nll, abs=1e-8)


def test_a_rate_that_is_driven_to_zero_stays_there_and_is_named() -> None:
    # 40 - 38 alpha events are expected in the first bin at alpha > 1, and none are seen
    shape = {
        "name": "shape",
        "type": "histosys",
        "data": {"lo_data": [80.0, 10.0], "hi_data": [2.0, 190.0]},
    }
    likelihood = counting(
        [0.0, 1.0], [40.0, 100.0], [0.0, 220.0], on_background=[shape],
        parameters=[{"name": "mu", "bounds": [[-500.0, 500.0]]}],
    )  # fmt: skip
    best = fit(likelihood)
    alpha = 40 / 38
    assert best.theta[likelihood.model.parameters.index("shape")] == pytest.approx(alpha)
    # mu takes what is left of the second bin, whose counts alone have an error of 15
    assert best.mu == pytest.approx(220 - (100 + 90 * alpha), abs=1e-3)
    assert best.covariance.uncertainty[best.poi] == pytest.approx(sqrt(220), rel=1e-3)
    assert best.covariance.empty_bins == ("bin 1 of region SR",)
    assert best.minimum.deviance == pytest.approx(alpha**2 / 2, abs=1e-6)
    interval = Profile(best, best.poi, best.fixed).interval()
    assert interval.up is not None
    assert interval.down is not None
    assert interval.up == pytest.approx(sqrt(220), rel=0.05)
    (impact,) = impacts(best)
    assert impact.prefit is not None
    assert impact.prefit.down == pytest.approx(90, rel=0.1)
    # beyond the best fit the rate would be negative
    assert impact.prefit.up is None
    assert "bin 1 of region SR: expected" in impact.status


def test_a_bin_without_expectation_but_with_counts_is_named() -> None:
    with pytest.raises(FitError, match="bin 2 of region SR: expected 0 with 3 observed"):
        fit(counting([10.0, 0.0], [50.0, 0.0], [60.0, 3.0]))


def test_a_negative_nominal_bin_is_named() -> None:
    likelihood = counting([1.0, 1.0], [50.0, -2.0], [60.0, 0.0])
    with pytest.raises(FitError, match="bin 2 of region SR: expected -1 with 0 observed"):
        fit(likelihood)
    with pytest.raises(FitError, match="bin 2 of region SR: the expected rate -1 is negative"):
        nominal_asimov(likelihood, 0)


def test_a_parameter_without_effect_is_named() -> None:
    best = fit(counting([10.0], [0.0], [61.0], on_background=[normfactor("k")]))
    assert best.covariance.status == "not positive definite"
    assert best.covariance.without_effect == ("k",)
    (gate,) = [gate for gate in check_gates(best, None) if not gate.passed]
    assert gate.name == "covariance"
    assert "without effect on any rate: k" in gate.detail
    assert best.covariance.uncertainty[best.poi] == pytest.approx(sqrt(61.0) / 10.0)


def test_a_degenerate_pair_is_named() -> None:
    likelihood = counting(
        [10.0, 30.0], [50.0, 20.0], [61.0, 49.0],
        on_background=[normfactor("k_1"), normfactor("k_2")],
    )  # fmt: skip
    best = fit(likelihood)
    assert best.covariance.status == "not positive definite"
    assert set(best.covariance.degenerate) == {"k_1", "k_2"}
    assert "combination of: k_" in best.covariance.explanation()
    assert not best.covariance.undetermined[best.poi]
    assert np.isnan(best.covariance.uncertainty[best.likelihood.model.parameters.index("k_1")])
    assert Profile(best, best.poi, best.fixed).interval().up is not None


def test_a_signal_strength_degenerate_with_a_norm_factor_is_named() -> None:
    best = fit(counting([10.0], [50.0], [61.0], on_signal=[normfactor("k")]))
    assert set(best.covariance.degenerate) == {"k", "mu"}
    assert best.covariance.undetermined[best.poi]


def test_a_second_deeper_minimum_is_noticed() -> None:
    # the background is 20 at alpha = 0 and larger on both sides: two ways to describe 40
    shape = {"name": "shape", "type": "histosys", "data": {"lo_data": [41.0], "hi_data": [40.0]}}
    likelihood = counting(
        [1e-3], [20.0], [40.0], on_background=[shape],
        parameters=[{"name": "mu", "bounds": [[0.0, 5.0]]}],
    )  # fmt: skip
    index = likelihood.model.parameters.index("shape")
    start = likelihood.model.parameters.inits.copy()
    found = {}
    for side in (-2.0, 2.0):
        start[index] = side
        found[side] = fit(likelihood, start)
    shallow, deep = sorted(found.values(), key=lambda best: -best.two_nll)
    assert shallow.two_nll > deep.two_nll + 1e-4
    with pytest.raises(DeeperMinimumError, match="several minima"):
        Profile(shallow, index, shallow.fixed).at(float(deep.theta[index]))


def test_the_ranking_refuses_a_gamma_below_its_bound_and_keeps_the_rest() -> None:
    stat = {"name": "stat", "type": "staterror", "data": [60.0, 3.0]}
    likelihood = counting([10.0, 20.0], [50.0, 30.0], [72.0, 64.0], on_background=[stat])
    best = fit(likelihood)
    names = likelihood.model.parameters.names
    found = {names[impact.index]: impact for impact in impacts(best)}
    wide = found["stat[0]"]
    assert wide.prefit is not None
    assert wide.prefit.up is not None
    assert wide.prefit.down is None
    assert "pre-fit down: stat[0] = " in wide.status
    assert "is below its bound" in wide.status
    assert found["stat[1]"].status == "ok"


def test_a_fixed_parameter_keeps_its_value_and_is_not_ranked() -> None:
    likelihood = counting(
        [10.0], [50.0], [72.0], on_background=[normsys("rate", 0.9, 1.1)],
        parameters=[WIDE, {"name": "rate", "inits": [1.0], "fixed": True}],
    )  # fmt: skip
    best = fit(likelihood)
    assert best.mu == pytest.approx((72 - 55) / 10)
    assert list(impacts(best)) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "names no parameter of interest"),
        ("rates", "no parameter 'rates'; did you mean 'rate'?"),
        ("rate", "'rate' is constrained"),
    ],
)
def test_a_parameter_that_cannot_be_the_signal_strength_is_refused(name: str, message: str) -> None:
    likelihood = counting([10.0], [50.0], [72.0], on_background=[normsys("rate", 0.9, 1.1)])
    with pytest.raises(WorkspaceError) as error:
        find_poi(likelihood, name)
    assert message in str(error.value)


def test_the_deeper_of_two_minima_is_found_whichever_side_it_is_on() -> None:
    for low, high in ((60.0, 60.5), (60.5, 60.0)):
        shape = {"name": "shape", "type": "histosys", "data": {"lo_data": [low], "hi_data": [high]}}
        likelihood = counting(
            [1e-3], [20.0], [40.0], on_background=[shape],
            parameters=[{"name": "mu", "bounds": [[0.0, 5.0]]}],
        )  # fmt: skip
        best, others = deepest_fit(likelihood, find_poi(likelihood, "mu"))
        assert len(others) == 1
        assert others[0].two_nll > best.two_nll
        index = likelihood.model.parameters.index("shape")
        assert (best.theta[index] > 0) == (high > low)
