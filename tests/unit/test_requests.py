"""Products made on request: in the report if they are proven to be of this configuration."""

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import TinyAnalysis
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.commands.inference import prepare
from n2mu.commands.request import contents, record, requested
from n2mu.fit.settings import FitSettings
from n2mu.fit.stage import run_fit
from n2mu.products import read_json, write_json
from n2mu.report.request_tables import BANDS, limits_table, significances_table
from n2mu.report.requests import LeftOut, Made, Requests
from n2mu.workflow.fingerprint import fingerprint

FIT = Path("results/tiny/fits/score")
MU = {"name": "mu", "type": "normfactor", "data": None}
WORKSPACE = {
    "channels": [
        {
            "name": "SR",
            "samples": [
                {"name": "signal", "data": [5.0], "modifiers": [MU]},
                {"name": "background", "data": [50.0], "modifiers": []},
            ],
        }
    ],
    "observations": [{"name": "SR", "data": [53.0]}],
    "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    "version": "1.0.0",
}


@pytest.fixture
def fitted(tiny: TinyAnalysis) -> TinyAnalysis:
    """A tiny analysis that has a workspace and its fit."""
    tiny.write_ntuples()
    tiny.list()
    write_json(FIT / "workspace.json", WORKSPACE)
    regions = {name: {"blinded": [False]} for name in ("SR", "CR")}
    write_json(FIT / "templates_report.json", {"blinding_threshold": 0.15, "regions": regions})
    run_fit(FitSettings(fit="score"), FIT / "workspace.json", FIT / "mu_fit.json", {})
    return tiny


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["n2mu", *arguments])
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None, result.output


def limit(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    run(
        monkeypatch, "limit", str(FIT / "workspace.json"), "-o", str(FIT / "limit.json"), *arguments
    )


def found(tiny: TinyAnalysis) -> tuple[list[Made], list[LeftOut]]:
    job = tiny.job()
    return Requests(job.configuration, job.slices, job.paths).found()


def reason(tiny: TinyAnalysis) -> str:
    made, (left_out,) = found(tiny)
    assert made == []
    return left_out.reason


def test_a_limit_is_shown_with_its_command_until_the_fit_is_another(
    fitted: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "--fit", str(FIT / "mu_fit.json"))
    (made,), left_out = found(fitted)
    assert left_out == []
    assert (made.kind, made.fits, made.path) == ("limit", ("score",), FIT / "limit.json")
    assert made.command.startswith(f"n2mu limit {FIT}/workspace.json -o {FIT}/limit.json --fit ")
    mu_fit = read_json(FIT / "mu_fit.json")
    mu_fit["fit"]["seconds"] = 1e3
    write_json(FIT / "mu_fit.json", mu_fit)
    assert len(found(fitted)[0]) == 1
    mu_fit["mu"]["up"] *= 2
    write_json(FIT / "mu_fit.json", mu_fit)
    assert reason(fitted).startswith(f"{FIT}/mu_fit.json has changed since")


def test_a_limit_of_a_named_fit_is_left_out_when_its_settings_change(
    fitted: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = ("--name", "score", "--config", str(fitted.config))
    fitted.change("fits", "fits.score.blinding_threshold", 0.15)
    limit(monkeypatch, *named)
    assert len(found(fitted)[0]) == 1
    fitted.change("fits", "fits.score.blinding_threshold", 0.5)
    assert reason(fitted) == "the configuration has changed since"


def test_what_was_not_told_which_data_it_has_is_left_out(
    fitted: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch)
    assert "give --fit or --name" in reason(fitted)


def test_what_other_code_made_is_left_out(
    fitted: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "--fit", str(FIT / "mu_fit.json"))
    monkeypatch.setattr("n2mu.workflow.request.fingerprint", lambda name: fingerprint(name)[::-1])
    assert reason(fitted) == "n2mu has changed since"


def test_what_says_nothing_of_what_it_was_made_from_is_left_out(fitted: TinyAnalysis) -> None:
    request = requested("limit", {})
    write_json(FIT / "limit.json", {"kind": "limit", "provenance": {"request": request}})
    assert reason(fitted) == "it does not say what it was made from"


@pytest.mark.parametrize("provenance", [{}, {"request": {"command": "n2mu limit"}}, None])
def test_what_does_not_say_how_it_was_made_is_left_out(
    fitted: TinyAnalysis, provenance: Any
) -> None:
    write_json(FIT / "limit.json", {"kind": "limit", "provenance": provenance})
    write_json(FIT / "other.json", {"kind": "something else"})
    assert "does not say how it was made" in reason(fitted)
    (FIT / "limit.json").write_text("{")
    assert "not a JSON file" in reason(fitted)


def test_a_figure_is_left_out_when_it_or_what_it_shows_is_another(fitted: TinyAnalysis) -> None:
    figures = FIT / "systematics/SR/signal"
    figures.mkdir(parents=True)
    for suffix in (".png", ".pdf"):
        (figures / f"JES.v2{suffix}").write_text("drawn")
    (FIT / "templates.root").write_text("templates")
    about = {"fit": "score", "region": "SR", "sample": "signal", "systematic": "JES"}
    read = contents([FIT / "templates.root"])
    record(figures / "JES.v2", "systematic", about, read, [fitted.job().slices.plots()])
    (made,), _ = found(fitted)
    assert (made.kind, made.fits) == ("systematic", ("score",))
    (figures / "JES.v2.png").write_text("drawn again")
    assert reason(fitted) == "JES.v2.png is not the figure that was drawn"
    (FIT / "templates.root").write_text("others")
    assert "templates.root has changed since" in reason(fitted)


def test_a_distribution_is_left_out_when_its_feature_or_its_events_are_others(
    fitted: TinyAnalysis,
) -> None:
    slices = fitted.job().slices
    stem = Path("results/tiny/features/SR/pt")
    stem.parent.mkdir(parents=True)
    for suffix in (".png", ".pdf"):
        stem.with_suffix(suffix).write_text("drawn")
    write_json(Path("results/tiny/gathered/skims.json"), {"tiny/skim/a": "1"})
    told = [slices.features(["pt"], "SR", "score"), slices.plots()]
    about = {"fit": "score", "region": "SR", "feature": "pt"}
    skims = Requests(fitted.job().configuration, slices, fitted.job().paths).present
    record(stem, "feature", about, {"skims": next(iter(skims))}, told)
    assert [one.kind for one in found(fitted)[0]] == ["feature"]
    fitted.change("features", "features.pt", {"missing": [0]})
    assert reason(fitted) == "the configuration has changed since"
    fitted.change("features", "features.pt", {})
    write_json(Path("results/tiny/gathered/skims.json"), {"tiny/skim/a": "2"})
    assert reason(fitted).startswith("skims has changed since")
    content = read_json(Path(f"{stem}.json"))
    write_json(Path(f"{stem}.json"), content | {"region": "gone"})
    assert "no region 'gone'" in reason(fitted)


def test_settings_say_the_same_as_the_report_reads_them(fitted: TinyAnalysis) -> None:
    _, _, provenance = prepare("gof", "score", str(fitted.config), FIT / "workspace.json", None)
    told = provenance["request"]["told"]
    _, _, again = prepare("gof", "score", str(fitted.config), FIT / "workspace.json", "mu")
    assert told == again["request"]["told"]


def test_limits_and_significances_are_tables_with_and_without_pseudo_experiments() -> None:
    found = {band: 0.5 + i for i, band in enumerate(BANDS)}
    limit: Any = {"confidence": 0.95, "asymptotic": {"observed": None, "expected": found}}
    table = limits_table(limit)
    assert table.columns == ["Upper limit at 95 % CL", "Asymptotic"]
    assert [row[1] for row in table.rows] == ["none", "0.5", "1.5", "2.5", "3.5", "4.5"]
    by_toys = {band: {"value": 2.0, "error": 0.25} for band in BANDS}
    limit["toys"] = {"observed": None, "expected": by_toys}
    assert limits_table(limit).rows[3] == ["Expected, median", "2.5", "2 ± 0.2"]
    seen = {"significance": 1.5, "p_value": 0.0668}
    toys = {"observed": {"p_value": 0.07, "error": 0.01}, "expected": {"p_value": None}}
    asymptotic = {"observed": seen, "expected": seen}
    rows = significances_table({"asymptotic": asymptotic, "toys": toys}).rows
    assert rows == [
        ["Observed", "1.50", "0.0668", "0.07 ± 0.01"],
        ["Expected", "1.50", "0.0668", "none"],
    ]
