"""Fits of what is expected at another luminosity than that of the inputs."""

from n2mu.config.configuration import Configuration
from n2mu.config.main import Labels
from n2mu.config.problems import independent
from n2mu.errors import ConfigurationError

_LEAST_SHARE = 0.01


def check_projections(configuration: Configuration) -> None:
    """Refuse projections whose size nobody knows, or that are given in another unit.

    Raises
    ------
    ConfigurationError
        Naming the file, the key and what to do.
    """
    inputs = configuration.inputs
    for name, fit in configuration.fits.fits.items():
        with independent():
            if fit.luminosity is None:
                continue
            key = f"{configuration.directory}/fits.yaml: fits.{name}.luminosity"
            if inputs.sum_of_weights.normalised:
                raise ConfigurationError(
                    f"{key}: with 'sum_of_weights: {{normalised: true}}' the weights can hold a "
                    "luminosity of their own, so that nothing says what to scale by; leave it out"
                )
            if fit.luminosity < _LEAST_SHARE * inputs.total_luminosity:
                raise ConfigurationError(
                    f"{key}: {fit.luminosity:g} is below 1 % of the {inputs.total_luminosity:g} of "
                    f"inputs.yaml; both are in pb^-1, 1 fb^-1 is 1000"
                )


def scale(configuration: Configuration, fit: str) -> float:
    """Return what the simulated yields of a fit are multiplied by; 1 without projection."""
    luminosity = configuration.fits.fits[fit].luminosity
    return 1.0 if luminosity is None else luminosity / configuration.inputs.total_luminosity


def projected(labels: Labels, luminosity: float | None) -> Labels:
    """Return what figures say of a projection to a luminosity [pb^-1]."""
    if luminosity is None:
        return labels
    text = f"projection to {luminosity / 1e3:g} fb$^{{-1}}$"
    return labels.model_copy(update={"luminosity": text})
