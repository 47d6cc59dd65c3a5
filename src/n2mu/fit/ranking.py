r"""Impacts of nuisance parameters on the signal strength.

The impact of :math:`\theta` is :math:`\hat\mu(\theta=\hat\theta\pm\Delta) - \hat\mu` with all
other parameters fitted again; :math:`\Delta` is the fitted uncertainty (post-fit) or the width of
the constraint (pre-fit).  By covariance it is :math:`\pm\Delta\,C_{\mu\theta}/C_{\theta\theta}`,
which is the same for a parabolic likelihood.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np

from n2mu.cores import available_cores
from n2mu.errors import FitError
from n2mu.fit.bestfit import BestFit
from n2mu.fit.descent import descend
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.minimise import Minimum
from n2mu.fit.profile import Profile
from n2mu.progress import watched

logger = logging.getLogger(__name__)

Method = Literal["fits", "covariance"]

_ENTRIES_AT_ONCE = 140_000
_PARALLEL_ENTRIES = 20_000
"""Models smaller than this are fitted faster than threads can be fed."""


@dataclass(frozen=True)
class Sides:
    """Signed shifts of mu for theta_hat + Delta (up) and theta_hat - Delta (down)."""

    up: float | None
    down: float | None


@dataclass(frozen=True)
class Impact:
    """Impacts of one parameter; ``status`` is "ok" or says what failed.

    Sides that failed are None; ``prefit`` is None for parameters without a constraint.
    """

    index: int
    status: str
    prefit: Sides | None
    postfit: Sides

    @property
    def size(self) -> float:
        """Largest absolute post-fit shift; -1 if both sides failed."""
        return max(
            (abs(s) for s in (self.postfit.up, self.postfit.down) if s is not None), default=-1.0
        )


@dataclass(frozen=True)
class _Task:
    """A fit of the ranking: a parameter, which shift, and the value that it is held at."""

    index: int
    stage: str
    side: str
    value: float


def impacts(best: BestFit) -> Iterator[Impact]:
    """Yield the impacts of all floating nuisance parameters, in the parameters' order.

    The fits run many at once, and on all cores where a model is large; the results depend on
    neither.
    """
    refused = {index: _refusal(best, index) for index in _ranked(best)}
    tasks = [task for index, why in refused.items() if not why for task in _tasks(best, index)]
    fits = dict(zip(tasks, _solve(best, tasks), strict=True))
    for index, why in refused.items():
        if why:
            yield _impact(best, index, {}, why)
            continue
        shifts: dict[tuple[str, str], float] = {}
        failures: list[str] = []
        for task in _tasks(best, index):
            try:
                shifts[task.stage, task.side] = _shift(best, task, fits[task])
            except FitError as error:
                failures.append(f"{task.stage} {task.side}: {error}")
        if failures:
            name = best.likelihood.model.parameters.names[index]
            logger.warning("ranking of %s: %s", name, "; ".join(failures))
        yield _impact(best, index, shifts, "; ".join(failures) or "ok")


def covariance_impacts(best: BestFit) -> Iterator[Impact]:
    """Yield the impacts of all floating nuisance parameters by the covariance, without fits."""
    matrix = best.covariance.matrix
    for index in _ranked(best):
        why = _refusal(best, index)
        slope = 0.0 if why else matrix[best.poi, index] / matrix[index, index]
        shifts = {
            (task.stage, task.side): float(slope * (task.value - best.theta[index]))
            for task in ([] if why else _tasks(best, index))
        }
        yield _impact(best, index, shifts, why or "ok")


def _ranked(best: BestFit) -> list[int]:
    return [int(index) for index in np.flatnonzero(~best.fixed) if index != best.poi]


def _refusal(best: BestFit, index: int) -> str:
    """Return why a parameter has no impact; empty if it has one."""
    name = best.likelihood.model.parameters.names[index]
    if name in best.covariance.at_bound:
        return f"{name} is at its bound in the best fit"
    if best.covariance.undetermined[index]:
        return f"the data do not determine {name}"
    return ""


def _tasks(best: BestFit, index: int) -> list[_Task]:
    parameters = best.likelihood.model.parameters
    deltas = {"post-fit": float(best.covariance.uncertainty[index])}
    if parameters.constrained[index]:
        deltas["pre-fit"] = float(parameters.prefit_sigma[index])
    centre = float(best.theta[index])
    return [
        _Task(index, stage, side, centre + sign * delta)
        for stage, delta in deltas.items()
        for side, sign in (("up", 1), ("down", -1))
    ]


def _impact(best: BestFit, index: int, shifts: dict[tuple[str, str], float], status: str) -> Impact:
    prefit, postfit = (
        Sides(shifts.get((stage, "up")), shifts.get((stage, "down")))
        for stage in ("pre-fit", "post-fit")
    )
    constrained = bool(best.likelihood.model.parameters.constrained[index])
    return Impact(index, status, prefit if constrained else None, postfit)


def _solve(best: BestFit, tasks: list[_Task]) -> list[Minimum | None]:
    """Return the minima of the tasks that converge from the covariance line, else None."""
    model = best.likelihood.model
    entries = max(model.nominal.size, len(model.norm_row), 1)
    size = int(np.clip(_ENTRIES_AT_ONCE // entries, 32, 256))
    groups = [tasks[first : first + size] for first in range(0, len(tasks), size)]
    workers = available_cores() if entries >= _PARALLEL_ENTRIES else 1
    unit = f"groups of {size} fits"
    if workers == 1:
        watch = watched(groups, logger, "ranking", unit)
        return [found for group in watch for found in _descend(best, group)]
    with ThreadPoolExecutor(workers) as pool:
        parts = pool.map(lambda g: _descend(best, g), groups)
        watch_parts = watched(parts, logger, "ranking", unit, len(groups))
        return [found for part in watch_parts for found in part]


def _descend(best: BestFit, tasks: list[_Task]) -> list[Minimum | None]:
    parameters = best.likelihood.model.parameters
    held = np.asarray([task.index for task in tasks])
    values = np.asarray([task.value for task in tasks])
    columns = best.covariance.matrix[:, held]
    lines = columns / columns[held, np.arange(len(held))]
    starts: FloatArray = best.theta[:, None] + lines * (values - best.theta[held])
    starts = np.clip(starts, parameters.lower[:, None], parameters.upper[:, None])
    starts[best.fixed] = best.theta[best.fixed, None]
    starts[held, np.arange(len(held))] = values
    found = descend(best.likelihood, starts, best.metric, held=held)
    return [
        found.minimum(number) if found.converged[number] else None for number in range(len(tasks))
    ]


def _shift(best: BestFit, task: _Task, quick: Minimum | None) -> float:
    parameters = best.likelihood.model.parameters
    name = parameters.names[task.index]
    if parameters.kinds[task.index] == "gamma" and task.value < parameters.lower[task.index]:
        raise FitError(f"{name} = {task.value:.3g} is below its bound")
    if quick is None:
        found = Profile(best, task.index, best.fixed).at(task.value)
    else:
        found = best.checked(quick)
    if not found.converged:
        raise FitError(found.message)
    mu = float(found.theta[best.poi])
    if mu in (parameters.lower[best.poi], parameters.upper[best.poi]):
        raise FitError(f"{parameters.names[best.poi]} is at its bound {mu:g}")
    return mu - best.mu
