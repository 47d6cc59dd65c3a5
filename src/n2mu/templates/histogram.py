"""Templates in memory and on disk: yields with their sums of squared weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from n2mu.errors import ProductError
from n2mu.templates.stored import bins_of

FloatArray = npt.NDArray[np.float64]
Key = tuple[str, str, str]
"""Region, sample and variation."""

UNSMOOTHED = "unsmoothed"


@dataclass(frozen=True)
class Template:
    """One histogram.

    Attributes
    ----------
    sumw, sumw2
        Sum of weights and of squared weights [bins].
    events
        Number of entries that made it, unweighted.
    """

    sumw: FloatArray
    sumw2: FloatArray
    events: int

    @classmethod
    def empty(cls, bins: int) -> "Template":
        """Return a template without events."""
        return cls(np.zeros(bins), np.zeros(bins), 0)

    def __add__(self, other: "Template") -> "Template":
        return Template(
            self.sumw + other.sumw, self.sumw2 + other.sumw2, self.events + other.events
        )

    @property
    def total(self) -> float:
        """Sum of weights of all bins."""
        return float(self.sumw.sum())

    @property
    def error(self) -> float:
        """Statistical error of the sum of weights."""
        return float(self.sumw2.sum() ** 0.5)


Templates = Mapping[str, Mapping[str, Mapping[str, Template]]]
"""By region, sample and variation."""


def bin_indices(values: FloatArray, edges: FloatArray) -> npt.NDArray[np.int64]:
    """Return the bin of each value [events]; values outside go to the first or last bin.

    Bins are closed below and open above, the last one closed on both sides.
    """
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)


def fill(indices: npt.NDArray[np.int64], weights: FloatArray, bins: int) -> Template:
    """Return the template of events with known bins [events] and weights [events]."""
    return Template(
        np.bincount(indices, weights, minlength=bins).astype(np.float64),
        np.bincount(indices, weights**2, minlength=bins).astype(np.float64),
        len(indices),
    )


def write_root(
    path: Path,
    edges: Mapping[str, FloatArray],
    templates: Mapping[Key, Template],
    unsmoothed: Mapping[Key, Template] | None = None,
) -> None:
    """Write templates as TH1D with sumw2 at ``<region>/<sample>/<variation>``.

    Parameters
    ----------
    path
        File to write; the caller renames it into place.
    edges
        Bin edges by region.
    templates
        By region, sample and variation.
    unsmoothed
        Variations before smoothing, which go to ``unsmoothed/<region>/...``.
    """
    import hist
    import uproot

    with uproot.recreate(path) as file:
        for prefix, group in (("", templates), (f"{UNSMOOTHED}/", unsmoothed or {})):
            for (region, sample, variation), template in group.items():
                histogram = hist.Hist(
                    hist.axis.Variable(edges[region], name="observable"),
                    storage=hist.storage.Weight(),
                )
                histogram.view().value = template.sumw
                histogram.view().variance = template.sumw2
                file[f"{prefix}{region}/{sample}/{variation}"] = histogram


def read_root(path: Path, *, unsmoothed: bool = False) -> dict[str, dict[str, dict[str, Template]]]:
    """Read templates by region, sample and variation; numbers of events are not stored.

    Parameters
    ----------
    unsmoothed
        Read the variations before smoothing, of those that were smoothed.

    Raises
    ------
    ProductError
        If the file is missing or damaged.
    """
    import uproot

    result: dict[str, dict[str, dict[str, Template]]] = {}
    try:
        with uproot.open(path) as file:
            for key in file.keys(cycle=False, filter_classname="TH1*"):
                *prefix, region, sample, variation = key.split("/")
                if (prefix == [UNSMOOTHED]) != unsmoothed:
                    continue
                template = Template(*bins_of(file, key), 0)
                result.setdefault(region, {}).setdefault(sample, {})[variation] = template
    except (OSError, ValueError, uproot.exceptions.KeyInFileError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ProductError(f"{path}: cannot be read ({reason}); make the templates again") from None
    return result
