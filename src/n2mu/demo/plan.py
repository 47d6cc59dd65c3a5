"""What the built-in Monte Carlo writes: data sets, files, sizes and seeds.

Pure Python without heavy imports, because the Snakefile asks for the plan each
time it is parsed.
"""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from n2mu.errors import ConfigurationError, nearest
from n2mu.products import canonical_json, digest

Size = Literal["tiny", "small"]

SEED = 20230817
"""Every random number of the built-in Monte Carlo descends from it."""

LUMINOSITY = {"mc16a": 36646.74, "mc16d": 44630.6, "mc16e": 58791.6}
"""Integrated luminosity per campaign in pb^-1; events are shared out in proportion."""

_SIZES = ("tiny", "small")


@dataclass(frozen=True)
class PlannedFile:
    """One ntuple file of the built-in Monte Carlo.

    Attributes
    ----------
    path
        Below the base directory of the ntuples.
    data_set
        ``<input>.<campaign>``.
    process
        Name in the table of processes.
    events
        Generated events: the sum of weights counts all of them, the trees hold
        those that pass the ntuple preselection.
    first_event
        Event number of the first generated event.
    seed
        Seed of the file's own stream of random numbers.
    bytes
        Estimated size, which balances the chunks.
    """

    path: str
    data_set: str
    dsid: int
    campaign: str
    process: str
    events: int
    first_event: int
    seed: int
    bytes: int


class _Row(NamedTuple):
    """A data set over all campaigns.

    Attributes
    ----------
    tiny, small
        Generated events of each size.
    kept
        Fraction of these that the trees hold, which the estimate of bytes needs.
    files
        Files per campaign of the larger size.
    """

    input: str
    dsid: int
    ptag: str
    process: str
    tiny: int
    small: int
    kept: float
    files: int = 1


_ROWS = (
    _Row("ttH_allhad", 346343, "p4498", "ttH", 600, 6000, 0.16),
    _Row("ttH_semilep", 346344, "p4498", "ttH", 9000, 120000, 0.19, 3),
    _Row("ttH_dilep", 346345, "p4498", "ttH", 2400, 36000, 0.18),
    _Row("ttW", 700168, "p4416", "ttW", 3000, 60000, 0.18),
    _Row("ttZ_ee", 504330, "p4416", "ttZ", 1500, 30000, 0.29),
    _Row("ttZ_mumu", 504334, "p4416", "ttZ", 1500, 30000, 0.33),
    _Row("ttZ_tautau", 504342, "p4416", "ttZ", 9000, 75000, 0.09, 3),
    _Row("tt", 410470, "p4308", "tt", 18000, 180000, 0.16),
    _Row("VV_llll", 364250, "p4416", "VV", 6000, 45000, 0.06),
    _Row("VV_lllv", 364253, "p4416", "VV", 20000, 150000, 0.035),
    _Row("VV_llvv", 364254, "p4416", "VV", 600, 9000, 0.08),
    _Row("VV_lvvv", 364255, "p4416", "VV", 300, 3000, 0.09),
)

_BYTES_PER_ENTRY = 2600
_BYTES_PER_FILE = 850_000


def _split(total: int, shares: list[float]) -> list[int]:
    """Split a whole number in proportion to shares, without losing any."""
    bounds = [0.0]
    for share in shares:
        bounds.append(bounds[-1] + share)
    edges = [round(total * bound / bounds[-1]) for bound in bounds]
    return [high - low for low, high in pairwise(edges)]


def plan(size: Size) -> list[PlannedFile]:
    """Return every file of the built-in Monte Carlo of one size, in a fixed order.

    Parameters
    ----------
    size
        ``tiny`` for tests, ``small`` for the demonstration.

    Raises
    ------
    ConfigurationError
        If the size does not exist.
    """
    if size not in _SIZES:
        raise ConfigurationError(f"demo size '{size}' is unknown{nearest(size, _SIZES)}")
    planned = []
    for row in _ROWS:
        total = row.tiny if size == "tiny" else row.small
        parts = row.files if size == "small" else 1
        shares = _split(total, list(LUMINOSITY.values()))
        for campaign, events_of_campaign in zip(LUMINOSITY, shares, strict=True):
            first_event = 1
            for part, events in enumerate(_split(events_of_campaign, [1.0] * parts), start=1):
                path = f"{campaign}/{row.ptag}/{row.dsid}/{row.dsid}_{part:06d}.root"
                planned.append(
                    PlannedFile(
                        path=path,
                        data_set=f"{row.input}.{campaign}",
                        dsid=row.dsid,
                        campaign=campaign,
                        process=row.process,
                        events=events,
                        first_event=first_event,
                        seed=int(digest(f"{SEED} {path}", 15), 16),
                        bytes=_BYTES_PER_FILE + round(events * row.kept * _BYTES_PER_ENTRY),
                    )
                )
                first_event += events
    return planned


def identity(file: PlannedFile, code: str) -> str:
    """Return what identifies a file's content: its plan and the generator's code.

    Parameters
    ----------
    file
        The planned file.
    code
        Fingerprint of the generator's source code.
    """
    return digest(canonical_json({"file": asdict(file), "code": code}), 32)


def pack(files: list[PlannedFile], chunks: int) -> dict[str, list[PlannedFile]]:
    """Share files out to chunks of about equal bytes; a file stays whole.

    The largest file goes first to the chunk that holds the fewest bytes, so the
    same plan gives the same chunks.

    Parameters
    ----------
    files
        The plan.
    chunks
        Number of chunks; none is empty if there are as many files.

    Returns
    -------
    dict
        Chunk name (``c0000`` ...) to its files, in the order of the plan.

    Raises
    ------
    ConfigurationError
        If there are fewer files than chunks, or less than one chunk.
    """
    if not 1 <= chunks <= len(files):
        raise ConfigurationError(
            f"{len(files)} planned files cannot fill {chunks} chunks; "
            f"ask for 1 to {len(files)} chunks"
        )
    sizes = [0] * chunks
    members: list[list[int]] = [[] for _ in range(chunks)]
    for index in sorted(range(len(files)), key=lambda i: (-files[i].bytes, files[i].path)):
        target = min(range(chunks), key=lambda c: (sizes[c], c))
        sizes[target] += files[index].bytes
        members[target].append(index)
    return {f"c{c:04d}": [files[i] for i in sorted(members[c])] for c in range(chunks)}
