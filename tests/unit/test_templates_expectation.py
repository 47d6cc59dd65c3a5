"""What a region must expect: samples without events, bins without yield."""

from pathlib import Path

import numpy as np
import pytest
from helpers_templates import Tables
from helpers_toy_templates import refused, tiny

from n2mu.templates.histogram import read_root


def test_a_sample_without_events_in_a_region_is_dropped_and_listed(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for kind, table in tables["ttV"].items():
            table["truth"][(table["truth"] == 1) & (table["n"] < 4)] = 0
            if kind == "JES_1up":
                table["truth"][table["n"] == 3] = 1

    analysis = tiny(tmp_path, change)
    report = analysis.run()
    templates = read_root(analysis.path / "templates.root")
    assert "ttW" not in templates["CR"]
    assert "ttW" in templates["SR"]
    assert "ttW" not in report["regions"]["CR"]["samples"]
    varied = int((analysis.chunks["c0"]["ttV"]["JES_1up"]["n"] == 3).sum())
    (dropped,) = [c for c in report["changes"] if c["what"] == "dropped"]
    assert dropped == {
        "region": "CR",
        "sample": "ttW",
        "variation": "all",
        "what": "dropped",
        "why": "no yield of this sample is in this region; "
        f"its variations have up to {varied} events",
    }


def test_a_sample_without_any_event_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for table in tables["ttV"].values():
            table["truth"][table["truth"] == 1] = 0

    text = refused(tiny(tmp_path, change))
    assert text.startswith("sample 'ttW': no event in any region of fit 'toy' (SR, CR)")


def test_a_region_without_background_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttV", "tt"):
            for table in tables[name].values():
                table["n"] = np.maximum(table["n"], 4)

    text = refused(tiny(tmp_path, change))
    assert "region 'CR': no background is expected: 'n < 4' passes none of" in text
    assert "events in the skims, where n is 4 to " in text


def test_events_beyond_all_edges_are_named_as_the_cause_of_empty_bins(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for data_set in tables.values():
            for table in data_set.values():
                table["toy_sig"] = 1000 + 1000 * table["toy_sig"]

    text = refused(tiny(tmp_path, change))
    assert "in all its events the observable is 0.7 or more, toy_sig is 1" in text
    assert "is one of them in MeV and the other in GeV?" in text


def test_a_background_of_negative_yield_is_no_background(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttV", "tt"):
            table = tables[name]["nominal"]
            control = table["n"] < 4
            table["n2mu_weight"][control] = -np.abs(table["n2mu_weight"][control])

    text = refused(tiny(tmp_path, change))
    assert "region 'CR': no background is expected (the yield is -" in text


@pytest.mark.parametrize("sign", [0, -1])
def test_a_signal_region_without_signal_is_refused(tmp_path: Path, sign: int) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttH.a", "ttH.d"):
            table = tables[name]["nominal"]
            table["n2mu_weight"][table["n"] >= 4] = sign

    text = refused(tiny(tmp_path, change))
    assert "region 'SR': no signal is expected in this signal region" in text


def test_a_control_region_needs_no_signal(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for name in ("ttH.a", "ttH.d"):
            for table in tables[name].values():
                table["n"] = np.maximum(table["n"], 4)

    report = tiny(tmp_path, change).run()
    assert report["regions"]["CR"]["blinded"] == [False, False]


@pytest.mark.parametrize("negative", [False, True])
def test_a_bin_without_expectation_is_refused(tmp_path: Path, negative: bool) -> None:
    def change(tables: Tables) -> None:
        for data_set in tables.values():
            for table in data_set.values():
                scores = table["toy_sig"]
                scores[(scores >= 0.4) & (scores < 0.7)] = 0.75
        if negative:
            table = tables["tt"]["nominal"]
            table["n"][0], table["toy_sig"][0], table["n2mu_weight"][0] = 5, 0.5, -0.1

    text = refused(tiny(tmp_path, change))
    assert "region 'SR': bin 2 expects no event" in text
    assert "use fewer or wider bins" in text


def test_a_bin_that_mending_empties_is_refused(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        for data_set in tables.values():
            for table in data_set.values():
                scores = table["toy_sig"]
                scores[(scores >= 0.4) & (scores < 0.7)] = 0.75
        # of all samples only ttW, whose yield is negative, expects events in bin 1
        table = tables["ttV"]["nominal"]
        table["n2mu_weight"][table["truth"] == 1] *= -0.01
        table["n"][0], table["truth"][0] = 5, 1
        table["toy_sig"][0], table["n2mu_weight"][0] = 0.5, 0.01

    assert "region 'SR': bin 2 expects no event" in refused(tiny(tmp_path, change))
