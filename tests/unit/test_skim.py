"""The skim against a naive computation, column by column."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot
from tests.conftest import Columns, TinyAnalysis, events, tiny_trees, write_ntuple

from n2mu.commands.job import Job
from n2mu.errors import ExpressionError, InputError, ProductError
from n2mu.expressions import parse
from n2mu.products import read_json, write_json
from n2mu.skim import tree as skim_tree
from n2mu.skim.cutflow import run_cutflow
from n2mu.skim.read import Skim
from n2mu.skim.stage import run_skim

SIGNAL = ("sig_1.root", "sig_2.root")
KEPT = ["charge", "jets_pt", "njets", "pt", "tight", "x"]


def skim(tiny: TinyAnalysis, job: Job | None = None) -> list[Path]:
    """Skim all chunks and return their directories."""
    job = job if job is not None else tiny.list()
    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk))
    return job.skims


@pytest.fixture
def skimmed(tiny: TinyAnalysis) -> tuple[TinyAnalysis, list[Path]]:
    """The tiny analysis with its skim."""
    tiny.write_ntuples()
    return tiny, skim(tiny)


def branches(tiny: TinyAnalysis, files: tuple[str, ...], tree: str) -> Iterator[Columns]:
    """Yield, file by file, all branches as uproot gives them."""
    for name in files:
        with uproot.open(tiny.ntuple(name)) as file:
            arrays = file[tree].arrays(library="ak", how=dict)
            yield {k: ak.to_numpy(v) if v.ndim == 1 else v for k, v in arrays.items()}


def preselected(columns: Columns) -> Any:
    return (columns["njets"] >= 2) & (columns["pt"].astype(np.float64) > 20e3)


def for_training(columns: Columns) -> Any:
    return ~preselected(columns) & (columns["njets"] >= 1)


def weight_of(columns: Columns) -> Any:
    return columns["weight_mc"].astype(np.float64) * columns["weight_pileup"].astype(np.float64)


def expected(
    tiny: TinyAnalysis, files: tuple[str, ...], tree: str, mask: Any, kind: str
) -> Columns:
    """Return the columns of a table, computed without a skim."""
    parts = []
    for index, columns in enumerate(branches(tiny, files, tree)):
        entry = np.flatnonzero(mask(columns))
        part = {
            "n2mu_file": np.full(len(entry), index, np.int32),
            "n2mu_entry": entry,
            "n2mu_run": columns["run"][entry].astype(np.int64),
            "n2mu_event": columns["event"][entry].astype(np.int64),
            "n2mu_weight": weight_of(columns)[entry],
        }
        if kind == "nominal":
            generator = columns["weight_mc"].astype(np.float64)[entry]
            pileup = columns["weight_pileup"].astype(np.float64)[entry]
            part["n2mu_weight_pileup_up"] = generator * columns["weight_pileup_up"][entry]
            part["n2mu_weight_pileup_down"] = generator * columns["weight_pileup_down"][entry]
            if files == SIGNAL:
                part["n2mu_weight_scale_up"] = 1.25 * generator * pileup
        parts.append(part | {name: columns[name][entry] for name in KEPT})
    return {name: ak.concatenate([part[name] for part in parts]) for name in parts[0]}


def require_equal(found: Columns, wanted: Columns) -> None:
    assert list(found) == list(wanted)
    for name, values in wanted.items():
        if isinstance(found[name], np.ndarray):
            wanted_values = ak.to_numpy(values)
            assert found[name].dtype == wanted_values.dtype, name
            assert np.array_equal(found[name], wanted_values), name
        else:
            assert found[name].type == values.type, name
            assert ak.array_equal(found[name], values), name


def table(skims: list[Path], data_set: str, kind: str) -> Columns:
    schema = pq.read_schema(skims[0] / data_set / f"{kind}.parquet")
    return Skim(skims).table(data_set, kind, schema.names)


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


def test_the_weight_is_the_product_of_all_factors(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "weight.k_factor", 1.25)
    tiny.change("inputs", "weight.jets", "njets == 3 ? 0.5 : Sum$(jets_pt > 20e3)")
    tiny.change("systematics", "systematics.pileup.up", "weight_pileup + 10")
    found = table(skim(tiny), "sig", "nominal")
    hard = np.array([np.sum(np.asarray(event) > 20e3) for event in found["jets_pt"]])
    jets = np.where(found["njets"] == 3, 0.5, hard)
    (columns,) = branches(tiny, ("sig_1.root",), "nominal")
    first = found["n2mu_file"] == 0
    rows = found["n2mu_entry"][first]
    generator = columns["weight_mc"].astype(np.float64)[rows]
    pileup = columns["weight_pileup"].astype(np.float64)[rows]
    rest = 1.25 * jets[first]
    assert found["n2mu_weight"][first] == pytest.approx(generator * pileup * rest, rel=1e-14)
    varied = found["n2mu_weight_pileup_up"][first]
    assert varied == pytest.approx(generator * (pileup + 10) * rest, rel=1e-14)
    assert (found["n2mu_weight"] < 0).any()


@pytest.mark.parametrize("chunk_bytes", [1, 10**9])
def test_sums_of_weights_come_from_the_metadata_of_all_files(
    tiny: TinyAnalysis, chunk_bytes: int
) -> None:
    tiny.write_ntuples()
    source = Skim(skim(tiny, tiny.list(chunk_bytes)))
    # two metadata entries per file: 1000 + seed and 500
    assert source.sum_of_weights("sig") == 1501.0 + 1502.0
    assert source.sum_of_weights("bkg") == 1503.0
    assert source.sum_of_weights("sig", "scale_up") == pytest.approx(1.1 * 3003.0, rel=1e-14)
    # without an own sum the nominal one normalises the variation
    assert source.sum_of_weights("sig", "pileup_up") == 3003.0
    assert source.sum_of_weights("bkg", "scale_up") == 1503.0
    with pytest.raises(ProductError, match="no skim of data set 'sgi'; did you mean 'sig'"):
        source.sum_of_weights("sgi")


def test_entries_can_stand_for_the_sum_of_weights(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "sum_of_weights", {"entries": True})
    tiny.change("inputs", "weight", {})
    for name in ("pileup", "scale"):
        tiny.change("systematics", f"systematics.{name}", ...)
    skims = skim(tiny)
    assert Skim(skims).sum_of_weights("sig") == 120
    assert (table(skims, "sig", "nominal")["n2mu_weight"] == 1).all()


def test_a_sum_of_weights_that_cannot_normalise_is_refused(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    for seed, name in enumerate(SIGNAL):
        sums = {"total": np.array([-1.0]), "total_scale": np.array([1.0])}
        write_ntuple(tiny.ntuple(name), {**tiny_trees(seed), "sumWeights": sums})
    source = Skim(skim(tiny))
    with pytest.raises(ProductError, match=r"'sig': sum of weights \(nominal\) is -2\.0, expected"):
        source.sum_of_weights("sig")


def test_a_sum_that_only_some_chunks_have_is_refused(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    skims = skim(tiny, tiny.list(chunk_bytes=1))
    metadata = read_json(skims[1] / "metadata.json")
    del metadata["data_sets"]["sig"]["files"][0]["sums"]["scale_up"]
    write_json(skims[1] / "metadata.json", metadata)
    with pytest.raises(ProductError, match="skimmed without the sum of weights of 'scale_up'"):
        Skim(skims).sum_of_weights("sig", "scale_up")


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


def test_weights_that_are_normalised_already_are_divided_by_nothing(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    del tiny.parts["systematics"]["systematics"]["scale"]["sum_up"]
    tiny.change("inputs", "sum_of_weights", {"normalised": True})
    directories = skim(tiny)
    assert Skim(directories).sum_of_weights("sig") == 1.0
    files = read_json(directories[0] / "metadata.json")["data_sets"]["sig"]["files"]
    assert [file["sums"] for file in files] == [{}, {}]


def test_an_input_may_have_its_own_expression_for_a_weight_factor(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "inputs.bkg.weight", {"pileup": "0.5 * njets"})
    tiny.change("systematics", "systematics.pileup.samples", ["background"])
    directories = skim(tiny)
    found = Skim(directories)
    names = ["n2mu_weight", "n2mu_weight_pileup_up", "njets"]
    (columns,) = branches(tiny, ("bkg_1.root",), "nominal")
    mask = preselected(columns)
    generator = columns["weight_mc"][mask].astype(np.float64)
    table = found.table("bkg", "nominal", names)
    np.testing.assert_array_equal(table["n2mu_weight"], generator * (0.5 * columns["njets"][mask]))
    varied = generator * columns["weight_pileup_up"][mask]
    np.testing.assert_array_equal(table["n2mu_weight_pileup_up"], varied)
    other = expected(tiny, SIGNAL, "nominal", preselected, "nominal")
    np.testing.assert_array_equal(
        found.table("sig", "nominal", ["n2mu_weight"])["n2mu_weight"], other["n2mu_weight"]
    )
