"""Variants of a model beside each other, on events that none of their decisions has seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from n2mu.config.studies import RANDOM
from n2mu.evaluation.measured import number
from n2mu.evaluation.measures import MEASURES, Judged
from n2mu.evaluation.study_sample import StudySample
from n2mu.evaluation.study_settings import StudySettings
from n2mu.expressions import parse
from n2mu.products import read_json, write_json
from n2mu.skim.read import Skim
from n2mu.statistics.bootstrap import bootstrap, spread
from n2mu.training.checkpoint import load

CURVES = ("validation_loss", "auc", "mean_auc", "significance")

Values = dict[str, NDArray[np.float64]]


def run_study(
    settings: StudySettings,
    skim: Sequence[Path],
    models: Mapping[str, Sequence[Path]],
    histories: Mapping[str, Sequence[Path]],
    mu_fits: Mapping[str, Path],
    output: Path,
) -> None:
    """Compare the variants of a study.

    An event is scored by the model of its own fold, which neither trained nor
    validated on it.  In trials of random subsampling, each of which deals the events
    to folds anew, one fold is scored and stands for all events.

    Errors are of two kinds: of the finite number of events, from replicas in which
    each event counts as often as a Poisson distribution of mean one says, the same
    for all variants and trials, so that differences are known better than values;
    and of the training, from the spread over seeds or trials, where there are several.
    That over trials has scatter of the tested events in it as well.

    Parameters
    ----------
    skim
        ``skim/<chunk>`` of all chunks.
    models, histories
        ``model.pt`` and ``history.json`` of every fold, by model.
    mu_fits
        ``mu_fit.json`` by model, of the fit with its score; none in a study without fit.
    output
        ``study.json``, with ``measures``: what is told of each; ``variants``: per variant its
        ``measures`` and ``differences`` to each variant before it (``value``,
        ``error_events``, ``error_training``), ``curves`` per epoch on the validation
        events, mean over folds and seeds, what is ``published`` of it, and ``mu``: the sides of the
        interval of the signal strength, means over the seeds.

    Raises
    ------
    ConfigurationError
        If samples share events.
    ProductError
        If a product is missing, a model is another than is expected, or no event is in the
        region.
    TrainingError
        If a weight, a score or a quantity is NaN or infinite.
    """
    columns = {name for paths in models.values() for name in load(paths[0], "cpu").columns}
    texts = [
        *settings.options.expressions.values(),
        *(m.selection for m in settings.measures.values()),
    ]
    columns |= {name for text in texts for name in parse(text).names}
    sample = StudySample(settings, Skim(skim), columns)
    variants: list[dict[str, Any]] = []
    measured: dict[str, list[Values]] = {}
    repetitions = range(len(next(iter(settings.trainings.values()))))
    if settings.random:
        classes = next(iter(settings.classes.values()))
        measured[RANDOM] = []
        for n in repetitions:
            folds = (settings.folds, settings.tested_folds, settings.fold_seed(n))
            tested = sample.random(len(classes), *folds, n)
            found = _measured(sample, tested, classes, settings)
            measured[RANDOM].append(found)
        variants.append(_variant(RANDOM, measured, [], settings) | {"mu": None})
    for variant, names in settings.trainings.items():
        contents = [[read_json(path) for path in histories[name]] for name in names]
        classes = settings.classes[variant]
        fits = [read_json(mu_fits[name]) if name in mu_fits else None for name in names]
        measured[variant] = []
        for n in repetitions:
            folds_of_trial = (settings.folds, settings.fold_seed(n))
            tested = sample.scores(models[names[n]], classes, *folds_of_trial)
            best_epoch = fmean(history["best_epoch"] + 1 for history in contents[n])
            mu = _half_width(fits[n])
            found = _measured(sample, tested, classes, settings, best_epoch, mu)
            measured[variant].append(found)
        described = _variant(variant, measured, [h for part in contents for h in part], settings)
        variants.append(described | {"mu": _sides([fit for fit in fits if fit is not None])})
    content = {
        "study": settings.study,
        "title": settings.title,
        "region": settings.region,
        "signal_class": settings.signal_class,
        "events": int(sample.label.size),
        "seeds": 1 if settings.trials else len(repetitions),
        "trials": settings.trials,
        "random": settings.random,
        "measures": {name: told.model_dump() for name, told in settings.measures.items()},
        "published": settings.published and settings.published.source,
        "variants": variants,
    }
    write_json(output, content)


def _variant(
    variant: str,
    measured: Mapping[str, list[Values]],
    histories: Sequence[Mapping[str, Any]],
    settings: StudySettings,
) -> dict[str, Any]:
    """Return what ``study.json`` says of a variant, which is the last that was measured."""
    own = measured[variant]
    others = {other: values for other, values in measured.items() if other != variant}
    result = {
        "variant": variant,
        "changes": settings.changes.get(variant, {}),
        "parameters": histories[0]["parameters"] if histories else None,
        "seconds": fmean(h["timing"]["seconds"] for h in histories) if histories else None,
        "measures": {key: _summary([m[key] for m in own]) for key in settings.measures},
        "differences": {other: _differences(own, values) for other, values in others.items()},
        "curves": _curves(histories),
    }
    if settings.published is not None:
        result["published"] = settings.published.values.get(variant, {})
    return result


def _measured(
    sample: StudySample,
    tested: tuple[NDArray[np.int64], NDArray[np.float64]],
    classes: Sequence[str],
    settings: StudySettings,
    best_epoch: float = np.nan,
    mu: float = np.nan,
) -> Values:
    """Return each measure: of all tested events, then of every replica [1 + replicas].

    The replicas are the same for all variants and trials.
    """
    rows, scores = tested
    # a class that the model does not tell apart is background to it
    targets = np.asarray([classes.index(c) if c in classes else 1 for c in settings.all_classes])
    # the folds that are tested stand for all
    share = len(settings.tested_folds) / settings.folds
    judged = Judged(
        scores=scores,
        label=targets[sample.label[rows]],
        weight=sample.weight[rows] / share,
        signal=classes.index(settings.signal_class),
        quantities={text: values[rows] for text, values in sample.quantities.items()},
        passing={text: values[rows] for text, values in sample.passing.items()},
        best_epoch=best_epoch,
        mu=mu,
        options=settings.options,
    )
    found = {key: MEASURES[told.kind](judged, told) for key, told in settings.measures.items()}
    nominal = {key: statistic(judged.weight[None], False) for key, statistic in found.items()}

    def again(weights: NDArray[np.float64]) -> Values:
        own = weights[:, rows] / share
        return {key: statistic(own, True) for key, statistic in found.items()}

    replicas = bootstrap(again, sample.weight, settings.options.bootstrap)
    return {key: np.append(nominal[key], replicas[key]) for key in found}


def _half_width(fit: Mapping[str, Any] | None) -> float:
    """Return half the width of the interval of the signal strength; NaN if there is none."""
    if fit is None or None in (fit["mu"]["up"], fit["mu"]["down"]):
        return np.nan
    return float(fit["mu"]["up"] + fit["mu"]["down"]) / 2


def _sides(fits: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the expected uncertainties up and down, total and statistical, and significance."""
    if not fits:
        return None
    found = {
        "up": [fit["mu"]["up"] for fit in fits],
        "down": [fit["mu"]["down"] for fit in fits],
        "stat_up": [fit["mu_stat_only"]["up"] for fit in fits],
        "stat_down": [fit["mu_stat_only"]["down"] for fit in fits],
        "significance": [fit["significance"]["expected"] for fit in fits],
    }
    means = {key: None if None in values else fmean(values) for key, values in found.items()}
    return {"fits": [fit["fit"]["name"] for fit in fits], **means}


def _differences(own: Sequence[Values], others: Sequence[Values]) -> dict[str, Any]:
    """Return how much larger each measure is, seed by seed."""
    pairs = list(zip(own, others, strict=True))
    return {key: _summary([one[key] - other[key] for one, other in pairs]) for key in own[0]}


def _summary(seeds: Sequence[NDArray[np.float64]]) -> dict[str, float | None]:
    """Return the mean over seeds of values [1 + replicas], and its two errors."""
    mean = np.mean(seeds, axis=0)
    values = np.asarray([seed[0] for seed in seeds])
    several = len(seeds) > 1
    training = float(np.std(values, ddof=1)) / len(seeds) ** 0.5 if several else np.nan
    return {
        "value": number(mean[0]),
        "error_events": number(float(spread(mean[1:]))),
        "error_training": number(training),
    }


def _curves(histories: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """Return the mean over trainings per epoch, as far as all of them go."""
    length = min((len(history["epochs"]) for history in histories), default=0)
    curves: dict[str, list[float | None]] = {key: [] for key in CURVES}
    for place in range(length):
        epochs = [history["epochs"][place] for history in histories]
        for key in CURVES:
            values = [_mean_auc(epoch) if key == "mean_auc" else epoch[key] for epoch in epochs]
            known = [value for value in values if value is not None]
            curves[key].append(fmean(known) if len(known) == len(values) else None)
    return curves


def _mean_auc(epoch: Mapping[str, Any]) -> float | None:
    areas = list(epoch["class_auc"].values())
    known = [area for area in areas if area is not None]
    return fmean(known) if len(known) == len(areas) > 2 else None
