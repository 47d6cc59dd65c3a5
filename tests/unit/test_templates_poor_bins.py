"""Bins that are chosen, and bins of few events."""

from pathlib import Path
from typing import Any

import pytest
from helpers_tiny_templates import Tiny, spread

from n2mu.errors import TemplateError


def test_bins_of_few_events_are_refused_if_given_and_merged_if_chosen(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path)
    edges = {"edges": [-0.5, 0.5, 1.5, 2.5], "least_effective_events": 50}
    with pytest.raises(TemplateError, match=r"region 'SR': in bins 3 \(40\) the background") as e:
        tiny.run(binning=edges)
    assert "binning.edges in regions.yaml" in str(e.value)
    report = tiny.run(binning={"quantiles": 2, "least_effective_events": 100})
    binning = report["regions"]["SR"]["binning"]
    assert min(binning["effective_events"]) >= 100
    assert binning["why"].startswith(f"{binning['bins']} bins")


def test_bins_of_very_few_events_are_listed_in_any_case(tmp_path: Path) -> None:
    few = {"ttW": spread([40, 40, 2]), "tt": spread([100, 50, 3])}
    report = Tiny(tmp_path, **few).run()
    (change,) = [c for c in report["changes"] if c["sample"] == "background"]
    assert change["what"] == "bins 3 (5) kept"


@pytest.mark.parametrize(("smooth", "listed"), [(["ttW"], ["bins 3"]), (["ttW", "tt"], [])])
def test_bins_of_few_events_are_listed_unless_all_backgrounds_are_smooth(
    tmp_path: Path, smooth: list[str], listed: list[str]
) -> None:
    few = {"ttW": spread([45, 9, 2]), "tt": spread([60, 14, 3])}
    report = Tiny(tmp_path, **few).run(smooth={"SR": dict.fromkeys(smooth, 1)})
    changes = [c for c in report["changes"] if c["sample"] == "background"]
    assert [change["what"].split(" (")[0] for change in changes] == listed


def test_bins_that_cannot_be_chosen_are_refused_with_their_key(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"^regions\.yaml: regions\.SR\.binning\.quantiles: "):
        Tiny(tmp_path).run(binning={"quantiles": 7})


@pytest.mark.parametrize(
    "binning",
    [
        {"uniform": {"bins": 2, "low": -0.5, "high": 2.5}},
        {"quantiles": 2},
        {"transfo_d": {"signal": 2, "background": 2}},
        {"transfo_f": {"signal": 5, "background": 5}},
    ],
)
def test_every_binning_says_how_many_bins_it_chose(tmp_path: Path, binning: Any) -> None:
    region = Tiny(tmp_path).run(binning=binning)["regions"]["SR"]
    bins = len(region["edges"]) - 1
    assert region["binning"]["kind"] == next(iter(binning))
    assert region["binning"]["bins"] == bins == len(region["blinded"])
    assert region["binning"]["why"].startswith(f"{bins} bins: ")
