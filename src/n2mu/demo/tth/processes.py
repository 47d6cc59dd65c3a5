"""The processes: which heavy particles, how they move, how much radiation.

A process is a list of heavy particles plus extra jets, so a new one is a new row.
The decay modes are in `n2mu.demo.tth.modes`.
"""

from dataclasses import dataclass, replace

GEV = 1000.0
"""One GeV in MeV, the unit of every energy, momentum and mass."""

MASS = {
    "t": 172.5 * GEV,
    "H": 125.0 * GEV,
    "W": 80.38 * GEV,
    "Z": 91.19 * GEV,
    "tau": 1.777 * GEV,
    "b": 4.7 * GEV,
    "q": 5.0 * GEV,
}


@dataclass(frozen=True)
class Process:
    """A row of the table of processes.

    Attributes
    ----------
    heavy
        The heavy particles of the hard process; ``b`` and ``q`` are a b quark and a
        light quark that come with them, as in the t-channel.
    transverse_momentum
        Mean transverse momentum of a heavy particle before balancing, in MeV.
    boost, rapidity
        Standard deviations of the rapidity of all of them, and of each about it: a quark
        and an antiquark (ttW, VV) boost more than two gluons, a scalar is central.
    radiated
        Both, mean transverse momentum and deviation of the rapidity, of the bosons where they
        differ from the top quarks: those that incoming quarks radiate are softer and more
        forward, a Higgs boson couples to the top quarks only.
    extra_jets
        Mean number of jets from radiation: gluons radiate more than quarks, so it grows with
        their share among what collides.
    jet_momentum
        Mean transverse momentum of a radiated jet above its threshold, in MeV.
    heavy_flavour
        Fraction of these with a b quark.
    negative
        Fraction of negative generator weights.
    isolation
        Efficiency of the prompt-lepton veto, relative to that in events of usual activity: it
        falls with the activity beside the leptons.
    weight_scale
        Size of the generator weight, as arbitrary as a generator's is.
    """

    heavy: tuple[str, ...]
    transverse_momentum: float
    boost: float
    rapidity: float
    extra_jets: float
    jet_momentum: float = 40 * GEV
    heavy_flavour: float = 0.03
    negative: float = 0.0
    weight_scale: float = 1.0
    isolation: float = 1.0
    radiated: tuple[float, float] | None = None


_DIBOSON = Process(
    ("W", "Z"), 70 * GEV, 1.1, 0.9, 2.05, 45 * GEV, heavy_flavour=0.07, negative=0.08
)

PROCESSES: dict[str, Process] = {
    "ttH": Process(
        ("t", "tbar", "H"),
        170 * GEV,
        0.55,
        0.5,
        1.9,
        negative=0.06,
        weight_scale=0.52,
        isolation=0.85,
    ),
    "ttW": Process(
        ("t", "tbar", "W"),
        105 * GEV,
        1.1,
        0.85,
        0.9,
        radiated=(80 * GEV, 1.3),
        negative=0.08,
        weight_scale=12.0,
        isolation=0.76,
    ),
    "ttWEW": Process(
        ("t", "tbar", "W", "q"),
        105 * GEV,
        1.1,
        0.85,
        0.3,
        radiated=(80 * GEV, 1.3),
        negative=0.05,
        weight_scale=0.7,
    ),
    "ttZ": Process(
        ("t", "tbar", "Z"),
        115 * GEV,
        0.95,
        0.8,
        1.2,
        radiated=(85 * GEV, 1.2),
        negative=0.07,
        weight_scale=0.04,
        isolation=1.08,
    ),
    "tt": Process(("t", "tbar"), 130 * GEV, 0.85, 0.75, 2.0, negative=0.05, weight_scale=730.0),
    "ZZ": replace(_DIBOSON, heavy=("Z", "Z")),
    "WZ": _DIBOSON,
    "WW": replace(_DIBOSON, heavy=("W+", "W-")),
    "ZZjj": replace(_DIBOSON, heavy=("Z", "Z", "q", "q"), extra_jets=2.0, negative=0.0),
    "WZjj": replace(_DIBOSON, heavy=("W", "Z", "q", "q"), extra_jets=2.0, negative=0.0),
    "WWjj": replace(_DIBOSON, heavy=("W+", "W-", "q", "q"), extra_jets=2.0, negative=0.0),
    "W+W+jj": replace(_DIBOSON, heavy=("W+", "W+", "q", "q"), extra_jets=2.0, negative=0.0),
    "ggZZ": replace(_DIBOSON, heavy=("Z", "Z"), boost=0.7, negative=0.0, extra_jets=0.8),
    "ggWW": replace(_DIBOSON, heavy=("W+", "W-"), boost=0.7, negative=0.0, extra_jets=0.8),
    "tZ": Process(("t", "Z", "q", "b"), 80 * GEV, 1.0, 1.1, 0.4, weight_scale=0.3, isolation=0.75),
    "WtZ": Process(
        ("t", "W-", "Z"),
        105 * GEV,
        0.95,
        0.8,
        1.3,
        radiated=(85 * GEV, 1.2),
        negative=0.1,
        weight_scale=0.02,
        isolation=1.05,
    ),
    "tW": Process(("t", "W-"), 100 * GEV, 0.9, 0.8, 0.9, negative=0.05, weight_scale=38.0),
    "ttt": Process(
        ("t", "tbar", "t", "q"), 130 * GEV, 0.7, 0.8, 0.8, weight_scale=0.002, isolation=0.77
    ),
    "tttt": Process(
        ("t", "tbar", "t", "tbar"), 140 * GEV, 0.6, 0.7, 0.8, weight_scale=0.009, isolation=0.66
    ),
    "WWW": Process(("W+", "W-", "W"), 90 * GEV, 1.0, 0.8, 0.8, negative=0.05),
    "WWZ": Process(("W+", "W-", "Z"), 90 * GEV, 1.0, 0.8, 0.8, negative=0.05),
    "WZZ": Process(("W", "Z", "Z"), 90 * GEV, 1.0, 0.8, 0.8, negative=0.05),
    "ZZZ": Process(("Z", "Z", "Z"), 90 * GEV, 1.0, 0.8, 0.8, negative=0.05),
    "WH": Process(("W", "H"), 80 * GEV, 1.0, 0.8, 0.6, weight_scale=1.1),
    "ZH": Process(("Z", "H"), 80 * GEV, 1.0, 0.8, 0.6, weight_scale=0.6),
    "WttW": Process(
        ("t", "tbar", "W+", "W-"), 130 * GEV, 0.7, 0.7, 0.8, weight_scale=0.008, isolation=0.72
    ),
    "tHjb": Process(("t", "H", "q", "b"), 90 * GEV, 0.9, 1.0, 0.6, negative=0.1, weight_scale=0.06),
    "tWH": Process(("t", "W-", "H"), 110 * GEV, 0.8, 0.8, 0.8, negative=0.1, weight_scale=0.016),
}

# Another hadronisation and shower: a little more and softer radiation, softer heavy particles.
for _name in ("ttH", "ttW", "ttZ", "tt"):
    _nominal = PROCESSES[_name]
    PROCESSES[f"alt_{_name}"] = replace(
        _nominal,
        transverse_momentum=0.95 * _nominal.transverse_momentum,
        radiated=_nominal.radiated and (0.95 * _nominal.radiated[0], _nominal.radiated[1]),
        extra_jets=1.12 * _nominal.extra_jets,
        jet_momentum=0.92 * _nominal.jet_momentum,
        heavy_flavour=1.2 * _nominal.heavy_flavour,
    )
