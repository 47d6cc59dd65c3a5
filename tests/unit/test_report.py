"""What the report says, piece by piece; all of it in a browser is in tests/workflow."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from plots_products import fit_products, settings
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.errors import ProductError
from n2mu.plots.fit_lines import fit_lines, fitted_title
from n2mu.plots.latex import to_latex
from n2mu.plots.mu_summary import fit_names
from n2mu.plots.page import body_of, page, table
from n2mu.plots.settings import RegionStyle, SampleStyle
from n2mu.plots.tabular import Bar, Code, Errors, Link, Tabular
from n2mu.products import write_json
from n2mu.report.captions import Captions
from n2mu.report.changes import changes_summary
from n2mu.report.embed import as_latex, download, picture
from n2mu.report.front import alarms, decomposition, fits_table, heading, tiles
from n2mu.report.other_contents import cutflow_note, cutflow_sums
from n2mu.report.settings import ReportSettings, report_settings
from n2mu.workflow.paths import Paths

TEXTS = Path(__file__).parents[2] / "workflow/report"
MAIN: dict[str, Any] = {"labels": {"luminosity": "140 fb$^{-1}$"}}


def test_the_numbers_on_top_are_those_of_the_fit() -> None:
    mu_fit, _ = fit_products(2)
    found = {tile.name: tile for tile in tiles(mu_fit, settings())}
    assert "1.00" in found["Signal strength &mu;"].value
    assert "+0.80" in found["Signal strength &mu;"].value
    assert "\N{MINUS SIGN}0.51" in found["Signal strength &mu;"].value
    assert found["Significance, expected"].value.startswith("1.90")
    assert "Significance, observed" not in found
    assert found["Gates"].value == "1 of 1 passed"


def test_a_number_of_observed_data_with_blinded_bins_says_that_they_are_not_observed() -> None:
    mu_fit, _ = fit_products(2)
    mu_fit |= {"dataset": "data", "significance": {"expected": 1.9, "observed": 2.1}}
    for hidden, said in ((False, "Data"), (True, "Data, Asimov where blinded")):
        mu_fit["blinding"] = {"threshold": 0.3, "bins": {"CR": [False], "SR": [False, hidden]}}
        found = {tile.name: tile.below for tile in tiles(mu_fit, settings())}
        assert found["Signal strength &mu;"].startswith(f"{said};")
        assert found["Significance, observed"].endswith(f"; {said}")
        assert fit_lines(mu_fit, settings())[0].startswith(f"{said}, $")
        comparison = {"fits": [{"label": "a", **mu_fit}, {"label": "b", "dataset": "asimov"}]}
        assert fit_names(comparison, settings())[0] == f"a ({said})"


def test_a_fit_of_mixed_data_says_which_regions_are_observed_and_which_are_not() -> None:
    mu_fit, _ = fit_products(2)
    regions = {
        "SR": RegionStyle(title=r"$2\ell$SS", role="signal"),
        "CR_a": RegionStyle(role="control"),
        "CR_b": RegionStyle(role="control"),
    }
    told = settings(regions=regions)
    mu_fit |= {
        "dataset": "mixed",
        "significance": {"expected": 1.9, "observed": 2.1},
        "blinding": {"threshold": 0.3, "bins": {name: [False, False] for name in regions}},
        "provenance": {"data_regions": ["CR_a", "CR_b", "VR"]},
    }
    said = r"Data in control regions, Asimov data in $2\ell$SS"
    assert fitted_title(mu_fit, told) == said
    first, second = fit_lines(mu_fit, told)
    assert first == "Data in control regions,"
    assert second.startswith(r"Asimov data in $2\ell$SS, $\hat{\mu}")
    mu_fit["blinding"]["bins"]["SR"] = [False, True]
    assert fitted_title(mu_fit, told) == said
    found = {tile.name: tile.below for tile in tiles(mu_fit, told)}
    shown = "Data in control regions, Asimov data in 2&ell;SS"
    assert found["Signal strength &mu;"].startswith(f"{shown};")
    assert found["Significance, Asimov data in 2&ell;SS"].endswith(f"; {shown}")
    assert "Significance, observed" not in found
    inference = {key: mu_fit[key] for key in ("dataset", "blinding")}
    inference["data"] = mu_fit["provenance"]
    assert fitted_title(inference, told) == said
    mu_fit["provenance"]["data_regions"] = ["CR_a"]
    assert fitted_title(mu_fit, told) == r"Data in CR_a, Asimov data in $2\ell$SS, CR_b"
    mu_fit["blinding"]["bins"]["CR_a"] = [False, True]
    assert "Asimov data where blinded and in $" in fitted_title(mu_fit, told)
    del mu_fit["blinding"]
    assert fitted_title(mu_fit, told) == "Data in CR_a, Asimov data in the other regions"


def test_a_gate_that_failed_is_named_on_top() -> None:
    mu_fit, _ = fit_products(2)
    mu_fit["gates"].append({"name": "bounds", "passed": False, "detail": "at 0"})
    gates = tiles(mu_fit, settings())[-1]
    assert gates.failed
    assert gates.value == "1 of 2 passed"
    assert "bounds" in gates.below


def test_failed_gates_of_all_fits_stand_above_everything() -> None:
    passed, failed = fit_products(2)[0], fit_products(2)[0]
    failed["gates"].append({"name": "bounds", "passed": False, "detail": "k_ttW < 0"})
    assert alarms({"ftt": passed}) == []
    (alarm,) = alarms({"ftt": passed, "other": failed})
    assert "other" in alarm and "bounds" in alarm and "k_ttW &lt; 0" in alarm


def test_the_report_is_called_after_the_signal_if_there_is_one() -> None:
    told = ReportSettings.model_construct(analysis="tth", style=settings())
    assert heading(told) == "Signal strength of tt&#x304;H"
    several = {name: SampleStyle(title=name, kind="signal") for name in ("ggH", "ttH")}
    told = ReportSettings.model_construct(analysis="h", style=settings(samples=several))
    assert heading(told) == "Signal strength of h"


def test_fits_of_several_luminosities_say_which() -> None:
    fits = {name: fit_products(2)[0] for name in ("run2", "run3")}
    luminosities = {"run2": "140 fb$^{-1}$", "run3": "400 fb$^{-1}$"}
    told = ReportSettings.model_construct(
        publish="run2", fits=dict.fromkeys(fits), luminosities=luminosities, style=settings()
    )
    assert [row[1] for row in fits_table(fits, told).rows] == list(luminosities.values())
    alone = fits_table({"run2": fits["run2"]}, told).columns
    assert "Luminosity" not in alone and not any("Observed" in column for column in alone)


def test_no_group_reads_as_zero_while_errors_have_few_decimals() -> None:
    mu_fit, _ = fit_products(2)
    for key in ("mu", "mu_stat_only", "mu_data_stat"):
        mu_fit[key] |= {"up": 1.62, "down": 1.6}
    mu_fit["breakdown"] = {"theory": {"up": 0.04, "down": 0.03}}
    assert [row[1] for row in decomposition(mu_fit).rows] == ["+1.62"] * 3 + ["+0.04"]


def test_a_side_without_error_is_said_to_have_none() -> None:
    mu_fit, _ = fit_products(2)
    mu_fit["mu"] |= {"value": 0.0, "down": None}
    assert "\N{MINUS SIGN}none" in tiles(mu_fit, settings())[0].value
    assert decomposition(mu_fit).rows[0][2] == "none"


def test_groups_of_uncertainties_come_by_size_with_what_the_fit_says_of_them() -> None:
    mu_fit, _ = fit_products(2)
    mu_fit["breakdown"]["jets"] = {"up": 0.0, "down": 0.4, "flag": "up: not smaller"}
    rows = decomposition(mu_fit).rows
    assert [row[0] for row in rows[-2:]] == ["jets (up: not smaller)", "theory"]


def test_tables_are_the_same_on_the_page_and_in_latex() -> None:
    shown = Tabular(
        [r"$\mu$", "Cut", ""],
        [
            [Errors({"value": -1.0, "up": 0.25, "down": None}, "mu", value=True), Code("a_b"), ""],
            [Link("5 % & more", "fits", bold=True), "1.0 ± 0.1", Bar(0.5, whole=True)],
        ],
        numbers=(0,),
    )
    html, latex = shown.html(), shown.latex()
    assert "<code>a_b</code>" in html
    assert '<a href="#fits"><b>5 % &amp; more</b></a>' in html
    assert "width:50.0%" in html
    assert r"\begin{tabular}{rl}" in latex
    assert r"$-1.00^{+0.25}_{-\mathrm{none}}$ & \texttt{a\_b} \\" in latex
    assert r"\textbf{5 \% \& more} & $1.0 \pm 0.1$ \\" in latex
    saved = as_latex(shown, "x.tex")
    assert b64decode(saved.uri.partition(",")[2]).decode() == latex


def test_latex_keeps_mathematics_and_escapes_all_else() -> None:
    assert to_latex(r"$t\bar{t}H_x$ & CR_tau < 3 \$") == r"$t\bar{t}H_x$ \& CR\_tau $<$ 3 \$"


def test_like_changes_are_counted_together_and_keep_the_numbers_they_share() -> None:
    def change(what: str, why: str, sample: str) -> dict[str, str]:
        return {"region": "SR", "sample": sample, "variation": "np_up", "what": what, "why": why}

    report = {
        "changes": [
            change("bins 0 (-0.5) set to 1e-06", "negative yield", "ttW"),
            change("dropped", "no events", "tt"),
            change("bins 3 (-2) set to 1e-06", "negative yield", "ttZ"),
            change("bins 1 (-2), 2 (-1) set to 1e-06", "negative yield", "VV"),
        ]
    }
    rows = changes_summary(report).rows
    gap = "\N{HORIZONTAL ELLIPSIS}"
    assert [row[:3] for row in rows] == [
        [f"bins {gap} set to {gap}", "negative yield", "3"],
        ["dropped", "no events", "1"],
    ]
    same = {"changes": [change("10 members combined", "hessian", name) for name in "ab"]}
    ((what, _, times, places),) = changes_summary(same).rows
    assert (what, times, places) == ("10 members combined", "2", "SR, a, np_up; SR, b, np_up")


def test_other_generators_are_not_expected_a_second_time(tiny: TinyAnalysis) -> None:
    trees = tiny_trees(1)
    for name in ("sig_1", "bkg_1", "other_1", "seen_1"):
        write_ntuple(tiny.ntuple(f"{name}.root"), trees)
    inputs = tiny.parts["inputs"]["inputs"]
    inputs["other"] = {"files": "other_*.root", "cross_section": 20.0}
    inputs["seen"] = {"files": "seen_*.root", "data": True}
    samples = tiny.parts["samples"]["samples"]
    samples["other"] = {"kind": "ghost", "inputs": ["other"]}
    samples["seen"] = {"kind": "data", "inputs": ["seen"]}
    tiny.save()
    job = tiny.list()
    counts = {"sig": 3.0, "bkg": 40.0, "other": 41.0, "seen": 44.0}
    rows = [
        {"data_set": name, "cuts": [{"cut": "ntuple", "events": 5, "sum": sum_, "error": 1.0}]}
        for name, sum_ in counts.items()
    ]
    paths = Paths(tiny.directory, "tiny")
    write_json(paths.tables("cutflow.json"), {"normalised": True, "rows": rows})
    told = report_settings(job.configuration, job.slices)
    (shown,) = cutflow_sums(told, paths)
    assert shown.rows == [[Code("ntuple"), "10", "43.0 ± 1.4", "5"]]
    assert "compare in the last row" in cutflow_note(told)
    assert cutflow_note(told.model_copy(update={"observed": []})) == ""


@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.rst")), ids=lambda path: path.stem)
def test_every_caption_can_be_made(path: Path) -> None:
    main = MAIN | {"analysis": "tth", "publish": "ftt"}
    wildcards = dict.fromkeys(
        ("fit", "region", "sample", "systematic", "which", "figure", "study", "grid", "feature"),
        "SR",
    )
    html = Captions(TEXTS, main)(path.stem, **wildcards)
    assert html.startswith("<p>")
    assert "{{" not in html and "fb$" not in html


def test_a_caption_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    captions = Captions(tmp_path, MAIN)
    with pytest.raises(ProductError, match=r"none\.rst: no caption"):
        captions("none")
    (tmp_path / "wrong.rst").write_text("Of {{ snakemake.wildcards.region }}.")
    with pytest.raises(ProductError, match="has no attribute 'region'"):
        captions("wrong", fit="ftt")
    (tmp_path / "marks.rst").write_text("An *open mark.")
    with pytest.raises(ProductError, match="Inline emphasis"):
        captions("marks")


def test_what_cannot_be_put_into_the_page_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ProductError, match=r"broken\.png: no image that can be read"):
        picture(broken)
    with pytest.raises(ProductError, match=r"none\.pdf: No such file"):
        download(tmp_path / "none.pdf", "none.pdf")
    cut = tmp_path / "cut.html"
    cut.write_text(page("Title", table(["a"], [["1"]]))[:-30])
    with pytest.raises(ProductError, match=r"cut\.html: no page of n2mu"):
        body_of(cut)
    cut.write_text(page("Title", table(["a"], [["1"]])))
    assert body_of(cut) == table(["a"], [["1"]])
