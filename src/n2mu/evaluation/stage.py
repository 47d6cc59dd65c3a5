"""The evaluation job: one model on scored events of one region."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ProductError, TrainingError
from n2mu.evaluation.calibration import calibration, mixture
from n2mu.evaluation.correlation import correlation
from n2mu.evaluation.decisions import decisions
from n2mu.evaluation.discrimination import discrimination
from n2mu.evaluation.events import ScoredEvents, read_events
from n2mu.evaluation.importance import attributions, permutation
from n2mu.evaluation.overtraining import train_against_test
from n2mu.evaluation.sample import draw
from n2mu.evaluation.sensitivity import sensitivity
from n2mu.evaluation.settings import EvaluateSettings
from n2mu.expressions import parse
from n2mu.products import read_json, write_json
from n2mu.training.checkpoint import TrainedModel, load

logger = logging.getLogger(__name__)

TOLERANCE = 1e-4
"""Of a probability: scores were made on another device, perhaps."""


def run_evaluate(
    settings: EvaluateSettings,
    skim: Sequence[Path],
    scores: Sequence[Path],
    models: Sequence[Path],
    histories: Sequence[Path],
    output: Path,
    device: str,
) -> None:
    """Judge a model on events that none of its decisions has seen.

    Every event is scored by the model of its own fold, which neither trained
    nor validated on it.

    Parameters
    ----------
    skim, scores
        ``skim/<chunk>`` and ``scores/<chunk>`` of all chunks.
    models, histories
        ``model.pt`` and ``history.json`` of every fold.
    output
        ``evaluation/<model>.json``.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    AlignmentError
        If skim and scores do not belong together.
    ConfigurationError
        If samples share events, or one of them holds observed events.
    ProductError
        If no event is in the region, or scores are not those of the models.
    TrainingError
        If a score or a quantity is NaN or infinite.
    """
    folds = [load(path, device) for path in models]
    trained = [read_json(path) for path in histories]
    _require_folds(settings, folds, models)
    texts = [*settings.options.expressions.values(), *folds[0].settings.expressions]
    needed = set(folds[0].columns).union(*(parse(text).names for text in texts))
    found = read_events(settings, skim, scores, sorted(needed))
    logger.info("%s: %d events in %s", settings.model, found.weight.size, settings.region)
    replicas, signal = settings.options.bootstrap, settings.signal
    is_signal = found.label == signal
    result: dict[str, Any] = {
        "model": settings.model,
        "region": settings.region,
        "signal_class": settings.signal_class,
        "classes": settings.classes,
        "bootstrap": replicas,
    }
    judged = (found.probabilities, found.label, found.weight, settings.classes)
    result |= discrimination(*judged, replicas)
    result |= decisions(*judged, signal, replicas)
    options = settings.options.significance
    score = found.probabilities[:, signal]
    mass = None if options.mass is None else _quantity(found, options.mass, None)
    result["significance"] = sensitivity(
        score, is_signal, found.weight, found.fold, options, mass, replicas
    )
    result["train_test"] = train_against_test(
        found, folds, trained, settings.classes, settings.all_classes, signal
    )
    scope = parse(folds[0].settings.classifier.loss.selection)
    seen = scope.select(found.columns, score.size)
    result["calibration"] = calibration(
        found.probabilities,
        found.label,
        mixture(found, trained, settings.all_classes, seen),
        settings.classes,
        replicas,
    )
    result["correlations"] = _correlations(settings, found, score, is_signal)
    sample = draw(found, signal, folds, settings.options.importance_events)
    _require_same_scores(settings.model, sample.score(sample.packed), score[sample.rows])
    result["importance"] = {
        "events": int(sample.weight.size),
        "permutation": permutation(sample, replicas),
        "integrated_gradients": attributions(sample, settings.options.integration_steps),
    }
    write_json(output, result)


def _correlations(
    settings: EvaluateSettings,
    found: ScoredEvents,
    score: NDArray[np.floating],
    is_signal: NDArray[np.bool_],
) -> dict[str, Any]:
    result = {}
    for name, options in settings.options.correlations.items():
        rows = np.flatnonzero(parse(options.selection).select(found.columns, score.size))
        observable = _quantity(found, options.observable, rows)
        result[name] = correlation(
            score[rows],
            observable,
            is_signal[rows],
            found.weight[rows],
            options,
            settings.options.bootstrap,
        )
    return result


def _quantity(
    found: ScoredEvents, text: str, rows: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """Return a quantity of all events, or of some."""
    values = np.asarray(parse(text).evaluate(found.columns, found.weight.size), np.float64)
    values = values if rows is None else values[rows]
    bad = ~np.isfinite(values)
    if bad.any():
        raise TrainingError(
            f"models.yaml: evaluation: '{text}' is NaN or infinite in {bad.sum()} of {bad.size} "
            "events; mend the expression or narrow its 'selection'"
        )
    return values


def _require_folds(
    settings: EvaluateSettings, folds: Sequence[TrainedModel], paths: Sequence[Path]
) -> None:
    for k, (model, path) in enumerate(zip(folds, paths, strict=True)):
        if (model.name, model.fold, model.folds) != (settings.model, k, settings.folds):
            raise ProductError(
                f"{path}: is fold {model.fold} of {model.folds} of model '{model.name}', expected "
                f"fold {k} of {settings.folds} of '{settings.model}'; train it again"
            )


def _require_same_scores(
    model: str, own: NDArray[np.float64], stored: NDArray[np.floating]
) -> None:
    """Check that the scores on disk are those of the models on disk."""
    difference = np.abs(own - stored)
    if not (difference <= TOLERANCE).all():
        raise ProductError(
            f"model '{model}': {(difference > TOLERANCE).sum()} of {own.size} events have other "
            f"scores on disk than it gives, by up to {difference.max():.3g}; score again"
        )
