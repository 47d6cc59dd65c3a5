"""Blinding: from here on no observed count of a blinded bin exists.

The templates job asks which bins are blinded as soon as nominal templates exist, and
replaces the observed counts before it writes, prints or computes anything with them.
"""

import numpy as np
import numpy.typing as npt

from n2mu.templates.histogram import Template

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


def blinded_bins(signal: Template | None, background: Template, threshold: float) -> BoolArray:
    """Return which bins [bins] have S/B above a threshold, by their nominal yields.

    A bin without background is blinded if any signal is expected in it.
    """
    if signal is None:
        return np.zeros(len(background.sumw), dtype=np.bool_)
    blinded: BoolArray = signal.sumw > threshold * background.sumw
    return blinded


def blind(observed: Template, asimov: FloatArray, blinded: BoolArray) -> Template:
    """Return the observed counts with the expectation [bins] in the blinded bins.

    The number of events is left out: with the counts of the other bins it would
    tell what the blinded ones hold.
    """
    return Template(
        np.where(blinded, asimov, observed.sumw), np.where(blinded, asimov, observed.sumw2), 0
    )
