"""``n2mu plot``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice
from n2mu.errors import ConfigurationError

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
    samples of --fit (default: the published one); data are hidden in bins of the figure with
    S/B above its blinding threshold.

    Example: n2mu plot --fit ftt

    Example: n2mu plot --fit ftt --systematic ttW_scale --region SR --sample ttW

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
    from n2mu.commands.job import choose, open_job, require_slice

    job = open_job(config)
    paths = job.paths
    if cutflow:
        from n2mu.plots.stage import run_tables
        from n2mu.skim.cutflow import run_cutflow

        told = job.slices.cutflow()
        require_slice(told, expected)
        output = paths.tables("cutflow.html")
        run_cutflow(told, job.skims, paths.tables("cutflow.json"))
        run_tables(paths.tables("cutflow.json"), output)
        logger.info("wrote %s", output)
        return
    if fit is not None and feature is None and systematic is None:
        from n2mu.plots.stage import run_plot_fit

        drawn = job.slices.plot_fit(choose(fit, list(job.configuration.fits.fits), "fit"))
        require_slice(drawn, expected)
        run_plot_fit(
            drawn,
            paths.fit(fit, "mu_fit.json"),
            paths.fit(fit, "ranking.json"),
            paths.fit(fit, "postfit.json"),
            paths.fit(fit, "templates_report.json"),
            paths.fit(fit, "templates.root"),
            paths.fit(fit, "workspace.json"),
            paths.fit(fit, "plots"),
            ranking_page_size,
            correlation_threshold,
        )
        return
    if models:
        from n2mu.plots.models_stage import run_plot_models

        compared = job.slices.plot_models()
        require_slice(compared, expected)
        folds = range(job.configuration.models.folds)
        run_plot_models(
            compared,
            [paths.evaluation(name) for name in compared.architectures],
            [paths.history(m, fold) for m in job.configuration.main.models for fold in folds],
            {fit: paths.fit(fit, "mu_fit.json") for fit in compared.fits.values()},
            paths.model_plots,
            paths.root / "tables",
        )
        return
    settings = job.slices.plots()
    require_slice(settings, expected)
    if feature is not None:
        from n2mu.plots.feature import Range, run_plot_features

        assert region is not None
        published = fit or job.configuration.main.publish
        choose(published, list(job.configuration.fits.fits), "fit")
        choose(region, list(job.configuration.regions.regions), "region")
        names = [] if feature == ["all"] else feature
        stems = run_plot_features(
            job.slices.features(names, region, published),
            settings,
            job.skims,
            job.scores,
            paths.features(region),
            Range(bins, low, high),
        )
        for stem in stems:
            logger.info("wrote %s.pdf and .png", stem)
        return
    if systematic is not None:
        from n2mu.plots.stage import run_plot_systematic

        assert fit is not None and region is not None and sample is not None
        choose(fit, list(job.configuration.fits.fits), "fit")
        stem = run_plot_systematic(
            settings,
            paths.fit(fit, "templates_report.json"),
            paths.fit(fit, "templates.root"),
            region,
            sample,
            systematic,
            paths.fit(fit, "systematics"),
        )
        logger.info("wrote %s.pdf and .png", stem)
