"""Events that stand more than once in a skim: found, refused, or kept and told."""

import awkward as ak
import numpy as np
import pytest
from helpers_skim import cutflow, skim
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.commands.job import fit_settings
from n2mu.errors import InputError, ProductError
from n2mu.plots.tables import cutflow_page
from n2mu.products import read_json
from n2mu.skim.duplicates import require_once, sampled, shared
from n2mu.skim.read import Skim
from n2mu.templates.stage import run_templates


@pytest.mark.parametrize("chunk_bytes", [1, 10**9])
def test_events_that_stand_twice_are_reported(tiny: TinyAnalysis, chunk_bytes: int) -> None:
    tiny.write_ntuples()
    # the same events under another identifier, as when a sample is copied with hadd
    trees = tiny_trees(1)
    trees["sumWeights"]["total"] += 1
    write_ntuple(tiny.ntuple("sig_3.root"), trees)
    job = tiny.list(chunk_bytes)
    skims = skim(tiny, job)
    events = Skim(skims).table("sig", "nominal", ["n2mu_event", "n2mu_run", "n2mu_file"])
    pairs = list(zip(events["n2mu_run"].tolist(), events["n2mu_event"].tolist(), strict=True))
    report = cutflow(tiny, job)["duplicates"]
    by_kind = {entry["kind"]: entry for entry in report}
    everywhere = by_kind.pop("all events, by sample")
    # the ntuples are smaller than a sample
    assert everywhere["events"] == 60
    assert everywhere["files"] == ["sig: sig_1.root", "sig: sig_3.root"]
    assert set(by_kind) == {"nominal", "training", "JES_up", "JES_down"}
    again = sorted(pair for pair in set(pairs) if pairs.count(pair) > 1)
    assert by_kind["nominal"]["data_sets"] == ["sig"]
    assert by_kind["nominal"]["events"] == len(pairs) - len(set(pairs))
    assert tuple(by_kind["nominal"]["first"].values()) == again[0]
    own = [read_json(path / "metadata.json")["data_sets"] for path in skims]
    found = [d["sig"]["duplicates"].get("nominal") for d in own if "sig" in d]
    assert bool(found[0]) == (chunk_bytes > 1)
    assert "Events that stand more than once" in cutflow_page(cutflow(tiny, job))
    shared_files = r"sig: sig_1\.root and sig: sig_3\.root share simulated events, 60 of a sample"
    first = (
        f"events of sig .nominal.: {by_kind['nominal']['events']} of {len(pairs)} events are rep"
    )
    with pytest.raises(ProductError, match=first):
        require_once(Skim(skims), job.slices.once())
    with pytest.raises(ProductError, match=first if chunk_bytes > 1 else shared_files):
        require_once(Skim(skims), job.slices.once(), exactly=False)
    tiny.change("inputs", "repeated_events", "keep")
    told = tiny.job().slices.once()
    kept = require_once(Skim(skims), told)
    assert len(kept) == 5
    assert kept[0].startswith(f"simulated events of sig (nominal): {by_kind['nominal']['events']} ")
    assert len(require_once(Skim(skims), told, exactly=False)) == (5 if chunk_bytes > 1 else 1)


def test_a_branch_that_is_no_event_number_is_named(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "event", "njets")
    job = tiny.list()
    message = (
        r"sig \(nominal\): \d+ events have only \d+ event numbers, .* is 'njets', named by 'event'"
    )
    with pytest.raises(ProductError, match=message):
        require_once(Skim(skim(tiny, job)), job.slices.once())


@pytest.mark.parametrize("chunk_bytes", [1, 10**9])
def test_a_file_that_is_there_twice_is_refused_even_if_none_of_its_events_is_kept(
    tiny: TinyAnalysis, chunk_bytes: int
) -> None:
    tiny.write_ntuples()
    trees = tiny_trees(1, 500)
    for tree in ("nominal", "JES_up", "JES_down"):
        trees[tree]["njets"][:] = 0
    write_ntuple(tiny.ntuple("sig_1.root"), trees)
    backwards = {name: values[::-1] for name, values in trees["nominal"].items()}
    write_ntuple(tiny.ntuple("sig_3.root"), trees | {"nominal": backwards})
    job = tiny.list(chunk_bytes)
    with pytest.raises(InputError, match=r"sig_3\.root and sig_1\.root of data set 'sig' hold the"):
        Skim(skim(tiny, job))
    # without event numbers nothing tells
    tiny.change("inputs", "event", ...)
    tiny.change("systematics", "systematics.jes", ...)
    Skim(skim(tiny, tiny.job()))


def test_files_that_share_events_share_some_of_their_samples() -> None:
    draw = np.random.default_rng(5)
    events = draw.permutation(2**40 + np.arange(100_000))
    run = np.full(len(events), 284500)
    parts = [slice(0, 30_000), slice(30_000, 60_000), slice(60_000, 100_000)]
    alone = {f"part {i}": sampled(run[p], events[p]) for i, p in enumerate(parts)}
    assert shared(alone) is None
    for i, p in enumerate(parts):
        shuffled = draw.permutation(events[p])
        assert sampled(run[p], shuffled) == alone[f"part {i}"]
        found = shared(alone | {"copy": sampled(run[p], shuffled)})
        assert found is not None
        assert (found["events"], found["files"]) == (64, [f"part {i}", "copy"])
    # taken in steps, as a tree is read
    known: list[tuple[int, int]] = []
    for step in np.array_split(events, 7):
        known = sampled(run[: len(step)], step, known)
    assert known == sampled(run, events)
    # all parts together hold each of them
    found = shared(alone | {"merged": known})
    assert found is not None
    assert found["events"] == 64
    other = {"later run": sampled(run + 1, events)}
    assert shared(alone | other) is None


def test_repeated_events_that_are_kept_are_told_to_the_fit(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    once = tiny_trees(1)
    twice = {
        name: (np.concatenate if isinstance(values, np.ndarray) else ak.concatenate)([values] * 2)
        for name, values in once["nominal"].items()
    }
    write_ntuple(tiny.ntuple("sig_1.root"), once | {"nominal": twice})
    for region in ("SR", "CR"):
        tiny.change("regions", f"regions.{region}.observable", "pt")
        tiny.change("regions", f"regions.{region}.binning", {"quantiles": 1})
    job = tiny.list()
    skims = skim(tiny, job)
    output = job.paths.fit("score", "templates.root")
    report = job.paths.fit("score", "templates_report.json")
    with pytest.raises(ProductError, match=r"sig \(nominal\): .* events are repeated"):
        run_templates(job.slices.templates("score"), skims, [], output, output, report)
    tiny.change("inputs", "repeated_events", "keep")
    job = tiny.job()
    run_templates(job.slices.templates("score"), skims, [], output, output, report)
    settings, _ = fit_settings("score", str(tiny.config), None)
    assert settings.repeated_events is not None
    assert "sig (nominal)" in settings.repeated_events[0]
