"""The plotting of fits and tables: products in, directories of figures and tables out."""

import logging
from collections.abc import Iterator
from pathlib import Path

from matplotlib.figure import Figure

from n2mu.errors import ProductError, counted
from n2mu.plots import fit_figures
from n2mu.plots.content import read_keys
from n2mu.plots.correlation import CORRELATION_THRESHOLD
from n2mu.plots.fit_products import FitProducts, TemplateProducts
from n2mu.plots.fit_settings import PlotFitSettings
from n2mu.plots.fit_subjects import STAGES, SUBJECTS
from n2mu.plots.ranking import ranking_pages
from n2mu.plots.rates import rates_html, rates_latex
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import check_settings, save_figure
from n2mu.plots.summary import summary_page
from n2mu.plots.systematic import largest_effects
from n2mu.plots.tables import changes_page, cutflow_page
from n2mu.plots.treatment import treatment_page
from n2mu.plots.validation import with_validation
from n2mu.plots.yields import region_yields
from n2mu.plots.yields_tables import yields_html, yields_latex, yields_text
from n2mu.products import atomic_directory, atomic_file, write_json
from n2mu.templates.histogram import read_root

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
        Directory of what `n2mu.plots.fit_figures` names, as PDF and PNG, of ``summary.html``,
        ``changes.html``, ``treatment.html``, ``rates`` as ``.html`` and ``.tex``, and ``yields`` as
        ``.html``, ``.txt``, ``.tex`` and ``.json``; of the largest systematics figures.
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
    read = FitProducts(
        report=reported,
        templates=filled,
        unsmoothed=read_root(templates, unsmoothed=True),
        settings=settings,
        mu_fit=shown,
        ranking=ranked,
        postfit=predicted,
        correlation_threshold=correlation_threshold,
    )
    with atomic_directory(output) as directory:
        for subject in SUBJECTS.values():
            if subject.optional:
                for name in getattr(fit_figures, subject.dictionary):
                    (directory / name).mkdir(exist_ok=True)
        for stem, figure in _figures(read):
            save_figure(figure, directory / stem)
        if ranking_page_size is not None:
            pages = ranking_pages(fitted, ranked, settings, ranking_page_size)
            for number, page in enumerate(pages, start=1):
                save_figure(page, directory / f"ranking_page{number}")
        counted = region_yields(shown, predicted, settings)
        write_json(directory / "yields.json", counted)
        _write(directory / "yields.html", yields_html(counted))
        _write(directory / "yields.txt", yields_text(counted, settings))
        _write(directory / "yields.tex", yields_latex(counted))
        _write(directory / "summary.html", summary_page(fitted, settings))
        _write(directory / "changes.html", changes_page(reported))
        _write(directory / "treatment.html", treatment_page(reported, settings))
        _write(directory / "rates.html", rates_html(reported, settings))
        _write(directory / "rates.tex", rates_latex(reported, settings))
    logger.info("figures and tables of fit '%s' are in %s", reported["fit"], output)


def _figures(of: FitProducts) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of a fit with its path, one at a time."""
    for name, of_fit in fit_figures.FIT_FIGURES.items():
        yield _path("fit", name), of_fit(of)
    for which in STAGES:
        for name, of_stage in fit_figures.STAGE_FIGURES.items():
            yield _path("stage", name, which=which), of_stage(of, which)
    for region in of.postfit["regions"]:
        for name, of_region in fit_figures.REGION_FIGURES.items():
            if (figure := of_region(of, region)) is not None:
                yield _path("region", name, region=region), figure
        for which in STAGES:
            for name, of_both in fit_figures.REGION_STAGE_FIGURES.items():
                if (figure := of_both(of, region, which)) is not None:
                    yield _path("region_stage", name, region=region, which=which), figure
    for region, sample, systematic in largest_effects(of.report, of.templates, LARGEST):
        yield from _of_systematic(of, region, sample, systematic)


def _of_systematic(
    of: TemplateProducts, region: str, sample: str, systematic: str
) -> Iterator[tuple[str, Figure]]:
    about = {"region": region, "sample": sample, "systematic": systematic}
    for name, draw in fit_figures.SYSTEMATIC_FIGURES.items():
        if (figure := draw(of, region, sample, systematic)) is not None:
            yield _path("systematic", name, **about), figure


def _path(subject: str, name: str, **about: str) -> str:
    return SUBJECTS[subject].path.format(name=name, **about)


def run_plot_systematic(
    settings: PlotSettings,
    report: Path,
    templates: Path,
    region: str,
    sample: str,
    systematic: str,
    output: Path,
) -> list[Path]:
    """Draw the figures of a systematic on one sample in one region.

    Parameters
    ----------
    report, templates
        ``templates_report.json`` and ``templates.root`` of a fit.
    output
        Directory of what `SYSTEMATIC_FIGURES` names, as PDF and PNG.

    Returns
    -------
    list of Path
        The figures without their suffixes.

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
    of = TemplateProducts(reported, filled, unsmoothed, settings)
    stems = []
    for stem, figure in _of_systematic(of, region, sample, systematic):
        stems.append(output / stem)
        stems[-1].parent.mkdir(parents=True, exist_ok=True)
        save_figure(figure, stems[-1])
    return stems


def run_tables(cutflow: Path, output: Path) -> None:
    """Write the cutflow as an HTML page.

    Parameters
    ----------
    cutflow
        ``cutflow.json``; see `cutflow_page`.
    output
        The page.

    Raises
    ------
    ProductError
        If the product is missing or incomplete.
    """
    content = read_keys(cutflow, ("normalised", "rows"))
    with atomic_file(output) as temporary:
        _write(temporary, cutflow_page(content))
    logger.info("cutflow of %s is in %s", counted(len(content["rows"]), "data set"), output)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
