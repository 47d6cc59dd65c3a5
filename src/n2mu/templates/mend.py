"""What is done to templates before they enter a fit; every change is reported."""

from collections.abc import Callable

import numpy as np

from n2mu.templates.histogram import Template

FLOOR = 1e-6
SMALLEST_RATE = 0.01
Report = Callable[[str, str], None]
"""Takes what was done and why."""


def mend_negative_bins(template: Template, report: Report) -> Template:
    """Set bins below zero to 1e-6 and scale the others so that the integral stays.

    The sum of squared weights stays as it is: it says how little is known.
    Bins that are exactly zero stay.  Where the integral is not positive there
    is nothing to preserve, and the bins above zero stay as they are.
    """
    negative = template.sumw < 0
    if not negative.any():
        return template
    sumw = np.where(negative, FLOOR, template.sumw)
    kept = template.total - FLOOR * negative.sum()
    positive = sumw[~negative].sum()
    scaled = kept > 0 and positive > 0
    if scaled:
        sumw[~negative] *= kept / positive
    bins = ", ".join(f"{i} ({template.sumw[i]:.3g})" for i in np.flatnonzero(negative))
    report(
        f"bins {bins} set to {FLOOR:g}" + (", others scaled" if scaled else ""),
        "negative yield; the integral is kept"
        if scaled
        else "negative yield; the integral is not positive and cannot be kept",
    )
    return Template(sumw, template.sumw2, template.events)


def mirror(nominal: Template, up: Template, report: Report) -> Template:
    """Return the down side of a one-sided variation: twice the nominal minus the up side."""
    report("mirrored: down = 2 nominal - up", "the systematic is one-sided")
    return Template(2 * nominal.sumw - up.sumw, up.sumw2, up.events)


def cap_rate(nominal: Template, varied: Template, report: Report) -> Template:
    """Keep a variation from leaving less than 1 % of a sample's rate.

    Rates are interpolated exponentially, which knows no zero.
    """
    smallest = SMALLEST_RATE * nominal.total
    if varied.total >= smallest:
        return varied
    report(
        f"rate capped at {SMALLEST_RATE:.0%} of the nominal, with the nominal shape",
        f"the variation leaves {varied.total:.3g} of {nominal.total:.3g} expected events",
    )
    return Template(SMALLEST_RATE * nominal.sumw, varied.sumw2, varied.events)
