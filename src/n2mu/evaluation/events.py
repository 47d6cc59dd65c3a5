"""The events that judge a model: those of one region, each scored by the model of its fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.data.folds import fold_of
from n2mu.errors import ConfigurationError, ProductError, TrainingError
from n2mu.evaluation.settings import EvaluateSettings, EvaluationSample
from n2mu.expressions import parse
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim


@dataclass(frozen=True)
class ScoredEvents:
    """Simulated events of the region.

    Attributes
    ----------
    probabilities
        What the model of the event's own fold says [events, classes].
    label
        Index of the true class among those told apart [events].
    class_label
        Index of the true class among those of the samples [events].
    weight
        Normalised signed weights, expected events [events].
    event, fold
        Event number and fold [events].
    columns
        What else was asked for, each [events].
    """

    probabilities: npt.NDArray[np.float32]
    label: npt.NDArray[np.int64]
    class_label: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    event: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int64]
    columns: dict[str, Any]


def read_events(
    settings: EvaluateSettings,
    skim: Sequence[Path],
    scores: Sequence[Path],
    columns: Sequence[str] = (),
) -> ScoredEvents:
    """Return the events of all samples with a training class that are in the region.

    Observed events are in no such sample, so that none of them is looked at.

    Parameters
    ----------
    skim, scores
        ``skim/<chunk>`` and ``scores/<chunk>`` of all chunks.
    columns
        Branches that are read as well.

    Raises
    ------
    AlignmentError
        If skim and scores do not belong together.
    ConfigurationError
        If samples share events, or one of them holds observed events.
    ProductError
        If no event is in the region.
    TrainingError
        If a score is NaN or infinite.
    """
    source, scored = Skim(skim), {path.name: path for path in scores}
    names = [f"{settings.model}_{label}" for label in settings.classes]
    selection = parse(settings.selection)
    by_data_set: dict[str, list[EvaluationSample]] = {}
    for sample in settings.samples:
        by_data_set.setdefault(sample.data_set, []).append(sample)
    parts: list[dict[str, Any]] = []
    for data_set in by_data_set:
        if source.chunks(data_set) and source.observed(data_set):
            raise ConfigurationError(
                f"samples.yaml: data set '{data_set}' holds observed events, which judge no model; "
                "take 'training_class' from its sample"
            )
    for data_set, samples in by_data_set.items():
        sum_of_weights = source.sum_of_weights(data_set)
        truths = [parse(sample.selection) for sample in samples]
        needed = {"n2mu_weight", *columns, *selection.names}.union(*(t.names for t in truths))
        for table in events(source, scored, data_set, NOMINAL, sorted(needed), names):
            size = len(table["n2mu_weight"])
            inside = selection.select(table, size)
            masks = [inside & truth.select(table, size) for truth in truths]
            require_disjoint(masks, data_set, samples)
            for sample, chosen in zip(samples, masks, strict=True):
                factor = sample.luminosity * sample.cross_section / sum_of_weights
                label = settings.all_classes.index(sample.training_class)
                part = {n: table[n][chosen] for n in ("n2mu_event", *columns, *names)}
                part["weight"] = factor * table["n2mu_weight"][chosen]
                part["label"] = np.full(int(chosen.sum()), label)
                parts.append(part)
    if not sum(len(part["label"]) for part in parts):
        raise ProductError(
            f"no event of any class is in region '{settings.region}'; nothing to evaluate"
        )
    return _joined(parts, names, columns, settings)


def _joined(
    parts: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    columns: Sequence[str],
    settings: EvaluateSettings,
) -> ScoredEvents:
    def join(name: str) -> Any:
        values = [part[name] for part in parts]
        if isinstance(values[0], np.ndarray):
            return np.concatenate(values)
        import awkward as ak

        return ak.concatenate(values)

    probabilities = np.stack([join(name) for name in names], axis=1)
    weight = join("weight")
    for what, values in (*zip(names, probabilities.T, strict=True), ("event weight", weight)):
        bad = ~np.isfinite(values)
        if bad.any():
            raise TrainingError(
                f"model '{settings.model}': '{what}' is NaN or infinite for {bad.sum()} of "
                f"{bad.size} events; check the factors under 'weight' in inputs.yaml, then train "
                "and score again"
            )
    label = join("label")
    event = join("n2mu_event").astype(np.int64)
    return ScoredEvents(
        probabilities,
        np.asarray(settings.target_of_class)[label],
        label,
        weight.astype(np.float64),
        event,
        fold_of(event, settings.folds).astype(np.int64),
        {name: join(name) for name in columns},
    )


def require_disjoint(
    masks: Sequence[npt.NDArray[np.bool_]], data_set: str, samples: Sequence[EvaluationSample]
) -> None:
    """Raise a ConfigurationError if an event [events] of a data set is of several samples."""
    shared = int((np.sum(masks, axis=0) > 1).sum())
    if shared:
        classes = ", ".join(sample.training_class for sample in samples)
        raise ConfigurationError(
            f"samples.yaml: {shared} events of {data_set} are of several samples (of the classes "
            f"{classes}); they would count twice, make the selections disjoint"
        )
