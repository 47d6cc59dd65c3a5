"""The plotting of fits and tables: products in, directories of figures and tables out."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from n2mu.errors import ProductError
from n2mu.plots.composition import composition_figure
from n2mu.plots.content import read_keys
from n2mu.plots.correlation import CORRELATION_THRESHOLD
from n2mu.plots.fit_figures import FIT_FIGURES
from n2mu.plots.fit_lines import region_dataset
from n2mu.plots.fit_products import FitProducts
from n2mu.plots.fit_settings import PlotFitSettings
from n2mu.plots.ordered import ordered_figure
from n2mu.plots.pruning import pruning_figure
from n2mu.plots.ranking import ranking_pages
from n2mu.plots.region import region_figure
from n2mu.plots.regions import regions_figure
from n2mu.plots.sensitivity import sensitivity_figure
from n2mu.plots.separation import separation_figure
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import check_settings, save_figure
from n2mu.plots.summary import summary_table
from n2mu.plots.systematic import largest_effects, systematic_figure
from n2mu.plots.tables import changes_table, cutflow_table
from n2mu.plots.treatment import treatment_table
from n2mu.plots.validation import with_validation
from n2mu.plots.yields import STAGES, region_yields
from n2mu.plots.yields_tables import yields_html, yields_latex, yields_text
from n2mu.products import atomic_directory, atomic_file, write_json
from n2mu.templates.histogram import Templates, read_root

logger = logging.getLogger(__name__)

LARGEST = 2
"""Control plots of so many systematics are drawn in every region of a fit."""

_REPORT = ("fit", "regions", "changes", "effects", "pruning", "blinding_threshold")

_MU_FIT = (
    "analysis",
    "fit",
    "observable",
    "dataset",
    "mu",
    "mu_stat_only",
    "mu_data_stat",
    "breakdown",
    "significance",
    "gates",
    "parameters",
    "yields",
)


def run_plot_fit(
    told: PlotFitSettings,
    mu_fit: Path,
    ranking: Path,
    postfit: Path,
    report: Path,
    templates: Path,
    workspace: Path,
    output: Path,
    ranking_page_size: int | None = None,
    correlation_threshold: float = CORRELATION_THRESHOLD,
) -> None:
    """Draw a fit and its regions; write tables of yields, result and changes.

    Parameters
    ----------
    mu_fit, ranking, postfit
        ``mu_fit.json``, ``ranking.json`` and ``postfit.json`` of the fit.
    report
        ``templates_report.json`` of the same fit.
    templates, workspace
        ``templates.root`` and ``workspace.json`` of the same fit.
    output
        Directory of what `FIT_FIGURES` names, ``composition_<prefit|postfit>``,
        ``regions_<prefit|postfit>``, ``ordered/<prefit|postfit>``, ``sensitivity``,
        ``regions/<region>_<prefit|postfit>``, ``separation/<region>``, ``pruning/<region>`` and, of
        the largest, ``systematics/<region>/<sample>/<systematic>`` as PDF and PNG, of
        ``summary.html``, ``changes.html``, ``treatment.html``, and ``yields`` as ``.html``,
        ``.txt``, ``.tex`` and ``.json``.
    ranking_page_size
        Adds the ranking of all parameters as ``ranking_page<n>``, so many on each.
    correlation_threshold
        See `correlation_figure`.

    Raises
    ------
    ProductError
        If a product is missing, incomplete or of another fit.
    ConfigurationError
        If a title cannot be typeset or a colour is unknown.
    """
    settings = told.style
    check_settings(settings)
    fitted = read_keys(mu_fit, _MU_FIT)
    ranked = read_keys(ranking, ("parameters",))
    yields = read_keys(postfit, ("regions", "correlation", "covariance"))
    reported = read_keys(report, _REPORT)
    if reported["fit"] != fitted["fit"]["name"]:
        raise ProductError(
            f"{report}: templates of fit '{reported['fit']}', but {mu_fit} is of fit "
            f"'{fitted['fit']['name']}'; give products of one fit"
        )
    filled = read_root(templates)
    shown, predicted = with_validation(
        told.validation, fitted, yields, reported, filled, paths=(workspace, mu_fit, templates)
    )
    with atomic_directory(output) as directory:
        read = FitProducts(fitted, ranked, yields, reported, settings, correlation_threshold)
        for name, draw in FIT_FIGURES.items():
            save_figure(draw(read), directory / name)
        if ranking_page_size is not None:
            pages = ranking_pages(fitted, ranked, settings, ranking_page_size)
            for number, page in enumerate(pages, start=1):
                save_figure(page, directory / f"ranking_page{number}")
        _draw_regions(settings, shown, predicted, reported, directory)
        _draw_systematics(settings, reported, templates, filled, directory)
        counted = region_yields(shown, predicted, settings)
        write_json(directory / "yields.json", counted)
        _write(directory / "yields.html", yields_html(counted))
        _write(directory / "yields.txt", yields_text(counted, settings))
        _write(directory / "yields.tex", yields_latex(counted))
        _write(directory / "summary.html", summary_table(fitted, settings))
        _write(directory / "changes.html", changes_table(reported))
        _write(directory / "treatment.html", treatment_table(reported, settings))
    logger.info("figures and tables of fit '%s' are in %s", reported["fit"], output)


def _draw_regions(
    settings: PlotSettings,
    mu_fit: Mapping[str, Any],
    postfit: Mapping[str, Any],
    report: Mapping[str, Any],
    directory: Path,
) -> None:
    for name in ("ordered", "separation"):
        (directory / name).mkdir()
    for region in postfit["regions"]:
        for which in STAGES:
            figure = region_figure(
                region, which, report, postfit, settings, dataset=region_dataset(mu_fit, region)
            )
            save_figure(figure, directory / "regions" / f"{region}_{which}")
        if (shapes := separation_figure(region, report, postfit, settings)) is not None:
            save_figure(shapes, directory / "separation" / region)
    for which in STAGES:
        figure = composition_figure(which, report, postfit, settings)
        save_figure(figure, directory / f"composition_{which}")
        whole = regions_figure(which, report, postfit, settings, dataset=str(mu_fit["dataset"]))
        save_figure(whole, directory / f"regions_{which}")
        told = {"dataset": str(mu_fit["dataset"])}
        if (ordered := ordered_figure(which, report, postfit, settings, **told)) is not None:
            save_figure(ordered, directory / "ordered" / which)
    save_figure(sensitivity_figure(report, postfit, settings), directory / "sensitivity")


def _draw_systematics(
    settings: PlotSettings,
    report: Mapping[str, Any],
    templates: Path,
    filled: Templates,
    directory: Path,
) -> None:
    (directory / "pruning").mkdir()
    (directory / "systematics").mkdir()
    for region in report["regions"]:
        if (figure := pruning_figure(region, report, settings)) is not None:
            save_figure(figure, directory / "pruning" / region)
    unsmoothed = read_root(templates, unsmoothed=True)
    for region, sample, systematic in largest_effects(report, filled, LARGEST):
        figure = systematic_figure(region, sample, systematic, report, filled, unsmoothed, settings)
        save_figure(figure, directory / "systematics" / region / sample / systematic)


def run_plot_systematic(
    settings: PlotSettings,
    report: Path,
    templates: Path,
    region: str,
    sample: str,
    systematic: str,
    output: Path,
) -> Path:
    """Draw the control plot of a systematic on one sample in one region.

    Parameters
    ----------
    report, templates
        ``templates_report.json`` and ``templates.root`` of a fit.
    output
        Directory of ``<region>/<sample>/<systematic>`` as PDF and PNG.

    Returns
    -------
    Path
        The figure without its suffix.

    Raises
    ------
    ProductError
        If a product is missing, or there are no such templates.
    ConfigurationError
        If a title cannot be typeset or a colour is unknown.
    """
    check_settings(settings)
    reported = read_keys(report, _REPORT)
    filled, unsmoothed = read_root(templates), read_root(templates, unsmoothed=True)
    figure = systematic_figure(region, sample, systematic, reported, filled, unsmoothed, settings)
    stem = output / region / sample / systematic
    stem.parent.mkdir(parents=True, exist_ok=True)
    save_figure(figure, stem)
    return stem


def run_tables(cutflow: Path, output: Path) -> None:
    """Write the cutflow as an HTML page.

    Parameters
    ----------
    cutflow
        ``cutflow.json``; see `cutflow_table`.
    output
        The page.

    Raises
    ------
    ProductError
        If the product is missing or incomplete.
    """
    content = read_keys(cutflow, ("normalised", "rows"))
    with atomic_file(output) as temporary:
        _write(temporary, cutflow_table(content))
    logger.info("cutflow of %d data sets is in %s", len(content["rows"]), output)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
