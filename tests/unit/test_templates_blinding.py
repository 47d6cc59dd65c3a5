"""Observed counts of blinded bins are in no product."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers_tiny_templates import Tiny, ghosts, spread
from hypothesis import given
from hypothesis import strategies as st

from n2mu.templates.blinding import blind, blinded_bins
from n2mu.templates.histogram import Template, read_root

PLANTED = 7919
"""Observed events of the blinded bin: a number that nothing else comes to."""


def observed(path: Path) -> Tiny:
    # S/B is 1/140, 2/90 and 4/40
    tiny = Tiny(path, data=spread([141, 88, PLANTED]))
    metadata = json.loads((tiny.skim / "metadata.json").read_text())
    metadata["data_sets"]["data"]["data"] = True
    (tiny.skim / "metadata.json").write_text(json.dumps(metadata))
    return tiny


DATA = {"data": {"kind": "data", "selection": "1", "data_sets": ["data"]}}


def test_blinded_bins_of_data_hold_the_expectation(tmp_path: Path) -> None:
    tiny = observed(tmp_path)
    scaling = {"SR": {"sig": 2.0, "tt": 0.5}}
    report = tiny.run(samples=DATA, blinding_threshold=0.05, scaling=scaling)
    assert report["regions"]["SR"]["blinded"] == [False, False, True]
    assert tiny.yields("data") == [141, 88, 2 * 4 + 20 + 0.5 * 20]
    assert report["regions"]["SR"]["observed"] == {"sample": "data", "unblinded": 229}


def test_no_product_of_the_templates_holds_a_blinded_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny = observed(tmp_path)
    caplog.set_level("DEBUG")
    tiny.run(samples=DATA, blinding_threshold=0.05)
    total = 141 + 88 + PLANTED
    text = (tmp_path / "templates_report.json").read_text() + caplog.text
    assert str(PLANTED) not in text
    assert str(total) not in text
    for found in read_root(tmp_path / "templates.root")["SR"]["data"].values():
        assert PLANTED not in found.sumw
        assert PLANTED not in found.sumw2
        assert not np.isclose(found.total, total)


def test_a_signal_that_is_not_in_the_fit_blinds_data_all_the_same(tmp_path: Path) -> None:
    # S/B of the fit is 4/60 in bin 2, with the other signal 24/60
    tiny = Tiny(tmp_path, tt=spread([100, 50, 40]), tH=spread([0, 0, 20]))
    report = tiny.run(samples=ghosts("tH"), blinding_threshold=0.3)
    assert report["regions"]["SR"]["blinded"] == [False, False, False]
    report = tiny.run(samples=ghosts("tH"), blinding_threshold=0.3, other_signals=["tH"])
    assert report["regions"]["SR"]["blinded"] == [False, False, True]
    assert set(read_root(tmp_path / "templates.root")["SR"]) == {"sig", "ttW", "tt"}


def test_data_without_blinded_bins_are_as_counted(tmp_path: Path) -> None:
    tiny = observed(tmp_path)
    tiny.run(samples=DATA)
    assert tiny.yields("data") == [141, 88, PLANTED]


counts = st.lists(st.floats(0, 1e4), min_size=4, max_size=4)


@given(counts, counts, counts, st.floats(0.01, 2))
def test_a_blinded_bin_keeps_nothing_of_its_count(
    signal: list[float], background: list[float], data: list[float], threshold: float
) -> None:
    s, b, n = (Template(np.array(x), np.array(x), 1) for x in (signal, background, data))
    mask = blinded_bins(s, b, threshold)
    assert mask.tolist() == [x > threshold * y for x, y in zip(signal, background, strict=True)]
    other = Template(np.where(mask, n.sumw + 17, n.sumw), np.where(mask, 3, n.sumw2), 99)
    first, second = (blind(x, s.sumw + b.sumw, mask) for x in (n, other))
    np.testing.assert_array_equal(first.sumw, second.sumw)
    np.testing.assert_array_equal(first.sumw2, second.sumw2)
    assert first.events == second.events == 0
