"""The figures of scans, limits, significances, goodness of fit and pseudo-experiments."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from n2mu.errors import ProductError, nearest
from n2mu.plots.distributions import discovery_figure, goodness_figure, toys_figure
from n2mu.plots.limit import limit_figure
from n2mu.plots.scan import scan_figure
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import check_settings, save_figure
from n2mu.products import read_json

logger = logging.getLogger(__name__)

INFERENCE_FIGURES: dict[str, Callable[[Mapping[str, Any], PlotSettings], Figure | None]] = {
    "scan": scan_figure,
    "limit": limit_figure,
    "significance": discovery_figure,
    "gof": goodness_figure,
    "toys": toys_figure,
}
"""Functions of the content of a product by its kind; one that has nothing to draw returns None."""


def run_plot_inference(settings: PlotSettings, product: Path) -> None:
    """Draw a product as PDF and PNG beside it; one that has no figure is left alone.

    Parameters
    ----------
    settings
        Labels and titles.
    product
        JSON of one of `INFERENCE_FIGURES`, which it names in ``kind``.

    Raises
    ------
    ProductError
        If the product is of an unknown kind.
    ConfigurationError
        If a title cannot be typeset.
    """
    check_settings(settings)
    content = read_json(product)
    kind = content.get("kind") if isinstance(content, dict) else None
    if kind not in INFERENCE_FIGURES:
        raise ProductError(
            f"{product}: unknown kind {kind!r}{nearest(str(kind), INFERENCE_FIGURES)}"
        )
    figure = INFERENCE_FIGURES[kind](content, settings)
    stem = product.with_suffix("")
    if figure is None:
        for suffix in (".pdf", ".png"):
            # of an earlier run with pseudo-experiments
            stem.with_name(stem.name + suffix).unlink(missing_ok=True)
        return
    save_figure(figure, stem)
    logger.info("drew %s.pdf and .png", stem)
