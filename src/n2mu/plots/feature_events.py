"""The events of a region with the values of features, from skims and scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import TemplateError, counted
from n2mu.expressions import parse
from n2mu.plots.feature_settings import FeatureSettings
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim
from n2mu.templates.plan import WEIGHT


@dataclass(frozen=True)
class FeatureEvents:
    """Events of a region.

    Attributes
    ----------
    values
        By feature, as they stand in the skim [events].
    weight
        Expected events that each stands for; 1 for data [events].
    sample
        Number of the sample in the settings [events].
    """

    values: dict[str, npt.NDArray[np.float64]]
    weight: npt.NDArray[np.float64]
    sample: npt.NDArray[np.int64]


def feature_events(
    settings: FeatureSettings, skim: Skim, scores: Mapping[str, Path]
) -> FeatureEvents:
    """Return the selected events of all samples, each once.

    Parameters
    ----------
    scores
        ``scores/<chunk>`` by chunk name.

    Raises
    ------
    TemplateError
        If samples share events, which would count twice.
    ProductError
        If a product is missing or lacks a column.
    """
    expressions = {name: parse(f.expression) for name, f in settings.features.items()}
    selection = parse(settings.selection)
    parts: list[FeatureEvents] = []
    for data_set, worth in settings.worth.items():
        members = {
            number: parse(sample.selection)
            for number, sample in enumerate(settings.samples.values())
            if data_set in sample.data_sets
        }
        needed = [selection, *expressions.values(), *members.values()]
        names = {name for expression in needed for name in expression.names}
        columns = [*sorted(names - set(settings.scores)), WEIGHT]
        scored = sorted(names & set(settings.scores))
        factor = worth / skim.sum_of_weights(data_set)
        for table in events(skim, scores, data_set, NOMINAL, columns, scored):
            inside = np.flatnonzero(selection.select(table, len(table["n2mu_entry"])))
            kept: dict[str, Any] = {name: column[inside] for name, column in table.items()}
            sample = np.full(len(inside), -1)
            for number, expression in members.items():
                chosen = expression.select(kept, len(inside))
                _require_once(settings, data_set, sample[chosen], number)
                sample[chosen] = number
            used = sample >= 0
            parts.append(
                FeatureEvents(
                    {n: e.evaluate(kept, len(inside))[used] for n, e in expressions.items()},
                    kept[WEIGHT][used] * factor,
                    sample[used],
                )
            )
    return FeatureEvents(
        {name: _joined([part.values[name] for part in parts]) for name in expressions},
        _joined([part.weight for part in parts]),
        _joined([part.sample for part in parts]).astype(np.int64),
    )


def _joined(parts: list[Any]) -> Any:
    return np.concatenate(parts) if parts else np.empty(0)


def _require_once(
    settings: FeatureSettings, data_set: str, taken: npt.NDArray[np.int64], number: int
) -> None:
    if (taken >= 0).any():
        names = list(settings.samples)
        raise TemplateError(
            f"samples '{names[taken.max()]}' and '{names[number]}' share "
            f"{counted(int((taken >= 0).sum()), 'event')} of {data_set}; they would count twice, "
            "make their selections in samples.yaml disjoint"
        )
