"""What is generated for the H -> Z gamma analysis: files, sizes and seeds.

Pure Python without heavy imports, because the Snakefile asks for the plan each
time it is parsed.
"""

from dataclasses import dataclass
from typing import NamedTuple

from n2mu.demo.planned import PlannedFile, split
from n2mu.products import digest

SEED = 20240626
"""Every random number of this generator descends from it."""

CAMPAIGN = "run2"


@dataclass(frozen=True, kw_only=True)
class HZGammaFile(PlannedFile):
    """One ntuple file of one process.

    Events are those whose particles reach the detector's simulation; the sum of weights counts
    all hard processes, of which some go no further.

    Attributes
    ----------
    process
        ``signal`` or ``background``.
    multiparton
        Whether the protons interact more than once.
    """

    process: str
    multiparton: bool


class _Size(NamedTuple):
    """How much is generated.

    Attributes
    ----------
    signal, background
        Events whose particles reach the detector's simulation.
    files, chunks
        Files of each process, and chunks of all.
    multiparton
        Whether the protons interact more than once, which takes most of the time.
    """

    signal: int
    background: int
    files: int
    chunks: int
    multiparton: bool


_SIZES = {
    "tiny": _Size(5300, 9700, 2, 2, True),
    "small": _Size(80_000, 140_000, 4, 2, False),
    "benchmark": _Size(550_000, 985_000, 8, 8, False),
}

CHUNKS = {name: size.chunks for name, size in _SIZES.items()}
"""Chunks by size."""

_BYTES_PER_EVENT = {"signal": 40, "background": 24}
"""Also in proportion to the time that an event takes."""


def plan(size: str) -> list[HZGammaFile]:
    """Return every file of one size, in a fixed order.

    Parameters
    ----------
    size
        ``tiny`` for tests, ``small`` for the demonstration, ``benchmark`` to compare models.
    """
    chosen = _SIZES[size]
    planned = []
    for process, total in {"signal": chosen.signal, "background": chosen.background}.items():
        first_event = 1
        for part, events in enumerate(split(total, [1.0] * chosen.files), start=1):
            path = f"{process}/{process}_{part:06d}.root"
            planned.append(
                HZGammaFile(
                    path=path,
                    data_set=f"{process}.{CAMPAIGN}",
                    events=events,
                    first_event=first_event,
                    seed=int(digest(f"{SEED} {size} {path}", 15), 16),
                    bytes=events * _BYTES_PER_EVENT[process],
                    process=process,
                    multiparton=chosen.multiparton,
                )
            )
            first_event += events
    return planned
