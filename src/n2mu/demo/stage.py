"""The demo job: the ntuples of one chunk."""

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from n2mu.demo.generators import generator
from n2mu.demo.listing import planned_chunks
from n2mu.demo.planned import PlannedFile
from n2mu.errors import N2muError
from n2mu.products import write_json
from n2mu.progress import watched

logger = logging.getLogger(__name__)


def require_space(files: Iterable[PlannedFile], base: Path) -> None:
    """Refuse to begin files that the disk has no room for.

    Raises
    ------
    N2muError
        Naming what is needed and what is free.
    """
    base.mkdir(parents=True, exist_ok=True)
    sizes = [file.bytes for file in files]
    needed, free = sum(sizes), shutil.disk_usage(base).free
    if needed > free:
        raise N2muError(
            f"{base}: {len(sizes)} planned ntuples need about {needed / 1e9:.2f} GB, "
            f"{free / 1e9:.2f} GB are free; make room or choose a smaller 'demo' size"
        )


def run_demo(analysis: str, size: str, chunk: str, base: Path) -> None:
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
    files = planned_chunks(analysis, size)[chunk]
    require_space(files.values(), base)
    planned = watched(
        files.items(),
        logger,
        f"ntuples of chunk {chunk}",
        "kB",  # takes a time as its size does, other than the number of generated events
        sum(file.bytes // 1000 for file in files.values()),
        size=lambda item: item[1].bytes // 1000,
    )
    for identity, file in planned:
        generator(analysis, size).generate(file, base, identity)
        logger.info("%s: %d generated events", base / file.path, file.events)
    write_json(base / f"{chunk}.json", {file.path: identity for identity, file in files.items()})
