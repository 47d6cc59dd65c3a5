"""The plotting stages, and what all figures share."""

from pathlib import Path

import matplotlib as mpl
import pytest
from plots_products import (
    evaluation,
    fit_products,
    full_report,
    history,
    region_products,
    settings,
    write_fit,
)

from n2mu.errors import ConfigurationError, ProductError
from n2mu.plots.fit_settings import PlotFitSettings
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.models_stage import run_plot_models
from n2mu.plots.ranking import ranking_figure
from n2mu.plots.region import region_figure
from n2mu.plots.stage import run_plot_fit
from n2mu.plots.style import axes_in_inches, house_style, new_figure, save_figure
from n2mu.products import write_json


def test_a_figure_saved_twice_has_the_same_bytes(tmp_path: Path) -> None:
    report, postfit = region_products()
    for name in ("a", "b"):
        figure = region_figure("SR", "prefit", report, postfit, settings(), dataset="asimov")
        save_figure(figure, tmp_path / name)
    for suffix in (".pdf", ".png"):
        first, second = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("a", "b"))
        assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "b.pdf", "b.png"]


def test_figures_leave_the_settings_of_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)
    mu_fit, ranking = fit_products(2)
    ranking_figure(mu_fit, ranking, settings())
    assert dict(mpl.rcParams) == before


def test_the_stage_writes_every_figure_and_table_of_a_fit(tmp_path: Path) -> None:
    run_plot_fit(
        PlotFitSettings(style=settings(3)), *write_fit(tmp_path), output=tmp_path / "plots"
    )
    figures = {"ranking", "pulls", "correlation", "sensitivity"}
    figures |= {
        f"{name}_{w}"
        for name in ("composition", "regions", "ordered")
        for w in ("prefit", "postfit")
    }
    figures |= {"pruning/SR", "systematics/SR/ttH/np_0"}
    figures |= {"separation/SR", "separation/CR_ttZ"}
    figures |= {f"regions/{r}_{w}" for r in ("SR", "CR_ttZ") for w in ("prefit", "postfit")}
    expected = {f"{name}.{suffix}" for name in figures for suffix in ("pdf", "png")}
    expected |= {"summary.html", "changes.html", "treatment.html", "rates.html", "rates.tex"}
    expected |= {f"yields.{suffix}" for suffix in ("html", "txt", "tex", "json")}
    written = {
        str(path.relative_to(tmp_path / "plots"))
        for path in (tmp_path / "plots").rglob("*")
        if path.is_file()
    }
    assert written == expected


def test_products_of_different_fits_are_not_drawn_together(tmp_path: Path) -> None:
    products = write_fit(tmp_path)
    write_json(products[3], full_report(3, 2) | {"fit": "other"})
    with pytest.raises(ProductError, match="templates of fit 'other'"):
        run_plot_fit(PlotFitSettings(style=settings(3)), *products, tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


def test_the_stage_writes_the_figures_of_the_models(tmp_path: Path) -> None:
    evaluated = [tmp_path / f"{content['model']}.json" for content in evaluation()]
    for path, content in zip(evaluated, evaluation(), strict=True):
        write_json(path, content)
    paths = []
    for model in ("worse", "better"):
        for fold in range(2):
            paths.append(tmp_path / f"{model}_{fold}.json")
            write_json(paths[-1], history(fold) | {"model": model})
    mu_fit, _ = fit_products(2)
    write_json(tmp_path / "mu_fit.json", mu_fit)
    told = PlotModelsSettings(
        style=settings(),
        architectures={"worse": "mlp", "better": "ft_transformer"},
        fits={"better": "best"},
    )
    rest = ({"best": tmp_path / "mu_fit.json"}, tmp_path / "plots", tmp_path / "tables")
    run_plot_models(told, evaluated, paths, *rest)
    names = {path.name for path in (tmp_path / "plots").iterdir()}
    assert {"history_worse.pdf", "history_better.png", "models.pdf", "roc.pdf", "roc.png"} <= names
    table = {path.name for path in (tmp_path / "tables").iterdir()}
    assert table == {"models.json", "models.html", "models.md", "models.tex"}
    with pytest.raises(ProductError, match="fold 0 of model 'worse' comes twice"):
        run_plot_models(told, evaluated, [paths[0], paths[0]], *rest)


def test_titles_and_colours_that_matplotlib_cannot_use_are_named(tmp_path: Path) -> None:
    products = write_fit(tmp_path)
    with pytest.raises(ConfigurationError, match=r"parameter 'np_0', title: .* cannot be typeset"):
        told = settings(3, parameters={"np_0": r"$\ensuremath{x}$"})
        run_plot_fit(PlotFitSettings(style=told), *products, tmp_path / "p")
    samples = {"ttH": {"kind": "signal", "colour": "redish"}}
    with pytest.raises(ConfigurationError, match="sample 'ttH': 'redish' is no colour"):
        run_plot_fit(PlotFitSettings(style=settings(3, samples=samples)), *products, tmp_path / "p")


def test_a_power_of_ten_stands_in_the_label_of_its_axis(tmp_path: Path) -> None:
    with house_style():
        figure = new_figure(4, 3)
        wide, plain = (axes_in_inches(figure, 0.8, y, 2, 0.8) for y in (0.5, 1.8))
        wide.plot([0, 3e7], [0, 1])
        wide.set_xlabel("$H_T$ [MeV]")
        wide.set_ylabel("Share")
        plain.plot([0, 300], [0, 4e-7])
        plain.set_xlabel("Mass")
        plain.set_ylabel("Events / bin")
    save_figure(figure, tmp_path / "powers")
    labels = [(axes.get_xlabel(), axes.get_ylabel()) for axes in (wide, plain)]
    assert labels == [("$H_T$ [$10^{7}$ MeV]", "Share"), ("Mass", "Events / bin [$10^{-7}$]")]
    assert not wide.xaxis.get_offset_text().get_visible()
    save_figure(figure, tmp_path / "again")
    assert wide.get_xlabel() == labels[0][0]
