"""The rates of the demo: those of the thesis, and those that pseudo-data are drawn from."""

from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from benchmarks.calibration import signal_region
from benchmarks.demo import FAKES, label, sum_of
from benchmarks.demo import PROCESSES as REFERENCE

from n2mu.config.load import load
from n2mu.demo.tth import pseudodata
from n2mu.demo.tth.datasets import DATA_SETS, calibration
from n2mu.demo.tth.generate import make_trees
from n2mu.demo.tth.plan import plan
from n2mu.demo.tth.processes import PROCESSES
from n2mu.demo.tth.pseudodata import fake_factor, observe, observed
from n2mu.demo.tth.rates import PREPARATION
from n2mu.demo.tth.weights import event_weight
from n2mu.demo.tth.yields import PROMPT, Normalisation, Yield, categories
from n2mu.demo.write import Columns, Table
from n2mu.expressions import parse

CONFIGURATION = load(Path(__file__).parents[2] / "config/config.yaml")
INPUTS = CONFIGURATION.inputs
WEIGHT = [parse(text) for text in INPUTS.weight.values()]
OBSERVED = "data.data_2017"
FEW_BLOCKS = {"tt": 50, "ttH": 2, "ttW": 4, "ttZ": 4, "VV": 10}


def columns(data_set: str, events: int) -> Columns:
    file = next(file for file in plan("tiny") if file.data_set == data_set)
    trees, _ = make_trees(replace(file, events=events, varied=False), PREPARATION)
    return trees["nominal"].scalars


@cache
def observed_events() -> Table:
    """Return pseudo-data of processes other than top pairs, which are many."""
    kept = {n: row for n, row in DATA_SETS.items() if row.group in ("ttH", "ttW", "ttZ", "WtZ")}
    file = next(file for file in plan("tiny") if file.data_set == OBSERVED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pseudodata, "DATA_SETS", kept)
        return observe(file)


def test_the_configured_cross_sections_are_those_that_data_are_drawn_from() -> None:
    for row in DATA_SETS.values():
        entry = INPUTS.inputs[row.input]
        assert entry.dsid == row.dsid
        assert entry.cross_section == row.cross_section
        assert entry.factors == calibration(row.group)
        assert f"/{row.ptag}/" in entry.files


def test_the_thesis_has_147_data_sets() -> None:
    nominal = [row for row in DATA_SETS.values() if not row.group.startswith("alt_")]
    assert 3 * len(nominal) == 147
    assert len({row.group for row in nominal}) == 17


@pytest.mark.parametrize("data_set", ["ttH_346344.mc16a", "VV_364250.mc16e", "ggVV_345706.mc16d"])
def test_pseudo_data_are_drawn_with_the_weight_that_the_configuration_gives(data_set: str) -> None:
    simulated = columns(data_set, 1500)
    size = len(simulated["weight_mc"])
    expected = np.prod([factor.evaluate(simulated, size) for factor in WEIGHT], axis=0)
    assert size > 30
    assert event_weight(simulated) == pytest.approx(expected)


def test_pseudo_data_have_no_truth_and_no_weights() -> None:
    simulated = columns("ttH_346344.mc16a", 1500)
    left = set(observed(simulated))
    gone = set(simulated) - left
    assert {"weight_mc", "mcChannelNumber", "taus_isHadronicTau_0", "lep_isPrompt_0"} <= gone
    assert not any("SF_" in name for name in left - {"custTrigSF_TightElMediumMuID_FCLooseIso_DLT"})
    needed = set(parse(CONFIGURATION.regions.preselection).names) | {INPUTS.run, INPUTS.event}
    for region in CONFIGURATION.regions.regions.values():
        needed |= set(parse(region.selection).names)
    assert needed - {f"jets_{q}" for q in ("pt", "eta", "phi", "e")} <= left


def test_fakes_are_more_or_fewer_in_pseudo_data_by_the_stated_factors() -> None:
    simulated = columns("ttH_346344.mc16a", 8000)
    factor = fake_factor(simulated)
    origin = categories(simulated)
    assert np.all(factor[origin == PROMPT] == 1)
    assert np.all(factor[origin == "tau"] == pseudodata.FAKE_FACTORS["tau"])
    assert np.all(factor[origin == "QmisID"] == 1)


def test_no_observed_event_appears_twice() -> None:
    table = observed_events()
    numbers = table.scalars["eventNumber"]
    assert len(np.unique(numbers)) == len(numbers) == len(table.jets)
    momenta = np.stack([table.scalars[f"lep_Pt_{i}"] for i in (0, 1)], axis=1)
    assert len(np.unique(momenta, axis=0)) == len(momenta)


def test_a_weight_of_its_own_input_counts() -> None:
    file = next(f for f in plan("tiny") if f.data_set == "ttH_346343.mc16d")
    columns = make_trees(replace(file, events=50, varied=False))[0]["nominal"].scalars
    entry = INPUTS.inputs["ttH_346343"]
    own = entry.model_copy(update={"weight": {"generator": "2 * weight_mc"}})
    changed = INPUTS.model_copy(update={"inputs": {**INPUTS.inputs, "ttH_346343": own}})
    before, after = (Normalisation(i).weights(columns, file.data_set, 1) for i in (INPUTS, changed))
    np.testing.assert_allclose(after, 2 * before)


def test_as_many_events_are_observed_as_simulation_expects() -> None:
    """With fake factors, within the fluctuations of both, in the files' own selection."""
    normalisation = Normalisation(INPUTS)
    expected, variance = 0.0, 0.0
    for row in DATA_SETS.values():
        if row.group not in ("ttH", "ttW", "ttZ", "WtZ"):
            continue
        file = next(f for f in plan("tiny") if f.data_set == f"{row.input}.mc16d")
        trees, metadata = make_trees(replace(file, events=6000, varied=False))
        simulated = trees["nominal"].scalars
        total = float(metadata["totalEventsWeighted"][0])
        weights = normalisation.weights(simulated, file.data_set, total) * fake_factor(simulated)
        weights = weights[(simulated["nTaus_OR"] >= 1) & (simulated["nJets_OR"] >= 2)]
        expected += weights.sum()
        variance += np.square(weights).sum()
    count = len(observed_events().jets)
    assert count > 200
    assert abs(count - expected) < 4 * np.sqrt(variance + expected)


@pytest.mark.parametrize(
    ("group", "events"), [("ttH", 523.42), ("ttZ", 1550.66), ("tt", 33487.35), ("VV", 7046.18)]
)
def test_events_without_fakes_after_the_preselection_are_those_of_the_thesis(
    group: str, events: float
) -> None:
    """Within 2 % and the statistical uncertainty of a few generated events."""
    normalisation = Normalisation(INPUTS)
    total, variance = 0.0, 0.0
    luminosity = INPUTS.luminosity
    assert isinstance(luminosity, dict)
    for row in DATA_SETS.values():
        if row.group != group:
            continue
        file = next(f for f in plan("tiny") if f.data_set == f"{row.input}.mc16e")
        generated = max(1000, round(25_000 * row.share))
        trees, metadata = make_trees(replace(file, events=generated, varied=False), PREPARATION)
        simulated = trees["nominal"].scalars
        whole = float(metadata["totalEventsWeighted"][0]) * luminosity["mc16e"]
        whole /= sum(luminosity.values())
        weights = normalisation.weights(simulated, file.data_set, whole)
        # the sign has nothing to do with what passes
        mean = 1 - 2 * PROCESSES[row.process].negative
        weights = np.abs(weights[categories(simulated) == PROMPT]) * mean
        total += weights.sum()
        variance += np.square(weights).sum()
    error = np.sqrt(variance)
    assert error < 0.04 * events
    assert abs(total - events) < 0.02 * events + 3 * error


def test_the_signal_region_is_that_of_the_thesis() -> None:
    """Processes above 0.5 events within 25 %, misidentified objects above 0.5 within 30 %.

    Two standard deviations of what is generated here are allowed besides.
    """
    found = signal_region(FEW_BLOCKS, others=1, block=8000)
    fakes: dict[str, list[Yield]] = defaultdict(list)
    for (group, category), value in found.items():
        if category != PROMPT:
            fakes[label(group, category)].append(value)
    compared = [
        (found[group, PROMPT], inside, 0.25)
        for group, (inside, _) in REFERENCE.items()
        if inside > 0.5
    ]
    compared += [
        (sum_of(fakes[name]), events, 0.30) for name, events in FAKES.items() if events > 0.5
    ]
    assert len(compared) == 17
    for value, events, tolerance in compared:
        assert value.error < 0.35 * events
        assert abs(value.weighted - events) < tolerance * events + 2 * value.error
