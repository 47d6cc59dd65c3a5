"""CLs against the signal strength, with the bands of the expectation."""

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from n2mu.plots.colours import GREEN, YELLOW
from n2mu.plots.fit_lines import fitted_title
from n2mu.plots.inference_panels import OBSERVED, panels, poi_title
from n2mu.plots.numbers import decimals, plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style

LOWEST = 1e-3
LEGEND = 1.9
"""Room for the legend in inches: no place inside is free of curves."""


def limit_figure(limit: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw CLs against the signal strength and write the limits.

    Pseudo-experiments, if there are any, are points with error bars over the asymptotic curves.

    Parameters
    ----------
    limit
        Contents of the product of ``n2mu limit``.
    """
    with house_style():
        name = poi_title(limit, settings)
        level = 1 - limit["confidence"]
        percent = f"{100 * limit['confidence']:.4g} % CL"
        lines = [fitted_title(limit, settings), *_limits(limit, name, percent)]
        figure, (axes,) = panels(settings, lines, right=LEGEND)
        _bands(axes, limit["asymptotic"]["curve"])
        if toys := limit.get("toys"):
            _toys(axes, toys)
        axes.axhline(level, color=OBSERVED, linewidth=1.2, zorder=2)
        axes.annotate(
            percent,
            xy=(0.015, level),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            color=OBSERVED,
            fontsize=10,
        )
        axes.set_yscale("log")
        axes.set_ylim(LOWEST, 1.0)
        axes.set_xlabel(name)
        axes.set_ylabel(r"CL$_\mathrm{s}$")
        axes.legend(loc="upper left", bbox_to_anchor=(1.025, 1.0))
    return figure


def _bands(axes: Axes, curve: Mapping[str, Any]) -> None:
    mu = np.asarray(curve["mu"])
    if not len(mu):
        return
    band = np.asarray([[nan] * 5 if entry is None else entry for entry in curve["expected"]])
    observed = np.asarray([nan if value is None else value for value in curve["observed"]])
    if np.isfinite(observed).any():
        axes.plot(mu, observed, color="black", label="Observed", zorder=4)
    axes.plot(mu, band[:, 2], color="black", linestyle="--", label="Expected", zorder=3)
    for low, high, colour, text in ((1, 3, GREEN, "1"), (0, 4, YELLOW, "2")):
        axes.fill_between(
            mu,
            np.maximum(band[:, low], LOWEST / 10),
            band[:, high],
            color=colour,
            linewidth=0,
            label=rf"Expected $\pm${text}$\sigma$",
            zorder=1.5 if text == "1" else 1,
        )
    axes.set_xlim(0, mu[-1])


def _toys(axes: Axes, toys: Mapping[str, Any]) -> None:
    mu = [point["mu"] for point in toys["points"]]
    points = toys["points"]
    series = [("white", "Expected, toys", [point["expected"][2] for point in points])]
    if toys["observed"] is not None:
        series.append(("black", "Observed, toys", [point["observed"] for point in points]))
    for face, label, found in series:
        axes.errorbar(
            mu,
            [share["value"] if share["value"] > 0 else nan for share in found],
            yerr=[share["error"] for share in found],
            fmt="o",
            color="black",
            markerfacecolor=face,
            label=label,
            zorder=5,
        )


def _limits(limit: Mapping[str, Any], name: str, percent: str) -> list[str]:
    asymptotic, toys = limit["asymptotic"], limit.get("toys")
    lines = [f"Upper limit on {name} at {percent}"]
    expected = asymptotic["expected"]
    middle, low, high = (expected[band] for band in ("0", "-1", "+1"))
    known = middle is not None and low is not None and high is not None
    digits = decimals([high - middle, middle - low] if known else [])
    if asymptotic["observed"] is not None:
        lines.append(f"Observed: {plain(asymptotic['observed'], digits)}{_by_toys(toys, False)}")
    if middle is not None:
        errors = (
            rf"$^{{+{high - middle:.{digits}f}}}_{{-{middle - low:.{digits}f}}}$" if known else ""
        )
        lines.append(f"Expected: {plain(middle, digits)}{errors}{_by_toys(toys, True)}")
    return lines


def _by_toys(toys: Mapping[str, Any] | None, expected: bool) -> str:
    if toys is None:
        return ""
    found = toys["expected"]["0"] if expected else toys["observed"]
    if found is None or found["value"] is None:
        return ""
    digits = decimals([found["error"]])
    return f" (toys: {plain(found['value'], digits)} ± {plain(found['error'], digits)})"
