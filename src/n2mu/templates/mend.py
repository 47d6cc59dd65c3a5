"""What is done to templates before they enter a fit; every change is reported.

A bin below zero cannot enter a fit.  In the nominal it is set to 1e-6 and the
others are scaled so that the integral stays.  A variation is an effect relative
to its nominal, so it is mended on the same terms: the bins that were set in the
nominal are set in the variation as well, whatever their sign there, and its
integral is kept by scaling the others.  The rate of the variation is then the
one of all events, before and after; the relative effects of the other bins stay
in their proportions, and a variation that scales all events alike still does.
Mending each template on its own would scale the nominal but not a variation in
which the bin happens to be positive: an effect on every bin that no event has.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from n2mu.templates.histogram import Template

FLOOR = 1e-6
SMALLEST_RATE = 0.01
Report = Callable[[str, str], None]
"""Takes what was done and why."""


def mend_nominal(template: Template, report: Report) -> Template:
    """Set bins below zero to 1e-6 and scale the others so that the integral stays.

    The sum of squared weights stays as it is: it says how little is known.
    Bins that are exactly zero stay.  A sample whose integral is not positive
    has no yield that a fit could use: every bin is set to 1e-6.
    """
    if not _positive(template):
        report(
            f"all bins set to {FLOOR:g}",
            f"the yield is {template.total:.3g} +- {template.error:.3g}, not positive",
        )
        return Template(np.full_like(template.sumw, FLOOR), template.sumw2, template.events)
    negative = template.sumw < 0
    if not negative.any():
        return template
    report(
        f"bins {_listed(template, negative)} set to {FLOOR:g}, the others scaled",
        "negative yield; the integral is kept",
    )
    return _floored(template, negative)


def mend_variation(
    raw_nominal: Template, nominal: Template, varied: Template, report: Report
) -> Template:
    """Mend one side of a systematic on the terms of its nominal.

    Parameters
    ----------
    raw_nominal, nominal
        The nominal before and after `mend_nominal`.
    varied
        The variation as filled.

    Returns
    -------
    Template
        Positive where the nominal is, and at least 1 % of its integral: rates
        are interpolated exponentially, which knows no zero.  Where that fails
        it has the shape of the nominal; where the nominal has no positive
        integral, the nominal's yields.
    """
    if not _positive(raw_nominal):
        report(
            "set to the nominal",
            "the nominal yield is not positive, a relative effect is not defined",
        )
        return Template(nominal.sumw.copy(), varied.sumw2, varied.events)
    rate = varied.total / raw_nominal.total
    if rate < SMALLEST_RATE:
        report(
            f"rate capped at {SMALLEST_RATE:.0%} of the nominal, with the nominal shape",
            f"the variation leaves {varied.total:.3g} of {raw_nominal.total:.3g} expected events",
        )
        return Template(SMALLEST_RATE * nominal.sumw, varied.sumw2, varied.events)
    in_nominal = raw_nominal.sumw < 0
    negative = in_nominal | (varied.sumw < 0)
    if not negative.any():
        return varied
    why = (
        "negative yield in the nominal; the integral is kept"
        if in_nominal.any()
        else "negative yield; the integral is kept"
    )
    if not _scalable(varied, negative):
        report("given the shape of the nominal", f"{why}, no other bin holds events")
        return Template(rate * nominal.sumw, varied.sumw2, varied.events)
    report(f"bins {_listed(varied, negative)} set to {FLOOR:g}, the others scaled", why)
    return _floored(varied, negative)


def _positive(template: Template) -> bool:
    return template.total > FLOOR * len(template.sumw)


def _scalable(template: Template, negative: npt.NDArray[np.bool_]) -> bool:
    least = FLOOR * len(negative)
    return template.total > least and float(template.sumw[~negative].sum()) > least


def _floored(template: Template, negative: npt.NDArray[np.bool_]) -> Template:
    sumw = np.where(negative, FLOOR, template.sumw)
    kept = template.total - FLOOR * negative.sum()
    sumw[~negative] *= kept / sumw[~negative].sum()
    return Template(sumw, template.sumw2, template.events)


def _listed(template: Template, bins: npt.NDArray[np.bool_]) -> str:
    return ", ".join(f"{i + 1} ({template.sumw[i]:.3g})" for i in np.flatnonzero(bins))
