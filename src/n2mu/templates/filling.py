"""Filling the templates of one fit from skims and scores."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError
from n2mu.expressions import parse
from n2mu.progress import watched
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim
from n2mu.templates.binning import Binned
from n2mu.templates.edges import Candidates, chosen_edges, given_edges
from n2mu.templates.emptiness import Emptiness
from n2mu.templates.histogram import Key, Template, bin_indices
from n2mu.templates.plan import WEIGHT, Layer, layers, variations
from n2mu.templates.selecting import NOWHERE, Selected
from n2mu.templates.settings import TemplateSettings

FloatArray = npt.NDArray[np.float64]

logger = logging.getLogger(__name__)


class Filler:
    """Selects, weighs and histograms the events of one fit.

    Every table is read once per filling, a row group at a time.  Its events get one
    number for region, sample and bin together, so that a variation costs one
    weighted count over all regions and samples.

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
        self._factors: dict[tuple[str, str], float] = {}

    def edges(self) -> dict[str, Binned]:
        """Return the bins of every region; expected events choose those that are not given.

        Raises
        ------
        TemplateError
            If no bins can be chosen.
        """
        regions = self._settings.regions
        result = {name: given_edges(region.binning) for name, region in regions.items()}
        chosen = [name for name, binned in result.items() if binned is None]
        for name, expected in self.candidates(chosen).items():
            if not len(expected.values):
                why = Emptiness(self._settings, self._skim, self._scores)
                raise TemplateError(
                    f"region '{name}': no event of signal or background is in it, from which its "
                    f"bins could be chosen{why.of_kinds(name, 'signal', 'background')}; correct "
                    f"regions.{name}.selection in regions.yaml"
                )
            result[name] = chosen_edges(regions[name].binning, expected, name)
        return {name: binned for name, binned in result.items() if binned is not None}

    def candidates(self, chosen: Sequence[str]) -> dict[str, Candidates]:
        """Return the expected events of regions, which choose edges."""
        parts: dict[str, list[Candidates]] = {name: [] for name in chosen}
        for data_set in self._settings.data_sets if chosen else []:
            for layer in self._expectation(data_set):
                factor = self._factor(data_set, NOMINAL)
                signal = [self._settings.samples[s].kind == "signal" for s in layer.samples]
                for table in self._tables(data_set, NOMINAL, [layer], chosen):
                    selected = Selected(self._settings, table, data_set, chosen)
                    sample = selected.samples(layer.samples)
                    weight = table[WEIGHT][selected.rows] * factor
                    for number, name in enumerate(chosen):
                        mask = (selected.region == number) & (sample != NOWHERE)
                        parts[name].append(
                            Candidates(
                                selected.value[mask], weight[mask], np.array(signal)[sample[mask]]
                            )
                        )
        return {name: Candidates.join(found) for name, found in parts.items()}

    def _expectation(self, data_set: str) -> list[Layer]:
        """Return the layer of signal and background, if the data set has any."""
        return [
            layer
            for layer in layers(self._settings, data_set).get(NOMINAL, [])
            if NOMINAL in layer.columns and self._settings.samples[layer.samples[0]].expected
        ]

    def fill(self, edges: Mapping[str, FloatArray]) -> dict[Key, Template]:
        """Return templates by region, sample and variation.

        A sample has a variation for every systematic that acts on it, also if
        no event is in it.

        Raises
        ------
        TemplateError
            If regions or samples overlap, or an observable is not a number.
        """
        sums = _Sums(self._settings, edges)
        for data_set in watched(self._settings.data_sets, logger, "templates", "data sets"):
            for kind, chosen in layers(self._settings, data_set).items():
                for table in self._tables(data_set, kind, chosen, list(edges)):
                    selected = Selected(self._settings, table, data_set, list(edges))
                    position = sums.positions(selected)
                    for layer in chosen:
                        sample = selected.samples(layer.samples)
                        used = sample != NOWHERE
                        cells = position[used] + sums.first(selected, layer, sample, used)
                        factors = {v: self._factor(data_set, v) for v in layer.columns}
                        sums.add(data_set, layer, cells, selected.rows[used], table, factors)
        return sums.templates()

    def _factor(self, data_set: str, variation: str) -> float:
        """Return luminosity x cross-section / sum of weights; a variation may have its own sum."""
        key = data_set, variation
        if key not in self._factors:
            normalisation = self._settings.data_sets[data_set]
            total = self._skim.sum_of_weights(data_set, variation)
            self._factors[key] = normalisation.luminosity * normalisation.cross_section / total
        return self._factors[key]

    def _tables(
        self, data_set: str, kind: str, chosen: Iterable[Layer], regions: Iterable[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield the columns that regions and layers need of a data set, a row group at a time."""
        if data_set not in self._skim.data_sets:
            self._skim.sum_of_weights(data_set)  # raises, naming the nearest data set
        names: set[str] = set()
        for name in regions:
            names |= self._settings.regions[name].names
        scores = sorted(names & set(self._settings.scores))
        for layer in chosen:
            names |= set(layer.columns.values())
            for name in layer.samples:
                names |= parse(self._settings.samples[name].selection).names
        columns = sorted(names - set(self._settings.scores))
        yield from events(self._skim, self._scores, data_set, kind, columns, scores)


class _Sums:
    """Sums of weights of all variations, in one cell per region, sample and bin."""

    def __init__(self, settings: TemplateSettings, edges: Mapping[str, FloatArray]) -> None:
        self._settings = settings
        self._edges = edges
        self._samples = list(settings.samples)
        self._bins = np.array([len(e) - 1 for e in edges.values()])
        sizes = len(self._samples) * self._bins
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._contents: dict[str, npt.NDArray[np.float64]] = {}

    def positions(self, selected: Selected) -> npt.NDArray[np.int64]:
        """Return where the first sample's bin of every selected event is [selected]."""
        result = np.empty(len(selected.rows), dtype=np.int64)
        for number, edges in enumerate(self._edges.values()):
            inside = selected.region == number
            if inside.any():
                found = bin_indices(selected.value[inside], edges)
                result[inside] = self._starts[number] + found
        return result

    def first(
        self,
        selected: Selected,
        layer: Layer,
        sample: npt.NDArray[np.int64],
        used: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.int64]:
        """Return how far the bins of an event's sample are from those of the first [used]."""
        numbers = np.array([self._samples.index(name) for name in layer.samples])
        distance: npt.NDArray[np.int64] = numbers[sample[used]] * self._bins[selected.region[used]]
        return distance

    def add(
        self,
        data_set: str,
        layer: Layer,
        cells: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
        table: Mapping[str, Any],
        factors: Mapping[str, float],
    ) -> None:
        """Add the events of a layer to all its variations.

        Parameters
        ----------
        cells, rows
            Of every used event its cell, and its row in the table [used].
        factors
            What an event of weight 1 counts, by variation.

        Raises
        ------
        TemplateError
            If a weight is no number.
        """
        if not len(cells):
            return
        size = int(self._starts[-1])
        counts = np.bincount(cells, minlength=size)
        for variation, column in layer.columns.items():
            weight = np.asarray(table[column], dtype=np.float64)[rows] * factors[variation]
            if variation not in self._contents:
                self._contents[variation] = np.zeros((3, size))
            content = self._contents[variation]
            sumw = np.bincount(cells, weight, minlength=size)
            if not np.isfinite(sumw).all():
                bad = int(rows[np.argmin(np.isfinite(weight))])
                raise TemplateError(
                    f"data set '{data_set}': weight column '{column}' is "
                    f"{table[column][bad]} for an event (entry {table['n2mu_entry'][bad]}), no "
                    f"template of '{variation}' can be filled; correct its expression"
                )
            content[0] += sumw
            content[1] += np.bincount(cells, weight * weight, minlength=size)
            content[2] += counts

    def templates(self) -> dict[Key, Template]:
        """Return what was filled, by region, sample and variation."""
        result: dict[Key, Template] = {}
        nothing = np.zeros((3, int(self._starts[-1])))
        for number, region in enumerate(self._edges):
            bins = self._bins[number]
            for place, sample in enumerate(self._samples):
                start = self._starts[number] + place * bins
                for variation in variations(self._settings, sample):
                    content = self._contents.get(variation, nothing)[:, start : start + bins]
                    sumw, sumw2, events = content
                    result[region, sample, variation] = Template(
                        sumw.copy(), sumw2.copy(), int(events.sum())
                    )
        return result
