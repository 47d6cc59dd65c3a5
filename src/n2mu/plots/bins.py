"""Where bins are drawn, and how their edges are written."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EQUAL_WIDTHS_ABOVE = 8.0
"""Ratio of the widest to the narrowest bin above which bins are drawn equally wide."""


def bin_positions(edges: Floats) -> Floats:
    """Return where bin edges ``[bin + 1]`` are drawn: the edges, or whole numbers."""
    widths = np.diff(edges)
    if widths.max() > EQUAL_WIDTHS_ABOVE * widths.min():
        return np.arange(len(edges), dtype=np.float64)
    return edges


def write_edges(panels: Sequence[Axes], positions: Floats, edges: Floats) -> None:
    """Limit panels to the bins and, where these are drawn equally wide, write their edges below.

    Only the lowest panel has labels of ticks.
    """
    equal = positions is not edges
    for axes in panels:
        axes.set_xlim(positions[0], positions[-1])
        if equal:
            axes.minorticks_off()
            axes.set_xticks(positions)
    for axes in panels[:-1]:
        axes.tick_params(axis="x", labelbottom=False)
    if equal:
        rotation = 90 if edges_rotated(edges) else 0
        panels[-1].set_xticks(positions, edge_texts(edges), fontsize=9, rotation=rotation)


def edges_rotated(edges: Floats) -> bool:
    """Return whether written edges are too many to stand side by side."""
    return len(edges) > 10


def edge_texts(edges: Floats) -> list[str]:
    """Return bin edges as short texts that all differ."""
    for digits in range(3, 17):
        # rounded first, so that 2000 is not written as 2e+03
        texts = [f"{float(f'{edge:.{digits}g}'):.15g}" for edge in edges]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(float(edge)) for edge in edges]
