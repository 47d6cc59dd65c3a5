"""On which samples and regions a systematic or a factor acts, and by which parameter."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from n2mu.config.fits import FreeShape, NormFactor, ShapeFactor
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.names import matching, without
from n2mu.config.polynomial import ONE, Polynomial, polynomial, times
from n2mu.config.regions import Regions
from n2mu.config.samples import Samples
from n2mu.errors import ConfigurationError

MINUS_ONE = "minus_one"
"""The fixed factor of terms with a negative coefficient."""


class HasSamples(Protocol):
    """What names samples and leaves out some of them: a systematic or a fit."""

    @property
    def samples(self) -> list[str]:
        """Patterns of samples."""

    @property
    def exclude_samples(self) -> list[str]:
        """Patterns of samples that are left out."""


def affected_samples(acting: HasSamples, samples: Samples, where: str) -> list[str]:
    """Return the signals and backgrounds that patterns choose.

    Parameters
    ----------
    where
        Key of what acts.

    Raises
    ------
    ConfigurationError
        If a pattern matches nothing, or names data or a ghost.
    """
    for key, patterns in (
        ("samples", acting.samples),
        ("exclude_samples", acting.exclude_samples),
    ):
        require_expected(patterns, samples, f"{where}.{key}")
    return without(acting.samples, acting.exclude_samples, samples.expected, where, "sample")


def require_expected(patterns: list[str], samples: Samples, where: str) -> None:
    """Refuse the name of a sample that is not a part of the expectation."""
    for pattern in patterns:
        sample = samples.samples.get(pattern)
        if sample is not None and not sample.expected:
            raise ConfigurationError(
                f"{where}: '{pattern}' is of kind {sample.kind}, which is no part of the "
                "expectation; name signal and background samples"
            )


def affected_regions(systematic: Systematic, regions: Regions, where: str) -> list[str]:
    """Return the regions in which a systematic acts."""
    return without(
        regions.reached(systematic.regions),
        regions.reached(systematic.exclude_regions),
        regions.regions,
        where,
        "region",
    )


def parameter(name: str, systematic: Systematic, region: str, sample: str) -> str:
    """Return the nuisance parameter of a systematic for a sample in a region.

    For a systematic that is independent per bin it is the part of the name that
    the bins have in common.
    """
    parts = [systematic.parameter or name]
    parts += [region] if "regions" in systematic.decorrelate or systematic.per_bin else []
    parts += [sample] if "samples" in systematic.decorrelate else []
    return "_".join(parts)


def factors_on(
    sample: str,
    region: str,
    factors: Mapping[str, NormFactor],
    samples: Samples,
    regions: Regions,
) -> Iterator[str]:
    """Yield the norm factors that scale a sample in a region."""
    for name, factor in factors.items():
        if acts_on(factor, sample, region, samples, regions, f"norm_factors.{name}"):
            yield name


def acts_on(
    factor: NormFactor | ShapeFactor | FreeShape,
    sample: str,
    region: str,
    samples: Samples,
    regions: Regions,
    where: str,
) -> bool:
    """Tell whether a factor scales a sample in a region."""
    return sample in matching(
        factor.samples, samples.expected, f"{where}.samples", "sample"
    ) and region in matching(
        regions.reached(factor.regions), regions.regions, f"{where}.regions", "region"
    )


def scaling(names: Iterator[str] | list[str], factors: Mapping[str, NormFactor]) -> Polynomial:
    """Return the product of norm factors as a polynomial of the free ones."""
    product = ONE
    for name in names:
        expression = factors[name].expression
        product = times(product, {(name,): 1.0} if expression is None else polynomial(expression))
    return product


def term_name(sample: str, number: int, factors: tuple[str, ...]) -> str:
    """Return what a term of a sample's scaling is called in a workspace.

    The first has the name of the sample.
    """
    return sample if number == 0 else f"{sample}__{'_x_'.join(factors) or 'constant'}"


def terms(
    sample: str, product: Iterable[tuple[str, ...]], components: Sequence[str] = ()
) -> list[str]:
    """Return the samples of a workspace that make up one sample.

    Parameters
    ----------
    product
        The factors of each term of its scaling.
    components
        Of its free shape; each term has them all.
    """
    own: list[tuple[str, ...]] = [(name,) for name in components] or [()]
    combined = [factors + component for factors in product for component in own]
    return [term_name(sample, number, factors) for number, factors in enumerate(combined)]


def shape_factor(shape: str, region: str, number: int) -> str:
    """Return the parameter that a component of a free shape has in a region."""
    return f"{shape}_{region}_{number}"


def shape_components(name: str, shape: FreeShape) -> list[str]:
    """Return what the components of a free shape are called in all regions."""
    return [f"{name}_{number}" for number in shape.numbers]


def free_shape_on(
    sample: str, region: str, shapes: Mapping[str, FreeShape], samples: Samples, regions: Regions
) -> str | None:
    """Return the name of the free shape of a sample in a region, if it has one."""
    found = (
        name
        for name, shape in shapes.items()
        if acts_on(shape, sample, region, samples, regions, f"free_shapes.{name}")
    )
    return next(found, None)
