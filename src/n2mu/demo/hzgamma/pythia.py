"""Events of PYTHIA 8 as arrays (C. Bierlich et al., SciPost Phys. Codebases 8 (2022))."""

from collections.abc import Iterator
from typing import Any

import awkward as ak
import numpy as np

from n2mu.demo.hzgamma.particles import Particles
from n2mu.demo.hzgamma.plan import HZGammaFile
from n2mu.errors import N2muError

try:
    import pythia8mc
except ImportError:
    raise N2muError(
        "PYTHIA is not installed, which generates the events of the analysis 'hzgamma'; "
        "pip install -c requirements.lock -e '.[demo,pythia]'"
    ) from None

COMMON = (
    "Print:quiet = on",
    "Beams:eCM = 13000.",
    "23:onMode = off",
    "23:onIfAny = 11 13",
)
PROCESSES = {
    "signal": (
        "HiggsSM:gg2H = on",
        "25:m0 = 125.",
        "25:onMode = off",
        "25:onIfMatch = 22 23",
    ),
    "background": (
        "WeakBosonAndParton:ffbar2gmZgm = on",
        "PhaseSpace:pTHatMin = 10.",
        "PhaseSpace:mHatMin = 90.",
        "PhaseSpace:mHatMax = 250.",
        "23:mMin = 40.",
        "SigmaProcess:factorScale2 = 3",
        "SpaceShower:pTmaxMatch = 2",
        "SpaceShower:pTdampMatch = 1",
        "SpaceShower:pTdampFudge = 1.5",
        "SpaceShower:QEDshowerByQ = off",
    ),
}
"""Settings of the hard processes; masses and momenta in GeV.

A photon in a hard process makes PYTHIA end the shower from the incoming partons at the scale of
the process, by default the photon's pT.  There is no jet in the matrix element that a harder one
could count twice, and the signal's shower has no end.  The background's is damped instead (R. Corke
and T. Sjostrand, Eur. Phys. J. C 69 (2010) 1, arXiv:1003.2384), to one half at 1.5 times the scale
of the process, as experiments damp that of pairs of top quarks.  The scale squared is the mean of
the squared transverse masses of Z boson and photon.  The photon is in the matrix element, so
incoming quarks radiate no others.

The limits of the background are looser than the signal region. Of the events that it would
hold without them 6 in 100 had less than 10 GeV of pT before the shower gave them more, and none had
another mass.
"""

LARGEST_ETA = {"background": 3.5}
"""Of the leptons and the photon of a hard process whose other events are generated no further.

One in 100 of the background's events in the signal region would lie outside, which is the cost
of a third of its time; Higgs bosons have more transverse momentum and no such limit.
"""

_LARGEST_SEED = 900_000_000
_BATCH = 500
_NEUTRINOS = (12, 14, 16)
_FROM_HADRONS = 81
"""Status codes from here on: hadrons, and what decays of them leave."""


class Central(pythia8mc.UserHooks):  # type: ignore[misc]  # a class of the extension module
    """Counts hard processes, and gives up those whose particles fly too close to the beams.

    Attributes
    ----------
    generated
        Hard processes, those given up among them.
    """

    def __init__(self, largest_eta: float) -> None:
        pythia8mc.UserHooks.__init__(self)
        self.largest_eta = largest_eta
        self.generated = 0

    def canVetoProcessLevel(self) -> bool:
        """Say that hard processes are looked at."""
        return True

    def doVetoProcessLevel(self, process: Any) -> bool:
        """Count a hard process; return whether it is given up."""
        self.generated += 1
        particles = (process[place] for place in range(process.size()))
        return any(p.status() > 0 and abs(p.eta()) > self.largest_eta for p in particles)


class Generator:
    """PYTHIA, ready to generate the events of a file.

    Parameters
    ----------
    file
        What is generated, and with which seed.

    Raises
    ------
    N2muError
        If PYTHIA refuses a setting.
    """

    def __init__(self, file: HZGammaFile) -> None:
        self._file = file
        self._pythia = pythia8mc.Pythia("", False)
        settings = (
            *COMMON,
            *PROCESSES[file.process],
            f"PartonLevel:MPI = {'on' if file.multiparton else 'off'}",
            "Random:setSeed = on",
            f"Random:seed = {1 + file.seed % (_LARGEST_SEED - 1)}",
        )
        for setting in settings:
            if not self._pythia.readString(setting):
                raise N2muError(f"PYTHIA refuses the setting '{setting}'")
        # PYTHIA does not keep it alive
        self._hook = Central(LARGEST_ETA.get(file.process, np.inf))
        self._pythia.setUserHooksPtr(self._hook)
        if not self._pythia.init():
            raise N2muError(f"PYTHIA cannot be initialised for the process '{file.process}'")

    @property
    def generated(self) -> int:
        """Hard processes so far: the events, and those that were given up for them."""
        return self._hook.generated

    def batches(self) -> Iterator[Particles]:
        """Generate the planned events, some at a time; those that fail in PYTHIA are replaced."""
        left = self._file.events
        while left:
            batch = self._pythia.nextBatch(min(_BATCH, left))
            left -= len(batch)
            yield visible(batch)


def visible(batch: Any) -> Particles:
    """Return the stable visible particles of a batch of PYTHIA's events."""
    particles = batch["prt"]
    number = np.abs(particles["id"])
    stable = particles["status"] > 0
    for neutrino in _NEUTRINOS:
        stable = stable & (number != neutrino)
    particles = particles[stable]
    most = int(ak.max(ak.num(particles)))

    def filled(values: Any) -> Any:
        return ak.to_numpy(ak.fill_none(ak.pad_none(values, most, clip=True), 0))

    momentum = particles["p"]
    return Particles(
        np.stack([filled(momentum[axis]) for axis in ("px", "py", "pz", "e")], axis=-1),
        filled(particles["id"]).astype(np.int64),
        np.asarray(filled(particles["status"]) < _FROM_HADRONS),
    )
