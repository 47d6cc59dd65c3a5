r"""Parts of the uncertainty of the signal strength.

Three definitions live here, and they differ: errors with parameters fixed at their best fit
(`stat_only`, `breakdown`), and the part of the variance that comes from the fluctuation of the
counts (`data_statistics`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from n2mu.fit.bestfit import BestFit
from n2mu.fit.parameters import BoolArray
from n2mu.fit.profile import Interval, Profile

MC_STATISTICS = "MC statistics"
NORM_FACTORS = "norm factors"
OTHER = "other systematics"

_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Component:
    """Part of the errors of mu that a group causes; None where an error of mu has no value.

    ``flag`` says why a side is 0 or None.
    """

    up: float | None
    down: float | None
    flag: str = ""


def stat_only_mask(best: BestFit) -> BoolArray:
    """Return what stays at its best fit where only the data have errors: all but factors, [P]."""
    mask: BoolArray = best.fixed | (np.asarray(best.likelihood.model.parameters.kinds) != "norm")
    return mask


def stat_only(best: BestFit) -> Interval:
    """Return the errors of mu with alphas and gammas at their best fit, norm factors free."""
    return Profile(best, best.poi, stat_only_mask(best)).interval()


def data_statistics(best: BestFit) -> float | None:
    r"""Return the standard deviation of mu_hat under Poisson fluctuations of the counts.

    To first order :math:`\partial\hat\theta/\partial n_b = H^{-1} J_b/\lambda_b`, and the
    variance of a count is its fitted rate, so that
    :math:`\sigma^2 = \sum_b (H^{-1}J_b)_\mu^2/\lambda_b`: the part of the data in the
    decomposition by global observables, arXiv:2307.04007.

    Returns
    -------
    float or None
        None if mu is at its bound and does not follow the data.
    """
    if not best.covariance.floating[best.poi]:
        return None
    slope = best.likelihood.slope(best.theta)
    response = best.covariance.matrix[best.poi] @ slope.jacobian
    filled = slope.rates > 0
    return float(np.sqrt((response[filled] ** 2 / slope.rates[filled]).sum()))


def complete_groups(best: BestFit, groups: Mapping[str, Sequence[str]]) -> dict[str, BoolArray]:
    """Return the groups as masks [P], with those that need no configuration added.

    All gammas are ``MC statistics``, free parameters other than mu ``norm factors``, and
    constrained parameters that no group names ``other systematics``.  Names that the workspace
    does not hold (pruned systematics) are left out, as are groups of which nothing is left.
    """
    parameters = best.likelihood.model.parameters
    kinds = np.asarray(parameters.kinds)
    names = parameters.names
    free = ~best.fixed
    free[best.poi] = False
    masks = {group: among(names, members) & free for group, members in groups.items()}
    named = np.any([*masks.values(), np.zeros(len(names), dtype=bool)], axis=0)
    for group, mask in (
        (MC_STATISTICS, kinds == "gamma"),
        (NORM_FACTORS, kinds == "norm"),
        (OTHER, (kinds == "alpha") & ~named),
    ):
        masks[group] = masks.get(group, np.zeros(len(names), dtype=bool)) | (mask & free)
    return {group: mask for group, mask in masks.items() if mask.any()}


def among(names: Sequence[str], members: Sequence[str]) -> BoolArray:
    """Tell which names [P] are members; ``*`` at the end of a member stands for anything."""
    exact = {member for member in members if not member.endswith("*")}
    starts = tuple(member[:-1] for member in members if member.endswith("*"))
    return np.array([name in exact or name.startswith(starts) for name in names], dtype=bool)


def breakdown(
    best: BestFit, total: Interval, groups: Mapping[str, BoolArray]
) -> dict[str, Component]:
    """Return sqrt(total^2 - fixed^2) per group, the group fixed at its best fit.

    Parameters
    ----------
    total
        mu with everything free.
    groups
        Masks [P] by name.
    """
    return {
        group: _component(total, Profile(best, best.poi, best.fixed | mask).interval())
        for group, mask in groups.items()
    }


def _component(total: Interval, fixed: Interval) -> Component:
    parts: list[float | None] = []
    flags: list[str] = []
    for side in ("up", "down"):
        whole, rest = getattr(total, side), getattr(fixed, side)
        if whole is None or rest is None:
            parts.append(None)
            flags.append(f"{side}: {total.reasons.get(side) or fixed.reasons[side]}")
            continue
        square = whole**2 - rest**2
        # a profile over fewer parameters cannot be wider, except by the precision of its root
        credible = square >= -_TOLERANCE * whole**2
        parts.append(sqrt(max(square, 0.0)) if credible else None)
        if square < 0:
            flags.append(f"{side}: with the group fixed the error is {rest:.6g}, not smaller")
    return Component(parts[0], parts[1], "; ".join(flags))
