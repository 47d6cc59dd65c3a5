"""The evaluation job: all models on scored events of one region."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.errors import ConfigurationError, ProductError
from n2mu.evaluation.scores import evaluate_scores
from n2mu.evaluation.settings import EvaluateSettings, EvaluationSample
from n2mu.expressions import parse
from n2mu.products import write_json
from n2mu.scoring.read import events
from n2mu.skim.read import NOMINAL, Skim

logger = logging.getLogger(__name__)


def run_evaluate(
    settings: EvaluateSettings, skim: Sequence[Path], scores: Sequence[Path], output: Path
) -> None:
    """Compare models on events that none of their decisions has seen.

    Every event is scored by the model of its own fold, which neither trained
    nor validated on it.

    Parameters
    ----------
    skim, scores
        ``skim/<chunk>`` and ``scores/<chunk>`` of all chunks.
    output
        ``evaluation.json``: per model ROC curves and areas, class against rest.

    Raises
    ------
    AlignmentError
        If skim and scores do not belong together.
    ConfigurationError
        If samples share events.
    ProductError
        If no event is in the region.
    """
    table = _events(settings, Skim(skim), {path.name: path for path in scores})
    if not len(table["label"]):
        raise ProductError(
            f"no event of any class is in region '{settings.region}'; nothing to evaluate"
        )
    result: dict[str, Any] = {
        "region": settings.region,
        "signal_class": settings.signal_class,
        "models": {},
    }
    for model in settings.models:
        classes = settings.classes[model]
        probabilities = np.stack([table[f"{model}_{c}"] for c in classes], axis=1)
        # a class that the model does not tell apart is background to it
        labels = np.asarray([classes.index(c) if c in classes else 1 for c in settings.all_classes])
        result["models"][model] = evaluate_scores(
            probabilities, labels[table["label"]], table["weight"], classes
        )
    write_json(output, result)


def _events(settings: EvaluateSettings, skim: Skim, scores: Mapping[str, Path]) -> dict[str, Any]:
    """Return score columns, label and weight of all events [events] of the region."""
    columns = [f"{model}_{c}" for model in settings.models for c in settings.classes[model]]
    parts: dict[str, list[Any]] = {name: [] for name in [*columns, "label", "weight"]}
    selection = parse(settings.selection)
    by_data_set: dict[str, list[EvaluationSample]] = {}
    for sample in settings.samples:
        by_data_set.setdefault(sample.data_set, []).append(sample)
    for data_set, samples in by_data_set.items():
        sum_of_weights = skim.sum_of_weights(data_set)
        truths = [parse(sample.selection) for sample in samples]
        needed = {"n2mu_weight"}.union(selection.names, *(truth.names for truth in truths))
        for table in events(skim, scores, data_set, NOMINAL, sorted(needed), columns):
            size = len(table["n2mu_weight"])
            inside = selection.select(table, size)
            masks = [inside & truth.select(table, size) for truth in truths]
            _require_disjoint(masks, data_set, samples)
            for sample, chosen in zip(samples, masks, strict=True):
                factor = sample.luminosity * sample.cross_section / sum_of_weights
                for name in columns:
                    parts[name].append(table[name][chosen])
                parts["weight"].append(factor * table["n2mu_weight"][chosen])
                label = settings.all_classes.index(sample.training_class)
                parts["label"].append(np.full(int(chosen.sum()), label))
    return {
        name: np.concatenate(values) if values else np.empty(0) for name, values in parts.items()
    }


def _require_disjoint(
    masks: Sequence[npt.NDArray[np.bool_]], data_set: str, samples: Sequence[EvaluationSample]
) -> None:
    shared = int((np.sum(masks, axis=0) > 1).sum())
    if shared:
        classes = ", ".join(sample.training_class for sample in samples)
        raise ConfigurationError(
            f"samples.yaml: {shared} events of {data_set} are of several samples (of the classes "
            f"{classes}); they would count twice, make the selections disjoint"
        )
