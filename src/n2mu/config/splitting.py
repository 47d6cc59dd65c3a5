"""Regions that are split by a score: their parts, and what names the whole of them."""

from n2mu.config.fits import Fit, Fits
from n2mu.config.problems import independent
from n2mu.config.regions import Region, Regions, Split, part_name
from n2mu.errors import ConfigurationError
from n2mu.expressions import parse


class RegionPart(Region):
    """A part of a region that is split; no file gives it.

    Attributes
    ----------
    whole
        Name of the region.
    number
        Which of its parts it is, from 1.
    division
        What the region is split by.
    """

    whole: str
    number: int
    division: Split

    @property
    def names(self) -> frozenset[str]:
        """Columns that the selection, the observable and what it is split by name."""
        return super().names | parse(self.division.by).names

    @property
    def described(self) -> str:
        """What is selected; where the part begins and ends is known when events chose it."""
        return f"{self.selection} [bin {self.number} of {self.division.bins} of {self.division.by}]"


def with_parts(regions: Regions, where: str) -> Regions:
    """Return the regions and, behind each one that is split, its parts.

    The whole stays a region, in which models are validated and evaluated: their scores,
    which tell its parts apart, are not there yet.

    Parameters
    ----------
    where
        What errors call the file.

    Raises
    ------
    ConfigurationError
        If a part would have the name of a region.
    """
    result: dict[str, Region] = {}
    for name, region in regions.regions.items():
        result[name] = region
        split = region.split
        if split is None:
            continue
        for number in range(1, split.bins + 1):
            part = part_name(name, number)
            with independent():
                if part in regions.regions:
                    raise ConfigurationError(
                        f"{where}: regions.{name}.split: a part would be called '{part}', which is "
                        "another region; rename that one"
                    )
                result[part] = _part(name, region, split, number)
    return regions.model_copy(update={"regions": result})


def _part(name: str, region: Region, split: Split, number: int) -> RegionPart:
    what = split.title or f"bin of {split.by}"
    return RegionPart(
        role=region.role,
        selection=region.selection,
        observable=region.observable,
        binning=region.binning,
        division=split,
        title=f"{region.title or name}, {what} {number} of {split.bins}",
        axis=region.axis,
        whole=name,
        number=number,
    )


def with_parts_fitted(fits: Fits, regions: Regions, where: str) -> Fits:
    """Return the fits with the parts of regions in place of regions that are split.

    Parameters
    ----------
    where
        What errors call the file of the fits.

    Raises
    ------
    ConfigurationError
        If a fit has a part twice, with its region and by its own name.
    """
    result = {name: _split(fit, regions) for name, fit in fits.fits.items()}
    for name, fit in result.items():
        with independent():
            parts = [r for r in fit.all_regions if isinstance(regions.regions.get(r), RegionPart)]
            twice = [r for r in parts if parts.count(r) > 1]
            if twice:
                raise ConfigurationError(
                    f"{where}: fits.{name}.regions: '{twice[0]}' is a part of a region that is "
                    "there as well, its events would count twice; leave one out"
                )
    return fits.model_copy(update={"fits": result})


def _split(fit: Fit, regions: Regions) -> Fit:
    def parts(names: list[str]) -> list[str]:
        return [part for name in names for part in regions.parts(name)]

    observed = fit.data_regions
    return fit.model_copy(
        update={
            "regions": parts(fit.regions),
            "validation_regions": parts(fit.validation_regions),
            "data_regions": None if observed is None else parts(observed),
        }
    )
