"""Templates are filled as a plain histogram would be, or refused where events would mislead."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from helpers_templates import Tables
from helpers_toy_templates import (
    ALL_VARIATIONS,
    LUMINOSITY,
    REGIONS,
    SAMPLES,
    SYSTEMATICS,
    Analysis,
    edges_of,
    made_tables,
    one,
    plain_histogram,
    refused,
    settings,
    tiny,
)
from hypothesis import given
from hypothesis import strategies as st

from n2mu.errors import ProductError
from n2mu.templates.histogram import bin_indices, fill, read_root


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    chunks = {
        "c0": made_tables(1, ["ttH.a", "tt"]),
        "c1": made_tables(2, ["ttH.d", "ttV", "tt"]),
    }
    return Analysis(tmp_path_factory.mktemp("templates"), chunks)


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
    with pytest.raises(ProductError, match="without the sum of weights of 'scale_down'"):
        analysis.run()


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
