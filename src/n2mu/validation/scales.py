"""Whether values and the numbers that they are compared with are of one unit."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from n2mu.errors import N2muError
from n2mu.expressions import far, limits, parse
from n2mu.validation.questions import Asked

_FEW = 20
"""Events from which nothing is concluded."""
_UNIT = "is one of them in MeV and the other in GeV?"


EDGES, FIRST, LAST = "all bins", "first bin", "last bin"
"""Within the edges of a region; beyond its first bin; before its last one."""


class Compared(NamedTuple):
    """Values on events beside what a key compares them with.

    Attributes
    ----------
    key, where
        That compares; ``where`` is the cut, or `EDGES`, `FIRST` or `LAST`.
    subject
        What is compared.
    least, most
        Bounds; None where there is none.
    events, passed
        Events that were looked at, and those within the bounds.
    low, high
        Smallest and largest value.
    measured
        Whether it has a unit; counts have none.
    """

    key: str
    where: str
    subject: str
    least: float | None
    most: float | None
    events: int
    passed: int
    low: float
    high: float
    measured: bool

    def joined(self, other: "Compared") -> "Compared":
        """Return both as one."""
        return self._replace(
            events=self.events + other.events,
            passed=self.passed + other.passed,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
        )

    @property
    def far(self) -> bool:
        """Whether all values are so far beyond a bound that no selection makes it."""
        return self.measured and far(self.least, self.most, self.low, self.high)

    @property
    def loose(self) -> bool:
        """Whether all values are so far above a lower bound that it cuts nothing."""
        return self.measured and far(None, self.least, self.low, self.high)

    @property
    def span(self) -> str:
        """The values in words."""
        return f"{self.subject} is {self.low:.6g} to {self.high:.6g}"


def compare(
    asked: Asked, columns: Mapping[str, Any], regions: Mapping[str, npt.NDArray[np.bool_]]
) -> list[Compared]:
    """Compare values of events with cuts and edges of bins.

    Parameters
    ----------
    columns
        Branches [events].
    regions
        Which events are in a region [events], by name.
    """
    found: list[Compared] = []
    known: dict[str, npt.NDArray[np.float64] | None] = {}  # regions ask for the same again

    def add(
        key: str, where: str, subject: str, least: float | None, most: float | None, inside: Any
    ) -> None:
        if subject not in known:
            known[subject] = _values(subject, asked, columns)
        values = known[subject]
        if values is not None:
            measured = _measured(subject, columns)
            found.append(_counted(key, where, subject, least, most, values[inside], measured))

    selections = {"regions.yaml: preselection": asked.preselection}
    selections |= {f"regions.yaml: regions.{n}.selection": s for n, s in asked.regions.items()}
    for key, text in selections.items():
        for cut in limits(text):
            add(key, *cut, slice(None))
    for region, observable, low, high in asked.binned:
        if region in regions:
            key = f"regions.yaml: regions.{region}.binning"
            where = FIRST if high is None else LAST if low is None else EDGES
            add(key, where, observable, low, high, regions[region])
    return found


def _values(text: str, asked: Asked, columns: Mapping[str, Any]) -> npt.NDArray[np.float64] | None:
    """Return values [events]; None where they cannot be had, or later only."""
    expression = parse(text)
    names = expression.names
    if not names or not names <= columns.keys() or names & set(asked.scores):
        return None
    try:
        return expression.evaluate(columns, len(next(iter(columns.values()))))
    except N2muError:
        return None  # reported with its key


def _measured(text: str, columns: Mapping[str, Any]) -> bool:
    read = (columns[name] for name in parse(text).names)
    return any(not isinstance(values, np.ndarray) or values.dtype.kind == "f" for values in read)


def _counted(
    key: str,
    where: str,
    subject: str,
    least: float | None,
    most: float | None,
    values: npt.NDArray[np.float64],
    measured: bool,
) -> Compared:
    known = values[np.isfinite(values)]
    inside = np.ones(len(known), bool)
    if least is not None:
        inside &= known >= least
    if most is not None:
        inside &= known <= most
    low, high = (known.min(), known.max()) if len(known) else (np.inf, -np.inf)
    counts = len(known), int(inside.sum())
    return Compared(key, where, subject, least, most, *counts, float(low), float(high), measured)


class Scales:
    """What the comparisons of several data sets say together.

    Parameters
    ----------
    found
        Of all of them.
    events
        How their events are called.
    """

    def __init__(self, found: Iterable[Compared], events: str = "events") -> None:
        self._called = events
        together: dict[tuple[str, str, str], Compared] = {}
        for one in found:
            name = one.key, one.where, one.subject
            together[name] = one.joined(together[name]) if name in together else one
        self._cuts: dict[str, list[Compared]] = defaultdict(list)
        self._edges: list[Compared] = []
        self._ends: list[Compared] = []
        for one in together.values():
            if one.where == EDGES:
                self._edges.append(one)
            elif one.where not in (FIRST, LAST):
                self._cuts[one.key].append(one)
            # where all events are outside of all bins, that is what is said
            elif (
                one.events >= _FEW
                and not one.passed
                and together[one.key, EDGES, one.subject].passed
            ):
                self._ends.append(one)

    def why_none(self, key: str) -> str:
        """Say which cuts of a selection let no event pass, if there are such."""
        none = [cut for cut in self._cuts[key] if cut.events and not cut.passed]
        told = "; ".join(f"'{cut.where}' passes none: {cut.span}" for cut in none)
        return f" ({told})" if told else ""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield key and text of bounds that cannot be meant."""
        said = set()
        for key, cuts in self._cuts.items():
            for cut in cuts:
                if cut.events >= _FEW and not cut.passed and cut.far and cut.where not in said:
                    said.add(cut.where)
                    text = (
                        f"'{cut.where}' passes none of {cut.events} {self._called} that were read"
                    )
                    yield key, f"{text}: {cut.span}; {_UNIT}"
        for edges in self._edges:
            if edges.events >= _FEW and not edges.passed:
                unit = f"; {_UNIT}" if edges.far else ", give edges that hold events"
                yield edges.key, f"{self._outside(edges)}{unit}"
        for end in self._ends:
            if end.far:
                yield end.key, f"{self._in_one(end)}; {_UNIT}"

    def notes(self) -> Iterator[str]:
        """Yield lines on bounds that may be meant."""
        said = set()
        for key, cuts in self._cuts.items():
            for cut in cuts:
                if cut.events >= _FEW and cut.loose and cut.where not in said:
                    said.add(cut.where)
                    yield f"{key}: every event passes '{cut.where}': {cut.span}; {_UNIT}"
        for edges in self._edges:
            few = edges.passed or edges.events < _FEW  # none of many is a problem
            if few and edges.passed < 0.1 * edges.events:
                yield f"{edges.key}: {self._outside(edges)}; they count in the outer bins"
        yield from (f"{end.key}: {self._in_one(end)}" for end in self._ends if not end.far)

    def _in_one(self, end: Compared) -> str:
        bound = f"up to {end.least:.6g}" if end.least is not None else f"from {end.most:.6g} on"
        return (
            f"all {end.events} {self._called} of the region that were read are in the {end.where}, "
            f"{bound}: {end.span}"
        )

    def _outside(self, edges: Compared) -> str:
        return (
            f"{edges.events - edges.passed} of {edges.events} {self._called} of the region that "
            f"were read lie outside of the edges, {edges.least:.6g} to {edges.most:.6g}: "
            f"{edges.span}"
        )
