"""The evaluation job: all models on scored events of one region."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from n2mu.errors import ProductError
from n2mu.evaluation.scores import evaluate_scores
from n2mu.evaluation.settings import EvaluateSettings
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
        probabilities = np.stack([table[f"{model}_{c}"] for c in settings.classes], axis=1)
        result["models"][model] = evaluate_scores(
            probabilities, table["label"], table["weight"], settings.classes
        )
    write_json(output, result)


def _events(settings: EvaluateSettings, skim: Skim, scores: Mapping[str, Path]) -> dict[str, Any]:
    """Return score columns, label and weight of all events [events] of the region."""
    columns = [f"{model}_{label}" for model in settings.models for label in settings.classes]
    parts: dict[str, list[Any]] = {name: [] for name in [*columns, "label", "weight"]}
    selection = parse(settings.selection)
    for sample in settings.samples:
        truth = parse(sample.selection)
        expected = sample.luminosity * sample.cross_section
        factor = expected / skim.sum_of_weights(sample.data_set)
        needed = sorted({"n2mu_weight", *selection.names, *truth.names})
        for table in events(skim, scores, sample.data_set, NOMINAL, needed, columns):
            size = len(table["n2mu_weight"])
            chosen = selection.select(table, size) & truth.select(table, size)
            for name in columns:
                parts[name].append(table[name][chosen])
            parts["weight"].append(factor * table["n2mu_weight"][chosen])
            label = settings.classes.index(sample.training_class)
            parts["label"].append(np.full(int(chosen.sum()), label))
    return {
        name: np.concatenate(values) if values else np.empty(0) for name, values in parts.items()
    }
