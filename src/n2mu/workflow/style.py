"""What figures and tables of an analysis say: labels, titles, colours, groups of parameters."""

from typing import Final, Literal

from n2mu.config.acting import affected_regions, affected_samples, parameter, shape_factor
from n2mu.config.configuration import Configuration
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.projection import projected
from n2mu.plots.settings import PlotSettings, RegionStyle, SampleStyle

STACKED: Final[tuple[Literal["background", "signal"], ...]] = ("background", "signal")
"""Kinds of samples in figures, from the bottom."""


def plot_settings(configuration: Configuration, fit: str | None = None) -> PlotSettings:
    """Return what figures and tables are told; those of a fit say its luminosity."""
    luminosity = configuration.fits.fits[fit].luminosity if fit is not None else None
    return PlotSettings(
        labels=projected(configuration.main.labels, luminosity),
        regions={
            name: RegionStyle(title=region.title, axis=region.axis, role=region.role)
            for name, region in configuration.regions.regions.items()
        },
        samples={
            name: SampleStyle(
                title=sample.title,
                colour=sample.colour,
                group=sample.group,
                training_class=sample.training_class,
                kind=kind,
            )
            for kind in STACKED
            for name, sample in reversed(configuration.samples.samples.items())
            if sample.kind == kind
        },
        parameters=_titles(configuration),
        groups=_groups(configuration),
    )


def _titles(configuration: Configuration) -> dict[str, str]:
    """Return the titles of parameters; where there are several of one kind, with what of."""
    fits = configuration.fits
    titles = {n: f.title for n, f in fits.norm_factors.items() if f.title is not None}
    titles |= {n: f.title for n, f in fits.shape_factors.items() if f.title is not None}
    for name, shape in fits.free_shapes.items():
        for region, told in configuration.regions.regions.items() if shape.title else ():
            titles |= {
                shape_factor(name, region, number): (
                    f"{shape.title} {number + 1} ({told.title or region})"
                )
                for number in shape.numbers
            }
    for name, systematic in configuration.systematics.systematics.items():
        if systematic.title is None:
            continue
        for named, where in _parameters(name, systematic, configuration).items():
            titles.setdefault(named, systematic.title + where)
        # the systematic as a whole, where figures speak of it
        titles.setdefault(name, systematic.title)
    return titles


def _groups(configuration: Configuration) -> dict[str, list[str]]:
    """Return the nuisance parameters by group."""
    groups: dict[str, dict[str, None]] = {}
    for name, systematic in configuration.systematics.systematics.items():
        named = _parameters(name, systematic, configuration)
        groups.setdefault(systematic.group, {}).update(dict.fromkeys(named))
    return {group: list(names) for group, names in groups.items()}


def _parameters(name: str, systematic: Systematic, configuration: Configuration) -> dict[str, str]:
    """Return the nuisance parameters of a systematic, each with where it acts as text.

    Parameters that are independent per bin are one name that ends with ``*``.
    """
    regions = affected_regions(systematic, configuration.regions, name)
    samples = affected_samples(systematic, configuration.samples, name)
    found = {}
    for region in regions:
        for sample in samples:
            places = [region] if "regions" in systematic.decorrelate else []
            places += [sample] if "samples" in systematic.decorrelate else []
            where = f" ({', '.join(places)})" if places else ""
            ending = "_bin_*" if systematic.per_bin else ""
            found[parameter(name, systematic, region, sample) + ending] = where
    return found
