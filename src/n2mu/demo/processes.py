"""The processes: which heavy particles, how they decay, how much radiation.

A process is a list of heavy particles plus extra jets, so a new one is a new row.
Branching ratios: Particle Data Group, Review of Particle Physics (2022), and for
the Higgs boson of 125 GeV the LHC Higgs working group (Yellow Report 4).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

GEV = 1000.0
"""One GeV in MeV, the unit of every energy, momentum and mass."""

MASS = {
    "t": 172.5 * GEV,
    "H": 125.0 * GEV,
    "W": 80.38 * GEV,
    "Z": 91.19 * GEV,
    "tau": 1.777 * GEV,
    "b": 4.7 * GEV,
}


class Leaf(IntEnum):
    """What a heavy particle finally decays to."""

    INVISIBLE = 0
    LEPTON = 1
    TAU_LEPTON = 2
    TAU_HADRON = 3
    LIGHT_JET = 4
    C_JET = 5
    B_JET = 6


class Mode(NamedTuple):
    """A decay mode of a heavy particle: two leaves, or four through a pair of bosons.

    Attributes
    ----------
    name
        Short name, by which a data set allows or forbids it.
    probability
        Branching ratio.
    leaves, charges
        In the order of the particle's leaf slots.
    pair
        ``""`` for a direct decay, ``W`` or ``Z`` through a pair of these.
    """

    name: str
    probability: float
    leaves: tuple[Leaf, ...]
    charges: tuple[int, ...]
    pair: str = ""


_TAU_TO_LEPTON = 0.3521
_TAU_TO_HADRONS = 1 - _TAU_TO_LEPTON
_NU, _LEP, _TL, _TH = Leaf.INVISIBLE, Leaf.LEPTON, Leaf.TAU_LEPTON, Leaf.TAU_HADRON
_Q, _C, _B = Leaf.LIGHT_JET, Leaf.C_JET, Leaf.B_JET


def _w_modes(charge: int) -> list[Mode]:
    return [
        Mode("lv", 0.2134, (_LEP, _NU), (charge, 0)),
        Mode("tlv", 0.1138 * _TAU_TO_LEPTON, (_TL, _NU), (charge, 0)),
        Mode("thv", 0.1138 * _TAU_TO_HADRONS, (_TH, _NU), (charge, 0)),
        Mode("ud", 0.3364, (_Q, _Q), (0, 0)),
        Mode("cs", 0.3364, (_C, _Q), (0, 0)),
    ]


def _tau_pair(probability: float) -> list[Mode]:
    fractions = {_TL: _TAU_TO_LEPTON, _TH: _TAU_TO_HADRONS}
    return [
        Mode("tautau", probability * fractions[plus] * fractions[minus], (plus, minus), (1, -1))
        for plus in (_TL, _TH)
        for minus in (_TL, _TH)
    ]


def _z_modes() -> list[Mode]:
    return [
        Mode("ll", 0.06729, (_LEP, _LEP), (1, -1)),
        *_tau_pair(0.0337),
        Mode("vv", 0.2, (_NU, _NU), (0, 0)),
        Mode("cc", 0.1203, (_C, _C), (0, 0)),
        Mode("bb", 0.1512, (_B, _B), (0, 0)),
        Mode("qq", 0.42751, (_Q, _Q), (0, 0)),
    ]


def _pairs(boson: str, probability: float, first: list[Mode], second: list[Mode]) -> list[Mode]:
    return [
        Mode(
            boson + boson,
            probability * one.probability * two.probability,
            one.leaves + two.leaves,
            one.charges + two.charges,
            boson,
        )
        for one in first
        for two in second
    ]


def _h_modes() -> list[Mode]:
    return [
        Mode("bb", 0.5824, (_B, _B), (0, 0)),
        Mode("cc", 0.0289, (_C, _C), (0, 0)),
        Mode("gg", 0.0858, (_Q, _Q), (0, 0)),
        *_tau_pair(0.0627),
        *_pairs("W", 0.2137, _w_modes(+1), _w_modes(-1)),
        *_pairs("Z", 0.0262, _z_modes(), _z_modes()),
    ]


def _t_modes(charge: int) -> list[Mode]:
    return [
        mode._replace(leaves=(_B, *mode.leaves), charges=(0, *mode.charges))
        for mode in _w_modes(charge)
    ]


MODES: dict[str, list[Mode]] = {
    "t": _t_modes(+1),
    "tbar": _t_modes(-1),
    "W+": _w_modes(+1),
    "W-": _w_modes(-1),
    "W": [
        mode._replace(probability=fraction * mode.probability)
        for charge, fraction in ((+1, 0.63), (-1, 0.37))
        for mode in _w_modes(charge)
    ],
    "Z": _z_modes(),
    "H": _h_modes(),
}
"""Decay modes by heavy particle; ``W`` is either charge, in the
proportion of associated production; the Higgs boson's decays to photons are not generated."""

SLOTS = {"t": 3, "tbar": 3, "W+": 2, "W-": 2, "W": 2, "Z": 2, "H": 4}
"""Leaf slots by heavy particle."""

LEPTONIC = frozenset({"lv", "tlv", "thv"})


@dataclass(frozen=True)
class Process:
    """A row of the table of processes.

    Attributes
    ----------
    heavy
        The heavy particles of the hard process.
    transverse_momentum
        Mean transverse momentum of a heavy particle before balancing, in MeV.
    boost, rapidity
        Standard deviations of the rapidity of all of them, and of each about it: a quark
        and an antiquark (ttW, VV) boost more than two gluons, a scalar is central.
    extra_jets
        Mean number of jets from radiation.
    heavy_flavour
        Fraction of these with a b quark.
    weight_spread
        Standard deviation of the logarithm of the generator weight's size.
    negative
        Fraction of negative generator weights.
    weight_scale
        Mean size of the generator weight, as arbitrary as a generator's is.
    shares
        Share of the generated events per class: same-sign leptons with at least four
        jets, opposite-sign with at least four, same-sign with fewer, opposite-sign
        with fewer.
    """

    heavy: tuple[str, ...]
    transverse_momentum: float
    boost: float
    rapidity: float
    extra_jets: float
    heavy_flavour: float = 0.03
    weight_spread: float = 0.0
    negative: float = 0.0
    weight_scale: float = 1.0
    shares: tuple[float, float, float, float] = (0.55, 0.2, 0.17, 0.08)


_FEW_JETS = (0.45, 0.1, 0.35, 0.1)

PROCESSES: dict[str, Process] = {
    "ttH": Process(("t", "tbar", "H"), 160 * GEV, 0.6, 0.55, 0.75, 0.03, 0.1, 0.06, 0.52),
    "ttW": Process(("t", "tbar", "W"), 135 * GEV, 1.05, 0.85, 0.8, 0.03, 0.25, 0.08, 12.0),
    "ttZ": Process(("t", "tbar", "Z"), 125 * GEV, 0.9, 0.85, 0.9, 0.03, 0.1, 0.07, 0.04),
    "tt": Process(("t", "tbar"), 150 * GEV, 0.85, 0.75, 1.2, 0.03, 0.05, 0.05, 730.0),
    "ZZ": Process(("Z", "Z"), 70 * GEV, 1.1, 0.9, 0.9, 0.04, shares=_FEW_JETS),
    "WZ": Process(("W", "Z"), 70 * GEV, 1.1, 0.9, 0.9, 0.04, shares=_FEW_JETS),
    "WW": Process(("W+", "W-"), 70 * GEV, 1.1, 0.9, 0.9, 0.04, shares=_FEW_JETS),
}


@dataclass(frozen=True)
class Channel:
    """What a data set holds of a process; its cross-section is that of what is allowed.

    Attributes
    ----------
    process
        Name in the table of processes.
    top_leptons
        Allowed numbers of top quarks that decay to a lepton (electron, muon or tau).
    modes
        Allowed modes per heavy particle, by its name.
    flavour
        PDG number of the leptons of every Z boson, if there is only one.
    """

    process: str
    top_leptons: tuple[int, ...] = (0, 1, 2)
    modes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    flavour: int | None = None


_LEPTONIC = ("lv", "tlv", "thv", "ll", "tautau")

CHANNELS: dict[int, Channel] = {
    346343: Channel("ttH", top_leptons=(0,)),
    346344: Channel("ttH", top_leptons=(1,)),
    346345: Channel("ttH", top_leptons=(2,)),
    700168: Channel("ttW"),
    504330: Channel("ttZ", modes=(("Z", ("ll",)),), flavour=11),
    504334: Channel("ttZ", modes=(("Z", ("ll",)),), flavour=13),
    504342: Channel("ttZ", modes=(("Z", ("tautau",)),)),
    410470: Channel("tt", top_leptons=(1, 2)),
    364250: Channel("ZZ", modes=(("Z", _LEPTONIC),)),
    364253: Channel("WZ", modes=(("W", _LEPTONIC), ("Z", _LEPTONIC))),
    364254: Channel("WW", modes=(("W+", _LEPTONIC), ("W-", _LEPTONIC))),
    364255: Channel("WZ", modes=(("W", _LEPTONIC), ("Z", ("vv",)))),
}
"""By data set number."""
