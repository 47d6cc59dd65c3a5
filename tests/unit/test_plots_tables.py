"""Tables as HTML pages, and the captions of the report."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from plots_products import Json, fit_products, settings

from n2mu.errors import ProductError
from n2mu.plots.latex import to_html
from n2mu.plots.numbers import decimals, plain, signed
from n2mu.plots.rates import rates_html, rates_latex
from n2mu.plots.stage import run_tables
from n2mu.plots.summary import summary_page
from n2mu.plots.tables import changes_page, cutflow_page
from n2mu.plots.yields import region_yields
from n2mu.plots.yields_tables import yields_html, yields_latex, yields_text
from n2mu.products import write_json

MINUS = "\N{MINUS SIGN}"
CAPTIONS = Path(__file__).parents[2] / "workflow" / "report"


def rows(html: str) -> list[list[str]]:
    """Return the texts of the cells of all body rows."""
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        for row in re.findall(r"<tr[^>]*>(<td.*?)</tr>", html)
    ]


def yields() -> tuple[Json, Json]:
    mu_fit, _ = fit_products(1)

    def entry(kind: str, value: float, error: float) -> Json:
        content = {"value": value, "error": error}
        return {"kind": kind, "prefit": content, "postfit": content}

    samples = {
        "ttH": entry("signal", 1.234, 0.051),
        "background_0": entry("background", 100, 12),
        "background_1": entry("background", 10, 5),
    }
    mu_fit["yields"] = {"SR": {"role": "signal", "samples": samples}}
    total = {"value": 111.234, "error": 11.0}
    # the backgrounds are anticorrelated: 144 + 25 - 2 x 40
    matrix = [[0.0026, 0, 0], [0, 144.0, -40.0], [0, -40.0, 25.0]]
    region = {
        "integral": {"prefit": total, "postfit": total},
        "sample_covariance": {"names": list(samples), "prefit": matrix, "postfit": matrix},
        "observed": [60.0, 50.0],
        "blinded": [False, False],
    }
    return mu_fit, {"regions": {"SR": region}}


def test_yields_have_the_digits_that_their_errors_deserve_and_sums() -> None:
    assert rows(yields_html(region_yields(*yields(), settings()))) == [
        ["tt&#x304;H", "signal", "1.234 ± 0.051", "1.234 ± 0.051"],
        ["background_1", "background", "10.0 ± 5.0", "10.0 ± 5.0"],
        ["background_0", "background", "100 ± 12", "100 ± 12"],
        ["Background", "", "110.0 ± 9.4", "110.0 ± 9.4"],
        ["Total", "", "111 ± 11", "111 ± 11"],
        ["Asimov data", "", "110.0", "110.0"],
    ]


def test_a_group_has_the_error_of_its_sum() -> None:
    styles: Json = {
        "background_0": {"kind": "background", "group": "Both_of & all"},
        "background_1": {"kind": "background", "group": "Both_of & all"},
        "ttH": {"kind": "signal", "title": r"$t\bar{t}H$"},
    }
    told = settings(samples=styles)
    found = region_yields(*yields(), told)
    group = found["regions"]["SR"]["processes"][1]
    assert group["samples"] == ["background_0", "background_1"]
    assert group["prefit"] == {"value": 110.0, "error": pytest.approx(89**0.5)}
    text = yields_text(found, told).splitlines()
    assert text[:3] == ["Toy Internal", "sqrt(s) = 13 TeV, 140 fb^-1", "Yields, fit best of toy"]
    assert text[6:8] == [
        "ttH            signal      1.234 +- 0.051  1.234 +- 0.051",
        "Both_of & all  background    110.0 +- 9.4    110.0 +- 9.4",
    ]
    latex = yields_latex(found).splitlines()
    assert r"$t\bar{t}H$ & $1.234 \pm 0.051$ & $1.234 \pm 0.051$ \\" in latex
    assert r"Both\_of \& all & $110.0 \pm 9.4$ & $110.0 \pm 9.4$ \\" in latex


def test_a_region_with_blinded_bins_shows_no_count() -> None:
    mu_fit, postfit = yields()
    postfit["regions"]["SR"]["blinded"] = [False, True]
    found = region_yields(mu_fit, postfit, settings())
    assert found["regions"]["SR"]["observed"] is None
    assert rows(yields_html(found))[-1][2] == "1 bin blinded"


def test_a_region_of_mixed_data_says_what_it_holds_itself() -> None:
    mu_fit, postfit = yields()
    mu_fit |= {"dataset": "mixed", "provenance": {"data_regions": ["CR"]}}
    mu_fit["yields"]["CR"] = mu_fit["yields"]["SR"]
    postfit["regions"]["CR"] = postfit["regions"]["SR"]
    found = region_yields(mu_fit, postfit, settings())["regions"]
    assert {name: region["observed_is"] for name, region in found.items()} == {
        "SR": "Asimov data",
        "CR": "Data",
    }


def test_a_total_that_its_samples_do_not_make_is_refused() -> None:
    mu_fit, postfit = yields()
    postfit["regions"]["SR"]["integral"]["postfit"] = {"value": 112.0, "error": 11.0}
    with pytest.raises(ProductError, match="SR, postfit: the total is 112, but the samples"):
        region_yields(mu_fit, postfit, settings())


def test_the_summary_shows_signed_errors_gates_and_the_cross_check() -> None:
    mu_fit, _ = fit_products(1)
    mu_fit["gates"] = [{"name": "bounds", "passed": False, "detail": "at a bound: mu"}]
    mu_fit["breakdown"]["theory"]["flag"] = "down: larger"
    mu_fit["check"] = {"mu": 1.00001, "valid": True, "differences": {"mu": -2e-5}}
    shown = rows(summary_page(mu_fit, settings()))
    assert ["Total, profile likelihood, 68.3 %", "1.00", "+0.80", f"{MINUS}0.51", ""] in shown
    assert ["Group theory", "", "+0.30", f"{MINUS}0.20", "flag: down: larger"] in shown
    assert ["bounds", "FAILED", "at a bound: mu"] in shown
    assert ["differences mu", f"{MINUS}2e{MINUS}05"] in shown
    assert ["two nll", "12.5"] in shown
    assert not any("seconds" in row for row in shown)


def test_the_summary_says_why_a_side_has_no_error() -> None:
    mu_fit, _ = fit_products(1)
    mu_fit["mu"] |= {"up": None, "reason": "up: mu is at its bound 10"}
    shown = rows(summary_page(mu_fit, settings()))
    assert shown[0][2:] == ["none", f"{MINUS}0.51", "reason: up: mu is at its bound 10"]


@pytest.mark.parametrize(
    ("normalised", "heading"),
    [(True, "Expected events"), (False, "Sum of weights (not normalised)")],
)
def test_a_cutflow_says_whether_its_weights_are_normalised(
    normalised: bool, heading: str, tmp_path: Path
) -> None:
    cuts = [
        {"cut": "ntuple", "events": 800, "sum": 12.0, "error": 0.5},
        {"cut": "jets >= 2 && x < 3", "events": 200, "sum": -0.5, "error": 0.25},
    ]
    content: dict[str, Any] = {
        "normalised": normalised,
        "rows": [
            {"data_set": "ttH.mc16a", "cuts": cuts},
            {"data_set": "ttW", "cuts": [dict(cut, events=0, sum=0.0, error=0.0) for cut in cuts]},
        ],
    }
    write_json(tmp_path / "cutflow.json", content)
    run_tables(tmp_path / "cutflow.json", tmp_path / "cutflow.html")
    html = (tmp_path / "cutflow.html").read_text()
    assert html == cutflow_page(content)
    assert heading in html
    assert "ttH.mc16a" in html
    assert rows(html) == [
        ["0", "ntuple"],
        ["1", "jets &gt;= 2 &amp;&amp; x &lt; 3"],
        ["ttH.mc16a", "12.00 ± 0.50", f"{MINUS}0.50 ± 0.25"],
        ["ttW", "0.00 ± 0.00", "0.00 ± 0.00"],
        ["ttH.mc16a", "800", "200", "25.00 %"],
        ["ttW", "0", "0", ""],
    ]


def test_a_cutflow_that_does_not_say_it_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "cutflow.json", {"rows": []})
    with pytest.raises(ProductError, match="no 'normalised'"):
        run_tables(tmp_path / "cutflow.json", tmp_path / "cutflow.html")


def test_every_change_of_a_template_is_listed() -> None:
    change = {"region": "SR", "sample": "ttW", "variation": "JES_up", "what": "a < b", "why": "c"}
    assert rows(changes_page({"fit": "best", "changes": [change]})) == [
        ["SR", "ttW", "JES_up", "a &lt; b", "c"]
    ]
    assert "No template was changed." in changes_page({"fit": "best", "changes": []})


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (r"$t\bar{t}H$", "tt&#x304;H"),
        (r"Fake $\tau_{\mathrm{had}}$", "Fake &tau;<sub>had</sub>"),
        (r"140 fb$^{-1}$", f"140 fb<sup>{MINUS}1</sup>"),
        (r"$t\bar{t}Z/\gamma^*$", "tt&#x304;Z/&gamma;<sup>*</sup>"),
        (r"$H_\mathrm{T}$ < 3", "H<sub>T</sub> &lt; 3"),
        (r"$\sqrt{s}$, $2\ell$", "&radic;s, 2&ell;"),
        (r"$\unheardof{x}$", r"$\unheardof{x}$"),
        ("a $ b & c", "a $ b &amp; c"),
        ("$x_{1$", "$x_{1$"),
    ],
)
def test_titles_become_html_and_unknown_latex_stays(text: str, html: str) -> None:
    assert to_html(text) == html


def test_numbers_have_two_digits_of_their_error_and_a_proper_minus() -> None:
    assert [decimals([error]) for error in (123.0, 12.0, 1.2, 0.99, 0.996, 0.012)] == [
        0,
        0,
        1,
        2,
        1,
        3,
    ]
    assert decimals([0.0]) == 2
    assert plain(-1.25, 1) == f"{MINUS}1.2"
    assert signed(0.5, 2) == "+0.50"


@pytest.mark.parametrize("caption", sorted(CAPTIONS.glob("*.rst")), ids=lambda path: path.stem)
def test_captions_are_templates_that_name_what_they_show(caption: Path) -> None:
    wildcards = {"fit": "fit_1", "figure": "roc", "region": "SR", "which": "prefit"}
    wildcards |= {"sample": "ttH", "systematic": "scale", "feature": "HT", "study": "loss"}
    config = {"analysis": "tth", "publish": "fit_1", "labels": {"luminosity": "140 fb"}}
    snakemake = SimpleNamespace(
        wildcards=SimpleNamespace(**wildcards),
        config=config,
        params=SimpleNamespace(luminosity="140 fb"),
    )
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    text = environment.from_string(caption.read_text()).render(snakemake=snakemake)
    assert len(text.split()) > 20
    named = any(name in caption.read_text() for name in ("wildcards.fit", 'config["publish"]'))
    assert ("fit_1" in text) == named


def test_rates_are_those_of_processes_and_a_pruned_one_does_not_change() -> None:
    styles: Json = {
        "tZ": {"kind": "background", "group": "Other"},
        "tW": {"kind": "background", "group": "Other"},
        "ttH": {"kind": "signal", "title": r"$t\bar{t}H$"},
    }
    told = settings(samples=styles, parameters={"JES": "Jet energy scale"})

    def effect(sample: str, up: float, down: float, kept: bool | None, name: str = "JES") -> Json:
        about = {"region": "SR", "sample": sample, "systematic": name}
        return about | {"norm_up": up, "norm_down": down, "norm_kept": kept}

    report = {
        "fit": "best",
        "regions": {
            "SR": {
                "samples": {"tZ": {"yield": 30.0}, "tW": {"yield": 10.0}, "ttH": {"yield": 10.0}}
            },
            "CR": {"samples": {"tZ": {"yield": 1.0}}},
        },
        "effects": [
            effect("tZ", 0.1, -0.2, True),
            effect("tW", 0.5, 0.5, False),
            effect("ttH", -0.05, 0.05, True),
            effect("tW", 0.3, -0.3, None, "shape_only"),
        ],
    }
    shown = rows(rates_html(report, told))
    assert shown == [
        ["Jet energy scale", f"+7.5 / {MINUS}15.0", f"{MINUS}5.0 / +5.0", f"+5.0 / {MINUS}11.0"]
    ]
    assert "No systematic acts here" in rates_html(report, told)
    latex = rates_latex(report, told).splitlines()
    assert (
        r"Jet energy scale & $^{+7.5}_{-15.0}$ & $^{-5.0}_{+5.0}$ & $^{+5.0}_{-11.0}$ \\" in latex
    )


def test_the_summary_lists_what_only_the_data_constrain() -> None:
    mu_fit, _ = fit_products(2)
    mu_fit["parameters"][-1] |= {"value": 1.25, "uncertainty": 0.31}
    free = [p for p in mu_fit["parameters"] if p["kind"] == "norm"]
    assert free[-1] is mu_fit["parameters"][-1]
    shown = rows(summary_page(mu_fit, settings(parameters={free[-1]["name"]: "$k_t$ & more"})))
    assert ["kt &amp; more", "1.25", "0.31"] in shown
    assert len(free) < len(mu_fit["parameters"])
