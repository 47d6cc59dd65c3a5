"""What models were trained on: events, weights, and what was done to them."""

from collections.abc import Mapping, Sequence
from html import escape
from statistics import fmean
from typing import Any

from n2mu.plots.numbers import grouped
from n2mu.plots.page import heading, note, table

COLUMNS = (
    "Model",
    "Class",
    "Events",
    "Weighted",
    "Negative weights",
    "Policy",
    "Weighted in training",
    "Scale to the region",
)
NOTE = (
    "Mean over folds. Negative weights: their share of the sum of absolute weights, and the policy "
    "for them in training alone. Scale: the factor that gives a class of the extended training set "
    "the weighted total that it has in the validation region; a dash where the totals do not enter "
    "the loss; 'not scaled' where 'unscaled_classes' names the class."
)


def training_summary(folds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return per class what a model was trained on, mean over its folds.

    Parameters
    ----------
    folds
        Contents of ``history.json``.

    Returns
    -------
    dict
        ``negative_weights``, the policy; ``classes``: per class ``raw``, ``weighted``,
        ``in_training`` and ``negative_share``, ``region_scale`` (None: the totals do not
        enter) and whether it is ``unscaled``.
    """
    first = folds[0]
    unscaled = first["weighting"]["unscaled_classes"]
    classes = {}
    for name in first["training_events"]:
        counts = [fold["training_events"][name] for fold in folds]
        scales = [(fold["weighting"]["region_scales"] or {}).get(name) for fold in folds]
        known = [scale for scale in scales if scale is not None]
        classes[name] = {
            **{key: fmean(count[key] for count in counts) for key in counts[0]},
            "region_scale": fmean(known) if len(known) == len(scales) else None,
            "unscaled": bool(known) and name in unscaled,
        }
    return {"negative_weights": first["negative_weights"], "classes": classes}


def training_html(models: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of all models.

    Parameters
    ----------
    models
        ``models`` of ``models.json``.
    """
    rows = [
        [
            escape(entry["model"]),
            escape(name),
            grouped(counts["raw"], 0),
            _weighted(counts["weighted"]),
            f"{100 * counts['negative_share']:.1f} %",
            entry["training"]["negative_weights"],
            _weighted(counts["in_training"]),
            _scale(counts),
        ]
        for entry in models
        for name, counts in entry["training"]["classes"].items()
    ]
    body = table(COLUMNS, rows, numbers=(2, 3, 4, 6, 7))
    return f"{heading('Training events')}{body}{note(NOTE)}"


def _weighted(events: float) -> str:
    return grouped(events, 1 if abs(events) >= 100 else 2)


def _scale(counts: Mapping[str, Any]) -> str:
    if counts["unscaled"]:
        return "not scaled"
    scale = counts["region_scale"]
    return "\N{EM DASH}" if scale is None else f"{scale:.3g}"
