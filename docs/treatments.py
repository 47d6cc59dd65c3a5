"""Draws what smoothing and symmetrisation do to a variation: ``docs/images/treatments.png``."""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from n2mu.templates.smooth import Variation
from n2mu.templates.symmetrise import FloatArray, Sides
from n2mu.templates.treatments import SMOOTHINGS, SYMMETRISATIONS

BINS = 16


def main() -> None:
    """Draw one row of each, relative to the nominal yield."""
    random = np.random.default_rng(4)
    nominal = 400 * np.exp(-np.arange(BINS) / 6)
    slope = np.linspace(-0.12, 0.16, BINS)
    up = nominal * (1 + slope) + random.normal(0, np.sqrt(nominal))
    down = nominal * (1 - 0.5 * slope) + random.normal(0, np.sqrt(nominal))
    variation = Variation(nominal, nominal, up, up, correlated=False)
    panels: list[tuple[str, Sides | tuple[FloatArray], Sides | tuple[FloatArray]]] = [
        (f"smoothing: {name}", (smooth(variation).sumw,), (up,))
        for name, smooth in SMOOTHINGS.items()
    ]
    panels += [
        (f"symmetrisation: {name}", symmetrised(nominal, up, down), (up, down))
        for name, symmetrised in SYMMETRISATIONS.items()
    ]
    figure, axes = plt.subplots(
        -(-len(panels) // 3), 3, figsize=(10, 5), sharex=True, sharey=True, layout="constrained"
    )
    edges = np.arange(BINS + 1)
    for axis, (title, new, old) in zip(axes.flat, panels, strict=False):
        for side, colour in zip(old, ("C3", "C0"), strict=False):
            axis.stairs(side / nominal - 1, edges, color=colour, alpha=0.35, linestyle="--")
        for side, colour in zip(new, ("C3", "C0"), strict=False):
            axis.stairs(side / nominal - 1, edges, color=colour, linewidth=1.6)
        axis.axhline(0, color="black", linewidth=0.6)
        axis.set_title(title, fontsize=10)
    for axis in axes[:, 0]:
        axis.set_ylabel("variation / nominal - 1")
    figure.savefig(Path(__file__).parent / "images/treatments.png", dpi=110)


if __name__ == "__main__":
    main()
