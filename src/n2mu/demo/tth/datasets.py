"""The data sets: which process each holds, and its cross-section.

Numbers and p-tags are those of the ATLAS samples that the analysis names; what they
hold is this generator's reading of them.  Numbers from 990000 on are invented: the
alternative generators of the demonstration.
"""

from dataclasses import dataclass

Modes = tuple[tuple[str, tuple[str, ...]], ...]
"""Allowed decay modes per heavy particle, by its name."""


@dataclass(frozen=True)
class DataSet:
    """A data set in all campaigns; its cross-section is that of what is allowed.

    Attributes
    ----------
    group
        The process as table 1.2 of the thesis names it; data sets of one group share
        the number of events and the calibration.
    dsid, ptag, folder
        Number, production tag, and directory of the files.
    process
        Name in the table of processes.
    cross_section
        In pb, before the calibration of the group.
    share
        Share of the group's generated events.
    top_leptons
        Allowed numbers of top quarks that decay to a lepton (electron, muon or tau).
    modes
        Allowed modes.
    flavour
        PDG number of the leptons of every Z boson, if there is only one.
    """

    group: str
    dsid: int
    ptag: str
    process: str
    cross_section: float
    share: float = 1.0
    top_leptons: tuple[int, ...] | None = None
    modes: Modes = ()
    flavour: int | None = None
    folder: str = ""

    @property
    def input(self) -> str:
        """Name of the input."""
        return f"{self.group}_{self.dsid}"


_L = ("lv", "tlv", "thv")
_LL = ("ll", "tautau")
_QQ = ("ud", "cs")
_ZQ = ("cc", "bb", "qq")
_4L: Modes = (("Z", _LL),)
_3L: Modes = (("W", _L), ("Z", _LL))
_1L: Modes = (("W", _L), ("Z", ("vv",)))
_WW: Modes = (("W+", _L), ("W-", _L))
_ZW: Modes = (("W+", _L), ("W-", _L), ("Z", _LL))


def _rows() -> list[DataSet]:
    p0, p1, p2 = "p4308", "p4416", "p4396"
    rows = [
        DataSet("ttH", 346343, "p4498", "ttH", 0.23082, 0.04, (0,)),
        DataSet("ttH", 346344, "p4498", "ttH", 0.22276, 0.74, (1,)),
        DataSet("ttH", 346345, "p4498", "ttH", 0.05343, 0.22, (2,)),
        DataSet("ttW", 700168, p1, "ttW", 0.597),
        DataSet("ttWEW", 700205, "p4590", "ttWEW", 0.042),
        DataSet("ttZ", 504330, p1, "ttZ", 0.0830, 0.38, modes=(("Z", ("ll",)),), flavour=11),
        DataSet("ttZ", 504334, p1, "ttZ", 0.0830, 0.38, modes=(("Z", ("ll",)),), flavour=13),
        DataSet("ttZ", 504342, p1, "ttZ", 0.0220, 0.24, modes=(("Z", ("tautau",)),)),
        DataSet("tt", 410470, p0, "tt", 452.3, top_leptons=(1, 2)),
        DataSet("VV", 364250, p1, "ZZ", 1.252, 0.22, modes=_4L),
        DataSet("VV", 364253, p1, "WZ", 4.583, 0.48, modes=_3L),
        DataSet("VV", 364254, p1, "WW", 12.501, 0.04, modes=_WW),
        DataSet("VV", 364255, p1, "WZ", 3.234, 0.01, modes=_1L),
        DataSet("VV", 364283, p0, "ZZjj", 0.01047, 0.03, modes=_4L),
        DataSet("VV", 364284, p0, "WZjj", 0.04637, 0.08, modes=_3L),
        DataSet("VV", 364285, p0, "WWjj", 0.1169, 0.01, modes=_WW),
        DataSet("VV", 364286, p0, "W+W+jj", 0.00297, 0.01, modes=(("W+", _L),)),
        DataSet("VV", 364287, p0, "W+W+jj", 0.8000, 0.08, modes=(("W+", _L),)),
        DataSet("VV", 363355, p0, "ZZ", 4.354, 0.005, modes=(("Z", (*_ZQ, "vv")),)),
        DataSet("VV", 363356, p0, "ZZ", 2.172, 0.02, modes=(("Z", (*_ZQ, *_LL)),)),
        DataSet("VV", 363357, p0, "WZ", 6.795, 0.005, modes=(("W", _QQ), ("Z", ("vv",)))),
        DataSet("VV", 363358, p0, "WZ", 3.432, 0.02, modes=(("W", _QQ), ("Z", _LL))),
        DataSet("VV", 363359, p0, "WW", 24.708, 0.005, modes=(("W+", _QQ), ("W-", _L))),
        DataSet("VV", 363360, p0, "WW", 24.724, 0.005, modes=(("W+", _L), ("W-", _QQ))),
        DataSet("VV", 363489, p0, "WZ", 11.42, 0.01, modes=(("W", _L), ("Z", _ZQ))),
        DataSet("tZ", 410560, p0, "tZ", 0.2404, modes=(("Z", _LL),)),
        DataSet("WtZ", 410408, p0, "WtZ", 0.01605, modes=(("Z", _LL),)),
        DataSet("tW", 410646, p0, "tW", 37.94, 0.5),
        DataSet("tW", 410647, p0, "tW", 37.91, 0.5),
        DataSet("ttt", 304014, p0, "ttt", 0.00164),
        DataSet("tttt", 410080, p0, "tttt", 0.01197),
        DataSet("ggVV", 345705, p0, "ggZZ", 0.0099, 0.2, modes=_4L),
        DataSet("ggVV", 345706, p2, "ggZZ", 0.0101, 0.4, modes=_4L),
        DataSet("ggVV", 345715, p2, "ggWW", 0.0067, 0.1, modes=_WW),
        DataSet("ggVV", 345718, p2, "ggWW", 0.55, 0.2, modes=_WW),
        DataSet("ggVV", 345723, p2, "ggZZ", 0.014, 0.1, modes=(("Z", (*_LL, "vv")),)),
        DataSet("VVV", 364242, p0, "WWW", 0.00720, 0.25, modes=(*_WW, ("W", _L))),
        DataSet("VVV", 364243, p0, "WWZ", 0.00180, 0.25, modes=_ZW),
        DataSet("VVV", 364244, p0, "WWZ", 0.00355, 0.1, modes=(*_WW, ("Z", ("vv",)))),
        DataSet("VVV", 364245, p0, "WZZ", 0.000188, 0.1, modes=_3L),
        DataSet("VVV", 364246, p0, "WZZ", 0.00145, 0.15, modes=(("W", _L), ("Z", (*_LL, "vv")))),
        DataSet("VVV", 364247, p0, "ZZZ", 0.0000145, 0.05, modes=_4L),
        DataSet("VVV", 364248, p0, "ZZZ", 0.000385, 0.05, modes=(("Z", (*_LL, "vv")),)),
        DataSet("VVV", 364249, p0, "ZZZ", 0.000443, 0.05, modes=(("Z", (*_LL, "vv")),)),
        DataSet("VH", 342284, p0, "WH", 1.373, 0.5),
        DataSet("VH", 342285, p0, "ZH", 0.8839, 0.5),
        DataSet("WttW", 410081, p0, "WttW", 0.0081),
        DataSet("tHjb", 346799, p0, "tHjb", 0.0743, folder="346799_AF"),
        DataSet("tWH", 346678, p0, "tWH", 0.0152, folder="346678_AF"),
    ]
    alternatives = [
        DataSet(
            group=f"alt_{row.group}",
            dsid=990000 + row.dsid % 10000,
            ptag="alternative",
            process=f"alt_{row.process}",
            cross_section=row.cross_section,
            share=row.share,
            top_leptons=row.top_leptons,
            modes=row.modes,
            flavour=row.flavour,
        )
        for row in rows
        if row.group in ("ttH", "ttW", "ttZ", "tt")
    ]
    return [*rows, *alternatives]


DATA_SETS: dict[int, DataSet] = {row.dsid: row for row in _rows()}
"""By data set number."""

CALIBRATION: dict[str, float] = {
    "ttH": 1.342,
    "ttW": 8.485,
    "ttWEW": 8.868,
    "ttZ": 1.856,
    "tt": 0.9878,
    "VV": 0.1958,
    "tZ": 0.9122,
    "WtZ": 4.005,
    "tW": 0.2765,
    "ttt": 10.47,
    "tttt": 2.442,
    "ggVV": 1.059,
    "VVV": 0.549,
    "VH": 0.2326,
    "WttW": 4.356,
    "tHjb": 1.779,
    "tWH": 1.747,
}
"""Factor on the cross-sections by group, which makes the events without fake leptons
that pass the ntuple preselection as many as in table 1.2 of the thesis.  One where absent;
an alternative has that of its nominal group."""


def calibration(group: str) -> float:
    """Return the factor on the cross-sections of a group."""
    return CALIBRATION.get(group.removeprefix("alt_"), 1.0)
