"""A skim that is killed, shared among processes, given damaged files or bad sums of weights."""

import multiprocessing
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot
from helpers_skim import cutflow
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.commands.job import Job
from n2mu.errors import ConfigurationError, InputError, ProductError
from n2mu.plots.tables import cutflow_page
from n2mu.products import read_json
from n2mu.skim import tree as skim_tree
from n2mu.skim.read import Skim
from n2mu.skim.stage import run_skim
from n2mu.skim.tree import packed
from n2mu.skim.usable import require_usable

SIGNAL = ("sig_1.root", "sig_2.root")


def content(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def skim(job: Job, workers: int = 1) -> list[Path]:
    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk), workers)
    return job.skims


def test_killed_at_random_moments_a_rerun_gives_the_same_content(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    job = tiny.list()
    started = time.perf_counter()
    (product,) = skim(job)
    seconds = time.perf_counter() - started
    expected = content(product)
    shutil.rmtree(product)
    draw = random.Random(1)
    context = multiprocessing.get_context("fork")
    killed = 0
    for _ in range(20):
        process = context.Process(target=skim, args=(job,))
        process.start()
        time.sleep(draw.uniform(0, 1.2 * seconds))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        # the product of a run that was faster than the signal, or none
        assert not product.exists() or content(product) == expected
        if draw.random() < 0.5:
            shutil.rmtree(product, ignore_errors=True)
    assert killed >= 5
    skim(job)
    assert content(product) == expected


def test_the_processes_of_a_killed_job_end(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    job = tiny.list()
    code = (
        "import os, sys, time\n"
        "from n2mu.inputs.workers import in_order\n"
        "if __name__ == '__main__':\n"
        "    results = in_order(time.sleep, [0, 60], 2)\n"
        "    next(results)()\n"
        "    print('running', flush=True)\n"
        "    next(results)()\n"
    )
    script = tiny.directory / "sleeps.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"running\n"
        mine = descendants(process.pid)
        assert len(mine) >= 2
        process.kill()
    deadline = time.monotonic() + 20
    while any(map(alive, mine)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, mine))
    assert job.slices.chunks == ["c0000"]


def descendants(process: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *descendants(child)]
    return found


def alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_content_does_not_depend_on_the_number_of_workers(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    job = tiny.list()
    (product,) = skim(job)
    expected = content(product)
    skim(job, workers=3)
    assert content(product) == expected


def test_the_content_does_not_depend_on_the_memory_that_is_used(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_ntuples()
    job = tiny.list()
    (product,) = skim(job)
    expected = content(product)
    monkeypatch.setattr(skim_tree, "BATCH_BYTES", 1)
    skim(job)
    assert content(product) == expected


def test_ranges_are_joined_up_to_a_limit_and_long_ones_are_cut() -> None:
    assert packed(np.array([0, 10, 20, 30]), 20) == [(0, 20), (20, 30)]
    assert packed(np.array([0, 10, 20, 30]), 100) == [(0, 30)]
    assert packed(np.array([0, 5, 30, 33]), 10) == [(0, 5), (5, 13), (13, 21), (21, 30), (30, 33)]
    assert packed(np.array([0]), 10) == []
    assert packed(np.array([0, 7]), 1) == [(i, i + 1) for i in range(7)]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def without_a_tree(path: Path) -> None:
    trees = tiny_trees(2)
    del trees["JES_up"]
    write_ntuple(path, trees)


def hole_in_a_branch(path: Path) -> None:
    with uproot.open(path) as file:
        branch = file["JES_down"]["pt"]
        seek, size = int(branch.member("fBasketSeek")[0]), int(branch.member("fBasketBytes")[0])
    raw = bytearray(path.read_bytes())
    raw[seek : seek + size] = bytes(size)
    path.write_bytes(raw)


@pytest.mark.parametrize("chunk_bytes", [1, 10**9])
@pytest.mark.parametrize(
    ("damage", "of"),
    [
        (cut, "bytes"),
        (empty, "bytes"),
        (without_a_tree, "sum of weights"),
        (hole_in_a_branch, "sum of weights"),
    ],
)
def test_a_skipped_file_leaves_with_its_sum_of_weights_and_is_listed(
    tiny: TinyAnalysis, damage: Any, of: str, chunk_bytes: int
) -> None:
    tiny.write_ntuples()
    damage(tiny.ntuple("sig_2.root"))
    tiny.change("inputs", "damaged_files", "skip")
    job = tiny.list(chunk_bytes)
    skims = skim(job)
    source = Skim(skims)
    assert source.sum_of_weights("sig") == 1501.0
    assert source.sum_of_weights("sig", "scale_up") == pytest.approx(1.1 * 1501.0)
    table = source.table("sig", "nominal", ["n2mu_file", "n2mu_entry"])
    assert set(table["n2mu_file"]) == {0}
    alone = TinyAnalysis(tiny.directory / "alone")
    write_ntuple(alone.ntuple("sig_1.root"), tiny_trees(1))
    report = cutflow(tiny, job)
    (skipped,) = report["skipped"]
    assert (skipped["data_set"], skipped["file"], skipped["of"]) == ("sig", "sig_2.root", of)
    sizes = [tiny.ntuple(name).stat().st_size for name in SIGNAL]
    share = 1502 / 3003 if of == "sum of weights" else sizes[1] / sum(sizes)
    assert skipped["share"] == pytest.approx(share)
    page = cutflow_page(report)
    assert f"{100 * share:.2f} % of {of}" in page
    assert "sig_2.root" in page
    tiny.change("inputs", "damaged_files", "stop")
    with pytest.raises(InputError, match=r"sig_2\.root: "):
        skim(tiny.job())


def test_a_data_set_whose_files_are_all_skipped_cannot_be_normalised(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    for name in SIGNAL:
        cut(tiny.ntuple(name))
    tiny.change("inputs", "damaged_files", "skip")
    source = Skim(skim(tiny.list()))
    with pytest.raises(ProductError, match="'sig': all its files were skipped as damaged"):
        source.sum_of_weights("sig")


def test_a_missing_file_is_an_error_all_the_same(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "damaged_files", "skip")
    job = tiny.list()
    tiny.ntuple("sig_2.root").unlink()
    with pytest.raises(InputError, match="no such ntuple"):
        skim(job)


def test_sums_of_weights_from_a_branch_of_the_events_and_from_a_histogram(
    tiny: TinyAnalysis,
) -> None:
    tiny.write_ntuples()
    expected: dict[str, float] = {}
    for name in SIGNAL:
        with uproot.open(tiny.ntuple(name)) as file:
            for branch in ("weight_mc", "x"):
                values = file["nominal"][branch].array(library="np").astype(np.float64)
                expected[branch] = expected.get(branch, 0.0) + values.sum()
    edges = np.arange(4.0)
    for name in (*SIGNAL, "bkg_1.root"):
        with uproot.update(tiny.ntuple(name)) as file:
            file["cutbook/nominal"] = (np.array([60.0, 1000.5, 2.0]), edges)
            file["cutbook/varied"] = (np.array([60.0, 1100.5, 2.0]), edges)
    tiny.change("systematics", "systematics.scale.sum_up", "x")
    tiny.change("inputs", "sum_of_weights", {"branch": "weight_mc"})
    for chunk_bytes in (1, 10**9):
        source = Skim(skim(tiny.list(chunk_bytes)))
        assert source.sum_of_weights("sig") == pytest.approx(expected["weight_mc"], rel=1e-12)
        found = read_json(source.paths[0] / "metadata.json")["data_sets"]
        (tiny.directory / "listing.json").unlink()
    sums = [file["sums"]["scale_up"] for file in found["sig"]["files"]]
    assert sum(sums) == pytest.approx(expected["x"], rel=1e-12)
    tiny.change("systematics", "systematics.scale.sum_up", "cutbook/varied")
    tiny.change("inputs", "sum_of_weights", {"histogram": "cutbook/nominal", "bin": 2})
    source = Skim(skim(tiny.list()))
    assert source.sum_of_weights("sig") == 2001.0
    assert source.sum_of_weights("sig", "scale_up") == 2201.0


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"histogram": "cutbook/nomnal", "bin": 1}, "no histogram 'cutbook/nomnal'; did you mean"),
        ({"histogram": "cutbook/nominal", "bin": 4}, "has 3 bins, asked is 4"),
        ({"histogram": "cutbook/nominal", "bin": "all"}, "has no bin 'all'; none exists"),
        ({"branch": "weight_mcc"}, "has no branch 'weight_mcc'; did you mean 'weight_mc'"),
    ],
)
def test_a_sum_of_weights_that_is_not_there_is_named(
    tiny: TinyAnalysis, source: dict[str, Any], message: str
) -> None:
    tiny.write_ntuples()
    tiny.change("systematics", "systematics.scale.sum_up", ...)
    for name in (*SIGNAL, "bkg_1.root"):
        with uproot.update(tiny.ntuple(name)) as file:
            file["cutbook/nominal"] = (np.ones(3), np.arange(4.0))
    tiny.change("inputs", "sum_of_weights", source)
    with pytest.raises(InputError) as caught:
        skim(tiny.list())
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"tree": "t"},
        {"histogram": "h"},
        {"bin": 1, "branch": "b"},
        {"entries": True, "branch": "b"},
        {"histogram": "h", "bin": 0},
    ],
)
def test_half_a_source_of_the_sum_of_weights_is_refused(
    tiny: TinyAnalysis, source: dict[str, Any]
) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "sum_of_weights", source)
    with pytest.raises(ConfigurationError, match="sum_of_weights"):
        tiny.list()


def test_skims_are_refused_together_if_nothing_passes_or_nothing_can_be_normalised(
    tiny: TinyAnalysis,
) -> None:
    tiny.write_ntuples()
    job = tiny.list()
    require_usable(Skim(skim(job)))
    trees = tiny_trees(3)
    for total, message in (
        (-1.0, r"sum of weights \(nominal\) is -2\.0, expected > 0"),
        (1.0, "'bkg': all events of its ntuples weigh .* more than the sum of weights .* 2;"),
    ):
        trees["sumWeights"]["total"][:] = total
        write_ntuple(tiny.ntuple("bkg_1.root"), trees)
        job = tiny.list()
        with pytest.raises(ProductError, match=message):
            require_usable(Skim(skim(job)))
    tiny.write_ntuples()
    cut = "njets >= 2 && pt > 20e6"
    for key in ("preselection", "regions.SR.selection", "regions.CR.selection"):
        tiny.change("regions", key, cut if key == "preselection" else f"{cut} && njets >= 4")
    job = tiny.list()
    left = r"'pt > 20000000' leaves none of the \d+ that are left before it, of 180 in the ntuples"
    with pytest.raises(ProductError, match=f"no event of simulation passes the presel.*: {left}"):
        require_usable(Skim(skim(job)))
