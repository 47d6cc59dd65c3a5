"""Templates: filled as a plain histogram would be, mended openly, refused where they mislead."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boost_histogram as bh
import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot
from helpers_templates import Columns, Tables, hand_scores, hand_skim, identifiers
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from n2mu.errors import N2muError, ProductError, TemplateError
from n2mu.products import read_json
from n2mu.skim.read import Skim
from n2mu.templates.binning import quantile_edges
from n2mu.templates.filling import Filler
from n2mu.templates.histogram import Template, bin_indices, fill, read_root, write_root
from n2mu.templates.mend import FLOOR, mend_nominal, mend_variation
from n2mu.templates.settings import TemplateSettings
from n2mu.templates.stage import run_templates

LUMINOSITY = {"ttH.a": 10.0, "ttH.d": 20.0, "ttV": 10.0, "tt": 10.0}
CROSS_SECTION = {"ttH.a": 0.5, "ttH.d": 0.5, "ttV": 2.0, "tt": 8.0}
SAMPLES = {
    # sample: (kind, data sets, value of 'truth' or none)
    "ttH": ("signal", ["ttH.a", "ttH.d"], None),
    "ttW": ("background", ["ttV"], 1),
    "ttZ": ("background", ["ttV"], 2),
    "tt": ("background", ["tt"], None),
}
SUMS = {
    "ttH.a": {"nominal": 400.0, "scale_up": 500.0, "scale_down": 300.0},
    "ttH.d": {"nominal": 700.0, "scale_up": 650.0, "scale_down": 800.0},
    "ttV": {"nominal": 250.0},
    "tt": {"nominal": 900.0},
}
REGIONS: dict[str, Any] = {
    "SR": {
        "role": "signal",
        "selection": "n >= 4",
        "observable": "toy_sig",
        "binning": {"edges": [0.2, 0.4, 0.7, 0.8]},
    },
    "CR": {
        "role": "control",
        "selection": "n < 4",
        "observable": "n",
        "binning": {"edges": [0.5, 1.5, 3.5]},
    },
}
SYSTEMATICS: dict[str, Any] = {
    # the generator's scale, with own sums of weights
    "scale": {
        "kind": "weight",
        "samples": ["ttH"],
        "up": "n2mu_weight_scale_up",
        "down": "n2mu_weight_scale_down",
    },
    # acts on one of the two samples of its data set
    "ttw_shape": {
        "kind": "weight",
        "samples": ["ttW", "tt"],
        "up": "n2mu_weight_ttw_shape_up",
        "down": None,
    },
    "JES": {"kind": "tree", "samples": list(SAMPLES), "up": "JES_1up", "down": "JES_1down"},
    "JER": {"kind": "tree", "samples": ["ttH", "ttZ"], "up": "JER_1up", "down": None},
}


def made_events(data_set: str, seed: int, size: int, first_event: int) -> Columns:
    random = np.random.default_rng(seed)
    weight = random.choice([-0.5, 1.0, 1.5], size, p=[0.1, 0.5, 0.4])
    columns = {
        **identifiers(first_event, size),
        "n2mu_weight": weight,
        "toy_sig": random.random(size).astype(np.float32),
        "n": random.integers(1, 8, size),
        "truth": random.integers(0, 3, size),  # 0 is of no sample
    }
    if data_set.startswith("ttH"):
        columns["n2mu_weight_scale_up"] = weight * random.uniform(1, 1.5, size)
        columns["n2mu_weight_scale_down"] = weight * random.uniform(0.5, 1, size)
    else:
        columns["n2mu_weight_ttw_shape_up"] = weight * (0.8 + 0.4 * columns["toy_sig"])
    return columns


def made_tables(seed: int, data_sets: list[str]) -> Tables:
    tables: Tables = {}
    for i, data_set in enumerate(data_sets):
        tables[data_set] = {}
        for j, kind in enumerate(("nominal", "JES_1up", "JES_1down", "JER_1up")):
            if data_set == "ttH.d" and kind == "JES_1down":
                continue  # the tree exists, but no event of it passes
            size = 300 - 20 * j
            tables[data_set][kind] = made_events(data_set, 100 * seed + 10 * i + j, size, 1000 * j)
    return tables


TREES = {data_set: ["JES_1up", "JES_1down", "JER_1up"] for data_set in LUMINOSITY}


def told(name: str, systematic: dict[str, Any]) -> dict[str, Any]:
    """A systematic as the job is told of it: everywhere, with one parameter of its name."""
    parameters = {region: dict.fromkeys(systematic["samples"], name) for region in REGIONS}
    base: dict[str, Any] = {"regions": list(REGIONS), "parameters": parameters}
    if systematic["kind"] in ("weight", "tree") and systematic.get("down") is None:
        base["symmetrisation"] = "one_sided"
    return {**base, **systematic}


def settings(**changes: Any) -> TemplateSettings:
    systematics = changes.pop("systematics", SYSTEMATICS)
    changes["systematics"] = {name: told(name, entry) for name, entry in systematics.items()}
    base = {
        "fit": "toy",
        "regions": REGIONS,
        "samples": {
            name: {
                "kind": kind,
                "selection": "1" if truth is None else f"truth == {truth}",
                "data_sets": data_sets,
            }
            for name, (kind, data_sets, truth) in SAMPLES.items()
        },
        "data_sets": {
            name: {"luminosity": LUMINOSITY[name], "cross_section": CROSS_SECTION[name]}
            for name in LUMINOSITY
        },
        "scores": ["toy_sig"],
        "blinding_threshold": 0.3,
    }
    return TemplateSettings.model_validate({**base, **changes})


class Analysis:
    """Skims and scores of several chunks."""

    def __init__(self, path: Path, chunks: dict[str, Tables]) -> None:
        self.path = path
        self.chunks = chunks
        self.skims, self.scores = [], []
        for name, tables in chunks.items():
            skim = hand_skim(path / "skim" / name, tables, SUMS, TREES)
            self.skims.append(skim)
            self.scores.append(hand_scores(path / "scores" / name, tables))

    def filler(self, **changes: Any) -> Filler:
        return Filler(settings(**changes), Skim(self.skims), {p.name: p for p in self.scores})

    def run(self, **changes: Any) -> dict[str, Any]:
        output, report = self.path / "templates.root", self.path / "templates_report.json"
        friends = self.path / "friends"
        run_templates(settings(**changes), self.skims, self.scores, friends, output, report)
        found: dict[str, Any] = read_json(report)
        return found


def edges_of(filler: Filler) -> dict[str, Any]:
    return {region: binned.edges for region, binned in filler.edges().items()}


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    chunks = {
        "c0": made_tables(1, ["ttH.a", "tt"]),
        "c1": made_tables(2, ["ttH.d", "ttV", "tt"]),
    }
    return Analysis(tmp_path_factory.mktemp("templates"), chunks)


def one(path: Path, tables: Tables) -> Analysis:
    return Analysis(path, {"c0": tables})


def kind_and_column(variation: str) -> tuple[str, str]:
    """Return the table and the weight column that make a variation of `SYSTEMATICS`."""
    name, _, side = variation.rpartition("_")
    if variation == "nominal":
        return "nominal", "n2mu_weight"
    if SYSTEMATICS[name]["kind"] == "weight":
        return "nominal", f"n2mu_weight_{variation}"
    return SYSTEMATICS[name][side], "n2mu_weight"


def plain_histogram(
    chunks: dict[str, Tables], region: str, sample: str, variation: str
) -> tuple[np.ndarray, np.ndarray]:
    """Fill event by event with boost-histogram and fold the flow bins back."""
    edges = REGIONS[region]["binning"]["edges"]
    histogram = bh.Histogram(bh.axis.Variable(edges), storage=bh.storage.Weight())
    _, data_sets, truth = SAMPLES[sample]
    kind, column = kind_and_column(variation)
    for data_set in data_sets:
        # every chunk holds one file of the data set with the sums of SUMS
        files = sum(data_set in tables for tables in chunks.values())
        sums = SUMS[data_set]
        total = files * sums.get(variation, sums["nominal"])
        for tables in chunks.values():
            table = tables.get(data_set, {}).get(kind)
            if table is None:
                continue
            inside = (table["n"] >= 4) == (region == "SR")
            if truth is not None:
                inside &= table["truth"] == truth
            weight = table[column] * LUMINOSITY[data_set] * CROSS_SECTION[data_set] / total
            values = table["toy_sig" if region == "SR" else "n"]
            histogram.fill(values[inside].astype(float), weight=weight[inside])
    view = histogram.view(flow=True)
    results = []
    for content in (view.value, view.variance):
        bins = content[1:-1].copy()
        bins[0] += content[0]
        bins[-1] += content[-1]
        results.append(bins)
    return results[0], results[1]


ALL_VARIATIONS = {
    sample: ["nominal"]
    + [
        f"{name}_{side}"
        for name, systematic in SYSTEMATICS.items()
        if sample in systematic["samples"]
        for side in (("up", "down") if systematic["down"] else ("up",))
    ]
    for sample in SAMPLES
}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_templates_equal_a_plain_histogram(analysis: Analysis, region: str, sample: str) -> None:
    filler = analysis.filler()
    templates = filler.fill(edges_of(filler))
    made = [v for r, s, v in templates if (r, s) == (region, sample)]
    assert made == ALL_VARIATIONS[sample]
    for variation in made:
        template = templates[region, sample, variation]
        sumw, sumw2 = plain_histogram(analysis.chunks, region, sample, variation)
        np.testing.assert_allclose(template.sumw, sumw, rtol=1e-12)
        np.testing.assert_allclose(template.sumw2, sumw2, rtol=1e-12)


@pytest.mark.parametrize("rows", [40, 299])
def test_templates_do_not_depend_on_row_groups(tmp_path: Path, rows: int) -> None:
    analysis = tiny(tmp_path)
    filler = analysis.filler()
    expected = filler.fill(edges_of(filler))
    for path in analysis.skims[0].rglob("*.parquet"):
        pq.write_table(pq.read_table(path), path, row_group_size=rows)
    again = analysis.filler()
    found = again.fill(edges_of(again))
    for key, template in expected.items():
        np.testing.assert_allclose(found[key].sumw, template.sumw, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found[key].sumw2, template.sumw2, rtol=1e-12)
        assert found[key].events == template.events


def test_own_sums_of_weights_normalise_a_variation(tmp_path: Path) -> None:
    tables = made_tables(3, ["ttH.a", "ttV", "tt"])
    table = tables["ttH.a"]["nominal"]
    # a variation that scales every generated event alike changes no rate
    table["n2mu_weight_scale_up"] = table["n2mu_weight"] * 500.0 / 400.0
    analysis = one(tmp_path, tables)
    samples = settings().samples
    samples["ttH"] = samples["ttH"].model_copy(update={"data_sets": ["ttH.a"]})
    used = {name: d for name, d in settings().data_sets.items() if name != "ttH.d"}
    filler = analysis.filler(samples=samples, data_sets=used)
    templates = filler.fill(edges_of(filler))
    nominal, up = templates["SR", "ttH", "nominal"], templates["SR", "ttH", "scale_up"]
    np.testing.assert_allclose(up.sumw, nominal.sumw, rtol=1e-12)


finite = st.floats(-1e6, 1e6)


@given(
    st.lists(st.tuples(finite, st.floats(-5, 5)), max_size=60),
    st.lists(finite, min_size=2, max_size=8, unique=True),
)
def test_a_template_holds_every_event_of_its_selection(
    events: list[tuple[float, float]], edges: list[float]
) -> None:
    values = np.array([v for v, _ in events])
    weights = np.array([w for _, w in events])
    template = fill(bin_indices(values, np.sort(edges)), weights, len(edges) - 1)
    assert template.total == pytest.approx(weights.sum(), abs=1e-9)
    assert template.error**2 == pytest.approx((weights**2).sum(), abs=1e-9)
    assert template.events == len(events)
    assert template.sumw.dtype == template.sumw2.dtype == np.float64


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


def refused(analysis: Analysis, **changes: Any) -> str:
    with pytest.raises(TemplateError) as error:
        analysis.run(**changes)
    text = str(error.value)
    assert "\n" not in text
    assert not (analysis.path / "templates.root").exists()
    return text


def tiny(path: Path, change: Callable[[Tables], None] | None = None) -> Analysis:
    """An analysis of one chunk, whose tables a test may change."""
    tables = made_tables(5, ["ttH.a", "ttH.d", "ttV", "tt"])
    if change is not None:
        change(tables)
    return one(path, tables)


def test_overlapping_regions_are_refused_with_names_and_count(tmp_path: Path) -> None:
    analysis = tiny(tmp_path)
    regions = json.loads(json.dumps(REGIONS))
    regions["CR"]["selection"] = "n <= 4"
    shared = int((analysis.chunks["c0"]["ttH.a"]["nominal"]["n"] == 4).sum())
    text = refused(analysis, regions=regions)
    assert f"regions 'SR' and 'CR' share {shared} events of ttH.a" in text


def test_overlapping_samples_are_refused_with_names_and_count(tmp_path: Path) -> None:
    analysis = tiny(tmp_path)
    samples = settings().samples
    samples["ttZ"] = samples["ttZ"].model_copy(update={"selection": "truth >= 1"})
    shared = int((analysis.chunks["c0"]["ttV"]["nominal"]["truth"] == 1).sum())
    text = refused(analysis, samples=samples)
    assert f"samples 'ttW' and 'ttZ' share {shared} events of ttV" in text


def test_samples_may_share_a_data_set_without_overlap(analysis: Analysis) -> None:
    filler = analysis.filler()
    templates = filler.fill(edges_of(filler))
    table = analysis.chunks["c1"]["ttV"]["nominal"]
    for sample, truth in (("ttW", 1), ("ttZ", 2)):
        events = sum(templates[region, sample, "nominal"].events for region in REGIONS)
        assert events == (table["truth"] == truth).sum()


def test_an_observable_that_is_no_number_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        table = tables["tt"]["nominal"]
        table["n"][:] = 5
        table["toy_sig"][[7, 9]] = np.nan

    text = refused(tiny(tmp_path, change))
    assert "region 'SR': the observable 'toy_sig' is no number for 2 events of tt" in text
    assert "entry 14" in text


def test_only_events_of_a_sample_need_an_observable(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        table = tables["ttV"]["nominal"]
        table["toy_sig"][table["truth"] == 0] = np.nan

    assert tiny(tmp_path, change).run()["regions"]["SR"]["samples"]


def test_a_sample_without_events_in_a_region_is_dropped_and_listed(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for kind, table in tables["ttV"].items():
            table["truth"][(table["truth"] == 1) & (table["n"] < 4)] = 0
            if kind == "JES_1up":
                table["truth"][table["n"] == 3] = 1

    analysis = tiny(tmp_path, change)
    report = analysis.run()
    templates = read_root(analysis.path / "templates.root")
    assert "ttW" not in templates["CR"]
    assert "ttW" in templates["SR"]
    assert "ttW" not in report["regions"]["CR"]["samples"]
    varied = int((analysis.chunks["c0"]["ttV"]["JES_1up"]["n"] == 3).sum())
    (dropped,) = [c for c in report["changes"] if c["what"] == "dropped"]
    assert dropped == {
        "region": "CR",
        "sample": "ttW",
        "variation": "all",
        "what": "dropped",
        "why": "no yield of this sample is in this region; "
        f"its variations have up to {varied} events",
    }


def test_a_sample_without_any_event_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for table in tables["ttV"].values():
            table["truth"][table["truth"] == 1] = 0

    text = refused(tiny(tmp_path, change))
    assert text.startswith("sample 'ttW': no event in any region of fit 'toy' (SR, CR)")


def test_a_region_without_background_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttV", "tt"):
            for table in tables[name].values():
                table["n"] = np.maximum(table["n"], 4)

    assert "region 'CR': no background is expected" in refused(tiny(tmp_path, change))


def test_a_background_of_negative_yield_is_no_background(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttV", "tt"):
            table = tables[name]["nominal"]
            control = table["n"] < 4
            table["n2mu_weight"][control] = -np.abs(table["n2mu_weight"][control])

    text = refused(tiny(tmp_path, change))
    assert "region 'CR': no background is expected (the yield is -" in text


@pytest.mark.parametrize("sign", [0, -1])
def test_a_signal_region_without_signal_is_refused(tmp_path: Path, sign: int) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttH.a", "ttH.d"):
            table = tables[name]["nominal"]
            table["n2mu_weight"][table["n"] >= 4] = sign

    text = refused(tiny(tmp_path, change))
    assert "region 'SR': no signal is expected in this signal region" in text


def test_a_control_region_needs_no_signal(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttH.a", "ttH.d"):
            for table in tables[name].values():
                table["n"] = np.maximum(table["n"], 4)

    report = tiny(tmp_path, change).run()
    assert report["regions"]["CR"]["blinded"] == [False, False]


@pytest.mark.parametrize("negative", [False, True])
def test_a_bin_without_expectation_is_refused(tmp_path: Path, negative: bool) -> None:
    def change(tables: Tables) -> None:
        for data_set in tables.values():
            for table in data_set.values():
                scores = table["toy_sig"]
                scores[(scores >= 0.4) & (scores < 0.7)] = 0.75
        if negative:
            table = tables["tt"]["nominal"]
            table["n"][0], table["toy_sig"][0], table["n2mu_weight"][0] = 5, 0.5, -0.1

    text = refused(tiny(tmp_path, change))
    assert "region 'SR': bin 1 expects no event" in text
    assert "use fewer or wider bins" in text


def test_a_bin_that_mending_empties_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for data_set in tables.values():
            for table in data_set.values():
                scores = table["toy_sig"]
                scores[(scores >= 0.4) & (scores < 0.7)] = 0.75
        # of all samples only ttW, whose yield is negative, expects events in bin 1
        table = tables["ttV"]["nominal"]
        table["n2mu_weight"][table["truth"] == 1] *= -0.01
        table["n"][0], table["truth"][0] = 5, 1
        table["toy_sig"][0], table["n2mu_weight"][0] = 0.5, 0.01

    assert "region 'SR': bin 1 expects no event" in refused(tiny(tmp_path, change))


def test_an_unknown_data_set_is_refused(tmp_path: Path) -> None:
    tables = made_tables(5, ["ttH.a", "ttV", "tt"])
    with pytest.raises(ProductError, match=r"no skim of data set 'ttH\.d'; did you mean 'ttH\.a'"):
        one(tmp_path, tables).run()


def test_a_missing_weight_variation_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        del tables["tt"]["nominal"]["n2mu_weight_ttw_shape_up"]

    with pytest.raises(ProductError, match="no column 'n2mu_weight_ttw_shape_up'"):
        tiny(tmp_path, change).run()


def test_chunks_with_and_without_an_own_sum_of_weights_do_not_mix(tmp_path: Path) -> None:
    data_sets = list(LUMINOSITY)
    analysis = Analysis(tmp_path, {f"c{i}": made_tables(i, data_sets) for i in range(2)})
    path = analysis.skims[1] / "metadata.json"
    metadata = json.loads(path.read_text())
    del metadata["data_sets"]["ttH.d"]["files"][0]["sums"]["scale_down"]
    path.write_text(json.dumps(metadata))
    with pytest.raises(ProductError) as error:
        analysis.run()
    assert f"{analysis.skims[1]}: was made without the sum of weights of 'scale_down'" in str(
        error.value
    )


def test_settings_that_would_lose_events_are_no_settings() -> None:
    data_sets = {name: d for name, d in settings().data_sets.items() if name != "ttH.d"}
    with pytest.raises(ValueError, match=r"sample 'ttH': data set 'ttH\.d' has no normalisation"):
        settings(data_sets=data_sets)
    systematics = {"JES": {**SYSTEMATICS["JES"], "samples": ["ttH", "ttt"]}}
    with pytest.raises(ValueError, match="systematic 'JES': there is no sample 'ttt'"):
        settings(systematics=systematics)


def test_a_friend_tree_that_is_gone_stops_the_templates(tmp_path: Path) -> None:
    analysis = tiny(tmp_path)
    manifest = {
        "chunk": "c0",
        "models": ["toy"],
        "friends": [{"path": "mc/a.root", "entries": {}, "content": ""}],
    }
    (analysis.scores[0] / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ProductError, match="friend tree is missing") as error:
        analysis.run()
    assert str(analysis.path / "friends" / "mc" / "a.root") in str(error.value)


Reports = list[tuple[str, str]]


def reporting() -> tuple[Reports, Callable[[str, str], None]]:
    reports: Reports = []
    return reports, lambda what, why: reports.append((what, why))


def template(*sumw: float, sumw2: float = 0.04) -> Template:
    return Template(np.array(sumw), np.full(len(sumw), sumw2), 10)


def test_negative_bins_become_small_and_the_integral_stays() -> None:
    reports, report = reporting()
    mended = mend_nominal(template(3.0, -0.5, 0.0, 1.5), report)
    np.testing.assert_allclose(mended.sumw, [3 * 4 / 4.5, FLOOR, 0, 1.5 * 4 / 4.5], atol=1e-6)
    assert mended.total == pytest.approx(4.0, rel=1e-12)
    np.testing.assert_array_equal(mended.sumw2, np.full(4, 0.04))
    assert reports == [
        ("bins 1 (-0.5) set to 1e-06, the others scaled", "negative yield; the integral is kept")
    ]


def test_a_nominal_without_negative_bins_is_left_alone() -> None:
    reports, report = reporting()
    nominal = template(3.0, 0.0, 1.5)
    assert mend_nominal(nominal, report) is nominal
    assert reports == []


def test_a_yield_that_is_not_positive_becomes_no_yield() -> None:
    reports, report = reporting()
    raw = template(1.0, -2.0)
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, template(1.5, -1.0), report)
    assert nominal.sumw.tolist() == varied.sumw.tolist() == [FLOOR, FLOOR]
    np.testing.assert_array_equal(nominal.sumw2, raw.sumw2)
    assert [what for what, _ in reports] == ["all bins set to 1e-06", "set to the nominal"]
    assert "the yield is -1 +- 0.283, not positive" in reports[0][1]


def test_a_bin_negative_in_the_nominal_gives_its_variations_no_spurious_shape() -> None:
    raw = template(4.0, -1.0, 6.0)
    _, report = reporting()
    nominal = mend_nominal(raw, report)
    # +10 % on the filled bins; the negative one happens to turn positive
    up = mend_variation(raw, nominal, template(4.4, 0.2, 6.6), report)
    assert up.total / nominal.total == pytest.approx(11.2 / 9.0, rel=1e-12)
    ratio = up.sumw / nominal.sumw
    assert ratio[0] == pytest.approx(ratio[2], rel=1e-12)
    assert up.sumw[1] == FLOOR


yields = hnp.arrays(np.float64, 5, elements=st.floats(-2, 10))
errors = np.ones(5)


@given(yields, st.floats(0.02, 5))
def test_a_variation_of_the_rate_alone_stays_one(sumw: np.ndarray, rate: float) -> None:
    assume(sumw.sum() > 0.5)
    raw = Template(sumw, errors, 1)
    _, report = reporting()
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, Template(rate * sumw, errors, 1), report)
    np.testing.assert_allclose(varied.sumw, rate * nominal.sumw, rtol=1e-4, atol=1e-5)


@given(yields, yields)
def test_a_mended_variation_keeps_its_rate_and_no_bin_is_negative(
    nominal_yields: np.ndarray, varied_yields: np.ndarray
) -> None:
    assume(nominal_yields.sum() > 0.5)
    raw, up = Template(nominal_yields, errors, 1), Template(varied_yields, errors, 1)
    reports, report = reporting()
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, up, report)
    assert (nominal.sumw >= 0).all()
    assert (varied.sumw >= 0).all()
    assert nominal.total == pytest.approx(raw.total)
    expected = max(up.total / raw.total, 0.01)
    assert varied.total / nominal.total == pytest.approx(expected, rel=1e-6)
    untouched = np.array_equal(varied.sumw, up.sumw) and np.array_equal(nominal.sumw, raw.sumw)
    assert untouched == (not reports)


def test_a_variation_without_other_bins_takes_the_shape_of_the_nominal() -> None:
    reports, report = reporting()
    raw = template(4.0, -1.0)
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, template(-1.0, 7.0), report)
    np.testing.assert_allclose(varied.sumw, 2 * nominal.sumw)
    assert reports[1][0] == "given the shape of the nominal"


def test_a_vanishing_variation_is_capped_and_reported() -> None:
    reports, report = reporting()
    nominal = template(3.0, 1.0)
    varied = mend_variation(nominal, nominal, template(0.0, 0.0), report)
    np.testing.assert_allclose(varied.sumw, [0.03, 0.01])
    assert reports == [
        (
            "rate capped at 1% of the nominal, with the nominal shape",
            "the variation leaves 0 of 4 expected events",
        )
    ]


def test_every_change_is_in_the_report(analysis: Analysis) -> None:
    report = analysis.run()
    mirrored = {
        (c["region"], c["sample"], c["variation"])
        for c in report["changes"]
        if c["what"].startswith("mirrored")
    }
    assert mirrored == {
        (region, sample, f"{name}_down")
        for region in REGIONS
        for name in ("ttw_shape", "JER")
        for sample in SYSTEMATICS[name]["samples"]
    }
    templates = read_root(analysis.path / "templates.root")
    changed = {(c["region"], c["sample"], c["variation"]) for c in report["changes"]}
    for region in REGIONS:
        for sample in SAMPLES:
            for variation in ALL_VARIATIONS[sample]:
                if (region, sample, variation) not in changed:
                    sumw, _ = plain_histogram(analysis.chunks, region, sample, variation)
                    np.testing.assert_allclose(
                        templates[region][sample][variation].sumw, sumw, rtol=1e-12
                    )
            nominal = templates[region][sample]["nominal"].sumw
            for name in ("ttw_shape", "JER"):
                if sample in SYSTEMATICS[name]["samples"]:
                    up, down = (
                        templates[region][sample][f"{name}_{side}"].sumw for side in ("up", "down")
                    )
                    np.testing.assert_allclose(up + down, 2 * nominal, rtol=1e-12)


def test_a_mirror_keeps_relative_effects_also_where_the_nominal_is_mended(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        table = tables["ttV"]["nominal"]
        table["n2mu_weight"] = np.abs(table["n2mu_weight"])
        last = (table["truth"] == 1) & (table["toy_sig"] >= 0.7)
        table["n2mu_weight"][last] *= -0.2
        effect = np.where(table["toy_sig"] < np.float32(0.4), 1.2, 1.0)
        table["n2mu_weight_ttw_shape_up"] = effect * table["n2mu_weight"]

    analysis = tiny(tmp_path, change)
    report = analysis.run()
    templates = read_root(analysis.path / "templates.root")["SR"]["ttW"]
    nominal = templates["nominal"].sumw
    assert nominal[2] == FLOOR
    for variation, effect in (("ttw_shape_up", 1.2), ("ttw_shape_down", 0.8)):
        found = templates[variation].sumw
        ratio = found / nominal
        assert ratio[0] / ratio[1] == pytest.approx(effect, rel=1e-5)
        assert found[2] == FLOOR
        (mended,) = (
            c
            for c in report["changes"]
            if (c["region"], c["sample"], c["variation"]) == ("SR", "ttW", variation)
            and not c["what"].startswith("mirrored")
        )
        assert mended["why"] == "negative yield in the nominal; the integral is kept"


def test_systematics_whose_names_end_like_a_side_are_not_confused(analysis: Analysis) -> None:
    systematics: dict[str, Any] = {
        "JES": SYSTEMATICS["JES"],
        "JES_down": SYSTEMATICS["JER"],
        "JES_up": SYSTEMATICS["JER"],
    }
    report = analysis.run(systematics=systematics)
    templates = read_root(analysis.path / "templates.root")["SR"]["ttH"]
    expected, _ = plain_histogram(analysis.chunks, "SR", "ttH", "JES_down")
    np.testing.assert_allclose(templates["JES_down"].sumw, expected, rtol=1e-12)
    mirrored = {c["variation"] for c in report["changes"] if c["what"].startswith("mirrored")}
    assert mirrored == {"JES_down_down", "JES_up_down"}


def test_bins_are_blinded_by_signal_over_background(analysis: Analysis) -> None:
    filler = analysis.filler()
    templates = filler.fill(edges_of(filler))
    ratio = {
        region: templates[region, "ttH", "nominal"].sumw
        / sum(templates[region, sample, "nominal"].sumw for sample in ("ttW", "ttZ", "tt"))
        for region in REGIONS
    }
    values = np.sort(np.concatenate(list(ratio.values())))
    threshold = (values[1] + values[2]) / 2
    report = analysis.run(blinding_threshold=threshold)
    assert report["blinding_threshold"] == threshold
    for region in REGIONS:
        blinded = report["regions"][region]["blinded"]
        assert blinded == (ratio[region] > threshold).tolist()
    assert sum(sum(report["regions"][region]["blinded"]) for region in REGIONS) == 3


def test_the_report_names_yields_and_their_statistics(analysis: Analysis) -> None:
    report = analysis.run()
    for region in REGIONS:
        entry = report["regions"][region]
        assert entry["role"] == REGIONS[region]["role"]
        assert entry["edges"] == REGIONS[region]["binning"]["edges"]
        for sample in SAMPLES:
            sumw, sumw2 = plain_histogram(analysis.chunks, region, sample, "nominal")
            assert entry["samples"][sample]["yield"] == pytest.approx(sumw.sum())
            assert entry["samples"][sample]["error"] == pytest.approx(sumw2.sum() ** 0.5)
    events = sum(report["regions"][region]["samples"]["ttH"]["events"] for region in REGIONS)
    assert events == 600


def test_a_rerun_gives_the_same_content(analysis: Analysis) -> None:
    first, templates = analysis.run(), read_root(analysis.path / "templates.root")
    assert analysis.run() == first
    again = read_root(analysis.path / "templates.root")
    for region, samples in templates.items():
        for sample, variations in samples.items():
            assert list(again[region][sample]) == list(variations)
            for variation, expected in variations.items():
                found = again[region][sample][variation]
                np.testing.assert_array_equal(found.sumw, expected.sumw)
                np.testing.assert_array_equal(found.sumw2, expected.sumw2)


def test_templates_are_read_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "templates.root"
    edges = {"SR": np.array([0.0, 0.5, 2.0])}
    written = Template(np.array([1.5, -2.0]), np.array([0.25, 4.0]), 3)
    write_root(path, edges, {("SR", "tt", "nominal"): written})
    found = read_root(path)["SR"]["tt"]["nominal"]
    np.testing.assert_array_equal(found.sumw, written.sumw)
    np.testing.assert_array_equal(found.sumw2, written.sumw2)
    with uproot.open(path) as file:
        histogram = file["SR/tt/nominal"]
        assert histogram.classname == "TH1D"
        np.testing.assert_array_equal(histogram.axis().edges(), edges["SR"])


def test_templates_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "templates.root"
    for content in (None, b"", b"root", b"no ROOT file at all" * 50):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(N2muError) as error:
            read_root(path)
        assert "\n" not in str(error.value)
        assert str(path) in str(error.value)
    write_root(path, {"SR": np.array([0.0, 1.0])}, {("SR", "tt", "nominal"): template(1.0)})
    whole = path.read_bytes()
    refused = 0
    for size in range(20, len(whole), 60):
        path.write_bytes(whole[:size])
        try:
            found = read_root(path)
        except ProductError as error:
            assert str(error).endswith("make the templates again")
            refused += 1
        else:
            assert found["SR"]["tt"]["nominal"].sumw.tolist() == [1.0]
    assert refused > 5
