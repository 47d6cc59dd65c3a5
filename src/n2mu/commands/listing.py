"""``n2mu list``."""

import logging

from n2mu.commands.options import DEFAULT_CONFIG, Config

logger = logging.getLogger(__name__)


def command(config: Config = DEFAULT_CONFIG) -> None:
    """List the ntuples of the analysis and pack them into chunks.

    Reads the directories named by 'ntuples' and writes the file named by 'listing'.  Files that
    were listed before keep their chunk.

    Example: n2mu list --config config/config.yaml
    """
    from pathlib import Path

    from n2mu.commands.job import read_configuration
    from n2mu.config.inputs import data_sets
    from n2mu.errors import ConfigurationError
    from n2mu.inputs.listing import list_ntuples, read_listing, write_listing

    configuration = read_configuration(config)
    main = configuration.main
    if main.listing is None:
        raise ConfigurationError(
            "the demo's ntuples are planned, not listed; replace 'demo' by 'listing' in the "
            "main configuration"
        )
    output = Path(main.listing)
    previous = read_listing(output) if output.exists() else None
    bases = {name: Path(path) for name, path in main.ntuples.items()}
    listing = list_ntuples(data_sets(configuration.inputs), bases, previous)
    write_listing(output, listing)
    logger.info("wrote %s: %d files, %d chunks", output, len(listing.files), len(listing.chunks))
