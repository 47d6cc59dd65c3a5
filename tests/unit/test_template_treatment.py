"""What is done to a variation: smoothed, symmetrised, reduced, pruned, listed."""

from pathlib import Path

import numpy as np
import pytest
from helpers_tiny_templates import Tiny, only, spread, varied, weight

from n2mu.errors import TemplateError
from n2mu.templates.histogram import read_root
from n2mu.templates.smooth import Smoothed
from n2mu.templates.treatments import SMOOTHINGS, SYMMETRISATIONS


@pytest.mark.parametrize(
    ("kind", "up", "down"),
    [
        ("one_sided", [110, 55, 22], [90, 45, 18]),
        # half the difference of +10 % and -2 %: 6 %
        ("two_sided", [106, 53, 21.2], [94, 47, 18.8]),
        ("abs_mean", [106, 53, 21.2], [94, 47, 18.8]),
        ("maximum", [110, 55, 22], [90, 45, 18]),
    ],
)
def test_two_sides_become_one_variation(
    tmp_path: Path, kind: str, up: list[float], down: list[float]
) -> None:
    tiny = varied(tmp_path, [1.1] * 3, [0.98] * 3)
    entry = only(tiny.run(weight("w", symmetrisation=kind)), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx(up)
    assert tiny.yields("tt", "w_down") == pytest.approx(down)
    assert (entry["symmetrised"], entry["status"]) == (kind, "shape_dropped")


def test_two_sides_stay_as_they_are_if_nothing_is_asked(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.1, 1.0, 1.0], [0.9, 1.0, 0.8])
    entry = only(tiny.run(weight("w")), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx([110, 50, 20])
    assert tiny.yields("tt", "w_down") == pytest.approx([90, 50, 16])
    assert (entry["symmetrised"], entry["status"], entry["actions"]) == (None, "kept", [])
    assert entry["norm_up"] == pytest.approx(10 / 170)
    assert entry["norm_down"] == pytest.approx(-14 / 170)


def test_an_effect_on_the_rate_or_the_shape_alone(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.34, 1.0, 1.0], [0.66, 1.0, 1.0])
    entry = only(tiny.run(weight("w", effect="norm")), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx([120, 60, 24])
    assert (entry["norm_kept"], entry["shape_kept"], entry["status"]) == (True, None, "kept")
    entry = only(tiny.run(weight("w", effect="shape")), "w")
    assert tiny.yields("tt", "w_up") == pytest.approx([134 / 1.2, 50 / 1.2, 20 / 1.2])
    assert (entry["norm_kept"], entry["shape_kept"], entry["status"]) == (None, True, "kept")


@pytest.mark.parametrize("smoothing", ["353QH", "max_variation"])
def test_a_smoothed_variation_keeps_its_integral_and_what_it_was(
    tmp_path: Path, smoothing: str
) -> None:
    tiny = varied(tmp_path, [1.0, 1.5, 1.0], [1.0, 0.5, 1.0])
    entry = only(tiny.run(weight("w", smoothing=smoothing)), "w")
    assert entry["smoothed"] == smoothing
    assert sum(tiny.yields("tt", "w_up")) == pytest.approx(195)
    assert tiny.yields("tt", "w_up") != pytest.approx([100, 75, 20])
    assert tiny.yields("tt", "w_up", unsmoothed=True) == pytest.approx([100, 75, 20])
    assert tiny.yields("tt", "w_down", unsmoothed=True) == pytest.approx([100, 25, 20])


@pytest.mark.parametrize(
    ("norm", "shape", "status", "rates", "bins"),
    [
        (0.0, 0.0, "kept", 0.05, 110),
        (0.06, 0.0, "norm_dropped", 0.0, 110 / 1.05),
        (0.0, 0.2, "shape_dropped", 0.05, 105),
        (0.06, 0.2, "dropped", None, None),
    ],
)
def test_what_is_below_a_threshold_is_dropped(
    tmp_path: Path, norm: float, shape: float, status: str, rates: float | None, bins: float | None
) -> None:
    tiny = Tiny(tmp_path, tt=spread([100, 100, 0], 1.0, w_up=[1.1, 1, 1], w_down=[0.9, 1, 1]))
    report = tiny.run(weight("w"), pruning={"norm": norm, "shape": shape})
    assert only(report, "w")["status"] == status
    written = read_root(tmp_path / "templates.root")["SR"]["tt"]
    if rates is None:
        assert set(written) == {"nominal"}
    else:
        assert written["w_up"].total / 200 - 1 == pytest.approx(rates)
        assert written["w_up"].sumw[0] == pytest.approx(bins)


def test_a_rate_has_no_shape_where_bins_below_zero_were_set(tmp_path: Path) -> None:
    weights = np.array([1.0] * 100 + [1.0] * 50 + [-1.0] * 20)
    table = spread([100, 50, 20])
    table |= {"n2mu_weight": weights, "n2mu_weight_w_up": 1.2 * weights}
    tiny = Tiny(tmp_path, tt=table)
    told = weight("w", symmetrisation="one_sided")
    entry = only(tiny.run(told, pruning={"norm": 0.01, "shape": 0.01}), "w")
    # what stands in the bin that was set is no part of the rate: 1e-6 of 130 events
    assert entry["shape"] < 1e-8
    assert (entry["status"], entry["norm_up"]) == ("shape_dropped", pytest.approx(0.2))


def test_events_in_a_bin_without_any_before_are_a_shape(tmp_path: Path) -> None:
    table = spread([100, 60, 1], 1.0, w_up=[1, 1, 1], w_down=[1, 1, 1])
    # an event that only a varied weight counts, as one that migrates into the bin
    table["n2mu_weight"][-1] = table["n2mu_weight_w_down"][-1] = 0.0
    tiny = Tiny(tmp_path, tt=table)
    report = tiny.run(weight("w"), pruning={"norm": 0.01, "shape": 0.05})
    entry = only(report, "w")
    assert (entry["status"], entry["shape"]) == ("norm_dropped", 1.0)
    assert tiny.yields("tt", "w_up")[2] == pytest.approx(160 / 161)


def test_every_region_sample_and_systematic_has_an_entry(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [1.1] * 3, [0.9] * 3)
    nowhere = {"none": {"kind": "background", "selection": "n == 2", "data_sets": ["sig"]}}
    with pytest.raises(TemplateError, match=r"'sig' and 'none' share 40 events of sig"):
        tiny.run(weight("w"), samples=nowhere)
    report = tiny.run(weight("w"))
    assert [(e["region"], e["sample"], e["status"]) for e in report["effects"]] == [
        ("SR", "tt", "shape_dropped")
    ]


def test_sides_that_go_the_same_way_and_large_ones_are_listed(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [2.5, 1.0, 1.0], [1.1, 1.0, 1.0])
    entry = only(tiny.run(weight("w")), "w")
    assert entry["same_side"] and entry["large"] and not entry["capped"]
    texts = [f"{a['variation']}: {a['why']}" for a in entry["actions"]]
    assert texts == [
        "w: both sides change the rate the same way: +88.24% and +5.88%",
        "w_up: changes by more than 100 %: rate by 88%; bins 1",
    ]


def test_a_mirrored_side_that_would_be_negative_is_capped_and_listed(tmp_path: Path) -> None:
    tiny = varied(tmp_path, [2.5] * 3, [1.0] * 3)
    entry = only(tiny.run(weight("w", symmetrisation="one_sided")), "w")
    assert entry["capped"] and entry["large"]
    assert sum(tiny.yields("tt", "w_down")) == pytest.approx(1.7)
    assert entry["norm_down"] == pytest.approx(-0.99)


@pytest.mark.parametrize("broken", [[1.0, np.nan, 1.0], [1.0, np.inf, 1.0], [1.0, 2.0]])
def test_a_treatment_that_makes_no_number_per_bin_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: list[float]
) -> None:
    made = np.array(broken)
    tiny = varied(tmp_path, [1.1] * 3, [0.9] * 3)
    monkeypatch.setitem(SMOOTHINGS, "353QH", lambda of: Smoothed(made, "broken", True))
    monkeypatch.setitem(SYMMETRISATIONS, "maximum", lambda nominal, up, down: (up, made))
    for options, side, text in (
        ({"smoothing": "353QH"}, "up", "smoothing '353QH'"),
        ({"symmetrisation": "maximum"}, "down", "symmetrisation 'maximum'"),
    ):
        with pytest.raises(TemplateError, match="expected 3 numbers") as error:
            tiny.run(weight("w", **options))
        assert str(error.value).startswith(
            f"systematic 'w', {text}: the {side} side of sample 'tt' in region 'SR' would be "
        )
    assert not (tmp_path / "templates.root").exists()
