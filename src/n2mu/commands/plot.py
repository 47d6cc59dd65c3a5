"""``n2mu plot``."""

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice
from n2mu.commands.request import contents, record
from n2mu.errors import ConfigurationError

if TYPE_CHECKING:
    from n2mu.commands.job import Job

logger = logging.getLogger(__name__)


def command(
    fit: Annotated[
        str | None, typer.Option(help="Name of a fit: its ranking, pulls, regions and tables.")
    ] = None,
    models: Annotated[
        bool, typer.Option("--models", help="What all models are worth, and their trainings.")
    ] = False,
    cutflow: Annotated[bool, typer.Option("--cutflow", help="Cutflow of all data sets.")] = False,
    systematic: Annotated[
        str | None,
        typer.Option(help="A systematic of --fit: its control plot on --sample in --region."),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            help="A feature, a score or an expression: its distribution in --region. "
            "May be given several times; 'all' is every feature."
        ),
    ] = None,
    bins: Annotated[int | None, typer.Option(min=1, help="Number of bins of --feature.")] = None,
    low: Annotated[float | None, typer.Option(help="Start of the axis of --feature.")] = None,
    high: Annotated[float | None, typer.Option(help="End of the axis of --feature.")] = None,
    region: Annotated[str | None, typer.Option(help="Name of a region.")] = None,
    sample: Annotated[str | None, typer.Option(help="Name of a sample.")] = None,
    ranking_page_size: Annotated[
        int | None,
        typer.Option(min=1, help="Also draw all of the ranking, so many parameters per page."),
    ] = None,
    correlation_threshold: Annotated[
        float,
        typer.Option(min=0, max=1, help="Show parameters with a correlation above this."),
    ] = 0.1,
    config: Config = DEFAULT_CONFIG,
    expected: Slice = None,
) -> None:
    """Draw figures and tables from finished products.

    Writes results/ANALYSIS/fits/FIT/plots, results/ANALYSIS/evaluation/plots,
    results/ANALYSIS/tables, or, of one systematic, results/ANALYSIS/fits/FIT/systematics.
    Features are drawn from skims and scores to results/ANALYSIS/features/REGION, with the
    samples of --fit (default: the published one). Data are shown if neither a bin of the figure
    nor, in any fit, one of the region is blinded; so they need the templates of these fits.

    Example: n2mu plot --fit ftt

    Example: n2mu plot --fit ftt --systematic JET_JES --region SR --sample ttW

    Example: n2mu plot --region SR --feature lep_Pt_0 --feature nJets_OR
    """
    if feature is None and (fit is not None) + models + cutflow != 1:
        raise ConfigurationError("say what to plot: one of --fit, --models, --cutflow, --feature")
    if feature is not None and (models or cutflow or systematic is not None or region is None):
        raise ConfigurationError("--feature needs --region, and goes with --fit alone")
    if feature is None and (bins, low, high) != (None, None, None):
        raise ConfigurationError("--bins, --low and --high belong to --feature")
    if systematic is not None and None in (fit, region, sample):
        raise ConfigurationError(
            "--systematic needs --fit, --region and --sample: whose templates are drawn"
        )
    from n2mu.commands.job import choose, open_job

    job = open_job(config)
    if fit is not None:
        choose(fit, list(job.configuration.fits.fits), "fit")
    if cutflow:
        _cutflow(job, expected)
    elif models:
        _models(job, expected)
    elif feature is not None:
        assert region is not None
        choose(region, list(job.configuration.regions.given), "region")
        names = [] if feature == ["all"] else feature
        _features(job, expected, fit, region, names, (bins, low, high))
    elif systematic is not None:
        assert fit is not None and region is not None and sample is not None
        _systematic(job, expected, fit, region, sample, systematic)
    else:
        assert fit is not None
        _fit(job, expected, fit, ranking_page_size, correlation_threshold)


def _cutflow(job: "Job", expected: str | None) -> None:
    from n2mu.commands.job import require_slice
    from n2mu.plots.stage import run_tables
    from n2mu.skim.cutflow import run_cutflow

    told, tables = job.slices.cutflow(), job.paths.tables
    require_slice(told, expected)
    run_cutflow(told, job.skims, tables("cutflow.json"))
    run_tables(tables("cutflow.json"), tables("cutflow.html"))
    logger.info("wrote %s", tables("cutflow.html"))


def _fit(
    job: "Job",
    expected: str | None,
    fit: str,
    ranking_page_size: int | None,
    correlation_threshold: float,
) -> None:
    from n2mu.commands.job import require_slice
    from n2mu.plots.stage import run_plot_fit

    told = job.slices.plot_fit(fit)
    require_slice(told, expected)
    run_plot_fit(
        told,
        job.paths.fit(fit, "mu_fit.json"),
        job.paths.fit(fit, "ranking.json"),
        job.paths.fit(fit, "postfit.json"),
        job.paths.fit(fit, "templates_report.json"),
        job.paths.fit(fit, "templates.root"),
        job.paths.fit(fit, "workspace.json"),
        job.paths.fit(fit, "plots"),
        ranking_page_size,
        correlation_threshold,
    )


def _models(job: "Job", expected: str | None) -> None:
    from n2mu.commands.job import require_slice
    from n2mu.plots.models_stage import run_plot_models

    told = job.slices.plot_models()
    require_slice(told, expected)
    folds = range(job.configuration.models.folds)
    run_plot_models(
        told,
        [job.paths.evaluation(name) for name in told.architectures],
        [job.paths.history(m, fold) for m in job.configuration.main.models for fold in folds],
        {fit: job.paths.fit(fit, "mu_fit.json") for fit in told.fits.values()},
        job.paths.model_plots,
        job.paths.root / "tables",
    )


def _systematic(
    job: "Job", expected: str | None, fit: str, region: str, sample: str, systematic: str
) -> None:
    from n2mu.commands.job import require_slice
    from n2mu.plots.stage import run_plot_systematic

    style = job.slices.plots(fit)
    require_slice(style, expected)
    report, templates = (
        job.paths.fit(fit, name) for name in ("templates_report.json", "templates.root")
    )
    read = contents([report, templates])
    about = {"fit": fit, "region": region, "sample": sample, "systematic": systematic}
    output = templates.parent
    for stem in run_plot_systematic(style, report, templates, region, sample, systematic, output):
        record(stem, "systematic", about | {"figure": stem.parts[-4]}, read, [style])
        logger.info("wrote %s.pdf and .png", stem)


def _features(
    job: "Job",
    expected: str | None,
    fit: str | None,
    region: str,
    names: list[str],
    asked: tuple[int | None, float | None, float | None],
) -> None:
    from n2mu.commands.job import require_slice
    from n2mu.plots.feature import Range, run_plot_features
    from n2mu.workflow.request import gathered_digest

    style = job.slices.plots()
    require_slice(style, expected)
    samples_of = fit or job.configuration.main.publish
    told = job.slices.features(names, region, samples_of)
    read = {"skims": gathered_digest(job.skims)}
    if told.scores:
        read["scores"] = gathered_digest(job.scores)
    reports = [job.paths.fit(name, "templates_report.json") for name in told.blinded_by]
    read |= contents(reports)
    stems = run_plot_features(
        told, style, job.skims, job.scores, job.paths.features(region), Range(*asked), reports
    )
    for feature, stem in stems.items():
        about = {"fit": samples_of, "region": region, "feature": feature}
        one = job.slices.features([feature], region, samples_of)
        record(stem, "feature", about, read, [one, style])
        logger.info("wrote %s.pdf and .png", stem)
