"""The skim against a naive computation, column by column."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from helpers_skim import (
    SIGNAL,
    branches,
    expected,
    for_training,
    preselected,
    require_equal,
    skim,
    table,
    weight_of,
)
from tests.conftest import TinyAnalysis, events, tiny_trees, write_ntuple

from n2mu.errors import ExpressionError, InputError, ProductError
from n2mu.expressions import parse
from n2mu.products import read_json
from n2mu.skim import tree as skim_tree
from n2mu.skim.read import Skim


@pytest.fixture
def skimmed(tiny: TinyAnalysis) -> tuple[TinyAnalysis, list[Path]]:
    """The tiny analysis with its skim."""
    tiny.write_ntuples()
    return tiny, skim(tiny)


TABLES = [
    ("nominal", "nominal", preselected),
    ("training", "nominal", for_training),
    ("JES_up", "JES_up", preselected),
    ("JES_down", "JES_down", preselected),
]


@pytest.mark.parametrize("step", [250_000, 7, 1])
def test_every_table_holds_what_a_naive_selection_gives(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(skim_tree, "STEP", step)
    tiny.write_ntuples()
    skims = skim(tiny)
    for data_set, files in (("sig", SIGNAL), ("bkg", ("bkg_1.root",))):
        for kind, tree, mask in TABLES:
            wanted = expected(tiny, files, tree, mask, kind)
            assert len(wanted["n2mu_entry"]) > 10
            require_equal(table(skims, data_set, kind), wanted)


def test_chunks_add_up_to_the_whole(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    skims = skim(tiny, tiny.list(chunk_bytes=1))
    assert len(skims) == 3
    assert Skim(skims).chunks("sig") == skims[:2]
    wanted = expected(tiny, SIGNAL, "nominal", preselected, "nominal")
    # each chunk counts its own files
    wanted["n2mu_file"] = np.zeros(len(wanted["n2mu_file"]), np.int32)
    require_equal(table(skims, "sig", "nominal"), wanted)


def test_a_rerun_gives_the_same_content(skimmed: tuple[TinyAnalysis, list[Path]]) -> None:
    tiny, (first,) = skimmed
    before = {p.relative_to(first): p.read_bytes() for p in first.rglob("*") if p.is_file()}
    (again,) = skim(tiny, tiny.job())
    after = {p.relative_to(again): p.read_bytes() for p in again.rglob("*") if p.is_file()}
    assert after == before


def test_a_table_with_no_event_is_not_written_and_reads_as_none(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("regions", "preselection", "njets >= 2 && pt > 20e3 && njets < 0")
    for region in ("SR", "CR"):
        tiny.change(
            "regions", f"regions.{region}.selection", "njets >= 2 && pt > 20e3 && njets < 0"
        )
    skims = skim(tiny)
    assert sorted(p.name for p in (skims[0] / "sig").iterdir()) == [
        "columns.parquet",
        "training.parquet",
    ]
    wanted = expected(tiny, SIGNAL, "nominal", lambda c: c["njets"] < 0, "nominal")
    source = Skim(skims)
    for kind in ("nominal", "JES_up"):
        found = source.table("sig", kind, list(wanted))
        require_equal(found, wanted)
    with pytest.raises(ProductError, match="no column 'jets_ptt'; did you mean 'jets_pt'"):
        source.table("sig", "nominal", ["jets_ptt"])


def test_an_ntuple_without_entries_is_fine(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    none = {name: values[:0] for name, values in events(1).items()}
    empty = {**tiny_trees(1), "nominal": none}
    write_ntuple(tiny.ntuple("sig_1.root"), empty)
    skims = skim(tiny)
    wanted = expected(tiny, SIGNAL, "nominal", preselected, "nominal")
    assert set(wanted["n2mu_file"]) == {1}
    require_equal(table(skims, "sig", "nominal"), wanted)
    assert Skim(skims).sum_of_weights("sig") == 1501.0 + 1502.0


def test_without_event_number_the_entry_stands_for_it(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "event", ...)
    tiny.change("inputs", "run", ...)
    tiny.change("systematics", "systematics.jes", ...)
    found = table(skim(tiny), "sig", "nominal")
    assert np.array_equal(found["n2mu_event"], found["n2mu_entry"])
    assert found["n2mu_event"].dtype == np.int64
    assert not found["n2mu_run"].any()


def test_metadata_say_what_the_skim_was_made_of(
    skimmed: tuple[TinyAnalysis, list[Path]],
) -> None:
    tiny, (path,) = skimmed
    metadata = read_json(path / "metadata.json")
    settings = tiny.job().slices.skim("c0000")
    assert metadata["settings"] == json.loads(settings.model_dump_json())
    signal = metadata["data_sets"]["sig"]
    assert [file["path"] for file in signal["files"]] == list(SIGNAL)
    assert signal["files"][0]["entries"] == {"nominal": 60, "JES_up": 65, "JES_down": 53}
    for kind, rows in signal["rows"].items():
        assert pq.read_metadata(path / "sig" / f"{kind}.parquet").num_rows == rows


@pytest.mark.parametrize("kind", ["nominal", "training", "JES_up"])
def test_a_skim_without_one_of_its_tables_is_refused(
    skimmed: tuple[TinyAnalysis, list[Path]], kind: str
) -> None:
    _, (path,) = skimmed
    (path / "sig" / f"{kind}.parquet").unlink()
    with pytest.raises(ProductError, match=rf"sig/{kind}\.parquet: is missing, \d+ events were"):
        Skim([path])


def test_a_file_in_two_chunks_is_not_counted_twice(
    skimmed: tuple[TinyAnalysis, list[Path]], tmp_path: Path
) -> None:
    _, (path,) = skimmed
    with pytest.raises(ProductError, match=r"file bkg_1\.root of bkg is in .* as well; its events"):
        Skim([path, path.parent / ".." / "skim" / "c0000"])


def test_files_of_different_types_are_not_mixed(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    trees = tiny_trees(2)
    trees["nominal"]["pt"] = trees["nominal"]["pt"].astype(np.float64)
    write_ntuple(tiny.ntuple("sig_2.root"), trees)
    message = (
        r"sig_2\.root: tree 'nominal': branch 'pt' holds double, in files before it float; "
        "the files of one data set must be alike"
    )
    with pytest.raises(InputError, match=message):
        skim(tiny)
    job = tiny.job()
    (tiny.directory / "listing.json").unlink()
    job = tiny.list(chunk_bytes=1)
    skims = skim(tiny, job)
    with pytest.raises(
        ProductError, match=r"c0001/sig/nominal.*column 'pt' holds double, in .*c0000"
    ):
        Skim(skims).table("sig", "nominal", ["pt"])


def test_the_number_of_the_entry_is_known_to_all_stages(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    even = "Entry$ % 2 == 0"
    tiny.change("regions", "preselection", f"njets >= 2 && pt > 20e3 && {even}")
    for region in ("SR", "CR"):
        selection = tiny.parts["regions"]["regions"][region]["selection"]
        tiny.change("regions", f"regions.{region}.selection", f"{selection} && {even}")
    tiny.change("inputs", "weight.half", "Entry$ < 30 ? 0.5 : 2")
    tiny.change("systematics", "systematics.pileup.up", "weight_pileup + Entry$")
    tiny.change("features", "features.half", {"expression": "Entry$ / 2"})
    job = tiny.list()
    assert "n2mu_entry" not in job.slices.skim("c0000").data_sets[0].columns
    for kind in ("nominal", "JES_up"):
        columns = table(skim(tiny, job), "sig", kind)
        first = columns["n2mu_file"] == 0
        entries = columns["n2mu_entry"][first]
        (whole,) = branches(tiny, SIGNAL[:1], kind)
        kept = preselected(whole) & (np.arange(len(whole["pt"])) % 2 == 0)
        assert entries.tolist() == np.flatnonzero(kept).tolist()
        weights = (weight_of(whole) * np.where(np.arange(len(kept)) < 30, 0.5, 2))[kept]
        assert columns["n2mu_weight"][first] == pytest.approx(weights, rel=1e-14)
    # and to those that read the skim
    quarter = parse("Entry$ % 4 == 0")
    columns = Skim(job.skims).table("sig", "nominal", quarter.names)
    selected = quarter.select(columns, len(columns["n2mu_entry"]))
    assert selected.tolist() == (columns["n2mu_entry"] % 4 == 0).tolist()


def test_a_branch_that_is_missing_in_one_file_is_named_with_its_use(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    trees = tiny_trees(2)
    trees["JES_down"]["weight_pile_up"] = trees["JES_down"].pop("weight_pileup")
    write_ntuple(tiny.ntuple("sig_2.root"), trees)
    message = (
        r"sig_2\.root: tree 'JES_down' has no branch 'weight_pileup' \(needed by weight factor "
        r"'pileup'\); did you mean 'weight_pile_up'"
    )
    with pytest.raises(InputError, match=message):
        skim(tiny)


def test_an_expression_that_cannot_be_evaluated_names_file_and_tree(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "weight.jets", "jets_pt / 1e3")
    message = (
        r"bkg_1\.root: tree 'nominal': cannot evaluate 'jets_pt / 1e3': branch 'jets_pt' holds"
    )
    with pytest.raises(ExpressionError, match=message) as caught:
        skim(tiny)
    assert caught.value.excerpt.splitlines()[1].strip() == "^"
    assert not (tiny.directory / "results").exists() or not tiny.job().skims[0].exists()
