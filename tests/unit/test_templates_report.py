"""The report lists every change, and the products are read back as written."""

from pathlib import Path

import numpy as np
import pytest
import uproot
from helpers_toy_templates import (
    ALL_VARIATIONS,
    REGIONS,
    SAMPLES,
    SYSTEMATICS,
    Analysis,
    edges_of,
    made_tables,
    plain_histogram,
    template,
)

from n2mu.errors import N2muError, ProductError
from n2mu.templates.histogram import Template, read_root, write_root


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    chunks = {
        "c0": made_tables(1, ["ttH.a", "tt"]),
        "c1": made_tables(2, ["ttH.d", "ttV", "tt"]),
    }
    return Analysis(tmp_path_factory.mktemp("templates"), chunks)


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
