"""Which region, sample and bin each event of a table belongs to."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError, counted
from n2mu.expressions import conjuncts, parse
from n2mu.templates.histogram import bin_indices
from n2mu.templates.settings import TemplateSettings, TemplateSplit

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
NOWHERE = -1


@lru_cache
def _conditions(selection: str) -> tuple[str, ...]:
    return tuple(conjuncts(selection))


class _Passing:
    """Which events of a table pass selections; conditions in common are evaluated once."""

    def __init__(self, table: Mapping[str, Any], size: int) -> None:
        self._table = table
        self._size = size
        self._known: dict[str, npt.NDArray[np.bool_]] = {}

    def select(self, selection: str) -> npt.NDArray[np.bool_]:
        """Return which events [events] pass."""
        inside = np.ones(self._size, dtype=np.bool_)
        for condition in _conditions(selection):
            if condition not in self._known:
                self._known[condition] = parse(condition).select(self._table, self._size)
            inside &= self._known[condition]
        return inside


class Selected:
    """The events of one table that are in a region, with their observables.

    Conditions that selections have in common are evaluated once, truth selections
    and observables for events in a region only.

    Parameters
    ----------
    table
        Columns [events].
    regions
        Names of the regions that are asked for.

    Attributes
    ----------
    rows
        Numbers of the events in the table that are in a region [selected].
    region
        Number of the region of each of them [selected].
    value
        Observable of its region [selected].

    Raises
    ------
    TemplateError
        If regions share events.
    """

    def __init__(
        self,
        settings: TemplateSettings,
        table: Mapping[str, Any],
        data_set: str,
        regions: Sequence[str],
    ) -> None:
        self._settings = settings
        self._data_set = data_set
        self._regions = list(regions)
        size = len(table["n2mu_entry"])
        passing = _Passing(table, size)
        self._divided: dict[str, Indices] = {}
        index = np.full(size, NOWHERE, dtype=np.int64)
        for number, name in enumerate(regions):
            inside = passing.select(settings.regions[name].selection)
            split = settings.regions[name].split
            if split is not None:
                inside &= self._parts(split, inside, table) == split.number
            both = inside & (index != NOWHERE)
            if both.any():
                other = self._regions[index[np.argmax(both)]]
                shared = int((inside & (index == self._regions.index(other))).sum())
                raise self._shared("regions", other, name, shared)
            index[inside] = number
        self.rows: Indices = np.flatnonzero(index != NOWHERE)
        self.region: Indices = index[self.rows]
        # not the weights, which are many
        texts = [settings.regions[name].observable for name in regions]
        texts += [sample.selection for sample in settings.samples.values()]
        needed = {"n2mu_entry"}.union(*(parse(text).names for text in texts))
        self._table = {n: column[self.rows] for n, column in table.items() if n in needed}
        self._passing = _Passing(self._table, len(self.rows))
        self.value = np.zeros(len(self.rows))
        for number, name in enumerate(regions):
            inside = self.region == number
            if inside.any():
                values = parse(settings.regions[name].observable).evaluate(
                    self._table, len(self.rows)
                )
                self.value[inside] = values[inside]

    def _parts(
        self, split: TemplateSplit, inside: npt.NDArray[np.bool_], table: Mapping[str, Any]
    ) -> Indices:
        """Return which part of a region that is split each event [events] would be in, from 1."""
        if split.whole not in self._divided:
            values = parse(split.by).evaluate(table, len(inside))
            bad = inside & ~np.isfinite(values)
            if bad.any():
                raise TemplateError(
                    f"region '{split.whole}': it is split by '{split.by}', which is no number for "
                    f"{counted(int(bad.sum()), 'event')} of {self._data_set} (entry "
                    f"{table['n2mu_entry'][int(np.argmax(bad))]}), so that they would be in no "
                    "part; correct 'split.by' in regions.yaml, or select events that have it"
                )
            self._divided[split.whole] = bin_indices(values, np.array(split.edges)) + 1
        return self._divided[split.whole]

    def samples(self, names: Sequence[str]) -> Indices:
        """Return the number of the sample of each selected event, or `NOWHERE` [selected].

        Raises
        ------
        TemplateError
            If samples share events, or an event of a sample has no observable.
        """
        size = len(self.rows)
        index = np.full(size, NOWHERE, dtype=np.int64)
        for number, name in enumerate(names):
            inside = self._passing.select(self._settings.samples[name].selection)
            both = inside & (index != NOWHERE)
            if both.any():
                other = names[index[np.argmax(both)]]
                shared = int((inside & (index == list(names).index(other))).sum())
                raise self._shared("samples", other, name, shared)
            index[inside] = number
        self._require_numbers(index != NOWHERE)
        return index

    def _require_numbers(self, used: npt.NDArray[np.bool_]) -> None:
        bad = used & ~np.isfinite(self.value)
        if not bad.any():
            return
        first = int(np.argmax(bad))
        region = self._regions[self.region[first]]
        count = int((bad & (self.region == self.region[first])).sum())
        raise TemplateError(
            f"region '{region}': the observable '{self._settings.regions[region].observable}' is "
            f"no number for {counted(count, 'event')} of {self._data_set} (entry "
            f"{self._table['n2mu_entry'][first]}); correct 'observable' in regions.yaml or "
            "fits.yaml, or select events that have it"
        )

    def _shared(self, what: str, one: str, other: str, count: int) -> TemplateError:
        return TemplateError(
            f"{what} '{one}' and '{other}' share {counted(count, 'event')} of {self._data_set}; "
            f"they would count twice, make their selections in {what}.yaml disjoint"
        )
