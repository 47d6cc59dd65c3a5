"""The signal region of the ttH analysis: as printed, as meant, and as ROOT counts it."""

import array
import warnings
from typing import Any

import numpy as np
import pytest

from n2mu.errors import ExpressionError
from n2mu.expressions import conjuncts, parse, unimplied

EXTERNAL = (
    "(lep_Mtrktrk_atConvV_CO_{n} < 0.1 && lep_Mtrktrk_atConvV_CO_{n} >= 0 && lep_RadiusCO_{n} > 20)"
)
PHOTON_VERTEX = "(lep_Mtrktrk_atPV_CO_{n} < 0.1 && lep_Mtrktrk_atPV_CO_{n} >= 0)"
MUON = (
    "abs(lep_ID_{n}) == 13 && lep_isMedium_{n} && lep_isolationLoose_VarRad_{n}"
    " && passPLIVTight_{n}"
)
ELECTRON = (
    "(abs(lep_ID_{n}) == 11 && lep_isTightLH_{n} && lep_isolationLoose_VarRad_{n}\n"
    "&& passPLIVTight_{n} && lep_ambiguityType_{n} == 0\n"
    "&& lep_chargeIDBDTResult_recalc_rel207_tight_{n} > 0.7)"
)
# as meant; as printed, with surplus parentheses; and as printed but for these
MEANT = f"(({MUON})\n|| ({ELECTRON}\n&& !(!{EXTERNAL} && {PHOTON_VERTEX}) && !{EXTERNAL}))"
PRINTED = f"(({MUON})\n|| ({ELECTRON}\n&& ((!{EXTERNAL} && {PHOTON_VERTEX})))\n&& !{EXTERNAL})))"
BALANCED = f"(({MUON})\n|| ({ELECTRON}\n&& ((!{EXTERNAL} && {PHOTON_VERTEX}))\n&& !{EXTERNAL}))"


def _cut(lepton: str, closing: str = ")") -> str:
    return (
        "custTrigMatch_LooseID_FCLooseIso_DLT\n"
        "&& (dilep_type && (lep_ID_0*lep_ID_1)>0)\n"
        "&& ((lep_Pt_0 >= 10e3 && lep_Pt_1 >= 10e3)"
        " && (fabs(lep_Eta_0) <= 2.5 && fabs(lep_Eta_1) <= 2.5)\n"
        f"&& {lepton.format(n=0)}{closing}\n&& {lepton.format(n=1)}\n"
        "&& nTaus_OR==1\n&& nJets_OR_DL1r_85>=1\n&& nJets_OR>=4\n"
        "&& ((dilep_type==2) || abs(Mll01-91.2e3)>10e3)\n"
    )


CUT = _cut(MEANT)
EVENTS = 3000
LEPTON = {
    "lep_ID_{n}": ("f", "F", [11.0, -11.0, 13.0, -13.0]),
    "lep_Pt_{n}": ("f", "F", [9.9e3, 10e3, 40e3]),
    "lep_Eta_{n}": ("f", "F", [-2.4, 0.3, 1.2, 2.0, 2.7]),
    "lep_isMedium_{n}": ("b", "B", [1, 1, 0]),
    "lep_isTightLH_{n}": ("b", "B", [1, 1, 0]),
    "lep_isolationLoose_VarRad_{n}": ("b", "B", [1, 1, 1, 0]),
    "passPLIVTight_{n}": ("b", "B", [1, 2, 1, 0]),
    "lep_ambiguityType_{n}": ("i", "I", [0, 0, 0, 1]),
    "lep_chargeIDBDTResult_recalc_rel207_tight_{n}": ("f", "F", [0.6, 0.9, 0.95]),
    "lep_Mtrktrk_atConvV_CO_{n}": ("f", "F", [-1.0, 0.05, 0.1, 3.0]),
    "lep_Mtrktrk_atPV_CO_{n}": ("f", "F", [-1.0, 0.0, 0.05, 0.1, 3.0]),
    "lep_RadiusCO_{n}": ("f", "F", [-1.0, 15.0, 30.0]),
}
EVENT = {
    "custTrigMatch_LooseID_FCLooseIso_DLT": ("b", "B", [1, 1, 1, 0]),
    "dilep_type": ("i", "I", [0, 1, 2, 3]),
    "nTaus_OR": ("i", "I", [0, 1, 1, 1, 2]),
    "nJets_OR_DL1r_85": ("i", "I", [0, 1, 2, 3]),
    "nJets_OR": ("i", "I", [3, 4, 5, 6]),
    "Mll01": ("f", "F", [60e3, 91e3, 120e3]),
}
BRANCHES = EVENT | {name.format(n=n): spec for name, spec in LEPTON.items() for n in (0, 1)}

ELECTRON_AND_MUON = {
    **dict.fromkeys(["custTrigMatch_LooseID_FCLooseIso_DLT", "nTaus_OR"], 1),
    **{"dilep_type": 2, "nJets_OR": 4, "nJets_OR_DL1r_85": 1, "Mll01": 91.2e3},
    **{"lep_ID_0": 11, "lep_ID_1": 13, "lep_Pt_0": 30e3, "lep_Pt_1": 10e3},
    **{"lep_Eta_0": 1.1, "lep_Eta_1": -2.5, "lep_isTightLH_0": 1, "lep_isTightLH_1": 0},
    **{"lep_isMedium_0": 0, "lep_isMedium_1": 1, "lep_ambiguityType_0": 0},
    **{"lep_ambiguityType_1": -1, "passPLIVTight_0": 1, "passPLIVTight_1": 1},
    **{"lep_isolationLoose_VarRad_0": 1, "lep_isolationLoose_VarRad_1": 1},
    "lep_chargeIDBDTResult_recalc_rel207_tight_0": 0.8,
    "lep_chargeIDBDTResult_recalc_rel207_tight_1": -9,
    # no conversion: no track pair was found
    **{"lep_Mtrktrk_atConvV_CO_0": -1.0, "lep_Mtrktrk_atPV_CO_0": -1.0, "lep_RadiusCO_0": -1.0},
    # a muon is exempt, whatever stands here
    **{"lep_Mtrktrk_atConvV_CO_1": 0.05, "lep_Mtrktrk_atPV_CO_1": 0.05, "lep_RadiusCO_1": 30.0},
}


def _passes(cut: str = CUT, **changes: float) -> bool:
    event = ELECTRON_AND_MUON | changes
    columns = {name: np.array([value], dtype=np.float32) for name, value in event.items()}
    return bool(parse(cut).select(columns, 1)[0])


def _sample() -> dict[str, Any]:
    generator = np.random.default_rng(7)
    return {
        name: generator.choice(np.array(values, dtype=code), EVENTS)
        for name, (code, _, values) in BRANCHES.items()
    }


def test_the_printed_cut_is_refused_at_its_surplus_parenthesis() -> None:
    with pytest.raises(ExpressionError, match=r"expected an operator or the end, found '\)'"):
        parse(_cut(PRINTED, closing=""))


def test_an_electron_without_conversion_passes() -> None:
    assert _passes()


def test_the_printed_cut_with_balanced_parentheses_would_demand_a_conversion() -> None:
    assert not _passes(_cut(BALANCED))
    assert _passes(_cut(BALANCED), lep_Mtrktrk_atPV_CO_0=0.05)


def test_an_electron_from_an_external_conversion_fails() -> None:
    assert not _passes(lep_Mtrktrk_atConvV_CO_0=0.05, lep_RadiusCO_0=30.0)


def test_an_electron_from_an_internal_conversion_fails() -> None:
    assert not _passes(lep_Mtrktrk_atPV_CO_0=0.05)


def test_a_mass_at_the_conversion_vertex_close_to_the_beam_is_no_external_conversion() -> None:
    assert _passes(lep_Mtrktrk_atConvV_CO_0=0.05, lep_RadiusCO_0=15.0)


def test_a_same_flavour_pair_on_the_z_peak_fails() -> None:
    assert not _passes(dilep_type=1)
    assert _passes(dilep_type=1, Mll01=120e3)


def test_the_region_lies_inside_a_looser_preselection() -> None:
    loose = "dilep_type && lep_Pt_0 > 9e3 && nTaus_OR >= 1 && nJets_OR >= 2"
    loose += (
        " && (abs(lep_ID_0) == 13 || abs(lep_ID_0) == 11) && (passPLIVTight_0 || nJets_OR == 2)"
    )
    assert unimplied(CUT, loose) == []
    assert unimplied(CUT, f"{loose} && lep_Pt_0 > 11e3") == ["lep_Pt_0 > 11000"]
    assert unimplied(CUT, CUT) == []


def test_root_selects_the_same_number_of_events() -> None:
    with warnings.catch_warnings():
        # the wheel announces at import that it is an alpha distribution
        warnings.simplefilter("ignore")
        root = pytest.importorskip("ROOT", reason="ROOT is not installed")
    columns = _sample()
    tree = root.TTree("tree", "tree")
    buffers = {name: array.array(code, [0]) for name, (code, _, _) in BRANCHES.items()}
    for name, buffer in buffers.items():
        tree.Branch(name, buffer, f"{name}/{BRANCHES[name][1]}")
    for event in range(EVENTS):
        for name, buffer in buffers.items():
            buffer[0] = columns[name][event]
        tree.Fill()
    for selection in [CUT, MEANT.format(n=0), *conjuncts(CUT)]:
        one_line = " ".join(selection.split())
        formula = root.TTreeFormula("formula", one_line, tree)
        assert formula.GetNdim() > 0, f"ROOT does not compile {one_line}"
        selected = int(parse(selection).select(columns, EVENTS).sum())
        assert 0 < selected < EVENTS
        assert selected == tree.GetEntries(one_line)
