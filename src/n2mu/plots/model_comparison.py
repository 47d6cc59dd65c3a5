"""All trained models beside each other: what they are worth, and what they cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from n2mu.errors import ProductError
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.training_table import training_summary

Json = Mapping[str, Any]


def compare_models(
    evaluations: Sequence[Json],
    histories: Mapping[str, Mapping[int, Json]],
    mu_fits: Mapping[str, Json],
    settings: PlotModelsSettings,
) -> dict[str, Any]:
    """Return the content of ``models.json``.

    Parameters
    ----------
    evaluations
        Contents of ``evaluation/<model>.json``.
    histories
        Contents of ``history.json`` by fold, by model.
    mu_fits
        Contents of ``mu_fit.json`` by fit.

    Returns
    -------
    dict
        ``region``, ``signal_class`` and ``classes``; ``models``: one entry per
        model, the largest AUC of the signal class first.  ``seconds`` are those of
        all folds, one after the other; ``training`` says what on.  ``mu`` is None for
        a model without a fit.

    Raises
    ------
    ProductError
        If evaluations are of different regions, or a model has no history.
    """
    regions = dict.fromkeys(str(content["region"]) for content in evaluations)
    if len(regions) > 1:
        raise ProductError(
            f"models were evaluated in different regions, {' and '.join(regions)}; "
            "evaluate them again"
        )
    signal = str(evaluations[0]["signal_class"])
    rows = [
        _row(content, signal, histories, mu_fits, settings)
        for content in sorted(evaluations, key=lambda c: -(c["auc"][signal]["value"] or 0.0))
    ]
    classes = dict.fromkeys(name for content in evaluations for name in content["classes"])
    return {
        "region": next(iter(regions)),
        "signal_class": signal,
        "classes": list(classes),
        "models": rows,
    }


def _row(
    content: Json,
    signal: str,
    histories: Mapping[str, Mapping[int, Json]],
    mu_fits: Mapping[str, Json],
    settings: PlotModelsSettings,
) -> dict[str, Any]:
    model = str(content["model"])
    folds = list(histories.get(model, {}).values())
    if not folds:
        raise ProductError(f"model '{model}': no history.json; train it again")
    fit = settings.fits.get(model)
    return {
        "model": model,
        "architecture": settings.architectures[model],
        "parameters": sum(int(part["parameters"]) for part in _trainings(folds[0])),
        "seconds": sum(part["timing"]["seconds"] for fold in folds for part in _trainings(fold)),
        "auc": content["auc"],
        "signal_auc": content["auc"][signal],
        # of two classes both have the same area, which is not that of several
        "mean_auc": content["mean_auc"] if len(content["classes"]) > 2 else _NONE,
        "accuracy": content["accuracy"],
        "binary_accuracy": content["binary"]["accuracy"],
        "f1": content["f1"][signal],
        "significance": {
            name: {key: content["significance"][name][key] for key in ("value", "error")}
            for name in ("s_over_sqrt_b", "asimov", "binned")
        },
        "training": training_summary(folds),
        "mu": None if fit is None else _uncertainty(fit, mu_fits[fit]),
    }


_NONE = {"value": None, "error": None}


def _trainings(history: Json) -> Sequence[Json]:
    """Return the histories of the members of an ensemble, or that of a single model."""
    members: Sequence[Json] = history.get("members", [history])
    return members


def _uncertainty(fit: str, content: Json) -> dict[str, Any]:
    total, statistical = content["mu"], content["mu_stat_only"]
    return {
        "fit": fit,
        "up": total["up"],
        "down": total["down"],
        "stat_up": statistical["up"],
        "stat_down": statistical["down"],
        "significance": content["significance"]["expected"],
    }
