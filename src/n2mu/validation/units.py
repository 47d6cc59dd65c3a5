"""Whether data sets hold a branch in one unit."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from n2mu.expressions import ENTRY, parse
from n2mu.validation.questions import Asked

_FEW = 20
"""Values from which nothing is concluded."""
_READ = 500
"""Events that tell the size of a branch."""
_THOUSAND = 300.0, 3000.0
"""Factors between medians that are taken for MeV and GeV; processes differ by less."""
_GAP = 100.0
"""Factor that no two processes lie apart."""
_CODES = (-99.0, -999.0)
_CENTRAL = 0.05, 0.95


class Typical(NamedTuple):
    """Absolute values of a branch in a data set, without zeros and codes for "missing".

    Attributes
    ----------
    low, median, high
        Quantiles 5 %, 50 % and 95 %.
    """

    low: float
    median: float
    high: float


def typical_values(asked: Asked, columns: Mapping[str, Any]) -> dict[str, Typical]:
    """Return the size of every real branch that is cut on, binned or a feature.

    Parameters
    ----------
    columns
        Branches [events], or lists of objects [events, objects].
    """
    codes: dict[str, set[float]] = {}
    for question in asked.questions:
        if not question.weight:
            codes |= {name: set(_CODES) for name in parse(question.text).names}
    for name, feature in asked.features.items():
        # a code is one of the values of the feature, which an expression computes
        branches = feature.branches or [name]
        codes |= {branch: codes.get(branch, set(_CODES)) for branch in branches}
        if feature.expression is None:
            for branch in branches:
                codes[branch] |= set(feature.missing)
    weighed = {n for q in asked.questions if q.weight for n in parse(q.text).names}
    left_out = weighed | set(asked.scores) | set(asked.numbers.values()) | {ENTRY}
    found = {}
    for name in sorted(columns.keys() & codes.keys() - left_out):
        values = _numbers(columns[name])
        if values is None:
            continue
        known = np.isfinite(values) & (values != 0.0)
        for code in codes[name]:
            known &= values != code
        sizes = np.sort(np.abs(values[known]))
        if len(sizes) >= _FEW:
            low, high = (sizes[int(share * (len(sizes) - 1))] for share in _CENTRAL)
            found[name] = Typical(float(low), float(sizes[len(sizes) // 2]), float(high))
    return found


def _numbers(values: Any) -> npt.NDArray[Any] | None:
    if not isinstance(values, np.ndarray):
        import awkward as ak

        values = np.asarray(ak.flatten(values[:_READ], axis=None))
    values = values[:_READ].ravel()
    return values if values.dtype.kind == "f" else None


class _Parted(NamedTuple):
    """Data sets with small and with large values of a branch, and the medians of both."""

    small: tuple[str, ...]
    large: tuple[str, ...]
    medians: tuple[float, float]


def other_units(found: Mapping[str, Mapping[str, Typical]]) -> Iterator[str]:
    """Yield what is wrong with branches that are about 1000 times larger in some data sets.

    Parameters
    ----------
    found
        Values by data set and branch.
    """
    branches = dict.fromkeys(branch for values in found.values() for branch in values)
    parted: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[str, _Parted]]] = {}
    for branch in branches:
        typical = {name: values[branch] for name, values in found.items() if branch in values}
        parts = _part(typical)
        if parts is not None:
            parted.setdefault((parts.small, parts.large), []).append((branch, parts))
    for (small, large), several in parted.items():
        (branch, parts), *others = several
        low, high = parts.medians
        told = [
            f"{_named(names)}, where its median is {median:.6g}"
            for names, median in sorted([(large, high), (small, low)], key=lambda one: len(one[0]))
        ]
        more = _named([f"'{name}'" for name, _ in others])
        more = f" (so are {more})" if len(others) > 1 else f" (so is {more})" if others else ""
        yield (
            f"branch '{branch}' is of another size in {told[0]}, than in {told[1]}{more}; is one "
            "of them in MeV and the other in GeV? One expression reads all of them: write the "
            "ntuples with one unit"
        )


def _part(typical: Mapping[str, Typical]) -> _Parted | None:
    """Part data sets at the widest gap between medians, if it is one of units."""
    ordered = sorted(typical, key=lambda name: typical[name].median)
    medians = np.array([typical[name].median for name in ordered])
    if len(ordered) < 2:
        return None
    cut = int(np.argmax(medians[1:] / medians[:-1])) + 1
    small, large = ordered[:cut], ordered[cut:]
    low, high = float(np.median(medians[:cut])), float(np.median(medians[cut:]))
    least = min(typical[name].low for name in large)
    if (
        # steps of processes add up
        medians[cut] < _GAP * medians[cut - 1]
        or not _THOUSAND[0] <= high / low <= _THOUSAND[1]
        or least <= max(typical[name].high for name in small)
        # scores of two classes may be as far apart
        or least <= 1.0
        # a code for "missing", or a parameter of the process
        or any(one.low == one.high for one in typical.values())
    ):
        return None
    return _Parted(tuple(sorted(small)), tuple(sorted(large)), (low, high))


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    shown = listed[:3]
    more = len(listed) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
