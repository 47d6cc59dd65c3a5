"""What free shapes cannot act on, or cannot be called."""

from n2mu.config.acting import (
    affected_regions,
    affected_samples,
    parameter,
    shape_components,
    shape_factor,
    term_name,
)
from n2mu.config.configuration import Configuration
from n2mu.config.kinds.varied import Varied
from n2mu.config.names import matching
from n2mu.config.problems import independent
from n2mu.errors import ConfigurationError


def check_free_shapes(configuration: Configuration) -> None:
    """Refuse free shapes of signals, twice on one sample, or with names that others have.

    Parameters
    ----------
    configuration
        Whose references are checked already.

    Raises
    ------
    ConfigurationError
        Naming the file, the key and what to do.
    """
    owners: dict[tuple[str, str], str] = {}
    taken = _parameters(configuration)
    for name in configuration.fits.free_shapes:
        with independent():
            _check(configuration, name, owners, taken)


def _parameters(configuration: Configuration) -> set[str]:
    """Return the names of all parameters but those of free shapes."""
    fits = configuration.fits
    names = {*fits.norm_factors, *fits.shape_factors}
    names |= {f"staterror_{region}" for region in configuration.regions.regions}
    for key, systematic in configuration.systematics.systematics.items():
        for region in affected_regions(systematic, configuration.regions, key):
            for sample in affected_samples(systematic, configuration.samples, key):
                names.add(parameter(key, systematic, region, sample))
    return names


def _check(
    configuration: Configuration,
    name: str,
    owners: dict[tuple[str, str], str],
    taken: set[str],
) -> None:
    shape = configuration.fits.free_shapes[name]
    where = f"{configuration.directory}/fits.yaml: free_shapes.{name}"
    known = configuration.samples.samples
    samples = matching(shape.samples, configuration.samples.expected, f"{where}.samples", "sample")
    regions = matching(
        configuration.regions.reached(shape.regions),
        configuration.regions.regions,
        f"{where}.regions",
        "region",
    )
    for sample in samples:
        if known[sample].kind == "signal":
            raise ConfigurationError(
                f"{where}.samples: '{sample}' is signal, whose shape cannot be free: any excess "
                "would fit; name backgrounds"
            )
        for number, component in list(enumerate(shape_components(name, shape)))[1:]:
            if term_name(sample, number, (component,)) in known:
                raise ConfigurationError(
                    f"{where}: sample '{term_name(sample, number, (component,))}' of samples.yaml "
                    "has the name of a component in the workspace; rename it"
                )
    for region in regions:
        for number in shape.numbers:
            if shape_factor(name, region, number) in taken:
                raise ConfigurationError(
                    f"{where}: its parameter '{shape_factor(name, region, number)}' has the name "
                    "of another one, they would be one; rename it"
                )
        for sample in samples:
            other = owners.setdefault((sample, region), name)
            if other != name:
                raise ConfigurationError(
                    f"{where}: sample '{sample}' has the free shape '{other}' in region "
                    f"'{region}' already; a sample has one, choose other samples or regions"
                )
    taken.update(
        shape_factor(name, region, number) for region in regions for number in shape.numbers
    )
    if shape.smooth:
        _require_no_templates(configuration, name, samples, regions)


def _require_no_templates(
    configuration: Configuration, name: str, samples: list[str], regions: list[str]
) -> None:
    """Refuse variations of a template that a smooth one takes the place of."""
    for key, systematic in configuration.systematics.systematics.items():
        if not isinstance(systematic, Varied):
            continue
        where = f"{configuration.directory}/systematics.yaml: systematics.{key}"
        varied = set(affected_samples(systematic, configuration.samples, where)) & set(samples)
        if varied and set(affected_regions(systematic, configuration.regions, where)) & set(
            regions
        ):
            raise ConfigurationError(
                f"{where}.samples: the shape of '{min(varied)}' is free and smooth (free_shapes."
                f"{name} in fits.yaml), so that data choose it and a variation of its template "
                "says nothing; put it into 'exclude_samples'"
            )
