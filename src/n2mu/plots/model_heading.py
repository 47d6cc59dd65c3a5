"""What all figures of one model say: which model, which events."""

from collections.abc import Mapping
from typing import Any

from n2mu.plots.names import verbatim
from n2mu.plots.panel import region_title
from n2mu.plots.settings import PlotSettings


def heading(evaluation: Mapping[str, Any], settings: PlotSettings) -> list[str]:
    """Return the line with the region and the model.

    Parameters
    ----------
    evaluation
        Contents of ``evaluation/<model>.json``.
    """
    region = region_title(str(evaluation["region"]), settings)
    return [f"{region}, {verbatim(str(evaluation['model']))}"]
