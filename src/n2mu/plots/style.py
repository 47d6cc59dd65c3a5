"""The house style: fonts, labels, sizes in inches, and saving.

Figures are made as objects, never through pyplot, and every figure is built and
saved inside `house_style`, so that nothing depends on a user's matplotlibrc.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import mplhep
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import is_color_like
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import ScalarFormatter

from n2mu.config.main import Labels
from n2mu.errors import ConfigurationError
from n2mu.plots.numbers import MINUS
from n2mu.plots.settings import PlotSettings
from n2mu.plots.typesetting import refusal
from n2mu.products import atomic_file

DOTS_PER_INCH = 200
LINE = 0.24
"""Height of a line of text in inches."""

TALK = 0.75
"""Length of panels in talks; their letters stay as large as in papers."""

TALK_ROWS = 10
"""Longest list of the leading parameters or features in talks."""

FAILED = "#c1121f"

_POWER = re.compile(rf"(?:10\^\{{|1e)([-{MINUS}]?\d+)")


class Lettering(NamedTuple):
    """How an experiment writes its name and the status of a result.

    Attributes
    ----------
    name, status
        Styles of font.
    status_size
        In points; the name has 15.
    """

    name: str
    status: str
    status_size: float


GENERIC = Lettering("italic", "normal", 15)
LETTERING = {"ATLAS": Lettering("italic", "normal", 15), "CMS": Lettering("normal", "italic", 11.5)}
"""By experiment. ATLAS: bold italics, status upright. CMS: bold, status smaller in italics, and the
luminosity before the energy in brackets."""

# bundled with packages; the second has glyphs that the first lacks
_FONTS = ["TeX Gyre Heros", "DejaVu Sans"]
_OVERRIDES: dict[Any, Any] = {
    # of a generic family such as sans-serif matplotlib takes one font only
    "font.family": _FONTS,
    "font.sans-serif": _FONTS,
    "font.size": 11,
    "mathtext.fallback": "stixsans",
    # letters in italics, digits and brackets upright; its name depends on matplotlib's version
    "mathtext.default": mpl.rcParamsDefault["mathtext.default"],
    "axes.labelsize": 13,
    "axes.labelpad": 5,
    "axes.autolimit_mode": "data",
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "ytick.major.size": 6,
    "ytick.minor.size": 3,
    "lines.linewidth": 1.5,
    "lines.markersize": 5,
    "legend.fontsize": 10.5,
    "legend.borderpad": 0.0,
    "legend.borderaxespad": 0.0,
    "hatch.linewidth": 0.7,
    "savefig.dpi": DOTS_PER_INCH,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Set matplotlib's parameters to the house style while the block runs."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(mplhep.style.ATLAS)
        mpl.rcParams.update(_OVERRIDES)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches that can measure its texts."""
    figure = Figure(figsize=(width, height), dpi=100)
    FigureCanvasAgg(figure)
    return figure


def axes_in_inches(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add axes whose place is given in inches from the lower left corner of the figure."""
    full_width, full_height = figure.get_size_inches()
    return figure.add_axes(
        (left / full_width, bottom / full_height, width / full_width, height / full_height)
    )


def widest(texts: Sequence[str], size: float) -> float:
    """Return the width in inches of the widest of some texts at a font size in points."""
    figure = new_figure(1, 1)
    drawn = [figure.text(0, 0, text, fontsize=size) for text in texts]
    return max((text.get_window_extent().width for text in drawn), default=0) / figure.dpi


def panel_length(length: float, labels: Labels) -> float:
    """Return the length of a panel in inches, which is shorter in talks."""
    return length * TALK if labels.format == "talk" else length


def leading(count: int, labels: Labels) -> int:
    """Return how many rows of a ranking are shown, which are fewer in talks."""
    return min(count, TALK_ROWS) if labels.format == "talk" else count


def energy_line(labels: Labels) -> str:
    """Return centre-of-mass energy and luminosity as one line; empty if both are."""
    if labels.experiment == "CMS" and labels.luminosity and labels.energy:
        return f"{labels.luminosity} ({labels.energy})"
    energy = rf"$\sqrt{{s}}$ = {labels.energy}" if labels.energy else ""
    return ", ".join(part for part in (energy, labels.luminosity) if part)


def write_labels(
    figure: Figure, left: float, top: float, labels: Labels, lines: Sequence[str] = ()
) -> None:
    """Write experiment and status, then energy and luminosity, then further lines.

    Parameters
    ----------
    left, top
        Upper left corner of the block in inches from the lower left corner of the figure.
    """
    width, height = figure.get_size_inches()
    lettering = LETTERING.get(labels.experiment, GENERIC)
    name = figure.text(
        left / width,
        (top - LINE) / height,
        labels.experiment,
        fontsize=15,
        fontweight="bold",
        fontstyle=lettering.name,
        va="bottom",
    )
    if labels.status:
        figure.add_artist(
            Annotation(
                labels.status,
                xy=(1, 0),
                xycoords=name,
                xytext=(5, 0),
                textcoords="offset points",
                fontsize=lettering.status_size,
                fontstyle=lettering.status,
                va="bottom",
            )
        )
    below = [text for text in (energy_line(labels), *lines) if text]
    for row, text in enumerate(below, start=2):
        figure.text(left / width, (top - row * LINE) / height, text, fontsize=11.5, va="bottom")


def check_settings(settings: PlotSettings) -> None:
    """Check that matplotlib can typeset every title and knows every colour.

    Raises
    ------
    ConfigurationError
        With the name of the region, sample or parameter.
    """
    labels = settings.labels
    texts = {f"labels, {key}": str(value) for key, value in labels.model_dump().items()}
    texts |= {f"parameter '{name}', title": title for name, title in settings.parameters.items()}
    for name, region in settings.regions.items():
        texts[f"region '{name}', title"] = region.title or ""
        texts[f"region '{name}', axis"] = region.axis or ""
    for name, sample in settings.samples.items():
        texts[f"sample '{name}', title"] = sample.title or ""
        texts[f"sample '{name}', group"] = sample.group or ""
        if sample.colour is not None and not is_color_like(sample.colour):
            raise ConfigurationError(
                f"sample '{name}': '{sample.colour}' is no colour; "
                "use a name such as 'steelblue' or '#4682b4'"
            )
    check_texts(texts)


def check_texts(texts: Mapping[str, str]) -> None:
    """Check that figures can show texts, given by where they stand.

    Raises
    ------
    ConfigurationError
        With that place.
    """
    with house_style():
        for where, text in texts.items():
            reason = refusal(text)
            if reason:
                raise ConfigurationError(f"{where}: '{text}': {reason}")


def powers_to_labels(figure: Figure) -> None:
    r"""Write the power of ten of the numbers on an axis into its label, which it would lie over.

    From "HT [MeV]" and "×10⁵" beside it becomes "HT [$10^{5}$ MeV]".
    """
    found = [
        axis
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        if isinstance(axis.get_major_formatter(), ScalarFormatter) and axis.label.get_text()
    ]
    low, high = mpl.rcParams["axes.formatter.limits"]
    sizes = [max(map(abs, axis.get_view_interval())) for axis in found]
    if not any(size and not 10.0 ** (low + 1) <= size < 10.0**high for size in sizes):
        return
    figure.draw_without_rendering()
    for axis in found:
        offset = axis.get_offset_text()
        power = _POWER.search(offset.get_text())
        if offset.get_visible() and power:
            offset.set_visible(False)
            factor = f"$10^{{{power[1].replace(MINUS, '-')}}}$"
            label = axis.label.get_text()
            name, bracket, unit = label.rpartition(" [")
            known = bracket and unit.endswith("]")
            axis.set_label_text(f"{name} [{factor} {unit}" if known else f"{label} [{factor}]")


def save_figure(figure: Figure, stem: Path) -> None:
    """Write ``<stem>.pdf`` and ``<stem>.png``, the same bytes for the same figure."""
    with house_style():
        powers_to_labels(figure)
        for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {})):
            with atomic_file(stem.with_name(stem.name + suffix)) as temporary:
                figure.savefig(temporary, metadata=metadata)
