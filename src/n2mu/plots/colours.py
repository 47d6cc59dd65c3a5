"""Colours of samples and curves."""

from collections.abc import Mapping

from matplotlib.colors import to_hex, to_rgb

from n2mu.plots.settings import SampleStyle

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


def shade(index: int) -> str:
    """Return a colour of the palette, after its end the same ones paler and paler."""
    strength = 0.55 ** (index // len(PALETTE))
    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(PALETTE[index % len(PALETTE)]))
    return to_hex((red, green, blue))


def sample_colours(samples: Mapping[str, SampleStyle]) -> dict[str, str]:
    """Return the colour of every sample: its own, red for signals, or the palette's next."""
    colours: dict[str, str] = {}
    taken = 0
    for name, style in samples.items():
        if style.colour is not None:
            colours[name] = to_hex(style.colour)
        elif style.kind == "signal" and SIGNAL not in colours.values():
            colours[name] = SIGNAL
        else:
            colours[name] = shade(taken)
            taken += 1
    return colours
