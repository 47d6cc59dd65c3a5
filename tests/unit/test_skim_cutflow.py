"""The cutflow, raw and weighted, against a naive count."""

import numpy as np
import pytest
from helpers_skim import SIGNAL, branches, preselected, skim, weight_of
from tests.conftest import TinyAnalysis

from n2mu.errors import ProductError
from n2mu.products import read_json, write_json
from n2mu.skim import tree as skim_tree
from n2mu.skim.cutflow import run_cutflow


def naive_cutflow(tiny: TinyAnalysis, files: tuple[str, ...]) -> list[tuple[float, float, float]]:
    parts = list(branches(tiny, files, "nominal"))
    weight = np.concatenate([weight_of(columns) for columns in parts])
    njets = np.concatenate([columns["njets"] for columns in parts])
    passed = np.concatenate([preselected(columns) for columns in parts])
    masks = [np.ones(len(weight), bool), njets >= 2, passed]
    return [(m.sum(), weight[m].sum(), np.sqrt((weight[m] ** 2).sum())) for m in masks]


@pytest.mark.parametrize(("chunk_bytes", "step"), [(1, 7), (10**9, 250_000)])
def test_the_cutflow_counts_every_entry_raw_and_weighted(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int, step: int
) -> None:
    monkeypatch.setattr(skim_tree, "STEP", step)
    tiny.write_ntuples()
    job = tiny.list(chunk_bytes)
    run_cutflow(job.slices.cutflow(), skim(tiny, job), tiny.directory / "cutflow.json")
    content = read_json(tiny.directory / "cutflow.json")
    assert content["normalised"] is True
    by_data_set = {row["data_set"]: row["cuts"] for row in content["rows"]}
    assert list(by_data_set) == ["sig", "bkg"]
    for data_set, files, factor in (
        ("sig", SIGNAL, 10.0 * 1.5 / 3003.0),
        ("bkg", ("bkg_1.root",), 10.0 * 20.0 / 1503.0),
    ):
        cuts = by_data_set[data_set]
        assert [cut["cut"] for cut in cuts] == ["ntuple", "njets >= 2", "pt > 20000"]
        for cut, (raw, total, error) in zip(cuts, naive_cutflow(tiny, files), strict=True):
            assert cut["events"] == raw
            assert cut["sum"] == pytest.approx(factor * total, rel=1e-12)
            assert cut["error"] == pytest.approx(factor * error, rel=1e-12)


def test_a_cut_that_stands_twice_is_counted_once_per_row(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("regions", "preselection", "njets >= 2 && pt > 20e3 && njets >= 2")
    job = tiny.list()
    run_cutflow(job.slices.cutflow(), skim(tiny, job), tiny.directory / "cutflow.json")
    cuts = read_json(tiny.directory / "cutflow.json")["rows"][0]["cuts"]
    first, second = (cut["events"] for cut in cuts if cut["cut"] == "njets >= 2")
    assert first > second == naive_cutflow(tiny, SIGNAL)[2][0]


def test_cutflows_of_different_preselections_are_not_added(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    job = tiny.list(chunk_bytes=1)
    skims = skim(tiny, job)
    metadata = read_json(skims[1] / "metadata.json")
    metadata["data_sets"]["sig"]["cutflow"][1]["cut"] = "njets >= 1"
    write_json(skims[1] / "metadata.json", metadata)
    with pytest.raises(ProductError, match="'sig': its chunks were skimmed with different"):
        run_cutflow(job.slices.cutflow(), skims, tiny.directory / "cutflow.json")
