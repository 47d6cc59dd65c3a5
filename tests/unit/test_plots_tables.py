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
from n2mu.plots.stage import run_tables
from n2mu.plots.summary import summary_table
from n2mu.plots.tables import changes_table, cutflow_table, yields_table
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

    samples = {"ttH": entry("signal", 1.234, 0.051), "background_0": entry("background", 100, 12)}
    mu_fit["yields"] = {"SR": {"role": "signal", "samples": samples}}
    total = {"value": 101.234, "error": 11.0}
    return mu_fit, {"regions": {"SR": {"integral": {"prefit": total, "postfit": total}}}}


def test_yields_have_the_digits_that_their_errors_deserve_and_a_total() -> None:
    assert rows(yields_table(*yields(), settings())) == [
        ["tt&#x304;H", "signal", "1.234 ± 0.051", "1.234 ± 0.051"],
        ["background_0", "background", "100 ± 12", "100 ± 12"],
        ["Total", "", "101 ± 11", "101 ± 11"],
    ]


def test_a_total_that_its_samples_do_not_make_is_refused() -> None:
    mu_fit, postfit = yields()
    postfit["regions"]["SR"]["integral"]["postfit"] = {"value": 102.0, "error": 11.0}
    with pytest.raises(ProductError, match="SR, postfit: the total is 102, but the samples"):
        yields_table(mu_fit, postfit, settings())


def test_the_summary_shows_signed_errors_gates_and_the_cross_check() -> None:
    mu_fit, _ = fit_products(1)
    mu_fit["gates"] = [{"name": "bounds", "passed": False, "detail": "at a bound: mu"}]
    mu_fit["breakdown"]["theory"]["flag"] = "down: larger"
    mu_fit["check"] = {"mu": 1.00001, "valid": True, "differences": {"mu": -2e-5}}
    shown = rows(summary_table(mu_fit, settings()))
    assert ["Total, profile likelihood, 68.3 %", "1.00", "+0.80", f"{MINUS}0.51", ""] in shown
    assert ["Group theory", "", "+0.30", f"{MINUS}0.20", "flag: down: larger"] in shown
    assert ["bounds", "FAILED, allowed", "at a bound: mu"] in shown
    assert ["differences mu", f"{MINUS}2e{MINUS}05"] in shown
    assert ["two nll", "12.5"] in shown
    assert not any("seconds" in row for row in shown)


def test_the_summary_says_why_a_side_has_no_error() -> None:
    mu_fit, _ = fit_products(1)
    mu_fit["mu"] |= {"up": None, "reason": "up: mu is at its bound 10"}
    shown = rows(summary_table(mu_fit, settings()))
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
        "rows": [{"data_set": "ttH.mc16a", "cuts": cuts}],
    }
    write_json(tmp_path / "cutflow.json", content)
    run_tables(tmp_path / "cutflow.json", tmp_path / "cutflow.html")
    html = (tmp_path / "cutflow.html").read_text()
    assert html == cutflow_table(content)
    assert heading in html
    assert "ttH.mc16a" in html
    assert rows(html) == [
        ["ntuple", "800", "12.00 ± 0.50", "100.00 %"],
        ["jets &gt;= 2 &amp;&amp; x &lt; 3", "200", f"{MINUS}0.50 ± 0.25", "25.00 %"],
    ]


def test_a_cutflow_that_does_not_say_it_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "cutflow.json", {"rows": []})
    with pytest.raises(ProductError, match="no 'normalised'"):
        run_tables(tmp_path / "cutflow.json", tmp_path / "cutflow.html")


def test_every_change_of_a_template_is_listed() -> None:
    change = {"region": "SR", "sample": "ttW", "variation": "JES_up", "what": "a < b", "why": "c"}
    assert rows(changes_table({"fit": "best", "changes": [change]})) == [
        ["SR", "ttW", "JES_up", "a &lt; b", "c"]
    ]
    assert "No template was changed." in changes_table({"fit": "best", "changes": []})


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
    wildcards = {"fit": "best", "figure": "roc", "region": "SR", "which": "prefit"}
    config = {"analysis": "tth", "publish": "best"}
    snakemake = SimpleNamespace(wildcards=SimpleNamespace(**wildcards), config=config)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    text = environment.from_string(caption.read_text()).render(snakemake=snakemake)
    assert len(text.split()) > 20
    named = any(name in caption.read_text() for name in ("wildcards.fit", 'config["publish"]'))
    assert ("best" in text) == named
