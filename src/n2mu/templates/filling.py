"""Filling the templates of one fit from skims and scores."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import ProductError, TemplateError
from n2mu.expressions import parse
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim
from n2mu.templates.binning import quantile_edges
from n2mu.templates.histogram import Template, bin_indices, fill
from n2mu.templates.settings import TemplateSettings

FloatArray = npt.NDArray[np.float64]
Key = tuple[str, str, str]


class Filler:
    """Selects, weighs and histograms the events of one fit.

    Parameters
    ----------
    skim
        The skims of all chunks.
    scores
        ``scores/<chunk>`` by chunk name.
    """

    def __init__(self, settings: TemplateSettings, skim: Skim, scores: Mapping[str, Path]) -> None:
        self._settings = settings
        self._skim = skim
        self._scores = scores
        names: set[str] = set()
        for region in settings.regions.values():
            names |= parse(region.selection).names | parse(region.observable).names
        for sample in settings.samples.values():
            names |= parse(sample.selection).names
        self._columns = sorted(names - set(settings.scores))
        self._factors: dict[tuple[str, str], float] = {}

    def edges(self) -> dict[str, FloatArray]:
        """Return the bin edges of every region.

        Raises
        ------
        TemplateError
            If quantiles cannot be chosen.
        """
        result = {}
        chosen: dict[str, list[tuple[FloatArray, FloatArray]]] = {}
        for name, region in self._settings.regions.items():
            uniform = region.binning.uniform
            if region.binning.edges is not None:
                result[name] = np.array(region.binning.edges)
            elif uniform is not None:
                result[name] = np.linspace(uniform.low, uniform.high, uniform.bins + 1)
            else:
                chosen[name] = []
        if chosen:
            for data_set in self._settings.data_sets:
                for selected in self._selected(data_set, NOMINAL, list(chosen)):
                    weight = selected.weight("n2mu_weight") * self._factor(data_set, NOMINAL)
                    for name, values in selected.values.items():
                        for sample in selected.samples:
                            mask = selected.mask(name, sample)
                            chosen[name].append((values[mask], weight[mask]))
        for name, parts in chosen.items():
            values = np.concatenate([v for v, _ in parts]) if parts else np.empty(0)
            weights = np.concatenate([w for _, w in parts]) if parts else np.empty(0)
            bins = self._settings.regions[name].binning.quantiles
            assert bins is not None
            result[name] = quantile_edges(values, weights, bins, name)
        return {name: result[name] for name in self._settings.regions}

    def fill(self, edges: Mapping[str, FloatArray]) -> dict[Key, Template]:
        """Return templates by region, sample and variation.

        A sample has a variation for every systematic that acts on it, also if
        no event is in it.

        Raises
        ------
        TemplateError
            If regions or samples overlap, or an observable is not a number.
        """
        result: dict[Key, Template] = {}
        for region, sample in itertools.product(self._settings.regions, self._settings.samples):
            bins = len(edges[region]) - 1
            for variation in (NOMINAL, *self._variations(sample)):
                result[region, sample, variation] = Template.empty(bins)
        for data_set in self._settings.data_sets:
            for kind, columns in self._kinds(data_set).items():
                for selected in self._selected(data_set, kind, list(self._settings.regions)):
                    self._add(result, selected, data_set, columns, edges)
        return result

    def _add(
        self,
        result: dict[Key, Template],
        selected: "_Selected",
        data_set: str,
        columns: Mapping[str, tuple[str, list[str]]],
        edges: Mapping[str, FloatArray],
    ) -> None:
        for region, values in selected.values.items():
            for sample in selected.samples:
                mask = selected.mask(region, sample)
                if not mask.any():
                    continue
                indices = bin_indices(values[mask], edges[region])
                for variation, (column, samples) in columns.items():
                    if sample not in samples:
                        continue
                    weight = selected.weight(column)[mask] * self._factor(data_set, variation)
                    result[region, sample, variation] += fill(
                        indices, weight, len(edges[region]) - 1
                    )

    def _variations(self, sample: str) -> Iterator[str]:
        for name, systematic in self._settings.systematics.items():
            if sample in systematic.samples:
                yield f"{name}_up"
                if systematic.down is not None:
                    yield f"{name}_down"

    def _kinds(self, data_set: str) -> dict[str, dict[str, tuple[str, list[str]]]]:
        """Return, by kind of event table, the variations made of it: weight column, samples."""
        used = [n for n, s in self._settings.samples.items() if data_set in s.data_sets]
        kinds: dict[str, dict[str, tuple[str, list[str]]]] = {
            NOMINAL: {NOMINAL: ("n2mu_weight", used)}
        }
        for name, systematic in self._settings.systematics.items():
            samples = [sample for sample in used if sample in systematic.samples]
            if not samples:
                continue
            for side, source in (("up", systematic.up), ("down", systematic.down)):
                if source is None:
                    continue
                if systematic.kind == "weight":
                    kinds[NOMINAL][f"{name}_{side}"] = (source, samples)
                else:
                    kinds.setdefault(source, {})[f"{name}_{side}"] = ("n2mu_weight", samples)
        return kinds

    def _factor(self, data_set: str, variation: str) -> float:
        """Return luminosity x cross-section / sum of weights; a variation may have its own sum."""
        key = data_set, variation
        if key not in self._factors:
            self._require_one_denominator(data_set, variation)
            normalisation = self._settings.data_sets[data_set]
            total = self._skim.sum_of_weights(data_set, variation)
            self._factors[key] = normalisation.luminosity * normalisation.cross_section / total
        return self._factors[key]

    def _require_one_denominator(self, data_set: str, variation: str) -> None:
        """Refuse a sum of weights made of nominal and varied ones."""
        lacking = [
            (path, variation not in file["sums"])
            for path in self._skim.chunks(data_set)
            for file in self._skim.metadata(path)["data_sets"][data_set]["files"]
            if "skipped" not in file
        ]
        if len({lacks for _, lacks in lacking}) > 1:
            path = next(path for path, lacks in lacking if lacks)
            raise ProductError(
                f"{path}: was made without the sum of weights of '{variation}' of {data_set}, "
                "which other chunks have; skim this chunk again"
            )

    def _selected(self, data_set: str, kind: str, regions: list[str]) -> Iterator["_Selected"]:
        if data_set not in self._skim.data_sets:
            self._skim.sum_of_weights(data_set)  # raises, naming the nearest data set
        weights = sorted({column for column, _ in self._kinds(data_set)[kind].values()})
        columns = [*self._columns, *weights]
        for table in events(
            self._skim, self._scores, data_set, kind, columns, self._settings.scores
        ):
            yield _Selected(self._settings, table, data_set, regions)


class _Selected:
    """The events of one table with their regions, samples and observables."""

    def __init__(
        self,
        settings: TemplateSettings,
        table: Mapping[str, Any],
        data_set: str,
        regions: list[str],
    ) -> None:
        self._table = table
        size = len(table["n2mu_entry"])
        self._regions = {
            name: parse(settings.regions[name].selection).select(table, size) for name in regions
        }
        self.samples = [n for n, s in settings.samples.items() if data_set in s.data_sets]
        self._samples = {
            name: parse(settings.samples[name].selection).select(table, size)
            for name in self.samples
        }
        _require_disjoint(self._regions, "regions", data_set)
        _require_disjoint(self._samples, "samples", data_set)
        used = np.logical_or.reduce(list(self._samples.values()), initial=False)
        self.values = {}
        for name, inside in self._regions.items():
            values = parse(settings.regions[name].observable).evaluate(table, size)
            bad = inside & used & ~np.isfinite(values)
            if bad.any():
                raise TemplateError(
                    f"region '{name}': the observable '{settings.regions[name].observable}' is no "
                    f"number for {int(bad.sum())} events of {data_set} "
                    f"(entry {table['n2mu_entry'][np.argmax(bad)]})"
                )
            self.values[name] = values

    def mask(self, region: str, sample: str) -> npt.NDArray[np.bool_]:
        """Return which events [events] are of a sample and in a region."""
        return self._regions[region] & self._samples[sample]

    def weight(self, column: str) -> FloatArray:
        """Return a weight column [events], not normalised."""
        weight: FloatArray = self._table[column]
        return weight


def _require_disjoint(masks: Mapping[str, npt.NDArray[np.bool_]], what: str, data_set: str) -> None:
    for (a, first), (b, second) in itertools.combinations(masks.items(), 2):
        both = int((first & second).sum())
        if both:
            raise TemplateError(
                f"{what} '{a}' and '{b}' share {both} events of {data_set}; "
                "they would count twice, make the selections disjoint"
            )
