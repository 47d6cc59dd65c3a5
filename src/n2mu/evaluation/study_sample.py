"""The events on which the variants of a study are compared, and their scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.data.folds import fold_of
from n2mu.errors import ProductError, TrainingError
from n2mu.evaluation.events import require_disjoint
from n2mu.evaluation.study_settings import StudySettings
from n2mu.expressions import parse
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim
from n2mu.statistics.bootstrap import SEED
from n2mu.training.checkpoint import load


class StudySample:
    """Events of a region: what models and measures need, label and signed normalised weight.

    Parameters
    ----------
    columns
        Branches that are read.

    Raises
    ------
    ConfigurationError
        If samples share events.
    ProductError
        If no event is in the region.
    TrainingError
        If a weight is NaN or infinite.
    """

    def __init__(self, settings: StudySettings, skim: Skim, columns: set[str]) -> None:
        self.tables: list[dict[str, Any]] = []
        labels: list[NDArray[np.int64]] = []
        weights: list[NDArray[np.float64]] = []
        selection = parse(settings.selection)
        for sample in settings.samples:
            beside = [s for s in settings.samples if s.data_set == sample.data_set]
            truths = [parse(s.selection) for s in beside]
            factor = sample.luminosity * sample.cross_section
            factor /= skim.sum_of_weights(sample.data_set)
            needed = columns | selection.names | {"n2mu_weight", "n2mu_event"}
            needed = needed.union(*(truth.names for truth in truths))
            for table in events(skim, {}, sample.data_set, NOMINAL, sorted(needed), []):
                size = len(table["n2mu_weight"])
                inside = selection.select(table, size)
                masks = [inside & truth.select(table, size) for truth in truths]
                require_disjoint(masks, sample.data_set, beside)
                rows = np.flatnonzero(masks[beside.index(sample)])
                chosen = {name: values[rows] for name, values in table.items()}
                self.tables.append(chosen)
                weights.append(factor * chosen["n2mu_weight"].astype(np.float64))
                label = settings.all_classes.index(sample.training_class)
                labels.append(np.full(rows.size, label))
        options, measures = settings.options, settings.measures.values()
        self.quantities = {text: self._value(text) for text in options.quantities}
        selections = {*options.selections, *(measure.selection for measure in measures)}
        self.passing = {text: self._passes(text) for text in selections}
        self.label = np.concatenate(labels)
        self.weight = np.concatenate(weights)
        if not self.label.size:
            raise ProductError(f"no event of any class is in region '{settings.region}'")
        bad = ~np.isfinite(self.weight)
        if bad.any():
            raise TrainingError(
                f"the event weight is NaN or infinite for {bad.sum()} of {bad.size} events of "
                f"region '{settings.region}'; check the factors under 'weight' in inputs.yaml"
            )

    def scores(
        self, models: Sequence[Path], classes: Sequence[str], folds: int, fold_seed: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return which events the models test, and their probabilities [tested, classes].

        An event is tested by the model of its own fold, if that fold has one.

        Raises
        ------
        ProductError
            If a model is of another fold than its place says, of other folds or of other classes.
        """
        fold_models = [load(path, "cpu") for path in models]
        for path, (fold, model) in zip(models, enumerate(fold_models), strict=True):
            found = (model.fold, model.folds, model.settings.classifier.fold_seed)
            if found != (fold, folds, fold_seed):
                raise ProductError(
                    f"{path}: is of fold {model.fold} of {model.folds} with fold_seed {found[2]}, "
                    f"expected fold {fold} of {folds} with fold_seed {fold_seed}; train it again"
                )
            if model.classes != list(classes):
                raise ProductError(
                    f"{path}: tells apart {', '.join(model.classes)}, expected "
                    f"{', '.join(classes)}; train it again"
                )
        rows: list[NDArray[np.int64]] = []
        parts: list[NDArray[np.float64]] = []
        start = 0
        for table in self.tables:
            event = np.asarray(table["n2mu_event"]).astype(np.int64)
            fold_of_event = fold_of(event, folds, fold_seed)
            scores = np.empty((event.size, len(fold_models[0].classes)))
            for fold, model in enumerate(fold_models):
                of_fold = np.flatnonzero(fold_of_event == fold)
                own = {name: table[name][of_fold] for name in model.columns}
                scores[of_fold] = model.predict(own, of_fold.size) if of_fold.size else 0.0
            tested = np.flatnonzero(fold_of_event < len(models))
            rows.append(start + tested)
            parts.append(scores[tested])
            start += event.size
        return np.concatenate(rows), np.concatenate(parts)

    def random(
        self, classes: int, folds: int, tested: range, fold_seed: int, repetition: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what :meth:`scores` does, of scores that know nothing of the events.

        Parameters
        ----------
        classes
            How many the scores tell apart.
        tested
            The folds that are tested.
        repetition
            Each has other scores.
        """
        event = np.concatenate([np.asarray(table["n2mu_event"]) for table in self.tables])
        rows = np.flatnonzero(fold_of(event.astype(np.int64), folds, fold_seed) < len(tested))
        drawn = np.random.default_rng([SEED, repetition])
        return rows, drawn.dirichlet(np.ones(classes), rows.size)

    def _value(self, text: str) -> NDArray[np.float64]:
        parts = [parse(text).evaluate(t, len(t["n2mu_weight"])) for t in self.tables]
        return np.concatenate([np.asarray(part, np.float64) for part in parts])

    def _passes(self, text: str) -> NDArray[np.bool_]:
        return np.concatenate([parse(text).select(t, len(t["n2mu_weight"])) for t in self.tables])
