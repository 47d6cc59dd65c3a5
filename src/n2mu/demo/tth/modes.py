"""Decay modes of the heavy particles.

Branching ratios: Particle Data Group, Review of Particle Physics (2022), and for
the Higgs boson of 125 GeV the LHC Higgs working group (Yellow Report 4).
"""

from enum import IntEnum
from typing import NamedTuple


class Leaf(IntEnum):
    """What a heavy particle finally decays to."""

    INVISIBLE = 0
    LEPTON = 1
    TAU_LEPTON = 2
    TAU_HADRON = 3
    LIGHT_JET = 4
    C_JET = 5
    B_JET = 6


JETS = (Leaf.LIGHT_JET, Leaf.C_JET, Leaf.B_JET)
LEPTONS = (Leaf.LEPTON, Leaf.TAU_LEPTON)


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
    "b": [Mode("b", 1.0, (_B,), (0,))],
    "q": [Mode("q", 1.0, (_Q,), (0,))],
}
"""Decay modes by heavy particle; ``W`` is either charge, in the
proportion of associated production; the Higgs boson's decays to photons are not generated."""

SLOTS = {"t": 3, "tbar": 3, "W+": 2, "W-": 2, "W": 2, "Z": 2, "H": 4, "b": 1, "q": 1}
"""Leaf slots by heavy particle."""

LEPTONIC = frozenset({"lv", "tlv", "thv"})
"""Modes with a charged lepton, of a top quark or a W boson."""
