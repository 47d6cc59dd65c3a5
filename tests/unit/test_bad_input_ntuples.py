"""Bad ntuples: one clear line that names the file, exit code 1, and nothing that looks finished."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import uproot
from tests.conftest import TinyAnalysis, events, tiny_trees, write_ntuple

from n2mu.commands.app import main
from n2mu.errors import InputError
from n2mu.inputs.ntuple import open_ntuple, read_entries, tree
from n2mu.products import read_json, write_json

Damage = Callable[[TinyAnalysis], None]


def rewrite(tiny: TinyAnalysis, **changes: object) -> None:
    """Write ``sig_2.root`` anew, with branches of its nominal tree changed or removed."""
    trees = tiny_trees(2)
    for name, values in changes.items():
        if values is None:
            del trees["nominal"][name]
        else:
            trees["nominal"][name] = values
    write_ntuple(tiny.ntuple("sig_2.root"), trees)


def cut_in_half(tiny: TinyAnalysis) -> None:
    path = tiny.ntuple("sig_2.root")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(tiny: TinyAnalysis) -> None:
    tiny.ntuple("sig_2.root").write_bytes(b"")


def no_root_file(tiny: TinyAnalysis) -> None:
    tiny.ntuple("sig_2.root").write_text("a web page instead of a file\n" * 1000)


def fill_baskets(path: Path, branch: str, byte: int) -> None:
    """Overwrite the content of a branch, as transfers that fail do, and leave all else."""
    with uproot.open(path) as file:
        found = file["nominal"][branch]
        places = zip(found.member("fBasketSeek"), found.member("fBasketBytes"), strict=False)
        baskets = [(int(seek), int(size)) for seek, size in places if size]
    content = bytearray(path.read_bytes())
    for seek, size in baskets:
        content[seek : seek + size] = bytes([byte]) * size
    path.write_bytes(content)


def hole(tiny: TinyAnalysis) -> None:
    fill_baskets(tiny.ntuple("sig_2.root"), "weight_mc", 0)


def weight_is_nan(tiny: TinyAnalysis) -> None:
    weight = np.ones(60, np.float32)
    weight[[17, 40]] = np.nan
    rewrite(tiny, weight_pileup=weight)


def varied_weight_is_infinite(tiny: TinyAnalysis) -> None:
    rewrite(tiny, weight_pileup_up=np.full(60, np.inf))


def replaced(tiny: TinyAnalysis) -> None:
    tiny.list()
    write_ntuple(tiny.ntuple("sig_2.root"), tiny_trees(9))


def gone(tiny: TinyAnalysis) -> None:
    tiny.list()
    tiny.ntuple("sig_2.root").unlink()


def other_entries(tiny: TinyAnalysis) -> None:
    tiny.list()
    content = read_json(tiny.directory / "listing.json")
    content["files"][2]["entries"]["JES_up"] = 64
    write_json(tiny.directory / "listing.json", content)


def listed_twice(tiny: TinyAnalysis) -> None:
    tiny.list()
    content = read_json(tiny.directory / "listing.json")
    content["files"].append({**content["files"][2], "chunk": "c0001"})
    write_json(tiny.directory / "listing.json", content)


def missing_tree(tiny: TinyAnalysis) -> None:
    tiny.change("systematics", "systematics.jes.up", "JES_upp")


def missing_branch(tiny: TinyAnalysis) -> None:
    tiny.change("features", "features.ptt", {})


def missing_metadata(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "sum_of_weights.branch", "totals")


def empty_metadata(tiny: TinyAnalysis) -> None:
    sums = {"total": np.empty(0), "total_scale": np.empty(0)}
    write_ntuple(tiny.ntuple("sig_2.root"), {**tiny_trees(2), "sumWeights": sums})


def nan_in_metadata(tiny: TinyAnalysis) -> None:
    sums = {"total": np.ones(1), "total_scale": np.array([np.nan])}
    write_ntuple(tiny.ntuple("sig_2.root"), {**tiny_trees(2), "sumWeights": sums})


def list_in_metadata(tiny: TinyAnalysis) -> None:
    sums = {"total": np.ones(3), "total_scale": events(1)["jets_pt"][:3]}
    write_ntuple(tiny.ntuple("sig_2.root"), {**tiny_trees(2), "sumWeights": sums})


def fractional_event_number(tiny: TinyAnalysis) -> None:
    rewrite(tiny, event=np.linspace(0, 1, 60))


def huge_event_number(tiny: TinyAnalysis) -> None:
    rewrite(tiny, event=np.full(60, 2**64 - 1, np.uint64))


def list_as_run_number(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "run", "jets_pt")


def bad_expression(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "weight.tau", "weight_tau *")


CASES: list[tuple[Damage, str]] = [
    (gone, "sig_2.root: no such ntuple; check 'ntuples' in the main configuration"),
    (cut_in_half, "sig_2.root: cannot be read, it is truncated, damaged or no ROOT file ("),
    (empty, "sig_2.root: cannot be read, it is truncated, damaged or no ROOT file ("),
    (no_root_file, "sig_2.root: cannot be read, it is truncated, damaged or no ROOT file ("),
    (hole, "sig_2.root: cannot be read, it is truncated, damaged or no ROOT file ("),
    (missing_tree, "bkg_1.root: no tree 'JES_upp'; did you mean 'JES_up'?"),
    (
        missing_branch,
        "bkg_1.root: tree 'nominal' has no branch 'ptt' (needed by a region, sample, feature or "
        "observable); did you mean 'pt'?",
    ),
    (missing_metadata, "tree 'sumWeights' has no branch 'totals'; did you mean 'total'?"),
    (empty_metadata, "sig_2.root: the metadata tree 'sumWeights' is empty, expected the sums"),
    (nan_in_metadata, "sig_2.root: 'sumWeights.total_scale' adds up to nan; mend the metadata"),
    (list_in_metadata, "'sumWeights.total_scale' holds 3 * var * float32, expected one number"),
    (
        bad_expression,
        "config/tiny/inputs.yaml: weight.tau: cannot parse 'weight_tau *' at character 13: "
        "expected a value, found the end",
    ),
    (
        weight_is_nan,
        "sig_2.root: tree 'nominal': weight factor 'pileup' is nan in entry 17 (2 such entries); "
        "mend the ntuple, or give such events the weight 0 in inputs.yaml: 'cut ? weight : 0'",
    ),
    (
        varied_weight_is_infinite,
        "sig_2.root: tree 'nominal': the event weight of 'pileup_up' is ",
    ),
    (fractional_event_number, "event number 'event' holds float64, expected one whole number"),
    (
        huge_event_number,
        "event number 'event' is 18446744073709551615, expected at most 9223372036854775807",
    ),
    (list_as_run_number, "run number 'jets_pt' holds "),
    (replaced, "sig_2.root: differs from its listing (listed sample:"),
    (other_entries, "sig_2.root: tree 'JES_up' has 65 entries, listed are 64; list the ntuples"),
    (
        listed_twice,
        "listing.json: file sig_2.root of base 'disk' is in chunk c0000 and again in c0001; "
        "its events would count twice, list the ntuples again",
    ),
]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["n2mu", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(("damage", "message"), CASES, ids=[damage.__name__ for damage, _ in CASES])
def test_bad_input_is_one_line_with_exit_code_one_and_leaves_no_product(
    tiny: TinyAnalysis,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damage: Damage,
    message: str,
) -> None:
    tiny.write_ntuples()
    damage(tiny)
    code = 0
    if not (tiny.directory / "listing.json").exists():
        code = run(monkeypatch, "list")
    if code == 0:
        code = run(monkeypatch, "skim", "c0000")
    assert code == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(errors) == 1
    assert errors[0].startswith("n2mu: error: ")
    assert message in errors[0]
    left = [path for path in (tiny.directory / "results").rglob("*") if path.is_file()]
    assert left == []
    assert not (tiny.directory / "results/tiny/skim/c0000").exists()


def test_the_program_prints_the_line_alone_and_logs_it(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    gone(tiny)
    program = [sys.executable, "-c", "from n2mu.commands.app import main; main()"]
    ended = subprocess.run(
        [*program, "--log", "logs/skim.log", "skim", "c0000"],
        capture_output=True,
        text=True,
        check=False,
    )
    line = (
        "n2mu: error: ntuples/sig_2.root: no such ntuple; check 'ntuples' in the main "
        "configuration, and list again if it is gone"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{line}\n")
    assert (tiny.directory / "logs/skim.log").read_text().splitlines()[-1].endswith(line)


def test_a_damaged_file_leaves_the_skim_that_was_there(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_ntuples()
    assert run(monkeypatch, "list") == 0
    assert run(monkeypatch, "skim", "c0000") == 0
    skim = tiny.directory / "results/tiny/skim"
    before = {path: path.read_bytes() for path in skim.rglob("*") if path.is_file()}
    hole(tiny)
    assert run(monkeypatch, "skim", "c0000") == 1
    assert {path: path.read_bytes() for path in skim.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("fraction", np.linspace(0.01, 0.99, 25))
def test_a_file_cut_anywhere_is_never_read_as_a_smaller_one(
    tmp_path: Path, fraction: float
) -> None:
    whole = write_ntuple(tmp_path / "whole.root", {"nominal": events(1, 400)})
    cut = tmp_path / "cut.root"
    cut.write_bytes(whole.read_bytes()[: int(fraction * whole.stat().st_size)])
    with (
        pytest.raises(InputError, match=r"^\S*cut\.root: cannot be read") as caught,
        open_ntuple(cut) as file,
    ):
        nominal = tree(file, "nominal", cut)
        read_entries(nominal, nominal.names, 0, 400)
    assert "\n" not in str(caught.value)


def test_damage_that_shows_while_baskets_are_read_names_the_file(tmp_path: Path) -> None:
    path = write_ntuple(tmp_path / "x.root", {"nominal": events(1, 4000)})
    fill_baskets(path, "x", 255)
    with open_ntuple(path) as file:
        nominal = tree(file, "nominal", path)
        assert nominal.num_entries == 4000
        with pytest.raises(InputError, match=r"x\.root: cannot be read, it is truncated"):
            read_entries(nominal, ["x"], 0, 4000)


def test_errors_of_the_reader_are_not_taken_for_damage(tmp_path: Path) -> None:
    path = write_ntuple(tmp_path / "x.root", {"nominal": events(1)})
    with pytest.raises(ZeroDivisionError), open_ntuple(path):
        raise ZeroDivisionError
    shutil.rmtree(tmp_path)
    with pytest.raises(InputError, match="no such ntuple"), open_ntuple(path):
        pass
