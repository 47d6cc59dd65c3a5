"""``n2mu export``: the formats of other tools."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from n2mu.commands.inference import Workspace
from n2mu.commands.options import DEFAULT_CONFIG, Config

logger = logging.getLogger(__name__)

app = typer.Typer(no_args_is_help=True, help="Write the formats of other tools.")


@app.command("histfactory")
def histfactory(
    workspace: Workspace,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Writes this directory; it is replaced.")
    ],
    measurement: Annotated[
        str | None, typer.Option(help="Measurement in the workspace; the first if not given.")
    ] = None,
) -> None:
    """Write a pyhf workspace as HistFactory XML with ROOT histograms.

    Then: cd DIRECTORY && hist2workspace combination.xml

    Example: n2mu export histfactory workspace.json -o histfactory
    """
    from n2mu.fit.workspace import read_workspace
    from n2mu.interop.histfactory import COMBINATION, write_histfactory

    write_histfactory(read_workspace(workspace, measurement), output)
    logger.info("wrote %s", output / COMBINATION)


@app.command("trex")
def trex(
    fit: Annotated[str, typer.Argument(help="Name of the fit in fits.yaml.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Writes this file.")],
    source: Annotated[
        bool,
        typer.Option(
            "--ntuples/--histograms",
            help="Whether TRExFitter reads the ntuples with the friend trees, or templates.root.",
        ),
    ],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Write a TRExFitter configuration of one fit.

    Reads templates.root, for the bin edges; with --ntuples the metadata of the skims as well, for
    the sums of weights.  What TRExFitter has no words for stands at the top of the file.

    Example: n2mu export trex ftt --histograms -o ftt.config
    """
    from n2mu.commands.job import choose, open_job
    from n2mu.demo.listing import configured_listing
    from n2mu.errors import ConfigurationError
    from n2mu.interop.trex_histograms import histogram_config, read_templates
    from n2mu.interop.trex_ntuples import NtupleExport
    from n2mu.products import atomic_file, read_json
    from n2mu.skim.read import Skim
    from n2mu.templates.report import parts_of

    job = open_job(config)
    name = choose(fit, list(job.configuration.fits.fits), "fit")
    templates = job.paths.fit(name, "templates.root").resolve()
    edges, contents = read_templates(templates)
    if source and name in job.configuration.scored_apart:
        raise ConfigurationError(
            f"fit '{name}' is one of a study, whose scores are in no friend trees; add model "
            f"'{job.configuration.scored(name)[0]}' to the models of {config}"
        )
    if source:
        bases = {n: str(b.resolve() if isinstance(b, Path) else b) for n, b in job.bases.items()}
        export = NtupleExport(
            job.configuration,
            name,
            edges,
            configured_listing(job.configuration.main),
            Skim(job.skims),
            bases,
            str(job.paths.friends.resolve()),
            parts_of(read_json(job.paths.fit(name, "templates_report.json"))),
        ).export()
    else:
        export = histogram_config(job.configuration, name, edges, contents, templates)
    title = f"Fit '{name}' of the n2mu analysis '{job.configuration.main.analysis}'."
    with atomic_file(output) as temporary:
        temporary.write_text(export.text(title))
    for sentence in export.lost:
        logger.warning("not in %s: %s", output, sentence)
    logger.info("wrote %s", output)
