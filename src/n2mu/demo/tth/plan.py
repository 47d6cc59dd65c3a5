"""What is generated for the ttH analysis: data sets, files, sizes and seeds.

Pure Python without heavy imports, because the Snakefile asks for the plan each
time it is parsed.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from n2mu.demo.planned import PlannedFile, split
from n2mu.demo.tth.datasets import DATA_SETS, DataSet
from n2mu.products import digest

SEED = 20230817
"""Every random number of this generator descends from it."""

LUMINOSITY = {"mc16a": 36646.74, "mc16d": 44630.6, "mc16e": 58791.6}
"""Integrated luminosity per campaign in pb^-1; events are shared out in proportion."""

DATA_CAMPAIGNS = {"data_2015_2016": "mc16a", "data_2017": "mc16d", "data_2018": "mc16e"}
"""The campaign that simulates each year of data."""

DATA = "data"
"""Group and input of the pseudo-data."""

CHUNKS = {"tiny": 2, "small": 2, "thesis": 120}
"""Chunks by size."""


@dataclass(frozen=True, kw_only=True)
class TthFile(PlannedFile):
    """One ntuple file of the ttH analysis; one of data has 0 generated events.

    Attributes
    ----------
    dsid
        Data set number; 0 for data.
    campaign
        Simulated campaign, or year of data.
    group
        The process as table 1.2 of the thesis names it.
    varied
        Whether it holds the trees of the varied energies and resolutions.
    """

    dsid: int
    campaign: str
    group: str
    varied: bool


class _Budget(NamedTuple):
    """Events of a group of data sets.

    Attributes
    ----------
    tiny, small
        Generated events of each size, over all data sets and campaigns.
    raw
        Events that pass the ntuple preselection in the size ``thesis``: table 1.2.
    kept
        Fraction of the generated events that pass it.
    """

    tiny: int
    small: int
    raw: int
    kept: float


_BUDGETS = {
    "ttH": _Budget(15000, 450000, 834970, 0.245),
    "ttW": _Budget(9000, 290000, 581089, 0.142),
    "ttWEW": _Budget(600, 40000, 15314, 0.15),
    "ttZ": _Budget(20000, 260000, 1750978, 0.241),
    "tt": _Budget(90000, 400000, 299808, 0.0425),
    "VV": _Budget(24000, 920000, 3829589, 0.187),
    "tZ": _Budget(600, 16000, 40946, 0.147),
    "WtZ": _Budget(600, 24000, 45931, 0.19),
    "tW": _Budget(600, 10000, 4493, 0.042),
    "ttt": _Budget(600, 24000, 22980, 0.21),
    "tttt": _Budget(600, 30000, 22746, 0.268),
    "ggVV": _Budget(1500, 10000, 792331, 0.238),
    "VVV": _Budget(2400, 10000, 151324, 0.298),
    "VH": _Budget(600, 6000, 255, 0.137),
    "WttW": _Budget(600, 24000, 5944, 0.268),
    "tHjb": _Budget(600, 24000, 445666, 0.143),
    "tWH": _Budget(600, 16000, 30587, 0.198),
    "alt_ttH": _Budget(3000, 60000, 167000, 0.237),
    "alt_ttW": _Budget(1500, 30000, 116000, 0.14),
    "alt_ttZ": _Budget(3000, 40000, 350000, 0.244),
    "alt_tt": _Budget(3000, 50000, 60000, 0.043),
}

VARIED = ("ttH", "ttW", "ttZ", "tt")
"""Groups whose files hold the trees of the varied energies and resolutions."""

_SPLIT = {"ttH": 3, "ttZ": 3}
"""Files per data set and campaign of the larger sizes; one where absent."""

_THESIS_EVENTS_PER_FILE = 100_000
_BYTES_OF_DATA = 20_000_000
"""More than their size: to draw them takes the time of so many bytes of simulation."""
_BYTES_PER_ENTRY = {False: 450, True: 3600}
_BYTES_PER_FILE = {False: 120_000, True: 1_100_000}


def _generated(row: DataSet, size: str) -> int:
    """Return the generated events of a data set over all campaigns."""
    budget = _BUDGETS[row.group]
    if size == "thesis":
        total = budget.raw / budget.kept
    else:
        total = budget.tiny if size == "tiny" else budget.small
    return round(total * row.share)


def plan(size: str) -> list[TthFile]:
    """Return every file of one size, in a fixed order.

    Parameters
    ----------
    size
        ``tiny`` for tests, ``small`` for the demonstration, ``thesis`` for as many raw
        events as the thesis had.
    """
    planned = []
    for row in DATA_SETS.values():
        varied = row.group in VARIED
        shares = split(_generated(row, size), list(LUMINOSITY.values()))
        for campaign, events_of_campaign in zip(LUMINOSITY, shares, strict=True):
            parts = 1 if size == "tiny" else _SPLIT.get(row.group, 1)
            parts = max(parts, ceil(events_of_campaign / _THESIS_EVENTS_PER_FILE))
            first_event = 1
            for part, events in enumerate(split(events_of_campaign, [1.0] * parts), start=1):
                folder = row.folder or str(row.dsid)
                path = f"{campaign}/{row.ptag}/{folder}/{row.dsid}_{part:06d}.root"
                kept = events * _BUDGETS[row.group].kept
                planned.append(
                    TthFile(
                        path=path,
                        data_set=f"{row.input}.{campaign}",
                        dsid=row.dsid,
                        campaign=campaign,
                        group=row.group,
                        events=events,
                        first_event=first_event,
                        varied=varied,
                        seed=int(digest(f"{SEED} {path}", 15), 16),
                        bytes=_BYTES_PER_FILE[varied] + round(kept * _BYTES_PER_ENTRY[varied]),
                    )
                )
                first_event += events
    return planned + [_observed(campaign) for campaign in DATA_CAMPAIGNS]


def _observed(campaign: str) -> TthFile:
    """Return the file of one year of pseudo-data, the same in every size."""
    path = f"{DATA}/{campaign}/{campaign}_000001.root"
    return TthFile(
        path=path,
        data_set=f"{DATA}.{campaign}",
        dsid=0,
        campaign=campaign,
        group=DATA,
        events=0,
        first_event=1,
        varied=False,
        seed=int(digest(f"{SEED} {path}", 15), 16),
        bytes=_BYTES_OF_DATA,
    )
