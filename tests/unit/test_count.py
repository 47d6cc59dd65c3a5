"""``n2mu count``: what a pasted cut selects."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import events, write_ntuple
from typer.testing import CliRunner

from n2mu.commands.app import app, main
from n2mu.errors import InputError
from n2mu.inputs import counting
from n2mu.inputs.counting import count
from n2mu.inputs.gather import Gatherer

RUNNER = CliRunner()


@pytest.fixture
def ntuple(tmp_path: Path) -> Path:
    return write_ntuple(tmp_path / "a.root", {"nominal": events(1), "JES_up": events(2)})


def run_json(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    result = RUNNER.invoke(app, ["count", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_every_cut_gets_entries_sum_and_error(ntuple: Path) -> None:
    columns = events(1)
    code, rows = run_json(f"{ntuple}:nominal", "njets >= 3", "x > 9", "--weight", "weight_mc")
    weights = columns["weight_mc"][columns["njets"] >= 3].astype(float)
    assert code == 0
    assert rows[0]["cut"] == "njets >= 3"
    assert rows[0]["entries"] == len(weights)
    assert rows[0]["sum"] == pytest.approx(weights.sum())
    assert rows[0]["error"] == pytest.approx(np.sqrt((weights**2).sum()))
    assert rows[1] == {"cut": "x > 9", "entries": 0, "sum": 0.0, "error": 0.0}


def test_without_a_weight_the_sum_is_the_number_of_entries(ntuple: Path) -> None:
    (row,) = run_json(f"{ntuple}:nominal", "1")[1]
    assert row == {"cut": "1", "entries": 60, "sum": 60.0, "error": pytest.approx(60**0.5)}


def test_files_of_a_glob_are_counted_together(ntuple: Path) -> None:
    write_ntuple(ntuple.with_name("b.root"), {"nominal": events(3)})
    cut = "Sum$(jets_pt > 25e3) >= 2 && pt > 30e3"
    (both,) = run_json(f"{ntuple.parent}/*.root:nominal", cut)[1]
    single = [run_json(f"{ntuple.parent}/{name}.root:nominal", cut)[1][0] for name in "ab"]
    assert both["entries"] == single[0]["entries"] + single[1]["entries"] > 0


def test_a_tree_may_lie_in_a_directory_and_a_path_may_be_relative(
    ntuple: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ntuple(ntuple.with_name("c.root"), {"JES/nominal": events(3)})
    monkeypatch.chdir(ntuple.parent)
    assert run_json("c.root:JES/nominal", "1")[1][0]["entries"] == 60
    assert run_json("../*/c.root:JES/nominal", "1")[1][0]["entries"] == 60


def test_steps_do_not_change_what_is_counted(ntuple: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cuts = ["Entry$ >= 10 && Entry$ < 25", "Alt$(jets_pt[1], 0) > 20e3", "tight"]
    whole = count([ntuple], "nominal", cuts, "weight_pileup")
    assert whole[0].entries == 15
    monkeypatch.setattr(counting, "_STEP_BYTES", 100)
    for few, many in zip(count([ntuple], "nominal", cuts, "weight_pileup"), whole, strict=True):
        assert few.entries == many.entries
        assert few.sum == pytest.approx(many.sum)
        assert few.error == pytest.approx(many.error)


def test_only_the_branches_that_are_named_are_read(
    ntuple: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[str] = set()
    original = Gatherer.read

    def spy(self: Gatherer, names: Any, rows: Any) -> dict[str, Any]:
        read.update(names)
        return original(self, names, rows)

    monkeypatch.setattr(Gatherer, "read", spy)
    count([ntuple], "nominal", ["pt > 3", "Entry$ > 2 && tight"], "weight_mc")
    assert read == {"pt", "tight", "weight_mc"}


REFUSED = [
    ("njets > > 3", "cannot parse 'njets > > 3' at character 9: expected a value, found '>'"),
    ("njet > 3", "tree 'nominal' has no branch 'njet'; did you mean 'njets'?"),
    ("jets_pt > 25e3", "branch 'jets_pt' holds a list where one value per event is needed"),
    ("njets % (charge > 0)", "the divisor is zero"),
]


def test_a_refused_cut_says_why_and_the_others_are_counted(ntuple: Path) -> None:
    code, rows = run_json(f"{ntuple}:nominal", "1", *(cut for cut, _ in REFUSED))
    assert code == 1
    assert rows[0]["entries"] == 60
    for row, (cut, reason) in zip(rows[1:], REFUSED, strict=True):
        assert row.keys() == {"cut", "refused"}
        assert row["cut"] == cut
        assert reason in row["refused"]


def test_the_table_shows_numbers_and_a_caret_under_a_mistake(ntuple: Path) -> None:
    result = RUNNER.invoke(app, ["count", f"{ntuple}:nominal", "1", "pt > 3 &&\n njets > > 3"])
    assert result.exit_code == 1
    counted, refused, expression, caret = result.stdout.splitlines()
    assert counted.split() == ["60", "60", "+-", "7.746", "1"]
    assert refused.split()[0] == "refused"
    assert expression.strip() == "pt > 3 &&  njets > > 3"
    assert expression[caret.index("^") :] == "> 3"


@pytest.mark.parametrize(
    ("place", "weight", "message"),
    [
        ("{}:nominl", "1", "no tree 'nominl'; did you mean 'nominal'?"),
        ("{}", "1", "names no tree; write FILE.root:TREE"),
        ("root://{}", "1", "names no tree; write FILE.root:TREE"),
        ("{}x:nominal", "1", "no such file"),
        ("{}:nominal", "weight_m", "no branch 'weight_m'; did you mean 'weight_mc'?"),
        ("{}:nominal", "jets_pt", "branch 'jets_pt' holds a list"),
        ("{}:nominal", "1 > ", "cannot parse '1 >' at character 5"),
        ("{}:nominal", "TMath::Log(x - 100)", "the weight is nan in entry 0"),
    ],
)
def test_what_stops_all_counting_is_one_line(
    ntuple: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
    weight: str,
    message: str,
) -> None:
    arguments = ["n2mu", "count", place.format(ntuple), "1", "--weight", weight]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err.splitlines()[0]
    assert captured.err.startswith("n2mu: error: ")


def test_a_damaged_file_is_named(ntuple: Path) -> None:
    ntuple.write_bytes(ntuple.read_bytes()[:500])
    with pytest.raises(InputError, match=r"a\.root: cannot be read"):
        count([ntuple], "nominal", ["1"])
