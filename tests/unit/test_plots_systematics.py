"""Control plots of systematics, the pruning map, and what was done to each template."""

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PatchCollection
from matplotlib.patches import StepPatch
from plots_products import full_report, overlapping, points, settings, texts

from n2mu.errors import ProductError
from n2mu.plots.pruning import pruning_figure
from n2mu.plots.systematic import largest_effects, systematic_figure
from n2mu.plots.treatment import treatment_page
from n2mu.templates.histogram import Template

BINS = np.arange(1.0, 6.0)


def template(values: Any) -> Template:
    return Template(np.asarray(values, dtype=np.float64), np.full(5, 0.25), 0)


def templates(samples: int = 2) -> Any:
    content = {
        "nominal": template(10 * BINS),
        "np_0_up": template(11 * BINS),
        "np_0_down": template(9 * BINS),
        "tilt_up": template(10 * BINS + [2, 1, 0, -1, -2]),
        "tilt_down": template(10 * BINS - [2, 1, 0, -1, -2]),
    }
    return {"SR": dict.fromkeys(settings(samples).samples, content)}


@pytest.mark.parametrize(("samples", "systematics"), [(2, 3), (33, 60)])
def test_a_pruning_map_has_a_cell_where_a_systematic_acts(samples: int, systematics: int) -> None:
    content = full_report(samples, systematics)
    figure = pruning_figure("SR", content, settings(samples))
    assert figure is not None
    assert overlapping(figure) == []
    cells = sum(
        len(drawn.get_paths())
        for drawn in figure.axes[0].collections
        if isinstance(drawn, PatchCollection)
    )
    assert cells == len(content["effects"])
    assert "Thresholds: rate 0.5 %, shape 1 %" in texts(figure)


def test_a_region_without_systematics_has_no_pruning_map() -> None:
    assert pruning_figure("CR_ttZ", full_report(2, 3), settings(2)) is None


def test_a_status_that_is_unknown_is_not_drawn() -> None:
    content = full_report(2, 3)
    content["effects"][0]["status"] = "droped"
    with pytest.raises(ProductError, match=r"unknown status 'droped'; did you mean 'dropped'\?"):
        pruning_figure("SR", content, settings(2))


def test_the_treatment_of_every_template_is_tabulated() -> None:
    page = treatment_page(full_report(2, 3), settings(2))
    assert page.count("<tr>") == 2 + 2 + len(full_report(2, 3)["effects"])
    for text in ("5 bins: edges given", "12.5", "+1.23 %", "\N{MINUS SIGN}1.00 %", "353QH"):
        assert text in page
    assert "above 100 %" in page and "two sided" in page and "rate dropped" in page


def draw(unsmoothed: Any, **names: str) -> Any:
    told = {"region": "SR", "sample": "ttH", "systematic": "tilt"} | names
    return systematic_figure(
        **told,
        report=full_report(2, 3),
        templates=templates(),
        unsmoothed=unsmoothed,
        settings=settings(2),
    )


def test_a_control_plot_shows_both_sides_before_and_after_smoothing() -> None:
    raw = {"tilt_up": template(10 * BINS + [3, 0, 1, -1, -3])}
    figure = draw({"SR": {"ttH": raw}})
    assert overlapping(figure) == []
    main, ratio = figure.axes
    lines = [np.asarray(patch.get_data()[0]) for patch in main.patches if is_line(patch)]
    expected = [templates()["SR"]["ttH"][f"{n}"].sumw for n in ("nominal", "tilt_up", "tilt_down")]
    np.testing.assert_allclose(lines, expected)
    (before,) = points(ratio)
    np.testing.assert_allclose(
        np.asarray(before.get_ydata()), 100 * np.array([3, 0, 1, -1, -3]) / (10 * BINS)
    )
    assert "Up before smoothing" in texts(figure) and "Down before smoothing" not in texts(figure)
    assert points(draw({}).axes[0]) == []


def is_line(patch: Any) -> bool:
    return isinstance(patch, StepPatch) and patch.get_data()[2] is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"region": "SRR"}, r"no region 'SRR'; did you mean 'SR'\?"),
        ({"sample": "ttX"}, r"SR: no sample 'ttX'; did you mean 'ttH'\?"),
        ({"systematic": "lumi"}, "no templates of 'lumi'.* systematics that are numbers"),
    ],
)
def test_a_control_plot_of_something_unknown_names_what_exists(
    names: dict[str, str], message: str
) -> None:
    with pytest.raises(ProductError, match=message):
        draw({}, **names)


def test_the_largest_effects_are_those_on_the_total_of_a_bin() -> None:
    found = templates()
    # 50 % of a small sample are little
    found["SR"]["background_0"] = {
        "nominal": template(np.full(5, 0.01)),
        "tiny_up": template(np.full(5, 0.015)),
        "tiny_down": template(np.full(5, 0.005)),
    }
    # 2 of 10 in the first bin, 10 % in every bin, half of nearly nothing
    expected = [("SR", "ttH", "tilt"), ("SR", "ttH", "np_0"), ("SR", "background_0", "tiny")]
    assert largest_effects(full_report(2, 3), found, 5) == expected
    assert largest_effects(full_report(2, 3), found, 1) == expected[:1]
