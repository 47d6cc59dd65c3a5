"""Why a region has no event of some samples."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.expressions import conjuncts, far, limits, parse
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim
from n2mu.templates.settings import TemplateRegion, TemplateSettings

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Emptiness:
    """Finds out, for an error, why nothing is where something has to be.

    Attributes
    ----------
    scores
        ``scores/<chunk>`` by chunk name.
    """

    settings: TemplateSettings
    skim: Skim
    scores: Mapping[str, Path]

    def of_kinds(self, region: str, *kinds: str) -> str:
        """Say why a region has no event of samples of some kinds."""
        named = self.settings.samples.items()
        return self.why([region], [name for name, sample in named if sample.kind in kinds])

    def why(self, regions: Iterable[str], samples: Iterable[str]) -> str:
        """Say which cut leaves no event of samples in regions; empty if it is no single one."""
        chosen = (self.settings.samples[name] for name in samples)
        data_sets = list(dict.fromkeys(d for sample in chosen for d in sample.data_sets))
        for name in regions:
            region = self.settings.regions[name]
            tables = [table for data_set in data_sets for table in self._tables(data_set, region)]
            rows = sum(len(table["n2mu_entry"]) for table in tables)
            if not rows:
                named = ", ".join(data_sets[:3]) + (", ..." if len(data_sets) > 3 else "")
                return (
                    f": the skims hold no event of {named}, since their ntuples have none, or the "
                    "preselection leaves none; see the cutflow"
                )
            for cut in conjuncts(region.selection):
                if not any(parse(cut).select(t, len(t["n2mu_entry"])).any() for t in tables):
                    return (
                        f": '{cut}' passes none of {rows} events in the skims{_span(cut, tables)}"
                    )
        return ""

    def in_one_bin(self, region: str, edges: FloatArray) -> str:
        """Say that all events of a region are in one of its outer bins, if so."""
        told = self.settings.regions[region]
        samples = (self.settings.samples[name] for name in self.settings.expected)
        parts = []
        for data_set in dict.fromkeys(d for sample in samples for d in sample.data_sets):
            for table in self._tables(data_set, told):
                size = len(table["n2mu_entry"])
                inside = parse(told.selection).select(table, size)
                parts.append(parse(told.observable).evaluate(table, size)[inside])
        values = np.concatenate([np.empty(0), *parts])
        values = values[np.isfinite(values)]
        least, most = float(edges[1]), float(edges[-2])
        if len(values) and values.max() < least:
            where, span = f"below {least:.6g}", _range(told.observable, least, None, values)
        elif len(values) and values.min() >= most:
            where, span = f"{most:.6g} or more", _range(told.observable, None, most, values)
        else:
            return ""
        return f": in all its events the observable is {where}, {span}"

    def _tables(self, data_set: str, region: TemplateRegion) -> Iterator[dict[str, Any]]:
        scored = region.names & set(self.settings.scores)
        plain = sorted(region.names - scored)
        yield from events(self.skim, self.scores, data_set, NOMINAL, plain, sorted(scored))


def _span(cut: str, tables: Iterable[Mapping[str, Any]]) -> str:
    """Return the values that a cut compares with a constant, if it does, in words."""
    for limit in limits(cut):
        subject = parse(limit.subject)
        values = np.concatenate([subject.evaluate(t, len(t["n2mu_entry"])) for t in tables])
        known = values[np.isfinite(values)]
        if len(known):
            return f", where {_range(limit.subject, limit.least, limit.most, known)}"
    return ""


def _range(subject: str, least: float | None, most: float | None, values: FloatArray) -> str:
    low, high = float(values.min()), float(values.max())
    unit = "; is one of them in MeV and the other in GeV?"
    return f"{subject} is {low:.6g} to {high:.6g}{unit if far(least, most, low, high) else ''}"
