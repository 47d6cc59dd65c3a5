"""The plan of the demo: which files, of what size, in which chunk."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from n2mu.config.inputs import Inputs, data_sets
from n2mu.demo.generators import GENERATORS
from n2mu.demo.listing import planned_listing
from n2mu.demo.planned import identity, pack
from n2mu.demo.tth.plan import plan
from n2mu.errors import ConfigurationError

CONFIGURATION = Path(__file__).parents[2] / "config" / "tth"
SIZES = ("tiny", "small")


@pytest.mark.parametrize("size", SIZES)
def test_the_plan_holds_every_configured_data_set_where_its_files_are_looked_for(
    size: str,
) -> None:
    inputs = Inputs.model_validate(yaml.safe_load((CONFIGURATION / "inputs.yaml").read_text()))
    configured = {data_set.name: data_set for data_set in data_sets(inputs)}
    files = plan(size)
    assert {file.data_set for file in files} == set(configured)
    for file in files:
        assert fnmatch(file.path, configured[file.data_set].files)
        assert file.dsid == (configured[file.data_set].dsid or 0)
        assert sum(fnmatch(file.path, other.files) for other in configured.values()) == 1


@pytest.mark.parametrize("size", SIZES)
def test_every_file_has_its_own_path_seed_and_event_numbers(size: str) -> None:
    files = plan(size)
    assert len({file.path for file in files}) == len(files)
    assert len({file.seed for file in files}) == len(files)
    ranges: dict[str, int] = {}
    for file in files:
        assert (file.events > 0) == (file.group != "data")
        assert file.first_event == ranges.get(file.data_set, 1)
        ranges[file.data_set] = file.first_event + file.events


def test_some_data_sets_of_the_small_plan_have_several_files() -> None:
    files = Counter(file.data_set for file in plan("small"))
    assert files["ttH_346344.mc16a"] == 3
    assert files["ttZ_504342.mc16e"] == 3


def test_the_plan_is_the_same_each_time_it_is_asked_for() -> None:
    assert plan("small") == plan("small")


@pytest.mark.parametrize("analysis", GENERATORS)
def test_an_unknown_size_is_refused_with_the_sizes_that_exist(analysis: str) -> None:
    with pytest.raises(ConfigurationError, match="has no size 'tinny'; did you mean 'tiny'"):
        planned_listing(analysis, "tinny", "demo")


def test_an_analysis_without_a_generator_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(ConfigurationError, match="analysis 'ttth'; did you mean 'tth'"):
        planned_listing("ttth", "tiny", "demo")


@pytest.mark.parametrize("analysis", GENERATORS)
def test_every_size_of_a_generator_fills_its_chunks(analysis: str) -> None:
    generator = GENERATORS[analysis]
    for size, chunks in generator.chunks.items():
        listed = planned_listing(analysis, size, "demo").files
        assert len({file.chunk for file in listed}) == chunks
        assert sorted(file.path for file in listed) == sorted(f.path for f in generator.plan(size))
        assert len({file.content for file in listed}) == len(listed)


def test_the_identity_changes_with_the_code_and_with_everything_planned() -> None:
    file = plan("tiny")[0]
    known = {identity(file, "code"), identity(file, "other code")}
    known.add(identity(replace(file, events=file.events + 1), "code"))
    known.add(identity(replace(file, seed=file.seed + 1), "code"))
    known.add(identity(replace(file, path="elsewhere.root"), "code"))
    assert len(known) == 5
    assert identity(file, "code") == identity(replace(file), "code")


@pytest.mark.parametrize(("size", "chunks"), [("tiny", 2), ("small", 4)])
def test_chunks_share_all_files_and_weigh_about_the_same(size: str, chunks: int) -> None:
    files = plan(size)
    packed = pack(files, chunks)
    assert list(packed) == [f"c{index:04d}" for index in range(chunks)]
    assert sorted(file.path for chunk in packed.values() for file in chunk) == sorted(
        file.path for file in files
    )
    sizes = [sum(file.bytes for file in chunk) for chunk in packed.values()]
    assert max(sizes) < 1.1 * min(sizes)


@pytest.mark.parametrize("chunks", [0, 1000])
def test_chunks_that_no_file_could_fill_are_refused(chunks: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot fill"):
        pack(plan("tiny"), chunks)


def test_the_plan_imports_nothing_heavy() -> None:
    code = (
        "import sys; from n2mu.demo.generators import GENERATORS; "
        "[g.plan(size) for g in GENERATORS.values() for size in g.chunks]; "
        "print([m for m in ('numpy', 'uproot', 'awkward', 'pythia8mc') if m in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=CONFIGURATION.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("analysis", "config", "extras"),
    [("tth", "config/config.yaml", "[demo]"), ("hzgamma", "config/hzgamma.yaml", "[demo,pythia]")],
)
def test_make_demo_installs_and_runs_what_its_analysis_needs(
    analysis: str, config: str, extras: str
) -> None:
    # as if nothing were installed yet
    printed = make("--dry-run", "--always-make", "demo", f"ANALYSIS={analysis}").stdout
    assert f"snakemake --configfile {config} " in printed
    assert f"n2mu report --config {config}" in printed
    installed = [line for line in printed.splitlines() if "pip install" in line]
    assert any(f".{extras}" in line for line in installed)
    assert ("pythia" in printed) == (analysis == "hzgamma")


def test_make_demo_of_no_analysis_says_which_there_are() -> None:
    refused = make("demo", "ANALYSIS=hzgama")
    assert refused.returncode != 0
    assert "ANALYSIS=tth (the default) or ANALYSIS=hzgamma" in refused.stdout
