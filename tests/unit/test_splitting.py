"""Regions that are split by a score: parts that hold every event once, whatever varies."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_templates import Columns, Tables, hand_scores, hand_skim, identifiers, told_of
from tests.conftest import TinyAnalysis

from n2mu.config.load import load
from n2mu.config.survey import survey
from n2mu.errors import ConfigurationError, TemplateError
from n2mu.products import read_json
from n2mu.templates.histogram import Template, read_root
from n2mu.templates.report import parts_of
from n2mu.templates.settings import TemplateSettings
from n2mu.templates.stage import run_templates
from n2mu.workflow.statistical import FitSlices

SIZE = 400
SPLIT = {"whole": "SR", "by": "toy_sig", "bins": 4, "of": ["sig"]}


def made(seed: int, first: int) -> Columns:
    random = np.random.default_rng(seed)
    return {
        **identifiers(first, SIZE),
        "n2mu_weight": random.choice([-0.5, 1.0, 1.5], SIZE),
        "n2mu_weight_pdf_up": random.uniform(0.5, 1.5, SIZE),
        "mass": random.uniform(100, 180, SIZE),
        "toy_sig": random.beta(3, 2, SIZE).astype(np.float32),
    }


def events() -> Tables:
    return {
        "S": {"nominal": made(1, 0), "JES_up": made(2, 0)},
        "B": {"nominal": made(3, 0), "JES_up": made(4, 0)},
        "D": {"nominal": made(5, 0) | {"n2mu_weight": np.ones(SIZE)}},
    }


def settings(parts: list[int], split: dict[str, Any]) -> TemplateSettings:
    names = [f"SR_{number}" for number in parts]
    both = {"samples": ["sig", "bkg"]}
    return TemplateSettings.model_validate(
        {
            "fit": "toy",
            "regions": {
                name: {
                    "role": "signal",
                    "selection": "mass > 110",
                    "observable": "mass",
                    "binning": {"uniform": {"bins": 2, "low": 110, "high": 180}},
                    "split": {**split, "number": number},
                }
                for name, number in zip(names, parts, strict=True)
            },
            "samples": {
                "sig": {"kind": "signal", "selection": "1", "data_sets": ["S"]},
                "bkg": {"kind": "background", "selection": "1", "data_sets": ["B"]},
                "data": {"kind": "data", "selection": "1", "data_sets": ["D"]},
            },
            "data_sets": {
                "S": {"luminosity": 1.0, "cross_section": 1.0},
                "B": {"luminosity": 1.0, "cross_section": 100.0},
                "D": {"luminosity": 1.0, "cross_section": 1.0},
            },
            "systematics": {
                "pdf": told_of("pdf", {**both, "kind": "weight", "up": "w"}, names),
                "jes": told_of("jes", {**both, "kind": "tree", "up": "JES_up"}, names),
            },
            "scores": ["toy_sig"],
            "blinding_threshold": 10.0,
        }
    )


def run(
    path: Path, tables: Tables, parts: list[int], split: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, dict[str, Template]]]]:
    sums = {name: {"nominal": 1.0, "pdf_up": 1.0} for name in tables}
    skim = hand_skim(path / "skim" / "c", tables, sums)
    scores = hand_scores(path / "scores" / "c", tables)
    output, report = path / "templates.root", path / "templates_report.json"
    told = settings(parts, split)
    run_templates(told, [skim], [scores], path / "friends", output, report)
    return read_json(report), read_root(output)


def test_parts_hold_equal_yields_of_the_named_samples(tmp_path: Path) -> None:
    report, _ = run(tmp_path, events(), [1, 2, 3, 4], SPLIT)
    yields = [report["regions"][f"SR_{i}"]["samples"]["sig"]["yield"] for i in (1, 2, 3, 4)]
    # an edge is off by what one event counts at most
    assert max(yields) - min(yields) <= 2 * 1.5
    background = [report["regions"][f"SR_{i}"]["samples"]["bkg"]["yield"] for i in (1, 2, 3, 4)]
    assert max(background) - min(background) > 100


@pytest.mark.parametrize(
    ("sample", "data_set", "variation", "kind", "column"),
    [
        ("sig", "S", "nominal", "nominal", "n2mu_weight"),
        ("bkg", "B", "nominal", "nominal", "n2mu_weight"),
        ("bkg", "B", "pdf_up", "nominal", "n2mu_weight_pdf_up"),
        ("bkg", "B", "jes_up", "JES_up", "n2mu_weight"),
        ("data", "D", "nominal", "nominal", "n2mu_weight"),
    ],
)
def test_the_same_edges_divide_samples_variations_and_data_completely(
    tmp_path: Path, sample: str, data_set: str, variation: str, kind: str, column: str
) -> None:
    tables = events()
    report, templates = run(tmp_path, tables, [1, 2, 3, 4], SPLIT)
    edges = report["regions"]["SR_1"]["split"]["edges"]
    table = tables[data_set][kind]
    inside = table["mass"] > 110
    part = np.searchsorted(edges[1:-1], table["toy_sig"], side="right")
    scale = {"S": 1.0, "B": 100.0, "D": 1.0}[data_set]
    for number in (1, 2, 3, 4):
        assert report["regions"][f"SR_{number}"]["split"]["edges"] == edges
        expected = scale * table[column][inside & (part == number - 1)].sum()
        found = templates[f"SR_{number}"][sample][variation].total
        assert found == pytest.approx(expected, rel=1e-9)


def test_a_fit_of_some_parts_has_the_edges_of_all(tmp_path: Path) -> None:
    everything, _ = run(tmp_path / "all", events(), [1, 2, 3, 4], SPLIT)
    some, _ = run(tmp_path / "some", events(), [2, 3], SPLIT)
    assert some["regions"]["SR_3"] == everything["regions"]["SR_3"]


def test_the_report_says_the_cut_and_the_outermost_parts_are_open(tmp_path: Path) -> None:
    given = {"whole": "SR", "by": "toy_sig", "bins": 3, "edges": [0.4, 0.5, 0.7, 0.8]}
    report, templates = run(tmp_path, events(), [1, 2, 3], given)
    assert parts_of(report) == {
        "SR_1": "(toy_sig) < 0.5",
        "SR_2": "(toy_sig) >= 0.5 && (toy_sig) < 0.7",
        "SR_3": "(toy_sig) >= 0.7",
    }
    total = sum(templates[f"SR_{i}"]["data"]["nominal"].total for i in (1, 2, 3))
    assert total == (events()["D"]["nominal"]["mass"] > 110).sum()


def test_an_event_without_a_score_is_in_no_part_and_refused(tmp_path: Path) -> None:
    tables = events()
    first = int(np.argmax(tables["B"]["nominal"]["mass"] > 110))
    tables["B"]["nominal"]["toy_sig"][first] = np.nan
    with pytest.raises(TemplateError) as error:
        run(tmp_path, tables, [1, 2, 3, 4], SPLIT)
    assert str(error.value) == (
        "region 'SR': it is split by 'toy_sig', which is no number for 1 event of B (entry "
        f"{2 * first}), so that they would be in no part; correct 'split.by' in regions.yaml, or "
        "select events that have it"
    )


def test_samples_without_yield_choose_no_edges(tmp_path: Path) -> None:
    tables = events()
    tables["S"]["nominal"]["n2mu_weight"] *= 0
    with pytest.raises(TemplateError, match=r"regions\.SR\.split: region 'SR': the expected"):
        run(tmp_path, tables, [1, 2, 3, 4], SPLIT)


def split(tiny: TinyAnalysis, **changes: Any) -> None:
    """Split the signal region of the tiny analysis, which its fit names."""
    chosen = {"by": "mlp_sig", "quantiles": {"bins": 3, "of": ["signal"]}, "title": "score bin"}
    tiny.parts["regions"]["regions"]["SR"]["split"] = chosen | changes
    tiny.save()


def test_a_fit_and_what_acts_on_a_region_reach_its_parts(tiny: TinyAnalysis) -> None:
    tiny.parts["systematics"]["systematics"]["jes"]["regions"] = ["SR"]
    tiny.parts["fits"]["norm_factors"]["mu"]["regions"] = ["SR"]
    split(tiny)
    tiny.write_ntuples()
    slices = FitSlices(tiny.list().slices._analysis, "score")
    parts = ["SR_1", "SR_2", "SR_3"]
    templates = slices.templates()
    assert list(templates.regions) == [*parts, "CR"]
    assert templates.systematics["jes"].regions == parts
    assert list(slices.workspace().scaling) == parts
    assert slices.fit().roles == dict.fromkeys(parts, "signal") | {"CR": "control"}
    assert load(tiny.config).regions.regions["SR_2"].title == "SR, score bin 2 of 3"


def test_a_score_that_is_not_trained_splits_no_region(tiny: TinyAnalysis) -> None:
    tiny.parts["models"]["models"]["other"] = dict(tiny.parts["models"]["models"]["mlp"])
    split(tiny, by="other_sig")
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert str(error.value) == (
        f"{tiny.path('regions')}: regions.SR.split.by: 'other_sig' needs model 'other', which is "
        "not among the models of the main configuration; add it"
    )


@pytest.mark.parametrize(
    ("part", "key", "value", "message"),
    [
        ("regions", "regions.SR.split.edges", [0, 0.5, 1], "give either 'quantiles' or 'edges'"),
        ("regions", "regions.SR.split.quantiles.of", ["sgnal"], "did you mean 'signal'?"),
        ("regions", "regions.SR.split.quantiles.bins", 1, "equal to 2, got 1"),
        ("fits", "fits.score.exclude_samples", ["signal"], "which this fit does without"),
        ("fits", "fits.score.regions", ["SR", "SR_2", "CR"], "'SR_2' is a part of a region that"),
        ("models", "evaluation_region", "SR_2", "unknown region 'SR_2'; did you mean 'SR'?"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(
    tiny: TinyAnalysis, part: str, key: str, value: Any, message: str
) -> None:
    split(tiny)
    *path, last = key.split(".")
    content: Any = tiny.parts[part]
    for name in path:
        content = content[name]
    content[last] = value
    tiny.save()
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert message in str(error.value)
    assert any(message in str(mistake) for mistake in survey(tiny.config).mistakes)


def test_a_part_takes_the_name_of_no_other_region(tiny: TinyAnalysis) -> None:
    tiny.parts["regions"]["regions"]["SR_2"] = dict(tiny.parts["regions"]["regions"]["CR"])
    split(tiny)
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert str(error.value) == (
        f"{tiny.path('regions')}: regions.SR.split: a part would be called 'SR_2', which is "
        "another region; rename that one"
    )
