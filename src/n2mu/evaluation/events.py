"""The events that judge a model: those of one region, each scored by the model of its fold."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
    parts: list[dict[str, Any]] = []
    for sample, part in events_of_samples(
        source, settings.samples, settings.selection, columns, scored, names
    ):
        label = settings.all_classes.index(sample.training_class)
        parts.append({**part, "label": np.full(len(part["weight"]), label)})
    if not sum(len(part["label"]) for part in parts):
        raise ProductError(
            f"no event of any class is in region '{settings.region}'; nothing to evaluate"
        )
    return _joined(parts, names, columns, settings)


def events_of_samples(
    skim: Skim,
    samples: Sequence[EvaluationSample],
    selection: str,
    columns: Collection[str],
    scores: Mapping[str, Path],
    score_columns: Sequence[str],
) -> Iterator[tuple[EvaluationSample, dict[str, Any]]]:
    """Yield the events of a region sample by sample, reading each data set once.

    Parameters
    ----------
    selection
        Of the region.
    scores
        ``scores/<chunk>`` by chunk name.
    columns, score_columns
        What is read from the skim and from the scores.

    Yields
    ------
    tuple
        The sample, and arrays [events] by column: those asked for, ``n2mu_event``, and ``weight``,
        signed and normalised.

    Raises
    ------
    ConfigurationError
        If samples share events, or one of them holds observed events.
    """
    inside_region = parse(selection)
    by_data_set: dict[str, list[EvaluationSample]] = {}
    for sample in samples:
        by_data_set.setdefault(sample.data_set, []).append(sample)
    for data_set in by_data_set:
        if skim.chunks(data_set) and skim.observed(data_set):
            raise ConfigurationError(
                f"samples.yaml: data set '{data_set}' holds observed events, which judge no model; "
                "take 'training_class' from its sample"
            )
    kept = dict.fromkeys(["n2mu_event", *columns, *score_columns])
    for data_set, members in by_data_set.items():
        sum_of_weights = skim.sum_of_weights(data_set)
        truths = [parse(sample.selection) for sample in members]
        needed = {"n2mu_event", "n2mu_weight", *columns, *inside_region.names}
        needed = needed.union(*(truth.names for truth in truths))
        for table in events(skim, scores, data_set, NOMINAL, sorted(needed), score_columns):
            size = len(table["n2mu_weight"])
            inside = inside_region.select(table, size)
            masks = [inside & truth.select(table, size) for truth in truths]
            _require_disjoint(masks, data_set, members)
            for sample, chosen in zip(members, masks, strict=True):
                factor = sample.luminosity * sample.cross_section / sum_of_weights
                weight = factor * table["n2mu_weight"][chosen].astype(np.float64)
                yield sample, {name: table[name][chosen] for name in kept} | {"weight": weight}


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


def _require_disjoint(
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
