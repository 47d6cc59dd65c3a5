"""Draws what smoothing and symmetrisation do to a variation: ``docs/images/treatments.png``."""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from n2mu.templates.smooth import Variation, smooth_max_variation, smooth_ratio
from n2mu.templates.symmetrise import FloatArray
from n2mu.templates.treatments import SYMMETRISATIONS

BINS = 16


def main() -> None:
    """Draw one row of each, relative to the nominal yield."""
    random = np.random.default_rng(4)
    nominal = 400 * np.exp(-np.arange(BINS) / 6)
    slope = np.linspace(-0.12, 0.16, BINS)
    up = nominal * (1 + slope) + random.normal(0, np.sqrt(nominal))
    down = nominal * (1 - 0.5 * slope) + random.normal(0, np.sqrt(nominal))
    figure, axes = plt.subplots(
        2, 3, figsize=(10, 5), sharex=True, sharey=True, layout="constrained"
    )
    edges = np.arange(BINS + 1)

    def draw(place: int, title: str, *sides: FloatArray, old: tuple[FloatArray, ...]) -> None:
        axis = axes.flat[place]
        for side, colour in zip(old, ("C3", "C0"), strict=False):
            axis.stairs(side / nominal - 1, edges, color=colour, alpha=0.35, linestyle="--")
        for side, colour in zip(sides, ("C3", "C0"), strict=False):
            axis.stairs(side / nominal - 1, edges, color=colour, linewidth=1.6)
        axis.axhline(0, color="black", linewidth=0.6)
        axis.set_title(title, fontsize=10)

    variation = Variation(nominal, nominal, up, up, correlated=False)
    draw(0, "smoothing: 353QH", smooth_ratio(variation).sumw, old=(up,))
    draw(1, "smoothing: max_variation", smooth_max_variation(variation).sumw, old=(up,))
    for place, (kind, symmetrised) in enumerate(SYMMETRISATIONS.items(), start=2):
        sides = symmetrised(nominal, up, down)
        draw(place, f"symmetrisation: {kind}", *sides, old=(up, down))
    for axis in axes[:, 0]:
        axis.set_ylabel("variation / nominal - 1")
    figure.savefig(Path(__file__).parent / "images/treatments.png", dpi=110)


if __name__ == "__main__":
    main()
