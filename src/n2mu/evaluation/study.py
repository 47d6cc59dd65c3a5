"""Variants of a model beside each other, on events that none of their decisions has seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.data.folds import fold_of
from n2mu.errors import ProductError
from n2mu.evaluation.measured import number
from n2mu.evaluation.study_settings import StudySettings
from n2mu.expressions import parse
from n2mu.products import read_json
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim
from n2mu.statistics.auc import RankedScores
from n2mu.statistics.bootstrap import bootstrap, spread
from n2mu.statistics.significance import binned_significance
from n2mu.training.checkpoint import load

MEASURES = ("auc", "mean_auc", "significance")
CURVES = ("validation_loss", "auc", "mean_auc", "significance")

Values = dict[str, NDArray[np.float64]]


class Sample:
    """Events of a region: the columns that models need, label and signed normalised weight."""

    def __init__(self, settings: StudySettings, skim: Skim, columns: set[str]) -> None:
        self.tables: list[dict[str, Any]] = []
        labels: list[NDArray[np.int64]] = []
        weights: list[NDArray[np.float64]] = []
        selection = parse(settings.selection)
        for sample in settings.samples:
            truth = parse(sample.selection)
            factor = sample.luminosity * sample.cross_section
            factor /= skim.sum_of_weights(sample.data_set)
            needed = columns | selection.names | truth.names | {"n2mu_weight", "n2mu_event"}
            for table in events(skim, {}, sample.data_set, NOMINAL, sorted(needed), []):
                size = len(table["n2mu_weight"])
                rows = np.flatnonzero(selection.select(table, size) & truth.select(table, size))
                chosen = {name: values[rows] for name, values in table.items()}
                self.tables.append(chosen)
                weights.append(factor * chosen["n2mu_weight"].astype(np.float64))
                label = settings.all_classes.index(sample.training_class)
                labels.append(np.full(rows.size, label))
        self.label = np.concatenate(labels)
        self.weight = np.concatenate(weights)
        if not self.label.size:
            raise ProductError(f"no event of any class is in region '{settings.region}'")

    def scores(self, models: Sequence[Path], folds: int) -> NDArray[np.float64]:
        """Return the probabilities [events, classes]: of each event from the model of its fold."""
        fold_models = [load(path, "cpu") for path in models]
        for path, (fold, model) in zip(models, enumerate(fold_models), strict=True):
            if (model.fold, model.folds) != (fold, folds):
                raise ProductError(
                    f"{path}: is of fold {model.fold} of {model.folds}; train it again"
                )
        parts = []
        for table in self.tables:
            fold_of_event = fold_of(np.asarray(table["n2mu_event"]).astype(np.int64), folds)
            scores = np.empty((fold_of_event.size, len(fold_models[0].classes)))
            for fold, model in enumerate(fold_models):
                rows = np.flatnonzero(fold_of_event == fold)
                own = {name: table[name][rows] for name in model.columns}
                scores[rows] = model.predict(own, rows.size) if rows.size else 0.0
            parts.append(scores)
        return np.concatenate(parts)


def run_study(
    settings: StudySettings,
    skim: Sequence[Path],
    models: Mapping[str, Sequence[Path]],
    histories: Mapping[str, Sequence[Path]],
) -> dict[str, Any]:
    """Compare the variants of a study.

    An event is scored by the model of its own fold, which neither trained nor
    validated on it.  Errors are of two kinds: of the finite number of events, from
    replicas in which each event counts as often as a Poisson distribution of mean one
    says, the same for all variants, so that differences are known better than values;
    and of the training, from the spread over seeds, where there are several.

    Parameters
    ----------
    skim
        ``skim/<chunk>`` of all chunks.
    models, histories
        ``model.pt`` and ``history.json`` of every fold, by model.

    Returns
    -------
    dict
        ``variants``: per variant its ``measures`` and ``differences`` to each variant
        before it (``value``, ``error_events``, ``error_training``), and ``curves`` per
        epoch on the validation events, mean over folds and seeds.

    Raises
    ------
    ProductError
        If a product is missing, or no event is in the region.
    """
    columns = {name for paths in models.values() for name in load(paths[0], "cpu").columns}
    sample = Sample(settings, Skim(skim), columns)
    variants: list[dict[str, Any]] = []
    measured: dict[str, list[Values]] = {}
    for variant, names in settings.trainings.items():
        own = [
            _measured(sample, sample.scores(models[name], settings.folds), variant, settings)
            for name in names
        ]
        contents = [read_json(path) for name in names for path in histories[name]]
        variants.append(
            {
                "variant": variant,
                "changes": settings.changes[variant],
                "parameters": contents[0]["parameters"],
                "seconds": fmean(content["timing"]["seconds"] for content in contents),
                "measures": {key: _summary([m[key] for m in own]) for key in MEASURES},
                "differences": {
                    other: _differences(own, others) for other, others in measured.items()
                },
                "curves": _curves(contents),
            }
        )
        measured[variant] = own
    return {
        "study": settings.study,
        "title": settings.title,
        "region": settings.region,
        "signal_class": settings.signal_class,
        "events": int(sample.label.size),
        "seeds": len(names),
        "variants": variants,
    }


def _measured(
    sample: Sample,
    scores: NDArray[np.float64],
    variant: str,
    settings: StudySettings,
) -> Values:
    """Return each measure: of all events, then of every replica [1 + replicas].

    The replicas are the same for all variants.
    """
    classes = settings.classes[variant]
    # a class that the model does not tell apart is background to it
    targets = np.asarray([classes.index(c) if c in classes else 1 for c in settings.all_classes])
    label = targets[sample.label]
    signal = classes.index(settings.signal_class)
    ranked = [RankedScores(scores[:, k], label == k) for k in range(len(classes))]
    bins = settings.options.significance.bins

    def measure(weights: NDArray[np.float64]) -> Values:
        areas = np.stack([ranks.auc(weights) for ranks in ranked])
        found = [binned_significance(scores[:, signal], label == signal, w, bins) for w in weights]
        return {
            "auc": areas[signal],
            # of two classes both have the same area, which is not that of the other variants
            "mean_auc": areas.mean(axis=0) if len(classes) > 2 else np.full(len(weights), np.nan),
            "significance": np.asarray([np.nan if z is None else z for z in found]),
        }

    nominal = measure(sample.weight[None])
    replicas = bootstrap(measure, sample.weight, settings.options.bootstrap)
    return {key: np.append(nominal[key], replicas[key]) for key in MEASURES}


def _differences(own: Sequence[Values], others: Sequence[Values]) -> dict[str, Any]:
    """Return how much larger each measure is, seed by seed."""
    pairs = list(zip(own, others, strict=True))
    return {key: _summary([one[key] - other[key] for one, other in pairs]) for key in MEASURES}


def _summary(seeds: Sequence[NDArray[np.float64]]) -> dict[str, float | None]:
    """Return the mean over seeds of values [1 + replicas], and its two errors."""
    mean = np.mean(seeds, axis=0)
    values = np.asarray([seed[0] for seed in seeds])
    several = len(seeds) > 1
    training = float(np.std(values, ddof=1)) / len(seeds) ** 0.5 if several else np.nan
    return {
        "value": number(mean[0]),
        "error_events": number(float(spread(mean[1:]))),
        "error_training": number(training),
    }


def _curves(histories: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """Return the mean over trainings per epoch, as far as all of them go."""
    length = min(len(history["epochs"]) for history in histories)
    curves: dict[str, list[float | None]] = {key: [] for key in CURVES}
    for place in range(length):
        epochs = [history["epochs"][place] for history in histories]
        for key in CURVES:
            values = [_mean_auc(epoch) if key == "mean_auc" else epoch[key] for epoch in epochs]
            known = [value for value in values if value is not None]
            curves[key].append(fmean(known) if len(known) == len(values) else None)
    return curves


def _mean_auc(epoch: Mapping[str, Any]) -> float | None:
    areas = list(epoch["class_auc"].values())
    known = [area for area in areas if area is not None]
    return fmean(known) if len(known) == len(areas) > 2 else None
