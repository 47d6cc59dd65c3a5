"""Colours of processes and curves."""

from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

# ten colours that colour-blind readers can tell apart (M. Petroff, arXiv:2107.02270, table 1)
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
SIGNAL = "#bd1f01"
GREEN, YELLOW = "#8fd694", "#fff2a8"
"""Of one and two standard deviations."""
NEUTRAL = "#5b6675"
"""Of what is no single process: a whole region, the sum of all backgrounds."""


def shade(index: int) -> str:
    """Return a colour of the palette; after its end the same ones paler, then darker, and so on.

    Beyond three rounds they come paler and darker again, by less.
    """
    colour = to_rgb(PALETTE[index % len(PALETTE)])
    cycle = index // len(PALETTE)
    strength = 0.5 * 0.6 ** ((cycle - 1) // 2) if cycle else 0.0
    target = 1.0 if cycle % 2 else 0.0
    red, green, blue = (part + strength * (target - part) for part in colour)
    return to_hex((red, green, blue))


def fold_shade(index: int, folds: int) -> str:
    """Return the colour of a fold, from dark violet to green: none of a process."""
    return to_hex(colormaps["viridis"](0.75 * index / max(folds - 1, 1)))
