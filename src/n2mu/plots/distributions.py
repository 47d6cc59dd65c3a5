"""Distributions over pseudo-experiments: fitted signal strengths, goodness of fit, q0."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy import stats

from n2mu.errors import counted
from n2mu.plots.fit_lines import fitted_title
from n2mu.plots.inference_panels import OBSERVED, STATISTICS, panels, poi_title
from n2mu.plots.numbers import decimals, plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import house_style

FILL = "#c9dff2"
HEADROOM = 1.45


def toys_figure(toys: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the fitted signal strengths and their pulls, with mean and width.

    Parameters
    ----------
    toys
        Contents of the product of ``n2mu toys``.
    """
    with house_style():
        name = poi_title(toys, settings)
        covered = ", ".join(
            f"{100 * entry['level']:.4g} %: ({100 * entry['covered']:.1f}"
            f" ± {100 * entry['error']:.1f}) %"
            for entry in toys["coverage"]
        )
        values = toys["experiments"]
        lines = [
            _made(toys, settings) + rf", true {name} = {toys['true_mu']:.4g}",
            f"Coverage of {covered}",
        ]
        figure, (mus, pulls) = panels(settings, lines, count=2)
        _histogram(mus, values["mu"])
        _moments(mus, toys["mu"])
        top = 1.05 * mus.get_ylim()[1]
        mus.vlines(toys["true_mu"], 0, top, OBSERVED, linestyle="--", label="True value")
        mus.set_xlabel(rf"Fitted {name}")
        finite = [pull for pull in values["pull"] if pull is not None]
        edges = _histogram(pulls, finite)
        if finite:
            axis = np.linspace(edges[0], edges[-1], 201)
            density = len(finite) * (edges[1] - edges[0]) * stats.norm.pdf(axis)
            pulls.plot(axis, density, color=OBSERVED, label="Unit Gaussian")
        _moments(pulls, toys["pull"])
        pulls.set_xlabel(rf"Pull of {name}")
        for axes in (mus, pulls):
            _finish(axes)
    return figure


def goodness_figure(gof: Mapping[str, Any], settings: PlotSettings) -> Figure:
    """Draw the goodness of fit over its distribution, by chi2 and by pseudo-experiments.

    Parameters
    ----------
    gof
        Contents of the product of ``n2mu gof``.
    """
    with house_style():
        chi2, toys = gof["chi2"], gof.get("toys")
        value, ndof = chi2["value"], chi2["ndof"]
        p_value = "none" if chi2["p_value"] is None else f"{chi2['p_value']:.3g}"
        lines = [fitted_title(gof, settings)]
        if gof["asimov_bins_left_out"]:
            lines.append(f"{counted(gof['asimov_bins_left_out'], 'bin')} with Asimov data left out")
        ratio = rf"$-2\,\ln(L/L_\mathrm{{sat}})$ = {value:.4g}, {ndof} degrees of freedom"
        lines += [ratio, rf"p-value: {p_value} ($\chi^2$)"]
        if toys:
            lines[-1] += f", {toys['p_value']:.3g} ± {toys['error']:.1g} ({_count(toys)} toys)"
        figure, (axes,) = panels(settings, lines)
        low, high = stats.chi2.ppf([1e-4, 1 - 1e-4], ndof) if ndof > 0 else (0.0, 1.0)
        scale = 1.0
        if toys:
            edges = _histogram(axes, toys["values"], "Pseudo-experiments")
            scale = len(toys["values"]) * (edges[1] - edges[0])
            low, high = min(low, edges[0]), max(high, edges[-1])
        low, high = min(low, value), max(high, value)
        margin = 0.04 * (high - low)
        axis = np.linspace(max(low - margin, 1e-6), high + margin, 301)
        if ndof > 0:
            label = rf"$\chi^2$, {ndof} degrees of freedom"
            axes.plot(axis, scale * stats.chi2.pdf(axis, ndof), color="black", label=label)
        axes.axvline(value, color=OBSERVED, label="This fit")
        axes.set_xlim(max(low - margin, 0.0), high + margin)
        axes.set_xlabel(r"$-2\,\ln(L/L_\mathrm{sat})$")
        _finish(axes, "Pseudo-experiments" if toys else "Probability density")
    return figure


def discovery_figure(significance: Mapping[str, Any], settings: PlotSettings) -> Figure | None:
    """Draw the test statistic of discovery with and without signal; None without toys.

    Parameters
    ----------
    significance
        Contents of the product of ``n2mu significance``.
    """
    toys = significance.get("toys")
    if not toys:
        return None
    with house_style():
        name = poi_title(significance, settings)
        lines = [fitted_title(significance, settings)]
        lines += [
            f"{title}: {_discovery(significance['asymptotic'][key], toys[key])}"
            for key, title in (("observed", "Observed"), ("expected", "Expected"))
            if significance["asymptotic"][key] is not None
        ]
        figure, (axes,) = panels(settings, lines)
        samples = (toys["q0_background"], toys["q0_signal"])
        edges = np.linspace(0, max(max(map(max, samples)), 1.0), 51)
        for values, colour, title in (
            (samples[0], STATISTICS, f"{name} = 0"),
            (samples[1], OBSERVED, f"{name} = {significance['signal']:.4g}"),
        ):
            inside = np.clip(values, 0, np.nextafter(edges[-1], -inf))
            style: dict[str, Any] = {"histtype": "step", "color": colour, "linewidth": 1.5}
            axes.hist(inside, edges.tolist(), label=title, **style)
        # half of the probability is at exactly 0 (arXiv:1007.1727, eq. 49)
        axis = np.linspace(edges[0] + 0.02 * edges[1], edges[-1], 301)
        density = 0.5 * len(samples[0]) * (edges[1] - edges[0]) * stats.chi2.pdf(axis, 1)
        axes.plot(axis, density, color="black", linewidth=1.0, label=f"Asymptotic, {name} = 0")
        if (seen := significance["asymptotic"]["observed"]) is not None:
            axes.axvline(seen["significance"] ** 2, color="black", linestyle="--", label="Observed")
        axes.set_yscale("log")
        axes.set_ylim(0.5, 20 * max(len(sample) for sample in samples))
        axes.set_xlim(0, edges[-1])
        axes.set_xlabel(r"$q_0$")
        axes.set_ylabel("Pseudo-experiments")
        axes.legend(loc="upper right", bbox_to_anchor=(0.97, 0.97))
    return figure


def _made(product: Mapping[str, Any], settings: PlotSettings) -> str:
    text = f"{fitted_title(product, settings)}; {_count(product)} pseudo-experiments"
    return f"{text}, {len(product['failed'])} failed" if product["failed"] else text


def _count(product: Mapping[str, Any]) -> str:
    return f"{product['count']:,}"


def _discovery(asymptotic: Mapping[str, Any], toys: Mapping[str, Any]) -> str:
    text = rf"{asymptotic['significance']:.3g}$\sigma$, p = {asymptotic['p_value']:.2g}"
    if toys["significance"] is None:
        return f"{text} (toys: none as extreme)"
    return f"{text} (toys: {toys['p_value']:.2g} ± {toys['error']:.1g})"


def _histogram(axes: Axes, values: Sequence[float], label: str | None = None) -> Any:
    """Draw values, a few far outliers in the last bins, and return the edges."""
    if not values:
        return np.linspace(-1, 1, 3)
    low, high = np.quantile(values, [0.0005, 0.9995])
    spread = (high - low) or 1.0
    low = max(low - 0.1 * spread, min(values) - 1e-9 * spread)
    edges = np.linspace(low, high + 0.1 * spread, min(50, max(10, len(values) // 20)) + 1)
    inside = np.clip(values, edges[0], np.nextafter(edges[-1], -inf))
    axes.hist(
        inside,
        edges.tolist(),
        histtype="stepfilled",
        facecolor=FILL,
        edgecolor=STATISTICS,
        label=label,
    )
    axes.set_xlim(edges[0], edges[-1])
    return edges


def _moments(axes: Axes, moments: Mapping[str, Any]) -> None:
    if moments["mean"] is None:
        return
    rows = []
    for key, text in (("mean", "Mean"), ("width", "Width")):
        error = moments[f"{key}_error"]
        digits = decimals([error])
        rows.append(f"{text} {plain(moments[key], digits)} ± {plain(error, digits)}")
    axes.text(0.04, 0.96, "\n".join(rows), transform=axes.transAxes, va="top", fontsize=10.5)


def _finish(axes: Axes, label: str = "Pseudo-experiments") -> None:
    axes.set_ylim(0, HEADROOM * axes.get_ylim()[1])
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_ylabel(label)
    axes.legend(loc="upper right", bbox_to_anchor=(0.97, 0.97))
