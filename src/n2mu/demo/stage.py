"""The demo job: the ntuples of one chunk."""

import logging
from pathlib import Path

from n2mu.demo.listing import planned_chunks, planned_identity
from n2mu.demo.output import generate_file
from n2mu.demo.plan import Size
from n2mu.products import write_json

logger = logging.getLogger(__name__)


def run_demo(size: Size, chunk: str, base: Path) -> None:
    """Generate the ntuples of one chunk and, last, ``<chunk>.json`` with their identities.

    Parameters
    ----------
    base
        Directory of the ntuples.
    """
    written = {}
    for file in planned_chunks(size)[chunk]:
        generate_file(file, base, planned_identity(file))
        written[file.path] = planned_identity(file)
        logger.info("%s: %d generated events", base / file.path, file.events)
    write_json(base / f"{chunk}.json", written)
