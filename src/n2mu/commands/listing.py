"""``n2mu list``."""

import logging
from typing import Annotated

import typer

from n2mu.commands.options import DEFAULT_CONFIG, Config

logger = logging.getLogger(__name__)


def command(
    config: Config = DEFAULT_CONFIG,
    chunk_bytes: Annotated[
        int, typer.Option(min=1, help="Bytes of ntuples that one job reads; new files only.")
    ] = 2_000_000_000,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that open files; all cores by default.")
    ] = None,
) -> None:
    """List the ntuples of the analysis and pack them into chunks.

    Reads the directories named by 'ntuples' (paths, root:// or https://) and writes the file named
    by 'listing'.  Files that were listed before keep their chunk; those that did not change since
    are not opened again.

    Example: n2mu list --config config/config.yaml
    """
    from pathlib import Path

    from n2mu.commands.job import read_configuration
    from n2mu.config.inputs import data_sets
    from n2mu.cores import available_cores
    from n2mu.errors import ConfigurationError, counted
    from n2mu.inputs.finding import list_ntuples
    from n2mu.inputs.listing import read_listing, write_listing
    from n2mu.inputs.location import location

    configuration = read_configuration(config)
    main = configuration.main
    if main.listing is None:
        raise ConfigurationError(
            "the demo's ntuples are planned, not listed; replace 'demo' by 'listing' in the "
            "main configuration"
        )
    output = Path(main.listing)
    previous = read_listing(output) if output.exists() else None
    bases = {name: location(path) for name, path in main.ntuples.items()}
    listing = list_ntuples(
        data_sets(configuration.inputs),
        bases,
        previous,
        chunk_bytes,
        configuration.inputs.damaged_files,
        workers or available_cores(),
    )
    write_listing(output, listing)
    files, chunks = counted(len(listing.files), "file"), counted(len(listing.chunks), "chunk")
    logger.info("wrote %s: %s, %s", output, files, chunks)
