"""``n2mu validate``: data sets of different units, and weights that cannot be meant."""

from pathlib import Path

import numpy as np
import pytest
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.validation.stage import validate
from n2mu.validation.units import Typical, other_units


@pytest.fixture
def analysis(tiny: TinyAnalysis) -> TinyAnalysis:
    """The tiny analysis with listed ntuples, without a mistake."""
    tiny.change("config", "labels.luminosity", "10 pb$^{-1}$")
    tiny.write_ntuples()
    tiny.list()
    return tiny


def problems(tiny: TinyAnalysis) -> list[str]:
    return [problem.line() for problem in validate(tiny.config).problems]


def write_in_gev(path: Path, *branches: str) -> None:
    trees = tiny_trees(1)
    for name in branches:
        trees["nominal"][name] = trees["nominal"][name] / 1000
    write_ntuple(path, trees)


def test_one_input_in_another_unit_is_a_problem(analysis: TinyAnalysis) -> None:
    write_in_gev(analysis.ntuple("bkg_1.root"), "pt", "jets_pt")
    analysis.list()
    (problem,) = [line for line in problems(analysis) if "of another size" in line]
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


def test_codes_for_missing_say_nothing_of_the_unit(analysis: TinyAnalysis) -> None:
    for seed, name in enumerate(("sig_1.root", "sig_2.root"), start=1):
        trees = tiny_trees(seed)
        trees["nominal"]["pt"][::3] = np.float32(-7.0)
        write_ntuple(analysis.ntuple(name), trees)
    write_in_gev(analysis.ntuple("bkg_1.root"), "pt")
    analysis.change("features", "features.pt", {"missing": [-7]})
    analysis.list()
    (problem,) = [line for line in problems(analysis) if "of another size" in line]
    assert problem.startswith("branch 'pt' is of another size in ")
