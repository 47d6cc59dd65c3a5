"""``n2mu validate``: data sets of different units, and weights that cannot be meant."""

from pathlib import Path

import numpy as np
import pytest
from helpers_validate import problems
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.validation.stage import validate
from n2mu.validation.units import Typical, other_units


def write_in_gev(path: Path, *branches: str) -> None:
    trees = tiny_trees(1)
    for name in branches:
        trees["nominal"][name] = trees["nominal"][name] / 1000
    write_ntuple(path, trees)


def test_one_input_in_another_unit_is_a_problem(listed: TinyAnalysis) -> None:
    write_in_gev(listed.ntuple("bkg_1.root"), "pt", "jets_pt")
    listed.list()
    (problem,) = [line for line in problems(listed) if "of another size" in line]
    assert problem.startswith("branch 'jets_pt' is of another size in sig, where its median is ")
    assert "than in bkg, where its median is " in problem
    assert "(so is 'pt'); is one of them in MeV and the other in GeV?" in problem


def sizes(**medians: float) -> dict[str, dict[str, Typical]]:
    return {n: {"m": Typical(m / 3, m, 3 * m)} for n, m in medians.items()}


def test_the_input_that_stands_alone_is_named_first() -> None:
    (text,) = other_units(sizes(a=60e3, b=90e3, c=40e3, observed=70))
    assert "in observed, where its median is 70, than in a, b, c, where its median is 60000" in text


@pytest.mark.parametrize(
    "values",
    [
        sizes(a=50, b=2000),
        sizes(a=1, b=31, c=1001),
        sizes(score=1e-3, signal=0.9),
        {"a": {"m": Typical(1, 1, 1)}, "b": {"m": Typical(300, 500, 800)}},
        {"a": {"m": Typical(1, 50, 900)}, "b": {"m": Typical(800, 50e3, 900e3)}},
        sizes(a=50),
    ],
)
def test_processes_may_differ(values: dict[str, dict[str, Typical]]) -> None:
    assert not list(other_units(values))


def test_codes_for_missing_say_nothing_of_the_unit(listed: TinyAnalysis) -> None:
    for seed, name in enumerate(("sig_1.root", "sig_2.root"), start=1):
        trees = tiny_trees(seed)
        trees["nominal"]["pt"][::3] = np.float32(-7.0)
        write_ntuple(listed.ntuple(name), trees)
    write_in_gev(listed.ntuple("bkg_1.root"), "pt")
    listed.change("features", "features.pt", {"missing": [-7]})
    listed.list()
    (problem,) = [line for line in problems(listed) if "of another size" in line]
    assert problem.startswith("branch 'pt' is of another size in ")


@pytest.mark.parametrize(
    ("weight", "key", "factor", "place"),
    [
        ({"generator": "weight_mc", "pileup": "weight_mc"}, "pileup", "weight_mc", "in weight."),
        (
            {"pileup": "weight_pileup", "generator": "weight_mc * (njets > 1) * weight_pileup"},
            "generator",
            "weight_pileup",
            "in weight.pileup",
        ),
        (
            {"generator": "weight_mc*weight_mc", "pileup": "weight_pileup"},
            "generator",
            "weight_mc",
            "in the same factor",
        ),
    ],
)
def test_a_factor_that_stands_twice_is_a_problem(
    listed: TinyAnalysis, weight: dict[str, str], key: str, factor: str, place: str
) -> None:
    listed.change("inputs", "weight", weight)
    (problem,) = problems(listed)
    assert problem.startswith(
        f"inputs.yaml: weight.{key}: '{factor}' multiplies every event already {place}"
    )


def test_conditions_and_constants_may_stand_twice(listed: TinyAnalysis) -> None:
    condition = "(njets > 1) * 2"
    weight = {"generator": f"weight_mc * {condition}", "pileup": f"weight_pileup * {condition}"}
    listed.change("inputs", "weight", weight)
    assert problems(listed) == []


def scale_weights(tiny: TinyAnalysis, factor: float) -> None:
    trees = tiny_trees(3)
    trees["nominal"]["weight_mc"] = np.abs(trees["nominal"]["weight_mc"]) * np.float32(factor)
    write_ntuple(tiny.ntuple("bkg_1.root"), trees)
    tiny.list()


def test_weights_that_are_all_zero_are_a_problem(listed: TinyAnalysis) -> None:
    scale_weights(listed, 0.0)
    (problem,) = problems(listed)
    assert problem.startswith("inputs.yaml: weight: the weight is zero for all events that were")
    assert "[bkg; " in problem


def test_weights_that_are_all_negative_are_a_problem_unless_a_sign_says_so(
    listed: TinyAnalysis,
) -> None:
    scale_weights(listed, -1.0)
    (problem,) = problems(listed)
    assert problem.startswith("inputs.yaml: weight: the weight is negative for all events that")
    assert "'total', the sum of the weights of all generated events, is positive" in problem
    scale_weights(listed, 1.0)
    listed.change("inputs", "inputs.bkg.weight", {"generator": "-abs(weight_mc)"})
    assert problems(listed) == []


def test_sums_of_weights_without_a_weight_are_noted(listed: TinyAnalysis) -> None:
    listed.change("inputs", "weight", {})
    listed.change("systematics", "systematics", {})
    report = validate(listed.config)
    (note,) = report.notes
    assert report.problems == []
    assert note.startswith("inputs.yaml: weight: has no factor, so that every event counts as one")
    assert "but 'total' of sum_of_weights adds up weights" in note


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ({"expression": "event % 7"}, "reads 'event' (inputs.yaml: event), which says nothing of"),
        ({"expression": "weight_mc"}, "is a factor of the event weight (inputs.yaml: weight.gen"),
    ],
)
def test_a_feature_that_is_no_property_of_a_collision_is_a_problem(
    listed: TinyAnalysis, feature: dict[str, str], said: str
) -> None:
    listed.change("features", "features.odd", feature)
    (problem,) = problems(listed)
    assert problem.startswith(f"features.yaml: features.odd: {said}")


@pytest.mark.parametrize("label", ["36/fb", "36 1/fb", "36 invfb", "36 fb$^{-1}$", "36,000 pb-1"])
def test_the_luminosity_is_understood_as_it_is_written(listed: TinyAnalysis, label: str) -> None:
    listed.change("config", "labels.luminosity", label)
    (problem,) = problems(listed)
    assert problem.startswith(f"labels.luminosity: '{label}' is 36 fb^-1, but the campaigns")


@pytest.mark.parametrize("label", ["140", "full Run 2"])
def test_a_luminosity_that_is_not_understood_is_noted(listed: TinyAnalysis, label: str) -> None:
    listed.change("config", "labels.luminosity", label)
    report = validate(listed.config)
    (note,) = report.notes
    assert report.problems == []
    assert note.startswith(f"labels.luminosity: '{label}' is not understood, and not compared")


def observe(tiny: TinyAnalysis, pt: float) -> None:
    trees = tiny_trees(4)
    del trees["sumWeights"]
    trees["nominal"]["pt"] *= np.float32(pt)
    write_ntuple(tiny.ntuple("obs_1.root"), trees)
    tiny.change("inputs", "inputs.obs", {"files": "obs_*.root", "data": True})
    tiny.change("samples", "samples.data", {"kind": "data", "inputs": ["obs"]})
    tiny.list()


def test_a_cut_that_no_observed_event_passes_for_its_unit_is_a_problem(
    listed: TinyAnalysis,
) -> None:
    observe(listed, 1e-3)
    report = validate(listed.config)
    lines = [problem.line() for problem in report.problems]
    (problem,) = [line for line in lines if "passes none" in line]
    assert "'pt > 20000' passes none of 60 observed events that were read: pt is 10." in problem
    assert problem.endswith("is one of them in MeV and the other in GeV?")
    notes = " ".join(report.notes)
    assert (
        "none of the 60 observed events that were read passes it, simulated ones do ('pt" in notes
    )
    assert "data: none of the 60 events of its inputs that were read passes the presel" in notes


def test_a_region_that_no_observed_event_is_in_is_noted_with_the_cut(
    listed: TinyAnalysis,
) -> None:
    observe(listed, 1.0)
    assert validate(listed.config).notes == []
    observe(listed, 0.5)
    selection = "njets >= 4 && pt > 20e3 && pt > 41e3"
    listed.change("regions", "regions.SR.selection", selection)
    report = validate(listed.config)
    assert report.problems == []
    (note,) = report.notes
    assert note.startswith("regions.yaml: regions.SR: none of the ")
    assert "observed events" in note and "'pt > 41000' passes none: pt is " in note
