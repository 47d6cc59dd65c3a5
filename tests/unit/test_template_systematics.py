"""Kinds of systematics, binnings and data: from events to templates and the report of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers_templates import Columns, Tables, hand_scores, hand_skim, identifiers
from hypothesis import given
from hypothesis import strategies as st

from n2mu.errors import TemplateError
from n2mu.products import read_json
from n2mu.templates.blinding import blind, blinded_bins
from n2mu.templates.histogram import Template, read_root
from n2mu.templates.settings import TemplateSettings
from n2mu.templates.stage import run_templates

PLANTED = 7919
"""Observed events of the blinded bin: a number that nothing else comes to."""


def events(n: list[int], weight: list[float], **columns: Any) -> Columns:
    table = {
        **identifiers(0, len(n)),
        "n2mu_weight": np.array(weight, dtype=np.float64),
        "n": np.array(n, dtype=np.int64),
    }
    return table | {name: np.array(values, dtype=np.float64) for name, values in columns.items()}


def spread(per_bin: list[float], weight: float = 1.0, **factors: list[float]) -> Columns:
    """Events of one weight: so many of bin 0, 1, ...; factors are those of the bins."""
    n = np.repeat(np.arange(len(per_bin)), np.array(per_bin, dtype=int))
    columns = {f"n2mu_weight_{k}": weight * np.array(v)[n] for k, v in factors.items()}
    return events(n.tolist(), [weight] * len(n), **columns)


class Tiny:
    """One region of three bins, a signal and two backgrounds, each with a data set of its own."""

    def __init__(self, path: Path, **data_sets: Columns | dict[str, Columns]) -> None:
        self.path = path
        tables: Tables = {
            "sig": {"nominal": spread([10, 20, 40], 0.1)},
            "ttW": {"nominal": spread([40, 40, 20])},
            "tt": {"nominal": spread([100, 50, 20])},
        }
        for name, table in data_sets.items():
            tables[name] = table if "nominal" in table else {"nominal": table}
        self.tables = tables
        sums = {name: {"nominal": 1.0} for name in tables}
        self.skim = hand_skim(path / "skim" / "c0", tables, sums)
        self.scores = hand_scores(path / "scores" / "c0", tables)

    def run(self, systematics: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        samples = {
            "sig": {"kind": "signal", "selection": "1", "data_sets": ["sig"]},
            "ttW": {"kind": "background", "selection": "1", "data_sets": ["ttW"]},
            "tt": {"kind": "background", "selection": "1", "data_sets": ["tt"]},
            **changes.pop("samples", {}),
        }
        regions = {
            "SR": {
                "role": "signal",
                "selection": "n >= 0",
                "observable": "n",
                "binning": changes.pop("binning", {"edges": [-0.5, 0.5, 1.5, 2.5]}),
            }
        }
        told = TemplateSettings.model_validate(
            {
                "fit": "toy",
                "regions": regions,
                "samples": samples,
                "data_sets": {
                    name: {"luminosity": 1.0, "cross_section": 1.0} for name in self.tables
                },
                "systematics": {
                    name: {
                        "regions": ["SR"],
                        "parameters": {"SR": dict.fromkeys(entry["samples"], name)},
                        **entry,
                    }
                    for name, entry in (systematics or {}).items()
                },
                "scores": [],
                "blinding_threshold": 100.0,
                **changes,
            }
        )
        report = self.path / "templates_report.json"
        run_templates(
            told,
            [self.skim],
            [self.scores],
            self.path / "friends",
            self.path / "templates.root",
            report,
        )
        found: dict[str, Any] = read_json(report)
        return found

    def yields(self, sample: str, variation: str = "nominal", **options: Any) -> list[float]:
        found = read_root(self.path / "templates.root", **options)["SR"][sample][variation]
        return [float(x) for x in found.sumw]


def only(report: dict[str, Any], systematic: str, sample: str = "tt") -> dict[str, Any]:
    (entry,) = [
        e for e in report["effects"] if (e["systematic"], e["sample"]) == (systematic, sample)
    ]
    found: dict[str, Any] = entry
    return found


def weight(name: str, **changes: Any) -> dict[str, Any]:
    base = {"kind": "weight", "samples": ["tt"], "up": f"n2mu_weight_{name}_up"}
    if "symmetrisation" not in changes or changes["symmetrisation"] != "one_sided":
        base["down"] = f"n2mu_weight_{name}_down"
    return {name: {**base, **changes}}


def varied(path: Path, up: list[float], down: list[float]) -> Tiny:
    """tt has 100, 50 and 20 events; the weights of each bin are multiplied by these factors."""
    return Tiny(path, tt=spread([100, 50, 20], 1.0, w_up=up, w_down=down))


@pytest.mark.parametrize(
    ("kind", "up", "down"),
    [
        ("one_sided", [110, 55, 22], [90, 45, 18]),
        # half the difference of +10 % and -2 %: 6 %
        ("two_sided", [106, 53, 21.2], [94, 47, 18.8]),
        ("abs_mean", [106, 53, 21.2], [94, 47, 18.8]),
        ("maximum", [110, 55, 22], [90, 45, 18]),
    ],
)
def test_two_sides_become_one_variation(
    tmp_path: Path, kind: str, up: list[float], down: list[float]
) -> None:
    tiny = varied(tmp_path, [1.1] * 3, [0.98] * 3)
    entry = only(tiny.run(weight("w", symmetrisation=kind)), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx(up)
    assert tiny.yields("tt", "w_down") == pytest.approx(down)
    assert (entry["symmetrised"], entry["status"]) == (kind, "shape_dropped")


def test_two_sides_stay_as_they_are_if_nothing_is_asked(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.1, 1.0, 1.0], [0.9, 1.0, 0.8])
    entry = only(tiny.run(weight("w")), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx([110, 50, 20])
    assert tiny.yields("tt", "w_down") == pytest.approx([90, 50, 16])
    assert (entry["symmetrised"], entry["status"], entry["actions"]) == (None, "kept", [])
    assert entry["norm_up"] == pytest.approx(10 / 170)
    assert entry["norm_down"] == pytest.approx(-14 / 170)


def test_an_effect_on_the_rate_or_the_shape_alone(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.34, 1.0, 1.0], [0.66, 1.0, 1.0])
    entry = only(tiny.run(weight("w", effect="norm")), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx([120, 60, 24])
    assert (entry["norm_kept"], entry["shape_kept"], entry["status"]) == (True, None, "kept")
    entry = only(tiny.run(weight("w", effect="shape")), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx([134 / 1.2, 50 / 1.2, 20 / 1.2])
    assert (entry["norm_kept"], entry["shape_kept"], entry["status"]) == (None, True, "kept")


def test_an_input_takes_the_place_of_the_own_one(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, herwig=spread([90, 60, 30]))
    herwig: dict[str, Any] = {
        "kind": "input",
        "samples": ["tt"],
        "up_data_sets": ["herwig"],
        "symmetrisation": "one_sided",
    }
    tiny.run({"shower": herwig})
    assert tiny.yields("tt") == [100, 50, 20]
    assert tiny.yields("tt", "shower_up") == [90, 60, 30]
    assert tiny.yields("tt", "shower_down") == [110, 40, 10]


def ghosts(*names: str) -> dict[str, Any]:
    return {name: {"kind": "ghost", "selection": "1", "data_sets": [name]} for name in names}


def test_a_ghost_varies_a_sample_and_is_no_part_of_the_expectation(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, other=spread([120, 40, 20]))
    told = {"kind": "sample", "samples": ["tt"], "up": "other", "symmetrisation": "one_sided"}
    report = tiny.run({"generator": told}, samples=ghosts("other"))
    assert tiny.yields("tt", "generator_up") == [120, 40, 20]
    assert set(read_root(tmp_path / "templates.root")["SR"]) == {"sig", "ttW", "tt"}
    assert set(report["regions"]["SR"]["samples"]) == {"sig", "ttW", "tt"}


def test_the_ratio_to_a_reference_is_applied_bin_by_bin(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, other=spread([60, 30, 5]), fast=spread([50, 40, 0]))
    told = {
        "kind": "sample",
        "samples": ["tt", "ttW"],
        "up": "other",
        "reference": "fast",
        "symmetrisation": "one_sided",
    }
    report = tiny.run({"generator": told}, samples=ghosts("other", "fast"))
    assert tiny.yields("tt", "generator_up") == pytest.approx([120, 37.5, 20])
    assert tiny.yields("ttW", "generator_up") == pytest.approx([48, 30, 20])
    actions = only(report, "generator")["actions"]
    assert actions[0]["what"] == "bins 2 left at the nominal"


def test_a_comparison_without_events_is_no_effect(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path, other=events([-1, -1], [1.0, 1.0]))
    told = {"kind": "sample", "samples": ["tt"], "up": "other", "symmetrisation": "one_sided"}
    entry = only(tiny.run({"generator": told}, samples=ghosts("other")), "generator")
    assert entry["status"] == "dropped"
    assert entry["actions"][0]["why"] == "what takes the sample's place has no event here"
    assert set(read_root(tmp_path / "templates.root")["SR"]["tt"]) == {"nominal"}


@pytest.mark.parametrize(
    ("combine", "up", "down"),
    [
        ("envelope", [120, 50, 22], [80, 50, 18]),
        ("standard_deviation", [100 + np.std([20, -20, 0], ddof=1), 50, 22], None),
        ("hessian", [100 + 20 * np.sqrt(2), 50, 20 + np.sqrt(8)], None),
    ],
)
def test_a_set_of_weights_makes_one_variation(
    tmp_path: Path, combine: str, up: list[float], down: list[float] | None
) -> None:
    members = {
        "pdf_0": [1.2, 1.0, 1.1],
        "pdf_1": [0.8, 1.0, 0.9],
        "pdf_2": [1.0, 1.0, 1.0],
    }
    tiny = Tiny(tmp_path, tt=spread([100, 50, 20], 1.0, **members))
    told = {
        "kind": "set",
        "samples": ["tt"],
        "members": [f"n2mu_weight_{name}" for name in members],
        "combine": combine,
    }
    report = tiny.run({"pdf": told})
    assert tiny.yields("tt", "pdf_up") == pytest.approx(up)
    mirrored = [2 * n - u for n, u in zip([100, 50, 20], up, strict=True)]
    assert tiny.yields("tt", "pdf_down") == pytest.approx(down or mirrored)
    assert set(read_root(tmp_path / "templates.root")["SR"]["tt"]) == {
        "nominal",
        "pdf_up",
        "pdf_down",
    }
    assert only(report, "pdf")["actions"][0]["what"] == "3 members combined"


@pytest.mark.parametrize("smoothing", ["353QH", "max_variation"])
def test_a_smoothed_variation_keeps_its_integral_and_what_it_was(
    tmp_path: Path, smoothing: str
) -> None:
    tiny = varied(tmp_path, [1.0, 1.5, 1.0], [1.0, 0.5, 1.0])
    entry = only(tiny.run(weight("w", smoothing=smoothing)), "w")
    assert entry["smoothed"] == smoothing
    assert sum(tiny.yields("tt", "w_up")) == pytest.approx(195)
    assert tiny.yields("tt", "w_up") != pytest.approx([100, 75, 20])
    assert tiny.yields("tt", "w_up", unsmoothed=True) == pytest.approx([100, 75, 20])
    assert tiny.yields("tt", "w_down", unsmoothed=True) == pytest.approx([100, 25, 20])


@pytest.mark.parametrize(
    ("norm", "shape", "status", "rates", "bins"),
    [
        (0.0, 0.0, "kept", 0.05, 110),
        (0.06, 0.0, "norm_dropped", 0.0, 110 / 1.05),
        (0.0, 0.2, "shape_dropped", 0.05, 105),
        (0.06, 0.2, "dropped", None, None),
    ],
)
def test_what_is_below_a_threshold_is_dropped(
    tmp_path: Path, norm: float, shape: float, status: str, rates: float | None, bins: float | None
) -> None:
    tiny = Tiny(tmp_path, tt=spread([100, 100, 0], 1.0, w_up=[1.1, 1, 1], w_down=[0.9, 1, 1]))
    report = tiny.run(weight("w"), pruning={"norm": norm, "shape": shape})
    assert only(report, "w")["status"] == status
    written = read_root(tmp_path / "templates.root")["SR"]["tt"]
    if rates is None:
        assert set(written) == {"nominal"}
    else:
        assert written["w_up"].total / 200 - 1 == pytest.approx(rates)
        assert written["w_up"].sumw[0] == pytest.approx(bins)


def test_a_rate_has_no_shape_where_bins_below_zero_were_set(tmp_path: Path) -> None:
    weights = np.array([1.0] * 100 + [1.0] * 50 + [-1.0] * 20)
    table = spread([100, 50, 20])
    table |= {"n2mu_weight": weights, "n2mu_weight_w_up": 1.2 * weights}
    tiny = Tiny(tmp_path, tt=table)
    told = weight("w", symmetrisation="one_sided")
    entry = only(tiny.run(told, pruning={"norm": 0.01, "shape": 0.01}), "w")
    # what stands in the bin that was set is no part of the rate: 1e-6 of 130 events
    assert entry["shape"] < 1e-8
    assert (entry["status"], entry["norm_up"]) == ("shape_dropped", pytest.approx(0.2))


def test_events_in_a_bin_without_any_before_are_a_shape(tmp_path: Path) -> None:
    table = spread([100, 60, 1], 1.0, w_up=[1, 1, 1], w_down=[1, 1, 1])
    # an event that only a varied weight counts, as one that migrates into the bin
    table["n2mu_weight"][-1] = table["n2mu_weight_w_down"][-1] = 0.0
    tiny = Tiny(tmp_path, tt=table)
    report = tiny.run(weight("w"), pruning={"norm": 0.01, "shape": 0.05})
    entry = only(report, "w")
    assert (entry["status"], entry["shape"]) == ("norm_dropped", 1.0)
    assert tiny.yields("tt", "w_up")[2] == pytest.approx(160 / 161)


def test_numbers_are_pruned_like_templates(tmp_path: Path) -> None:
    def number(kind: str, size: float) -> dict[str, Any]:
        parameters = {"SR": {"tt": "x"}}
        told = {"samples": ["tt"], "regions": ["SR"], "parameters": parameters}
        return {**told, "kind": kind, "up": size, "down": -size}

    numbers = {
        "large": number("norm", 0.1),
        "small": number("norm", 0.01),
        "per_bin": number("bins", 0.1),
        "per_bin_small": number("bins", 0.01),
    }
    report = Tiny(tmp_path).run(numbers=numbers, pruning={"norm": 0.02, "shape": 0.02})
    assert {n: only(report, n)["status"] for n in numbers} == {
        "large": "kept",
        "small": "dropped",
        "per_bin": "kept",
        "per_bin_small": "dropped",
    }


def test_every_region_sample_and_systematic_has_an_entry(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.1] * 3, [0.9] * 3)
    nowhere = {"none": {"kind": "background", "selection": "n == 2", "data_sets": ["sig"]}}
    with pytest.raises(TemplateError, match=r"'sig' and 'none' share 40 events of sig"):
        tiny.run(weight("w"), samples=nowhere)
    report = tiny.run(weight("w"))
    assert [(e["region"], e["sample"], e["status"]) for e in report["effects"]] == [
        ("SR", "tt", "shape_dropped")
    ]


def test_sides_that_go_the_same_way_and_large_ones_are_listed(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [2.5, 1.0, 1.0], [1.1, 1.0, 1.0])
    entry = only(tiny.run(weight("w")), "w")
    assert entry["same_side"] and entry["large"] and not entry["capped"]
    texts = [f"{a['variation']}: {a['why']}" for a in entry["actions"]]
    assert texts == [
        "w: both sides change the rate the same way: +88.24% and +5.88%",
        "w_up: changes by more than 100 %: rate by 88%; bins 0",
    ]


def test_a_mirrored_side_that_would_be_negative_is_capped_and_listed(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [2.5] * 3, [1.0] * 3)
    entry = only(tiny.run(weight("w", symmetrisation="one_sided")), "w")
    assert entry["capped"] and entry["large"]
    assert sum(tiny.yields("tt", "w_down")) == pytest.approx(1.7)
    assert entry["norm_down"] == pytest.approx(-0.99)


def test_bins_of_few_events_are_refused_if_given_and_merged_if_chosen(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path)
    edges = {"edges": [-0.5, 0.5, 1.5, 2.5], "least_effective_events": 50}
    with pytest.raises(TemplateError, match=r"region 'SR': in bins 2 \(40\) the background") as e:
        tiny.run(binning=edges)
    assert "binning.edges in regions.yaml" in str(e.value)
    report = tiny.run(binning={"quantiles": 2, "least_effective_events": 100})
    binning = report["regions"]["SR"]["binning"]
    assert min(binning["effective_events"]) >= 100
    assert binning["why"].startswith(f"{binning['bins']} bins")


def test_bins_of_very_few_events_are_listed_in_any_case(tmp_path: Path) -> None:
    few = {"ttW": spread([40, 40, 2]), "tt": spread([100, 50, 3])}
    report = Tiny(tmp_path, **few).run()
    (change,) = [c for c in report["changes"] if c["sample"] == "background"]
    assert change["what"] == "bins 2 (5) kept"


def test_a_weight_that_is_no_number_is_refused(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.0, np.nan, 1.0], [1.0] * 3)
    with pytest.raises(
        TemplateError, match=r"'n2mu_weight_w_up' is nan for an event \(entry 200\)"
    ):
        tiny.run(weight("w"))
    assert not (tmp_path / "templates.root").exists()


def test_bins_that_cannot_be_chosen_are_refused_with_their_key(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"^regions\.yaml: regions\.SR\.binning\.quantiles: "):
        Tiny(tmp_path).run(binning={"quantiles": 7})


@pytest.mark.parametrize(
    "binning",
    [
        {"uniform": {"bins": 2, "low": -0.5, "high": 2.5}},
        {"quantiles": 2},
        {"transfo_d": {"signal": 2, "background": 2}},
        {"transfo_f": {"signal": 5, "background": 5}},
    ],
)
def test_every_binning_says_how_many_bins_it_chose(tmp_path: Path, binning: Any) -> None:
    region = Tiny(tmp_path).run(binning=binning)["regions"]["SR"]
    bins = len(region["edges"]) - 1
    assert region["binning"]["kind"] == next(iter(binning))
    assert region["binning"]["bins"] == bins == len(region["blinded"])
    assert region["binning"]["why"].startswith(f"{bins} bins: ")


def observed(path: Path) -> Tiny:
    # S/B is 1/140, 2/90 and 4/40
    tiny = Tiny(path, data=spread([141, 88, PLANTED]))
    metadata = json.loads((tiny.skim / "metadata.json").read_text())
    metadata["data_sets"]["data"]["data"] = True
    (tiny.skim / "metadata.json").write_text(json.dumps(metadata))
    return tiny


DATA = {"data": {"kind": "data", "selection": "1", "data_sets": ["data"]}}


def test_blinded_bins_of_data_hold_the_expectation(tmp_path: Path) -> None:
    tiny = observed(tmp_path)
    scaling = {"SR": {"sig": 2.0, "tt": 0.5}}
    report = tiny.run(samples=DATA, blinding_threshold=0.05, scaling=scaling)
    assert report["regions"]["SR"]["blinded"] == [False, False, True]
    assert tiny.yields("data") == [141, 88, 2 * 4 + 20 + 0.5 * 20]
    assert report["regions"]["SR"]["observed"] == {"sample": "data", "unblinded": 229}


def test_no_product_of_the_templates_holds_a_blinded_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny = observed(tmp_path)
    caplog.set_level("DEBUG")
    tiny.run(samples=DATA, blinding_threshold=0.05)
    total = 141 + 88 + PLANTED
    text = (tmp_path / "templates_report.json").read_text() + caplog.text
    assert str(PLANTED) not in text
    assert str(total) not in text
    for found in read_root(tmp_path / "templates.root")["SR"]["data"].values():
        assert PLANTED not in found.sumw
        assert PLANTED not in found.sumw2
        assert not np.isclose(found.total, total)


def test_a_signal_that_is_not_in_the_fit_blinds_data_all_the_same(tmp_path: Path) -> None:
    # S/B of the fit is 4/60 in bin 2, with the other signal 24/60
    tiny = Tiny(tmp_path, tt=spread([100, 50, 40]), tH=spread([0, 0, 20]))
    report = tiny.run(samples=ghosts("tH"), blinding_threshold=0.3)
    assert report["regions"]["SR"]["blinded"] == [False, False, False]
    report = tiny.run(samples=ghosts("tH"), blinding_threshold=0.3, other_signals=["tH"])
    assert report["regions"]["SR"]["blinded"] == [False, False, True]
    assert set(read_root(tmp_path / "templates.root")["SR"]) == {"sig", "ttW", "tt"}


def test_data_without_blinded_bins_are_as_counted(tmp_path: Path) -> None:
    tiny = observed(tmp_path)
    tiny.run(samples=DATA)
    assert tiny.yields("data") == [141, 88, PLANTED]


counts = st.lists(st.floats(0, 1e4), min_size=4, max_size=4)


@given(counts, counts, counts, st.floats(0.01, 2))
def test_a_blinded_bin_keeps_nothing_of_its_count(
    signal: list[float], background: list[float], data: list[float], threshold: float
) -> None:
    s, b, n = (Template(np.array(x), np.array(x), 1) for x in (signal, background, data))
    mask = blinded_bins(s, b, threshold)
    assert mask.tolist() == [x > threshold * y for x, y in zip(signal, background, strict=True)]
    other = Template(np.where(mask, n.sumw + 17, n.sumw), np.where(mask, 3, n.sumw2), 99)
    first, second = (blind(x, s.sumw + b.sumw, mask) for x in (n, other))
    np.testing.assert_array_equal(first.sumw, second.sumw)
    np.testing.assert_array_equal(first.sumw2, second.sumw2)
    assert first.events == second.events == 0
