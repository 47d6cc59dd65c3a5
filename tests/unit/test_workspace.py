"""The workspace of a fit is the one written by hand, or is refused."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
from helpers_workspace import BY_HAND, Templates, effects, same, settings, templates

from n2mu.errors import ProductError, TemplateError
from n2mu.fit.mixing import run_workspace
from n2mu.fit.workspace import read_workspace
from n2mu.templates.histogram import write_root
from n2mu.templates.workspace import build_workspace


def test_a_workspace_is_the_one_written_by_hand() -> None:
    same(build_workspace(settings(), templates(), effects()), BY_HAND)


def test_factors_that_act_on_nothing_here_are_left_out() -> None:
    told = settings(
        regions=["SR"],
        samples=["ttH", "ttW"],
    )
    names = build_workspace(told, templates(), effects())["measurements"][0]["config"]["parameters"]
    assert [parameter["name"] for parameter in names] == ["mu"]


def refused(made: Templates, **changes: Any) -> str:
    with pytest.raises(TemplateError) as error:
        build_workspace(settings(**changes), made, effects())
    assert "\n" not in str(error.value)
    return str(error.value)


def test_missing_templates_are_refused() -> None:
    made = templates()
    del made["SR"]["tt"]["JES_down"]
    text = refused(made)
    assert "region 'SR', sample 'tt': no template 'JES_down'" in text
    assert "make the templates of fit 'toy' again" in text
    assert "region 'VR' has no templates" in refused(templates(), regions=["SR", "VR"])


def test_a_sample_that_is_in_no_region_is_refused() -> None:
    samples = [*settings().samples, "ttZ"]
    text = refused(templates(), samples=samples)
    assert "sample 'ttZ' has no template in any region" in text


def test_a_signal_strength_without_signal_is_refused() -> None:
    text = refused(templates(), regions=["CR"], samples=["ttW", "tt"])
    assert "the signal strength 'mu' acts on no sample of fit 'toy'" in text


def test_the_job_writes_what_a_fit_reads(tmp_path: Path) -> None:
    path = tmp_path / "templates.root"
    edges = {"SR": np.arange(3.0), "CR": np.arange(4.0)}
    rows = {
        (region, sample, variation): entry
        for region, samples in templates().items()
        for sample, variations in samples.items()
        for variation, entry in variations.items()
    }
    write_root(path, edges, rows)
    output, report = tmp_path / "workspace.json", tmp_path / "templates_report.json"
    regions = {name: {"edges": given.tolist()} for name, given in edges.items()}
    report.write_text(json.dumps({"effects": effects(), "regions": regions}))
    run_workspace(settings(), path, report, output)
    same(json.loads(output.read_text()), BY_HAND)
    first = output.read_bytes()
    run_workspace(settings(), path, report, output)
    assert output.read_bytes() == first
    assert [channel.name for channel in read_workspace(output).channels] == ["CR", "SR"]


def test_no_templates_no_workspace(tmp_path: Path) -> None:
    report = tmp_path / "templates_report.json"
    report.write_text(json.dumps({"effects": []}))
    with pytest.raises(ProductError, match="make the templates again"):
        run_workspace(settings(), tmp_path / "templates.root", report, tmp_path / "workspace.json")
    assert not (tmp_path / "workspace.json").exists()


def test_a_report_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    report = tmp_path / "templates_report.json"
    report.write_text(json.dumps({"changes": []}))
    with pytest.raises(ProductError, match="make the templates again"):
        run_workspace(settings(), tmp_path / "templates.root", report, tmp_path / "workspace.json")


def test_a_kind_of_systematic_that_is_gone_is_refused() -> None:
    gone = [{**entry, "kind": "norme"} for entry in effects()]
    with pytest.raises(TemplateError, match="there is no kind 'norme'; did you mean 'norm'"):
        build_workspace(settings(), templates(), gone)
