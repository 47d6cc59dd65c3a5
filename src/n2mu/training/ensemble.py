"""Trainings of several seeds made into one model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from n2mu.errors import ProductError
from n2mu.products import read_json, write_json
from n2mu.training.checkpoint import TrainedModel, load, save
from n2mu.training.settings import TrainSettings


def run_combine(
    settings: TrainSettings,
    models: Sequence[Path],
    histories: Sequence[Path],
    output: Path,
    history: Path,
) -> None:
    """Combine the trainings of all seeds of one fold.

    Parameters
    ----------
    settings
        Of the ensemble.
    models, histories
        ``model.pt`` and ``history.json`` of each seed, in the order of the seeds.
    output
        ``model.pt`` of the ensemble.
    history
        Its ``history.json``: ``members`` holds those of the seeds; the other
        keys are those of the first seed, its figure among them.

    Raises
    ------
    ProductError
        If a model is missing or was trained otherwise.
    """
    members = [load(path, "cpu") for path in models]
    state: dict[str, Tensor] = {}
    for number, (path, member) in enumerate(zip(models, members, strict=True)):
        _require_member(settings, number, path, member)
        if not _same_scaler(member, members[0]):
            raise ProductError(
                f"{path}: was trained on other events than {models[0]}; train its model again"
            )
        for key, value in member.network.state_dict().items():
            state[f"members.{number}.{key}"] = value
    save(output, settings, members[0].scaler, state)
    contents: list[dict[str, Any]] = [read_json(path) for path in histories]
    write_json(history, {**contents[0], "model": settings.model, "members": contents})


def _require_member(settings: TrainSettings, number: int, path: Path, member: TrainedModel) -> None:
    seeds = settings.classifier.seeds or []
    expected = settings.model_copy(
        update={
            "model": member.name,
            "classifier": settings.classifier.member(seeds[number]),
        }
    )
    if member.settings.model_dump_json() != expected.model_dump_json():
        raise ProductError(
            f"{path}: was trained with other settings than model '{settings.model}' has; "
            f"train model '{member.name}' again"
        )


def _same_scaler(one: TrainedModel, other: TrainedModel) -> bool:
    return np.array_equal(one.scaler.mean, other.scaler.mean) and np.array_equal(
        one.scaler.std, other.scaler.std
    )
