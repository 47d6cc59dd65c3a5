"""The evaluation job: one model on scored events of one region."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from n2mu.evaluation.decisions import decisions
from n2mu.evaluation.discrimination import discrimination
from n2mu.evaluation.events import read_events
from n2mu.evaluation.sensitivity import sensitivity
from n2mu.evaluation.settings import EvaluateSettings
from n2mu.products import write_json

logger = logging.getLogger(__name__)


def run_evaluate(
    settings: EvaluateSettings, skim: Sequence[Path], scores: Sequence[Path], output: Path
) -> None:
    """Judge a model on events that none of its decisions has seen.

    Every event is scored by the model of its own fold, which neither trained
    nor validated on it.

    Parameters
    ----------
    skim, scores
        ``skim/<chunk>`` and ``scores/<chunk>`` of all chunks.
    output
        ``evaluation/<model>.json``.

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
    found = read_events(settings, skim, scores)
    replicas = settings.options.bootstrap
    result: dict[str, Any] = {
        "model": settings.model,
        "region": settings.region,
        "signal_class": settings.signal_class,
        "classes": settings.classes,
        "bootstrap": replicas,
    }
    sample = (found.probabilities, found.label, found.weight, settings.classes)
    result |= discrimination(*sample, replicas)
    result |= decisions(*sample, settings.signal, replicas)
    result["significance"] = sensitivity(
        found.probabilities[:, settings.signal],
        found.label == settings.signal,
        found.weight,
        found.fold,
        settings.options.significance,
        None,
        replicas,
    )
    write_json(output, result)
