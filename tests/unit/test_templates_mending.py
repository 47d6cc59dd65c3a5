"""Negative yields are mended openly."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers_templates import Tables
from helpers_toy_templates import template, tiny
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from n2mu.templates.histogram import Template, read_root
from n2mu.templates.mend import FLOOR, mend_nominal, mend_variation

Reports = list[tuple[str, str]]


def reporting() -> tuple[Reports, Callable[[str, str], None]]:
    reports: Reports = []
    return reports, lambda what, why: reports.append((what, why))


def test_negative_bins_become_small_and_the_integral_stays() -> None:
    reports, report = reporting()
    mended = mend_nominal(template(3.0, -0.5, 0.0, 1.5), report)
    np.testing.assert_allclose(mended.sumw, [3 * 4 / 4.5, FLOOR, 0, 1.5 * 4 / 4.5], atol=1e-6)
    assert mended.total == pytest.approx(4.0, rel=1e-12)
    np.testing.assert_array_equal(mended.sumw2, np.full(4, 0.04))
    assert reports == [
        ("bins 2 (-0.5) set to 1e-06, the others scaled", "negative yield; the integral is kept")
    ]


def test_a_nominal_without_negative_bins_is_left_alone() -> None:
    reports, report = reporting()
    nominal = template(3.0, 0.0, 1.5)
    assert mend_nominal(nominal, report) is nominal
    assert reports == []


def test_a_yield_that_is_not_positive_becomes_no_yield() -> None:
    reports, report = reporting()
    raw = template(1.0, -2.0)
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, template(1.5, -1.0), report)
    assert nominal.sumw.tolist() == varied.sumw.tolist() == [FLOOR, FLOOR]
    np.testing.assert_array_equal(nominal.sumw2, raw.sumw2)
    assert [what for what, _ in reports] == ["all bins set to 1e-06", "set to the nominal"]
    assert "the yield is -1 +- 0.283, not positive" in reports[0][1]


def test_a_bin_negative_in_the_nominal_gives_its_variations_no_spurious_shape() -> None:
    raw = template(4.0, -1.0, 6.0)
    _, report = reporting()
    nominal = mend_nominal(raw, report)
    # +10 % on the filled bins; the negative one happens to turn positive
    up = mend_variation(raw, nominal, template(4.4, 0.2, 6.6), report)
    assert up.total / nominal.total == pytest.approx(11.2 / 9.0, rel=1e-12)
    ratio = up.sumw / nominal.sumw
    assert ratio[0] == pytest.approx(ratio[2], rel=1e-12)
    assert up.sumw[1] == FLOOR


yields = hnp.arrays(np.float64, 5, elements=st.floats(-2, 10))


errors = np.ones(5)


@given(yields, st.floats(0.02, 5))
def test_a_variation_of_the_rate_alone_stays_one(sumw: np.ndarray, rate: float) -> None:
    assume(sumw.sum() > 0.5)
    raw = Template(sumw, errors, 1)
    _, report = reporting()
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, Template(rate * sumw, errors, 1), report)
    np.testing.assert_allclose(varied.sumw, rate * nominal.sumw, rtol=1e-4, atol=1e-5)


@given(yields, yields)
def test_a_mended_variation_keeps_its_rate_and_no_bin_is_negative(
    nominal_yields: np.ndarray, varied_yields: np.ndarray
) -> None:
    assume(nominal_yields.sum() > 0.5)
    raw, up = Template(nominal_yields, errors, 1), Template(varied_yields, errors, 1)
    reports, report = reporting()
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, up, report)
    assert (nominal.sumw >= 0).all()
    assert (varied.sumw >= 0).all()
    assert nominal.total == pytest.approx(raw.total)
    expected = max(up.total / raw.total, 0.01)
    assert varied.total / nominal.total == pytest.approx(expected, rel=1e-6)
    untouched = np.array_equal(varied.sumw, up.sumw) and np.array_equal(nominal.sumw, raw.sumw)
    assert untouched == (not reports)


def test_a_variation_without_other_bins_takes_the_shape_of_the_nominal() -> None:
    reports, report = reporting()
    raw = template(4.0, -1.0)
    nominal = mend_nominal(raw, report)
    varied = mend_variation(raw, nominal, template(-1.0, 7.0), report)
    np.testing.assert_allclose(varied.sumw, 2 * nominal.sumw)
    assert reports[1][0] == "given the shape of the nominal"


def test_a_vanishing_variation_is_capped_and_reported() -> None:
    reports, report = reporting()
    nominal = template(3.0, 1.0)
    varied = mend_variation(nominal, nominal, template(0.0, 0.0), report)
    np.testing.assert_allclose(varied.sumw, [0.03, 0.01])
    assert reports == [
        (
            "rate capped at 1% of the nominal, with the nominal shape",
            "the variation leaves 0 of 4 expected events",
        )
    ]


def test_a_mirror_keeps_relative_effects_also_where_the_nominal_is_mended(tmp_path: Path) -> None:
    def change(tables: Tables) -> None:
        table = tables["ttV"]["nominal"]
        table["n2mu_weight"] = np.abs(table["n2mu_weight"])
        last = (table["truth"] == 1) & (table["toy_sig"] >= 0.7)
        table["n2mu_weight"][last] *= -0.2
        effect = np.where(table["toy_sig"] < np.float32(0.4), 1.2, 1.0)
        table["n2mu_weight_ttw_shape_up"] = effect * table["n2mu_weight"]

    analysis = tiny(tmp_path, change)
    report = analysis.run()
    templates = read_root(analysis.path / "templates.root")["SR"]["ttW"]
    nominal = templates["nominal"].sumw
    assert nominal[2] == FLOOR
    for variation, effect in (("ttw_shape_up", 1.2), ("ttw_shape_down", 0.8)):
        found = templates[variation].sumw
        ratio = found / nominal
        assert ratio[0] / ratio[1] == pytest.approx(effect, rel=1e-5)
        assert found[2] == FLOOR
        (mended,) = (
            c
            for c in report["changes"]
            if (c["region"], c["sample"], c["variation"]) == ("SR", "ttW", variation)
            and not c["what"].startswith("mirrored")
        )
        assert mended["why"] == "negative yield in the nominal; the integral is kept"
