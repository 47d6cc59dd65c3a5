"""What is refused in a workspace, and how it is named."""

import copy
from typing import Any

import numpy as np
import pytest

from n2mu.errors import WorkspaceError
from n2mu.fit.interpolation import code4_coefficients, norm_factor, shape_bend
from n2mu.fit.model import build_model
from n2mu.fit.settings import ShapeCode
from n2mu.fit.workspace import parse_workspace

GOOD: dict[str, Any] = {
    "channels": [
        {
            "name": "SR",
            "samples": [
                {
                    "name": "ttH",
                    "data": [1.0, 2.0],
                    "modifiers": [
                        {"name": "mu", "type": "normfactor", "data": None},
                        {"name": "jes", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}},
                        {
                            "name": "jes",
                            "type": "histosys",
                            "data": {"lo_data": [0.9, 2.1], "hi_data": [1.1, 1.9]},
                        },
                        {"name": "stat", "type": "staterror", "data": [0.1, 0.2]},
                    ],
                }
            ],
        }
    ],
    "observations": [{"name": "SR", "data": [1.0, 3.0]}],
    "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    "version": "1.0.0",
}


def refusal(spec: Any) -> str:
    with pytest.raises(WorkspaceError) as error:
        build_model(parse_workspace(spec, "w.json"))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def spec() -> dict[str, Any]:
    return copy.deepcopy(GOOD)


def sample(spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = spec["channels"][0]["samples"][0]
    return found


def test_a_good_workspace_is_read(spec: dict[str, Any]) -> None:
    model = build_model(parse_workspace(spec))
    assert model.parameters.names == ("jes", "mu", "stat[0]", "stat[1]")
    assert model.parameters.kinds == ("alpha", "norm", "gamma", "gamma")


def test_something_else_than_a_workspace_is_refused() -> None:
    assert "is it a pyhf workspace?" in refusal({"mu": 1})
    assert "is it a pyhf workspace?" in refusal([1, 2])


def test_an_unknown_modifier_type_is_named_with_the_nearest(spec: dict[str, Any]) -> None:
    sample(spec)["modifiers"][1]["type"] = "normsyst"
    message = refusal(spec)
    assert "channel 'SR', sample 'ttH', modifier 'jes'" in message
    assert "did you mean 'normsys'?" in message


def test_a_wrong_number_of_bins_is_named(spec: dict[str, Any]) -> None:
    sample(spec)["modifiers"][3]["data"] = [0.1]
    assert "staterror 'stat': 'data' has 1 entry, but the sample has 2 bins" in refusal(spec)


def test_a_missing_observation_is_named(spec: dict[str, Any]) -> None:
    spec["observations"][0]["name"] = "SR2"
    assert "channel 'SR': has no observation; did you mean 'SR2'?" in refusal(spec)


def test_a_rate_factor_that_is_not_positive_is_refused(spec: dict[str, Any]) -> None:
    sample(spec)["modifiers"][1]["data"] = {"lo": -0.1, "hi": 1.1}
    assert "normsys 'jes': lo = -0.1 and hi = 1.1 must be positive" in refusal(spec)


def test_numbers_must_be_finite(spec: dict[str, Any]) -> None:
    sample(spec)["data"] = [1.0, float("nan")]
    assert "expected a finite number, got nan" in refusal(spec)


def test_a_negative_count_is_refused(spec: dict[str, Any]) -> None:
    spec["observations"][0]["data"] = [1.0, -1.0]
    assert "an observed count is negative (-1.0)" in refusal(spec)


def test_names_given_twice_are_refused(spec: dict[str, Any]) -> None:
    twice = copy.deepcopy(spec)
    twice["channels"].append(twice["channels"][0])
    assert "channel 'SR' is defined twice" in refusal(twice)
    twice = copy.deepcopy(spec)
    twice["channels"][0]["samples"].append(sample(twice))
    assert "sample 'ttH' is defined twice" in refusal(twice)
    sample(spec)["modifiers"].append(sample(spec)["modifiers"][1])
    assert "normsys 'jes' is given twice" in refusal(spec)


def test_a_name_shared_by_different_kinds_of_parameters_is_refused(spec: dict[str, Any]) -> None:
    sample(spec)["modifiers"][0]["name"] = "jes"
    assert "'jes' is used by normfactor and by a modifier of another kind" in refusal(spec)


def test_a_shapesys_on_two_samples_is_refused(spec: dict[str, Any]) -> None:
    shape = {"name": "shape", "type": "shapesys", "data": [0.1, 0.1]}
    sample(spec)["modifiers"].append(shape)
    spec["channels"][0]["samples"].append({"name": "ttW", "data": [1.0, 1.0], "modifiers": [shape]})
    assert "shapesys 'shape' is used by 'ttH' in 'SR' and 'ttW' in 'SR'" in refusal(spec)


def test_a_shapefactor_over_different_numbers_of_bins_is_refused(spec: dict[str, Any]) -> None:
    factor = {"name": "free", "type": "shapefactor", "data": None}
    sample(spec)["modifiers"].append(factor)
    other = {"name": "ttH", "data": [1.0], "modifiers": [factor]}
    spec["channels"].append({"name": "CR", "samples": [other]})
    spec["observations"].append({"name": "CR", "data": [1.0]})
    assert "shapefactor 'free' is shared by channels of different numbers of bins" in refusal(spec)


def test_a_staterror_in_some_channels_of_a_sample_only_is_refused(spec: dict[str, Any]) -> None:
    stat = sample(spec)["modifiers"][3]
    spec["channels"].append(
        {
            "name": "CR",
            "samples": [
                {"name": "ttH", "data": [1.0, 1.0], "modifiers": []},
                {"name": "ttW", "data": [1.0, 1.0], "modifiers": [stat]},
            ],
        }
    )
    spec["observations"].append({"name": "CR", "data": [1.0, 1.0]})
    assert "staterror 'stat' is on sample" in refusal(spec)


def test_a_luminosity_without_its_measurement_is_refused(spec: dict[str, Any]) -> None:
    sample(spec)["modifiers"].append({"name": "lumi", "type": "lumi", "data": None})
    assert "a lumi modifier needs 'inits' in the measurement" in refusal(spec)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": "mu", "bound": [[0, 1]]}, "unknown key 'bound'; did you mean 'bounds'?"),
        ({"name": "mu", "bounds": [[2, 1]]}, "lower bound 2.0 is not below the upper 1.0"),
        ({"name": "mu", "inits": [1, 2]}, "'inits' has 2 entries, expected 1"),
        ({"name": "mu", "auxdata": [1]}, "'auxdata' has no meaning for this parameter"),
        ({"name": "jes", "sigmas": [2]}, "'sigmas' has no meaning for this parameter"),
        ({"name": "stat", "sigmas": [0, 1]}, "'sigmas' must be positive"),
        ({"name": "mu", "fixed": 1}, "'fixed' must be true or false"),
    ],
)
def test_a_parameter_configured_wrongly_is_refused(
    spec: dict[str, Any], entry: dict[str, Any], message: str
) -> None:
    spec["measurements"][0]["config"]["parameters"] = [entry]
    assert message in refusal(spec)


def test_a_configured_parameter_that_no_modifier_has_is_ignored(spec: dict[str, Any]) -> None:
    spec["measurements"][0]["config"]["parameters"] = [{"name": "pruned", "fixed": True}]
    assert len(build_model(parse_workspace(spec)).parameters) == 4


def test_an_unknown_measurement_is_named(spec: dict[str, Any]) -> None:
    with pytest.raises(WorkspaceError, match="no measurement 'n'"):
        parse_workspace(spec, measurement="n")


def test_the_rate_factor_meets_its_variations_and_is_smooth_at_one() -> None:
    low, high = np.asarray([0.8, 1.3, 0.99]), np.asarray([1.3, 0.6, 1.4])
    coefficients = code4_coefficients(low, high)

    def at(alpha: float) -> list[np.ndarray]:
        logs = np.log(low), np.log(high)
        return list(norm_factor("code4", np.full(3, alpha), *logs, coefficients))

    np.testing.assert_allclose(at(1.0)[0], high)
    np.testing.assert_allclose(at(-1.0)[0], low)
    np.testing.assert_allclose(at(0.0)[0], 1.0)
    for edge in (1.0, -1.0):
        for inside, outside in zip(at(edge * (1 - 1e-9)), at(edge * (1 + 1e-9)), strict=True):
            np.testing.assert_allclose(inside, outside, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("code", ["code4p", "code2", "code0"])
def test_a_shifted_template_meets_its_variations_and_goes_on_in_a_straight_line(
    code: ShapeCode,
) -> None:
    # alpha odd + e(alpha) even, with odd = (high - low) / 2 and even = (high + low) / 2 - nominal
    assert shape_bend(code, np.asarray([-1.0, 0.0, 1.0])).value == pytest.approx([1.0, 0.0, 1.0])
    slope = {"code4p": 1.0, "code2": 2.0, "code0": 1.0}[code]
    for edge in (1.0, -1.0):
        inside = shape_bend(code, np.asarray([edge * (1 - 1e-9)]))
        outside = shape_bend(code, np.asarray([edge * (1 + 1e-9)]))
        assert inside.first[0] == pytest.approx(edge * slope)
        assert outside.first[0] == pytest.approx(edge * slope)
        assert shape_bend(code, np.asarray([3 * edge])).value[0] == pytest.approx(1 + 2 * slope)


def test_only_code_4p_bends_smoothly_at_one() -> None:
    beyond = np.asarray([1 + 1e-9])
    assert shape_bend("code4p", 2 - beyond).second[0] == pytest.approx(0.0, abs=1e-6)
    assert shape_bend("code2", 2 - beyond).second[0] == 2.0


def test_code_1_is_a_power() -> None:
    low, high = np.asarray([0.8]), np.asarray([1.3])
    for alpha, factor in ((1.5, 1.3**1.5), (-0.5, 0.8**0.5), (0.0, 1.0)):
        found = norm_factor(
            "code1", np.asarray([alpha]), np.log(low), np.log(high), np.zeros((6, 1))
        )
        assert found.value[0] == pytest.approx(factor)
