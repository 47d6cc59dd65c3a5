"""The demo job: the ntuples of one chunk."""

import logging
import shutil
from pathlib import Path

from n2mu.demo.listing import planned_chunks, planned_identity
from n2mu.demo.output import generate_file
from n2mu.demo.plan import PlannedFile, Size
from n2mu.errors import N2muError
from n2mu.products import write_json

logger = logging.getLogger(__name__)


def require_space(files: list[PlannedFile], base: Path) -> None:
    """Refuse to begin files that the disk has no room for.

    Raises
    ------
    N2muError
        Naming what is needed and what is free.
    """
    base.mkdir(parents=True, exist_ok=True)
    needed, free = sum(file.bytes for file in files), shutil.disk_usage(base).free
    if needed > free:
        raise N2muError(
            f"{base}: {len(files)} planned ntuples need about {needed / 1e9:.2f} GB, "
            f"{free / 1e9:.2f} GB are free; make room or choose a smaller 'demo' size"
        )


def run_demo(size: Size, chunk: str, base: Path) -> None:
    """Generate the ntuples of one chunk and, last, ``<chunk>.json`` with their identities.

    Parameters
    ----------
    base
        Directory of the ntuples.

    Raises
    ------
    N2muError
        If the disk has no room for them.
    """
    require_space(planned_chunks(size)[chunk], base)
    written = {}
    for file in planned_chunks(size)[chunk]:
        generate_file(file, base, planned_identity(file))
        written[file.path] = planned_identity(file)
        logger.info("%s: %d generated events", base / file.path, file.events)
    write_json(base / f"{chunk}.json", written)
