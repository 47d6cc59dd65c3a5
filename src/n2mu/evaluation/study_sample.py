"""The events on which the variants of a study are compared, and their scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.data.folds import fold_of
from n2mu.errors import ProductError, TrainingError
from n2mu.evaluation.events import events_of_samples
from n2mu.evaluation.study_settings import StudySettings
from n2mu.expressions import parse
from n2mu.skim.read import Skim
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
        If samples share events, or one of them holds observed events.
    ProductError
        If no event is in the region.
    TrainingError
        If a weight is NaN or infinite.
    """

    def __init__(self, settings: StudySettings, skim: Skim, columns: set[str]) -> None:
        found = events_of_samples(skim, settings.samples, settings.selection, columns, {}, [])
        # in the order of the samples, whichever of them share data sets: replicas depend on it
        parts = sorted(found, key=lambda part: settings.samples.index(part[0]))
        self.tables: list[dict[str, Any]] = [table for _, table in parts]
        if not any(len(table["weight"]) for table in self.tables):
            raise ProductError(f"no event of any class is in region '{settings.region}'")
        options, measures = settings.options, settings.measures.values()
        self.quantities = {text: self._value(text) for text in options.quantities}
        selections = {*options.selections, *(measure.selection for measure in measures)}
        self.passing = {text: self._passes(text) for text in selections}
        label = {name: k for k, name in enumerate(settings.all_classes)}
        self.label = np.concatenate(
            [np.full(len(t["weight"]), label[sample.training_class]) for sample, t in parts]
        )
        self.weight = np.concatenate([table["weight"] for table in self.tables])
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
        parts = [parse(text).evaluate(t, len(t["weight"])) for t in self.tables]
        return np.concatenate([np.asarray(part, np.float64) for part in parts])

    def _passes(self, text: str) -> NDArray[np.bool_]:
        return np.concatenate([parse(text).select(t, len(t["weight"])) for t in self.tables])
