"""All regions of a fit in one figure, one bin each, before or after the fit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from n2mu.plots.fit_subjects import Stage
from n2mu.plots.panel import region_title
from n2mu.plots.region_content import RegionContent, region_content
from n2mu.plots.settings import PlotSettings
from n2mu.plots.stack import Stack, stack_figure


def regions_figure(
    which: Stage,
    report: Mapping[str, Any],
    postfit: Mapping[str, Any],
    settings: PlotSettings,
    *,
    data: str,
) -> Figure:
    """Draw the yields of all regions as a stack with total uncertainty, data, and data / total.

    A region of which any bin is blinded shows no data: the sum over its bins would tell of them.

    Parameters
    ----------
    report, postfit
        Contents of ``templates_report.json`` and ``postfit.json``; see `region_content`.
    data
        What the points are.
    """
    names = [name for name in settings.regions if name in postfit["regions"]]
    names += [name for name in postfit["regions"] if name not in names]
    contents = {
        name: region_content(name, which, report, postfit, settings.samples) for name in names
    }
    integrals = [postfit["regions"][name]["integral"][which] for name in names]
    samples = [n for n in settings.samples if any(n in c.samples for c in contents.values())]
    content = RegionContent(
        edges=np.arange(len(names) + 1, dtype=np.float64),
        blinded=np.array([c.blinded.any() for c in contents.values()]),
        observed=np.array([c.observed.sum() for c in contents.values()]),
        samples={
            sample: np.array(
                [c.samples[sample].sum() if sample in c.samples else 0.0 for c in contents.values()]
            )
            for sample in samples
        },
        total=np.array([integral["value"] for integral in integrals], dtype=np.float64),
        error=np.array([integral["error"] for integral in integrals], dtype=np.float64),
        chi2={"value": None},
    )
    told = Stack(
        lines=["All regions", "Post-fit" if which == "postfit" else "Pre-fit"],
        axis="",
        data=data,
        threshold=float(report["blinding_threshold"]),
        categories=[region_title(name, settings) for name in names],
        logarithmic=True,
    )
    return stack_figure(content, told, settings)
