"""Synthetic products of a fit and of models, and what is seen in a figure."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from n2mu.plots.pruning import STATES
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style
from n2mu.products import write_json
from n2mu.templates.histogram import Template, write_root

Json = dict[str, Any]
SCORE_EDGES = [0.0, 0.0002, 0.003, 0.04, 0.5, 1.0]


def settings(count: int = 4, **changes: Any) -> PlotSettings:
    backgrounds = {f"background_{i}": {"kind": "background"} for i in range(count - 1)}
    told = {
        "labels": {
            "experiment": "Toy",
            "status": "Internal",
            "energy": "13 TeV",
            "luminosity": r"140 fb$^{-1}$",
        },
        "regions": {
            "SR": {"title": "Signal region", "axis": "Score", "role": "signal"},
            "CR_ttZ": {"role": "control"},
        },
        "samples": {**backgrounds, "ttH": {"kind": "signal", "title": r"$t\bar{t}H$"}},
        "parameters": {"np_0": r"$t\bar{t}W$ scale"},
    }
    return PlotSettings.model_validate(told | changes)


def fit_products(alphas: int, gammas: int = 3, length: int = 12) -> tuple[Json, Json]:
    random = np.random.default_rng(alphas)
    parameters: list[Json] = []
    ranked: list[Json] = []
    names = [(f"np_{i}".ljust(length if i else 0, "x"), "alpha") for i in range(alphas)]
    names += [(f"staterror_SR[{i}]", "gamma") for i in range(gammas)] + [("k_ttW", "norm")]
    for name, kind in names:
        free = kind == "norm"
        pull = None if free else float(random.normal(0, 0.4))
        constraint = None if free else float(random.uniform(0.5, 1))
        shift = float(random.normal(0, 0.2))
        entry = {"name": name, "kind": kind, "pull": pull, "constraint": constraint}
        parameters.append(entry | {"value": 1.1, "uncertainty": 0.2})
        ranked.append(
            entry
            | {
                "status": "ok",
                "impact_prefit": None if free else {"up": 1.3 * shift, "down": -1.2 * shift},
                "impact_postfit": {"up": shift, "down": -0.9 * shift},
            }
        )
    ranked.sort(key=lambda entry: -abs(entry["impact_postfit"]["up"]))
    mu_fit = {
        "analysis": "toy",
        "fit": {"name": "best", "converged": True, "two_nll": 12.5, "seconds": 0.1},
        "observable": "score",
        "dataset": "asimov",
        "mu": {"value": 1.0, "up": 0.8, "down": 0.51},
        "mu_stat_only": {"value": 1.0, "up": 0.49, "down": 0.44},
        "mu_data_stat": {"up": 0.5, "down": 0.5},
        "breakdown": {"theory": {"up": 0.3, "down": 0.2}},
        "significance": {"expected": 1.9, "observed": None},
        "gates": [{"name": "covariance", "passed": True, "detail": "accurate"}],
        "parameters": [
            *parameters,
            {
                "name": "mu",
                "kind": "norm",
                "pull": None,
                "constraint": None,
                "value": 1.0,
                "uncertainty": 0.6,
            },
        ],
        "yields": {},
    }
    return mu_fit, {"parameters": ranked}


def region_products(samples: int = 4) -> tuple[Json, Json]:
    random = np.random.default_rng(samples)
    report: Json = {"fit": "best", "blinding_threshold": 0.3, "regions": {}, "changes": []}
    postfit: Json = {"regions": {}}
    for region, edges in (
        ("SR", SCORE_EDGES),
        ("CR_ttZ", [0.0, 100.0, 200.0, 300.0, 400.0, 500.0]),
    ):
        yields = {name: random.uniform(5, 50, 5) for name in settings(samples).samples}
        total = np.sum(list(yields.values()), axis=0)
        report["regions"][region] = {
            "role": "signal",
            "observable": "score",
            "edges": edges,
            "blinded": [False, False, False, False, region == "SR"],
        }
        # fully correlated errors of 10 %
        sums = np.array([values.sum() for values in yields.values()])
        matrix = (0.01 * np.outer(sums, sums)).tolist()
        agreement = {"value": 3.21, "ndof": 4, "p_value": 0.523}
        both = {"value": total.tolist(), "error": (0.1 * total).tolist()}
        integral = {"value": float(total.sum()), "error": float(0.1 * total.sum())}
        postfit["regions"][region] = {
            "observed": total.tolist(),
            "blinded": report["regions"][region]["blinded"],
            "sample_covariance": {"names": list(yields), "prefit": matrix, "postfit": matrix},
            "samples": {
                name: {"prefit": values.tolist(), "postfit": values.tolist()}
                for name, values in yields.items()
            },
            "total": {"prefit": both, "postfit": both},
            "integral": {"prefit": integral, "postfit": integral},
            "chi2": {"prefit": agreement, "postfit": agreement},
        }
    bins = np.concatenate([r["total"]["prefit"]["value"] for r in postfit["regions"].values()])
    covariance = (0.01 * np.outer(bins, bins)).tolist()
    names = list(postfit["regions"])
    postfit["covariance"] = {"regions": names, "prefit": covariance, "postfit": covariance}
    return report, postfit


def evaluation() -> list[Json]:
    efficiency = np.linspace(0, 1, 20)
    return [
        {
            "model": name,
            "region": "SR",
            "signal_class": "ttH",
            "classes": ["ttH", "ttW"],
            "auc": {
                "ttH": {"value": 1 / (1 + power), "error": 0.012},
                "ttW": {"value": None, "error": None},
            },
            "mean_auc": {"value": 0.7, "error": 0.01},
            "accuracy": {"value": 0.5, "error": 0.02},
            "binary": {"accuracy": {"value": 0.8, "error": 0.02}},
            "f1": {"ttH": {"value": None, "error": None}},
            "confusion": {
                "classes": ["ttH", "ttW"],
                "weighted": [[4.0, -0.5], [2.0, 6.0]],
                "error": [[0.5, 0.1], [0.2, 0.6]],
                "by_true": [[8 / 7, -1 / 7], [0.25, 0.75]],
                "by_predicted": [[2 / 3, -1 / 11], [1 / 3, 12 / 11]],
            },
            "significance": {
                "least_effective_events": 10.0,
                "scan": {
                    "threshold": [0.1, 0.5, 0.9],
                    "effective_background": [90.0, 30.0, 3.0],
                    "asimov": [1.2, 1.5, None],
                    "s_over_sqrt_b": [1.3, 1.7, 4.0],
                },
                **{
                    name: {"value": 1.5, "error": 0.1, "threshold": 0.5, "maximum": 1.6}
                    for name in ("s_over_sqrt_b", "asimov", "binned")
                },
            },
            "train_test": {
                "edges": [0.0, 0.5, 1.0],
                "classes": {
                    label: {
                        "train": {"sumw": [2.0, 3.0], "error": [0.2, 0.3]},
                        "test": {"sumw": [1.0, total], "error": [0.2, 0.0]},
                        "p_value": p_value,
                        "folds": [
                            {"chi2": 4.2, "ndf": 1, "edges": [0, 0.5, 1], "residuals": [2.0, -5.0]}
                            if p_value
                            else {"chi2": None, "ndf": None, "edges": None, "residuals": None}
                        ],
                    }
                    for label, total, p_value in (("ttH", 1.5, 0.03), ("ttW", -1.0, None))
                },
            },
            "calibration": {
                "classes": {label: reliability() for label in ("ttH", "ttW")},
                "confidence": reliability(),
            },
            "correlations": {
                "mass": {
                    "observable": "m_ll",
                    "edges": [100.0, 120.0, 180.0],
                    "shapes": [[0.4, 0.6], [0.5, 0.5]],
                    "value": 0.05,
                    "error": 0.01,
                    "independent": 0.02,
                }
            },
            "importance": {
                "permutation": {"features": features()},
                "integrated_gradients": {"features": features() if name == "better" else None},
            },
            "roc": {
                "ttH": {"fpr": efficiency.tolist(), "tpr": (efficiency**power).tolist()},
                "ttW": {"fpr": None, "tpr": None, "reason": "ttW has the sum of weights -1"},
            },
        }
        for name, power in (("worse", 0.6), ("better", 0.2))
    ]


def reliability() -> Json:
    return {
        "predicted": [0.2, None, 0.8],
        "observed": [0.25, None, 0.7],
        "error": [0.02, None, 0.1],
        "effective": [50.0, 0.0, 20.0],
        "expected_error": {"value": 0.04, "error": 0.01},
    }


def features() -> list[Json]:
    return [{"name": f"feature_{i}", "value": 0.1 / (i + 1), "error": 0.01} for i in range(25)]


def history(fold: int) -> Json:
    epochs = [
        {
            "train_loss": 1 / (i + 1),
            "validation_loss": 1.1 / (i + 1),
            "auc": 0.5 + 0.02 * i,
            "class_auc": {"ttH": 0.5 + 0.02 * i, "tt": 0.6 + 0.01 * fold},
            "significance": 2.0 - 0.1 * i,
            "learning_rate": 1e-3 / (i + 1),
        }
        for i in range(6)
    ]
    return {
        "model": "small",
        "fold": fold,
        "best_epoch": 4,
        "epochs": epochs,
        "parameters": 1200,
        "training_events": {
            "ttH": {"raw": 90, "weighted": 9.0, "in_training": 11.0, "negative_share": 0.1},
            "tt": {"raw": 30 + fold, "weighted": 50.0, "in_training": 50.0, "negative_share": 0.0},
        },
        "negative_weights": "absolute",
        "weighting": {
            "region_scales": {"ttH": 0.5 + fold, "tt": 1.0},
            "unscaled_classes": ["tt"],
        },
        "timing": {
            "seconds": 3.5,
            "events_per_second": 1e5,
            "events_per_second_of_epoch": [20000.0 + 100 * i for i in range(6)],
        },
    }


def texts(figure: Figure) -> list[str]:
    with house_style():
        figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def _labels_beyond_limits(figure: Figure) -> set[Text]:
    """Return the labels of ticks that an axis keeps but never draws."""
    labels = set()
    for axes in figure.axes:
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            low, high = min(limits) - 1e-9, max(limits) + 1e-9
            for tick in axis.get_major_ticks():
                if not low <= tick.get_loc() <= high:
                    labels |= {tick.label1, tick.label2}
    return labels


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Return pairs of texts that touch, and texts that leave the figure, after layout."""
    with house_style():
        figure.draw_without_rendering()
        beyond = _labels_beyond_limits(figure)
        boxes = [
            (text.get_text(), text.get_window_extent().padded(-1.5))
            for text in figure.findobj(Text)
            if text.get_visible() and text.get_text().strip() and text not in beyond
        ]
    pairs = [
        (first, second)
        for (first, a), (second, b) in itertools.combinations(boxes, 2)
        if a.overlaps(b)
    ]
    width, height = figure.bbox.size
    pairs += [
        (text, "edge of the figure")
        for text, box in boxes
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]
    return pairs


def points(axes: Axes) -> list[Line2D]:
    """Return the markers of every set of points with error bars."""
    return [c.lines[0] for c in axes.containers if isinstance(c, ErrorbarContainer)]


def full_report(samples: int, systematics: int) -> Json:
    """Return a report with an effect of most systematics on most samples in the region SR."""
    content, _ = region_products(samples)
    states = list(STATES)
    content["pruning"] = {"norm": 0.005, "shape": 0.01}
    for region in content["regions"].values():
        region["samples"] = {
            name: {"yield": 10.0 * (i + 1)} for i, name in enumerate(settings(samples).samples)
        }
        region["binning"] = {"why": "5 bins: edges given", "effective_events": [12.5, 30.0]}
    content["effects"] = [
        {
            "region": "SR",
            "sample": sample,
            "systematic": f"np_{j}",
            "parameter": f"np_{j}",
            "status": states[(i * j) % len(states)],
            "norm_up": 0.0123,
            "norm_down": -0.01,
            "shape": None,
            "norm_kept": (states[(i * j) % len(states)] in ("kept", "shape_dropped")) or None,
            "smoothed": "353QH",
            "symmetrised": "two_sided",
            "mended": False,
            "capped": False,
            "large": i == 0,
            "same_side": False,
            "actions": [],
        }
        for i, sample in enumerate(settings(samples).samples)
        for j in range(systematics)
        if (i + j) % 4
    ]
    return content


def write_fit(directory: Path) -> tuple[Path, Path, Path, Path, Path, Path]:
    """Write mu_fit.json, ranking.json, postfit.json, report.json and templates.root of one fit."""
    mu_fit, ranking = fit_products(2)
    _, postfit = region_products(3)
    report = full_report(3, 2)
    postfit["correlation"] = {"names": ["np_0", "mu"], "matrix": [[1.0, 0.3], [0.3, 1.0]]}
    mu_fit["yields"] = {
        name: {
            "role": "signal",
            "samples": {
                sample: {
                    "kind": settings(3).samples[sample].kind,
                    **{
                        stage: {"value": sum(values[stage]), "error": 0.1 * sum(values[stage])}
                        for stage in ("prefit", "postfit")
                    },
                }
                for sample, values in content["samples"].items()
            },
        }
        for name, content in postfit["regions"].items()
    }
    contents = (mu_fit, ranking, postfit, report)
    paths = (
        directory / "mu_fit.json",
        directory / "ranking.json",
        directory / "postfit.json",
        directory / "report.json",
    )
    for path, content in zip(paths, contents, strict=True):
        write_json(path, content)
    templates = directory / "templates.root"
    flat = Template(np.full(5, 10.0), np.ones(5), 10)
    up = Template(np.full(5, 11.0), np.ones(5), 10)
    filled = {
        ("SR", "ttH", n): t for n, t in (("nominal", flat), ("np_0_up", up), ("np_0_down", flat))
    }
    write_root(templates, {"SR": np.array(SCORE_EDGES)}, filled)
    return *paths, templates, directory / "workspace.json"
