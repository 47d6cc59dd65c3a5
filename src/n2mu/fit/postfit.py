"""Yields of regions, bins and samples as ``postfit.json`` and ``mu_fit.json`` have them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from n2mu.fit.bestfit import BestFit
from n2mu.fit.compatibility import compatibility
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.likelihood import Likelihood
from n2mu.fit.model import DenseModel
from n2mu.fit.parameters import BoolArray
from n2mu.fit.settings import FitSettings
from n2mu.fit.yields import Yields, postfit_yields, prefit_yields


def postfit(
    best: BestFit,
    blinded: Mapping[str, Sequence[bool]],
    parts: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return ``postfit.json``: yields per bin before and after the fit, and correlations.

    ``covariance`` is that of the total between all bins, region after region.

    Parameters
    ----------
    best
        The fit.
    blinded
        Which bins of a region are blinded, whose "observed" is their expectation.
    parts
        Samples of the workspace that are a part of another one, with which they are listed.
    """
    parts = parts or {}
    before, after = prefit_yields(best.likelihood, parts), postfit_yields(best, parts)
    regions = region_entries(best.likelihood, before, after, blinded, parts)
    model = best.likelihood.model
    floating = np.flatnonzero(best.covariance.floating & ~best.covariance.undetermined)
    matrix = best.covariance.matrix[np.ix_(floating, floating)]
    sigma = np.sqrt(np.diag(matrix))
    return {
        "regions": regions,
        "correlation": {
            "names": [model.parameters.names[index] for index in floating],
            "matrix": (matrix / sigma / sigma[:, None]).tolist(),
        },
        # of the total, between all bins: what sums of bins of several regions need
        "covariance": {
            "regions": list(model.regions),
            "prefit": before.total_covariance.tolist(),
            "postfit": after.total_covariance.tolist(),
        },
    }


def region_entries(
    likelihood: Likelihood,
    before: Yields,
    after: Yields,
    blinded: Mapping[str, Sequence[bool]],
    parts: Mapping[str, str],
) -> dict[str, Any]:
    """Return the entry of ``postfit.json`` for every region of a likelihood.

    Parameters
    ----------
    before, after
        Yields before and after the fit, with the same parts.
    blinded, parts
        As for `postfit`.
    """
    model = likelihood.model
    regions = {}
    for number, (region, where) in enumerate(zip(model.regions, model.region_slices, strict=True)):
        hidden = list(blinded.get(region, [False] * (where.stop - where.start)))
        present = _samples(model, where, parts)
        rows = [row for row, _ in present]
        regions[region] = {
            "bins": where.stop - where.start,
            "observed": likelihood.observed[where].tolist(),
            "blinded": hidden,
            "samples": {
                sample: {
                    "prefit": before.samples[row, where].tolist(),
                    "postfit": after.samples[row, where].tolist(),
                }
                for row, sample in present
            },
            "total": {
                stage: {
                    "value": yields.total[where].tolist(),
                    "error": yields.total_error[where].tolist(),
                }
                for stage, yields in (("prefit", before), ("postfit", after))
            },
            "integral": {
                stage: {
                    "value": float(yields.region_total[number]),
                    "error": float(yields.region_total_error[number]),
                }
                for stage, yields in (("prefit", before), ("postfit", after))
            },
            "sample_covariance": {
                "names": [sample for _, sample in present],
                **{
                    stage: yields.region_sample_covariance[number][np.ix_(rows, rows)].tolist()
                    for stage, yields in (("prefit", before), ("postfit", after))
                },
            },
            "chi2": {
                stage: asdict(
                    compatibility(
                        likelihood.observed[where],
                        yields.total[where],
                        yields.total_covariance[where, where],
                        ~np.array(hidden),
                    )
                )
                for stage, yields in (("prefit", before), ("postfit", after))
            },
        }
    return regions


def sample_yields(
    likelihood: Likelihood,
    before: Yields,
    after: Yields,
    settings: FitSettings,
    scaled: BoolArray | None = None,
) -> dict[str, Any]:
    """Return the entry of ``mu_fit.json`` with the yields of every region and sample.

    Parameters
    ----------
    scaled
        Which samples are signals if the settings do not say [S].
    """
    model = likelihood.model

    def entry(values: FloatArray, errors: FloatArray, row: int, region: int) -> dict[str, float]:
        return {"value": float(values[row, region]), "error": float(errors[row, region])}

    content: dict[str, Any] = {}
    for number, (region, where) in enumerate(zip(model.regions, model.region_slices, strict=True)):
        content[region] = {
            "role": settings.roles.get(region, ""),
            "samples": {
                sample: {
                    "kind": settings.kinds.get(
                        sample,
                        "signal" if scaled is not None and scaled[row] else "background",
                    ),
                    "prefit": entry(
                        before.region_samples, before.region_sample_errors, row, number
                    ),
                    "postfit": entry(after.region_samples, after.region_sample_errors, row, number),
                }
                for row, sample in _samples(model, where, settings.parts)
            },
        }
    return content


def _samples(model: DenseModel, where: slice, parts: Mapping[str, str]) -> list[tuple[int, str]]:
    """Return the samples of a region that are no part of another one, with their rows."""
    return [
        (row, sample)
        for row, sample in enumerate(model.samples)
        if model.present[row, where].any() and parts.get(sample) not in model.samples
    ]
