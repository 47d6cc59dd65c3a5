"""The report as a reviewer opens it: in a browser, on a laptop and on a phone."""

import json
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.chromium import EXECUTABLE, Seen, look
from tests.workflow.snake import ROOT, n2mu

pytestmark = pytest.mark.xdist_group("tiny")
in_a_browser = pytest.mark.skipif(
    EXECUTABLE is None, reason="no chromium; apt-get install chromium"
)

LAPTOP, PHONE = (1366, 768), (390, 844)
SHOW_ALL = "for (const part of document.querySelectorAll('section.category')) part.hidden = false"
BROKEN = """Promise.all([...document.images].map(image => image.decode().then(
    () => image.naturalWidth > 0 ? '' : image.alt, () => image.alt
))).then(names => [names.length, names.filter(name => name)])"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
HEADINGS = """[...document.querySelectorAll('section.category:not([hidden]) h2')].map(
    heading => heading.textContent)"""


@pytest.fixture(scope="module")
def report(finished: Path) -> Path:
    fit = "results/tth/fits/ftt"
    asked = ("limit", f"{fit}/workspace.json", "--fit", f"{fit}/mu_fit.json")
    run = n2mu(finished, *asked, "-o", f"{fit}/limit.json")
    assert run.returncode == 0, run.stderr
    (finished / fit / "unknown.json").write_text('{"kind": "scan"}')
    run = n2mu(finished, "report", "--snakefile", str(ROOT / "Snakefile"))
    assert run.returncode == 0, run.stderr
    assert "mu = 1.000" in run.stdout
    return finished / "results/report.html"


def opened(report: Path, size: tuple[int, int], tmp_path: Path, *questions: str) -> Seen:
    """Open the report, look at all of it, and check that nothing is missing or fetched."""
    screenshot = tmp_path / f"report_{size[0]}.png"
    seen = look(report, *size, [BROKEN, *questions], screenshot)
    count, broken = seen.answers[0]
    assert broken == []
    assert count == report.read_text().count("<img ")
    assert {url for url in seen.requests if not url.startswith("data:")} == {report.as_uri()}
    assert seen.complaints == []
    with Image.open(screenshot) as image:
        assert image.size == size
        assert len(np.unique(np.asarray(image.convert("L")))) > 20
    return seen


@in_a_browser
def test_a_laptop_shows_the_result_first_and_every_image(report: Path, tmp_path: Path) -> None:
    seen = opened(report, LAPTOP, tmp_path, HEADINGS, TOO_WIDE, SHOW_ALL, TOO_WIDE)
    _, headings, too_wide, _, too_wide_in_all = seen.answers
    assert headings == [
        "Decomposition of the uncertainty",
        "Ranking",
        "Regions after the fit",
        "Yields",
        "Gates",
        "What was done to the templates",
        "All fits",
        "Comparison of the models",
        "Cutflow",
    ]
    assert too_wide <= 0 and too_wide_in_all <= 0


@in_a_browser
def test_nothing_is_wider_than_a_phone(report: Path, tmp_path: Path) -> None:
    seen = opened(report, PHONE, tmp_path, TOO_WIDE, SHOW_ALL, TOO_WIDE)
    assert seen.answers[1] <= 0 and seen.answers[3] <= 0


@in_a_browser
def test_a_link_opens_its_category_and_hides_the_others(report: Path, tmp_path: Path) -> None:
    open_models = """location.hash = '#models'; new Promise(done => setTimeout(done, 100)).then(
        () => [...document.querySelectorAll('section.category:not([hidden])')].map(s => s.id))"""
    seen = look(report, *LAPTOP, [open_models], tmp_path / "models.png")
    assert seen.answers == [["models"]]


def test_every_figure_can_be_saved_as_pdf_and_tables_as_latex(report: Path) -> None:
    text = report.read_text()
    figures = re.findall(r"<figure.*?</figure>", text, re.DOTALL)
    drawn = [figure for figure in figures if "<img " in figure]
    assert len(drawn) > 40
    files = r'id="(file-\d+)" (?:href="data:application/pdf;base64,JVBER|src="data:image/webp;)'
    held = set(re.findall(files, text))
    for figure in drawn:
        link = re.search(r'download="\w+\.pdf" (?:id|data-again)="(file-\d+)"', figure)
        image = re.search(r'<img (?:id|data-again)="(file-\d+)"', figure)
        assert link and image and {link[1], image[1]} <= held
        assert 'class="statistics"' in figure
    assert re.search(r'download="ftt_yields\.tex"', text)


def test_what_was_made_on_request_is_shown_or_named_as_left_out(report: Path) -> None:
    text = report.read_text()
    (asked,) = re.findall(r'<section id="requests".*?</section>\n</section>', text, re.DOTALL)
    assert "n2mu limit results/tth/fits/ftt/workspace.json --fit" in asked
    assert re.search(
        r'download="limit\.pdf" id="file-\d+" href="data:application/pdf;base64,JVBER', asked
    )
    assert "Expected, median" in asked and 'download="limit.tex"' in asked
    left_out = asked.partition("Left out")[2]
    assert "fits/ftt/unknown.json" in left_out and "does not say how it was made" in left_out


def test_the_report_can_be_sent_by_mail(report: Path) -> None:
    assert report.stat().st_size < 15e6
    assert not re.search(r"(?:src|href)=[\"'](?!data:|#)", report.read_text())


def test_the_report_of_snakemake_has_the_same_captions_and_its_own_place(report: Path) -> None:
    text = (report.parent / "tth/workflow_report.html").read_text()
    for wanted in ("Ranking of the nuisance parameters", "cutflow", "roc.png", "SR_postfit.png"):
        assert wanted in text


def test_nothing_in_the_report_tells_of_blinded_counts(report: Path) -> None:
    content = json.loads((report.parent / "tth/fits/mixed/templates_report.json").read_text())
    assert any(any(region["blinded"]) for region in content["regions"].values())
    yields = re.search(
        r'download="mixed_yields\.json" id="file-\d+" href="[^,]*,([^"]*)"', report.read_text()
    )
    assert yields
    for name, region in json.loads(b64decode(yields[1]))["regions"].items():
        assert (region["observed"] is None) == any(content["regions"][name]["blinded"])
