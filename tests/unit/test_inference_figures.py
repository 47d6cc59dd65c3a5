"""Figures of scans, limits, pseudo-experiments, comparisons, correlations; pages of the ranking."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from plots_products import fit_products, overlapping, settings, texts, write_fit

from n2mu.errors import ProductError
from n2mu.fit.comparison import side_by_side
from n2mu.plots.compare import pulls_comparison, ranking_comparison
from n2mu.plots.correlation import correlation_figure
from n2mu.plots.distributions import discovery_figure, goodness_figure, toys_figure
from n2mu.plots.fit_settings import PlotFitSettings
from n2mu.plots.inference import run_plot_inference
from n2mu.plots.limit import limit_figure
from n2mu.plots.mu_summary import mu_summary_figure
from n2mu.plots.pulls import pulls_figure
from n2mu.plots.ranking import ranking_figure, ranking_pages
from n2mu.plots.scan import scan_figure
from n2mu.plots.settings import PlotSettings
from n2mu.plots.stage import run_plot_fit
from n2mu.products import write_json

Json = dict[str, Any]


def neutral() -> PlotSettings:
    labels = {"experiment": "pyhf workspace", "energy": "", "luminosity": ""}
    return settings(labels=labels)


def about(kind: str) -> Json:
    return {"kind": kind, "poi": "mu", "dataset": "data"}


def curve(two: bool, failed: bool = False) -> Json:
    values = np.linspace(-3, 3, 13)
    names = ["mu", "np_0"] if two else ["mu"]
    grid = np.add.outer(values**2, values**2).ravel() if two else values**2
    heights: list[float | None] = grid.tolist()
    lost = []
    if failed:
        heights[0] = None
        lost = [{"values": [-3.0] * len(names), "status": "failed: x"}]
    column = {"values": [values.tolist()] * len(names), "two_delta_nll": heights, "failed": lost}
    sigma = {"up": 1.0, "down": 1.0}
    return {
        **about("scan"),
        "parameters": [
            {
                "name": name,
                "kind": "norm" if name == "mu" else "alpha",
                "best_fit": 0.0,
                "one_sigma": sigma,
                "two_sigma": sigma,
            }
            for name in names
        ],
        "total": column,
        "stat_only": column | {"failed": []},
    }


def limit(toys: bool, observed: bool = True) -> Json:
    mu = np.linspace(0, 2, 11)
    bands = [[float(np.exp(-m * k)) for k in (4, 3, 2, 1.5, 1.2)] for m in mu]
    point = {"value": 0.1, "error": 0.02}
    content = {
        **about("limit"),
        "confidence": 0.95,
        "asymptotic": {
            "observed": 1.8 if observed else None,
            "expected": {"-2": 0.7, "-1": 1.0, "0": 1.5, "+1": 2.0, "+2": 2.5},
            "reasons": {},
            "curve": {
                "mu": mu.tolist(),
                "observed": [float(np.exp(-1.7 * m)) if observed else None for m in mu],
                "expected": bands,
            },
        },
    }
    if toys:
        content["toys"] = {
            "observed": {"value": 1.7, "error": 0.1, "reason": ""},
            "expected": {"0": {"value": 1.4, "error": 0.1, "reason": ""}},
            "points": [{"mu": 1.0, "observed": point, "expected": [point] * 5}],
        }
    return content


def toys() -> Json:
    random = np.random.default_rng(1)
    moments = {"mean": 1.0, "mean_error": 0.01, "width": 0.4, "width_error": 0.01, "count": 1000}
    return {
        **about("toys"),
        "count": 1000,
        "failed": [{"number": 3, "message": "x"}],
        "true_mu": 1.0,
        "mu": moments,
        "pull": moments,
        "coverage": [{"level": 0.683, "covered": 0.69, "error": 0.01}],
        "experiments": {
            "mu": random.normal(1, 0.4, 1000).tolist(),
            "pull": [*random.normal(0, 1, 999).tolist(), None],
        },
    }


def goodness(with_toys: bool) -> Json:
    content = {
        **about("gof"),
        "chi2": {"value": 8.1, "ndof": 9, "p_value": 0.52},
        "asimov_bins_left_out": 2,
    }
    if with_toys:
        values = np.random.default_rng(2).chisquare(9, 500).tolist()
        content["toys"] = {"p_value": 0.5, "error": 0.02, "values": values, "count": 500}
    return content


def discovery() -> Json:
    random = np.random.default_rng(3)
    found = {"significance": 2.1, "p_value": 0.018}
    by_toys = {"p_value": 0.02, "error": 0.004, "significance": 2.05, "reason": ""}
    return {
        **about("significance"),
        "signal": 1.0,
        "asymptotic": {"observed": found, "expected": found},
        "toys": {
            "observed": by_toys,
            "expected": by_toys | {"significance": None},
            "q0_background": random.chisquare(1, 500).tolist(),
            "q0_signal": (random.normal(2, 1, 500) ** 2).tolist(),
        },
    }


def comparison(fits: int, alphas: int) -> Json:
    products = [fit_products(alphas + i, length=40) for i in range(fits)]
    return {
        "kind": "compare",
        "fits": [
            {"label": f"fit number {i}", **{k: fit[k] for k in ("dataset", "mu", "mu_stat_only")}}
            for i, (fit, _) in enumerate(products)
        ],
        "parameters": side_by_side(
            [fit["parameters"] for fit, _ in products],
            ("value", "uncertainty", "pull", "constraint"),
        ),
        "ranking": side_by_side(
            [ranking["parameters"] for _, ranking in products],
            ("status", "impact_prefit", "impact_postfit"),
        ),
    }


def test_a_fit_without_ranking_is_said_to_have_none_and_without_any_there_is_no_figure() -> None:
    content = comparison(2, 5)
    for entry in content["ranking"]:
        entry["fits"][1] = None
    figure = ranking_comparison(content, settings())
    assert figure is not None
    named = [text for text in texts(figure) if text.startswith("fit number")]
    assert named == ["fit number 0", "fit number 1: no ranking"]
    assert ranking_comparison(content | {"ranking": []}, settings()) is None


def correlation(count: int) -> Json:
    random = np.random.default_rng(count)
    mu_fit, _ = fit_products(count, gammas=0)
    names = [parameter["name"] for parameter in mu_fit["parameters"]]
    matrix = np.corrcoef(random.normal(size=(len(names), 30)))
    matrix = np.where(np.abs(matrix) < 0.25, 0.0, matrix)
    return {"correlation": {"names": names, "matrix": matrix.tolist()}}


def labels_of(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize("style", [settings(), neutral()])
@pytest.mark.parametrize(
    ("draw", "product"),
    [
        (scan_figure, curve(two=False)),
        (scan_figure, curve(two=False, failed=True)),
        (scan_figure, curve(two=True, failed=True)),
        (limit_figure, limit(toys=False)),
        (limit_figure, limit(toys=True)),
        (limit_figure, limit(toys=False, observed=False)),
        (toys_figure, toys()),
        (goodness_figure, goodness(with_toys=False)),
        (goodness_figure, goodness(with_toys=True)),
        (discovery_figure, discovery()),
        (mu_summary_figure, comparison(2, 4)),
        (mu_summary_figure, comparison(9, 4)),
        (pulls_comparison, comparison(2, 5)),
        (pulls_comparison, comparison(4, 60)),
        (ranking_comparison, comparison(3, 60)),
    ],
)
def test_nothing_overlaps(draw: Any, product: Json, style: PlotSettings) -> None:
    assert overlapping(draw(product, style)) == []


@pytest.mark.parametrize("count", [1, 5, 60])
def test_nothing_overlaps_in_correlations(count: int) -> None:
    mu_fit, _ = fit_products(count, gammas=0)
    assert overlapping(correlation_figure(mu_fit, correlation(count), settings(), 0.0)) == []


def test_a_workspace_made_elsewhere_has_no_luminosity() -> None:
    assert any("fb" in text for text in texts(limit_figure(limit(toys=False), settings())))
    assert not any("sqrt" in text for text in texts(limit_figure(limit(toys=False), neutral())))


def test_a_comparison_of_different_kinds_of_data_says_which_is_which() -> None:
    product = comparison(2, 3)
    product["fits"][1]["dataset"] = "data"
    for draw in (mu_summary_figure, pulls_comparison, ranking_comparison):
        figure = draw(product, settings())
        assert figure is not None
        assert overlapping(figure) == []
        found = " ".join(texts(figure))
        assert "fit number 0 (Asimov data)" in found
        assert "fit number 1 (Data)" in found


def test_correlations_below_the_threshold_are_left_out_but_free_parameters_stay() -> None:
    mu_fit, _ = fit_products(3, gammas=0)
    names = ["np_0", *(p["name"] for p in mu_fit["parameters"][1:3]), "mu"]
    matrix = np.eye(4)
    matrix[1, 2] = matrix[2, 1] = -0.4
    product = {"correlation": {"names": names, "matrix": matrix.tolist()}}
    figure = correlation_figure(mu_fit, product, settings(), 0.3)
    assert labels_of(figure) == ["mu", names[1], names[2]]
    assert "\N{MINUS SIGN}40" in texts(figure)
    assert any("3 of 4 parameters" in text for text in texts(figure))
    product["correlation"]["names"][0] = "other"
    with pytest.raises(ProductError, match="'other' is no parameter of mu_fit"):
        correlation_figure(mu_fit, product, settings())


def test_pages_of_the_ranking_show_every_parameter_once() -> None:
    mu_fit, ranking = fit_products(41, gammas=3)
    ranking["parameters"][0]["status"] = "failed"
    pages = ranking_pages(mu_fit, ranking, settings(), 20)
    names = [label.get_text() for page in pages for label in page.axes[1].get_yticklabels()]
    assert [len(page.axes[1].get_yticklabels()) for page in pages] == [20, 20, 5]
    assert len(set(names)) == 45
    assert sum("(failed)" in name for name in names) == 1
    assert any("Parameters 41 to 45 of 45" in text for text in texts(pages[2]))
    assert all(overlapping(page) == [] for page in pages)


def test_the_stage_draws_pages_when_asked(tmp_path: Path) -> None:
    told = PlotFitSettings(style=settings(3))
    run_plot_fit(told, *write_fit(tmp_path), output=tmp_path / "p", ranking_page_size=4)
    assert sorted(path.name for path in (tmp_path / "p").glob("ranking_page*.png")) == [
        "ranking_page1.png",
        "ranking_page2.png",
    ]


def test_a_figure_of_earlier_toys_does_not_survive_a_run_without(tmp_path: Path) -> None:
    product = tmp_path / "significance.json"
    write_json(product, discovery())
    run_plot_inference(settings(), product)
    assert (tmp_path / "significance.png").exists()
    content = discovery()
    del content["toys"]
    write_json(product, content)
    run_plot_inference(settings(), product)
    assert not (tmp_path / "significance.png").exists()
    write_json(product, {"kind": "gofs"})
    with pytest.raises(ProductError, match="unknown kind 'gofs'; did you mean 'gof'"):
        run_plot_inference(settings(), product)


def test_lists_in_talks_are_short_and_say_so() -> None:
    style = settings()
    talk = style.model_copy(update={"labels": style.labels.model_copy(update={"format": "talk"})})
    mu_fit, ranking = fit_products(20, gammas=0)
    with_gammas, _ = fit_products(20, gammas=5)
    compared = ranking_comparison(comparison(2, 20), talk)
    assert compared is not None
    shown = {
        "ranking": ranking_figure(mu_fit, ranking, talk),
        "pulls": pulls_figure(with_gammas, talk),
        "correlation": correlation_figure(mu_fit, correlation(20), talk, 0.0),
        "compared pulls": pulls_comparison(comparison(2, 20), talk),
        "compared ranking": compared,
    }
    assert [name for name, figure in shown.items() if overlapping(figure)] == []
    rows = {name: len(labels_of(figure)) for name, figure in shown.items() if name != "ranking"}
    assert rows == {"pulls": 12, "correlation": 12, "compared pulls": 12, "compared ranking": 10}
    assert len(shown["ranking"].axes[1].get_yticklabels()) == 10
    for figure in shown.values():
        assert any(" of " in text and " parameters" in text for text in texts(figure))


def test_pulls_in_talks_are_those_of_parameters_that_the_data_moved() -> None:
    mu_fit, _ = fit_products(30, gammas=2)
    for number, parameter in enumerate(mu_fit["parameters"][:30]):
        parameter["pull"], parameter["constraint"] = 0.0, 0.9
        if number % 3 == 0:
            parameter["pull"] = 0.5 if number % 2 else -0.5
    mu_fit["parameters"][1]["constraint"] = 0.2
    labels = settings().labels.model_copy(update={"format": "talk"})
    found = labels_of(pulls_figure(mu_fit, settings().model_copy(update={"labels": labels})))
    found = [label.strip("x") for label in found]
    # the first has a title; the one of small error, those pulled, and one of the others
    pulled = [f"np_{number}" for number in range(3, 30, 3)]
    assert found == [r"$t\bar{t}W$ scale", "np_1", "np_2", *pulled]
