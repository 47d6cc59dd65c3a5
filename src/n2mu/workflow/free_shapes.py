"""What the jobs of a fit are told of the shapes that data choose."""

from collections.abc import Iterable

from n2mu.config.acting import free_shape_on, shape_components, shape_factor
from n2mu.config.configuration import Configuration
from n2mu.config.fits import FreeShape
from n2mu.templates.settings import FreeFactor, FreeShapeFactors


class FreeShapes:
    """The free shapes of an analysis."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def _of(self, region: str, sample: str) -> tuple[str, FreeShape] | None:
        configuration = self._configuration
        shapes = configuration.fits.free_shapes
        name = free_shape_on(sample, region, shapes, configuration.samples, configuration.regions)
        return None if name is None else (name, shapes[name])

    def factors(self, region: str, sample: str) -> FreeShapeFactors | None:
        """Return components and parameters of the shape of a sample, if it is free."""
        found = self._of(region, sample)
        if found is None:
            return None
        name, shape = found
        return FreeShapeFactors(
            components=shape_components(name, shape),
            factors=[shape_factor(name, region, number) for number in shape.numbers],
            smooth=shape.smooth,
        )

    def free(self, regions: Iterable[str], samples: Iterable[str]) -> dict[str, FreeFactor]:
        """Return the parameters of all shapes in regions."""
        result = {}
        names = list(samples)
        for region in regions:
            for name, shape in filter(None, (self._of(region, sample) for sample in names)):
                for number in shape.numbers:
                    factor = FreeFactor(nominal=1.0, bounds=shape.bounds)
                    result[shape_factor(name, region, number)] = factor
        return result

    def smooth(self, regions: Iterable[str], samples: Iterable[str]) -> dict[str, dict[str, int]]:
        """Return the degrees of polynomials in place of templates, by region and sample."""
        result: dict[str, dict[str, int]] = {}
        names = list(samples)
        for region in regions:
            for sample in names:
                found = self._of(region, sample)
                if found is not None and found[1].smooth:
                    result.setdefault(region, {})[sample] = found[1].degree
        return result
