"""Yields of the processes in every region before and after the fit, and as JSON."""

from collections.abc import Mapping
from math import isclose, sqrt
from typing import Any

import numpy as np

from n2mu.errors import ProductError
from n2mu.plots.fit_lines import data_title, region_dataset
from n2mu.plots.fit_subjects import STAGES
from n2mu.plots.panel import region_title
from n2mu.plots.processes import processes
from n2mu.plots.settings import PlotSettings


def region_yields(
    mu_fit: Mapping[str, Any], postfit: Mapping[str, Any], settings: PlotSettings
) -> dict[str, Any]:
    """Return the content of ``yields.json``: by region the processes, their sums, and the data.

    Parameters
    ----------
    mu_fit, postfit
        Contents of ``mu_fit.json`` (samples) and ``postfit.json`` (total and covariance
        of the samples of each region).

    Returns
    -------
    dict
        ``regions``: by name ``title``, ``role``, ``processes`` with ``title``, ``kind``,
        ``samples``, ``prefit`` and ``postfit`` (``value`` and ``error``, correlations included),
        ``background``, ``total``, and ``observed`` (null if a bin is blinded) with what it is.

    Raises
    ------
    ProductError
        If the samples of a region do not add up to its total.
    """
    regions = {}
    for region in _in_order(mu_fit["yields"], settings.regions):
        samples, fitted = mu_fit["yields"][region]["samples"], postfit["regions"][region]
        _check(region, samples, fitted["integral"])
        grouped = _groups(samples, settings)

        def entry(members: list[str], samples: Any = samples, fitted: Any = fitted) -> Any:
            return {stage: _sum(members, samples, fitted, stage) for stage in STAGES}

        backgrounds = [n for n, sample in samples.items() if sample["kind"] != "signal"]
        regions[region] = {
            "title": region_title(region, settings),
            "role": mu_fit["yields"][region]["role"],
            "processes": [
                {"title": title, "kind": samples[members[0]]["kind"], "samples": members}
                | entry(members)
                for title, members in reversed(grouped)
            ],
            "background": entry(backgrounds),
            "total": fitted["integral"],
            "observed_is": data_title(region_dataset(mu_fit, region)),
            "observed": None if any(fitted["blinded"]) else float(sum(fitted["observed"])),
            "blinded_bins": int(sum(fitted["blinded"])),
        }
    return {
        "analysis": mu_fit["analysis"],
        "fit": mu_fit["fit"]["name"],
        "dataset": mu_fit["dataset"],
        "regions": regions,
    }


def _groups(samples: Mapping[str, Any], settings: PlotSettings) -> list[tuple[str, list[str]]]:
    found = []
    for process in processes(settings.samples).values():
        members = [name for name in process.samples if name in samples]
        if members:
            found.append((process.title, members))
    known = {name for _, members in found for name in members}
    return found + [(name, [name]) for name in samples if name not in known]


def _sum(
    members: list[str], samples: Mapping[str, Any], fitted: Mapping[str, Any], stage: str
) -> dict[str, float]:
    names = fitted["sample_covariance"]["names"]
    rows = [names.index(name) for name in members]
    matrix = np.asarray(fitted["sample_covariance"][stage]).reshape(len(names), len(names))
    variance = float(matrix[np.ix_(rows, rows)].sum())
    return {
        "value": float(sum(samples[name][stage]["value"] for name in members)),
        "error": sqrt(max(variance, 0.0)),
    }


def _check(region: str, samples: Mapping[str, Any], total: Mapping[str, Any]) -> None:
    for stage in STAGES:
        summed = sum(entry[stage]["value"] for entry in samples.values())
        if not isclose(summed, total[stage]["value"], rel_tol=1e-6):
            raise ProductError(
                f"postfit.json, {region}, {stage}: the total is {total[stage]['value']:.6g}, "
                f"but the samples in mu_fit.json add up to {summed:.6g}; run the fit again"
            )


def _in_order(names: Mapping[str, Any], order: Mapping[str, Any]) -> list[str]:
    """Return names in the order of the configuration, those it does not have at the end."""
    return [name for name in order if name in names] + [name for name in names if name not in order]
