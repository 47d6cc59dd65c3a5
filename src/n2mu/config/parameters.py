"""The parameters of the likelihood: one name for one thing, and products that it can hold."""

from dataclasses import dataclass

from n2mu.config.acting import (
    MINUS_ONE,
    affected_regions,
    affected_samples,
    factors_on,
    parameter,
    scaling,
    terms,
)
from n2mu.config.configuration import Configuration
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.polynomial import value
from n2mu.config.problems import independent
from n2mu.errors import ConfigurationError


def check_parameters(configuration: Configuration) -> None:
    """Refuse parameters that the likelihood would confuse, and factors it cannot hold.

    Raises
    ------
    ConfigurationError
        Naming the file, the key and what to do.
    """
    _check_names(configuration)
    _check_shared(configuration)
    _check_products(configuration)


@independent()
def _check_names(configuration: Configuration) -> None:
    """Refuse names that the likelihood would take for one and the same parameter."""
    folder = configuration.directory
    fits = configuration.fits
    gammas = {f"staterror_{region}": region for region in configuration.regions.regions}
    free = [n for n, factor in fits.norm_factors.items() if factor.expression is None]
    places = {name: f"{folder}/fits.yaml: norm_factors.{name}" for name in fits.norm_factors}
    if MINUS_ONE in places:
        raise ConfigurationError(
            f"{places[MINUS_ONE]}: '{MINUS_ONE}' is the fixed factor of negative terms of an "
            "expression; rename it"
        )
    for name in fits.shape_factors:
        place = f"{folder}/fits.yaml: shape_factors.{name}"
        if name in places:
            raise ConfigurationError(
                f"{place}: a norm factor has this name too, they would be one parameter; rename "
                "one of them"
            )
        places[name] = place
    for acting in _acting(configuration):
        place = f"{folder}/systematics.yaml: systematics.{acting.name}"
        if acting.parameter in free or acting.name in fits.norm_factors:
            raise ConfigurationError(
                f"{place}: a norm factor in fits.yaml has this name too, they would be one "
                "parameter; rename one of them"
            )
        if acting.parameter in fits.shape_factors:
            raise ConfigurationError(
                f"{place}: shape factor '{acting.parameter}' in fits.yaml has the name of its "
                "parameter, they would be one; rename one of them"
            )
        places[acting.parameter] = place
    for name, place in places.items():
        if name in gammas:
            raise ConfigurationError(
                f"{place}: this is the name of the MC statistics of region '{gammas[name]}'; "
                "rename it"
            )


@dataclass(frozen=True)
class _Acting:
    """A systematic on a sample in a region."""

    name: str
    systematic: Systematic
    region: str
    sample: str

    @property
    def parameter(self) -> str:
        return parameter(self.name, self.systematic, self.region, self.sample)

    @property
    def place(self) -> tuple[str, str]:
        """The region and the sample that the parameter is split by; empty where it is shared."""
        by = self.systematic.decorrelate
        return (
            self.region if "regions" in by or self.systematic.per_bin else "",
            self.sample if "samples" in by else "",
        )


def _acting(configuration: Configuration) -> list[_Acting]:
    result = []
    for name, systematic in configuration.systematics.systematics.items():
        key = f"{configuration.directory}/systematics.yaml: systematics.{name}"
        samples = affected_samples(systematic, configuration.samples, key)
        for region in affected_regions(systematic, configuration.regions, key):
            result += [_Acting(name, systematic, region, sample) for sample in samples]
    return result


@independent()
def _check_shared(configuration: Configuration) -> None:
    """Refuse parameters that are shared by accident, or twice on the same yields."""
    where = f"{configuration.directory}/systematics.yaml: systematics"
    owners: dict[str, _Acting] = {}
    uses: dict[tuple[str, str, str, str], _Acting] = {}
    for acting in _acting(configuration):
        name = acting.parameter
        other = owners.setdefault(name, acting)
        if _base(other) != _base(acting):
            raise ConfigurationError(
                f"{where}.{acting.name}: its parameter '{name}' in region '{acting.region}' has "
                f"the name of one of systematic '{other.name}', they would be one; rename one of "
                "them, or say 'parameter' in both"
            )
        if other.place != acting.place:
            raise ConfigurationError(
                f"{where}.{acting.name}.decorrelate: parameter '{name}' would be that of sample "
                f"'{other.sample}' in region '{other.region}' and of sample '{acting.sample}' in "
                f"region '{acting.region}', which are to have one each; rename a region, a "
                "sample or the parameter"
            )
        if other.systematic.group != acting.systematic.group:
            raise ConfigurationError(
                f"{where}.{acting.name}.group: '{acting.systematic.group}', but its parameter "
                f"'{name}' belongs to group '{other.systematic.group}' of systematic "
                f"'{other.name}' too; give them one group"
            )
        for part in sorted(acting.systematic.parts):
            use = uses.setdefault((name, acting.region, acting.sample, part), acting)
            if use.name != acting.name:
                raise ConfigurationError(
                    f"{where}.{acting.name}.parameter: '{name}' varies the {part} of sample "
                    f"'{acting.sample}' in region '{acting.region}' by systematic '{use.name}' "
                    "already; a parameter does that once: choose other samples or regions, or "
                    "another parameter"
                )


def _base(acting: _Acting) -> str:
    return acting.systematic.parameter or acting.name


@independent()
def _check_products(configuration: Configuration) -> None:
    """Refuse what no workspace can hold: a factor that multiplies the same yields twice."""
    folder = configuration.directory
    factors = configuration.fits.norm_factors
    nominal = {name: factor.nominal for name, factor in factors.items()}
    for region in configuration.regions.regions:
        for sample in configuration.samples.expected:
            names = list(
                factors_on(sample, region, factors, configuration.samples, configuration.regions)
            )
            where = f"{folder}/fits.yaml: norm_factors.{names[-1] if names else ''}"
            product = scaling(names, factors)
            for monomial in product:
                twice = next((name for name in monomial if monomial.count(name) > 1), None)
                if twice is not None:
                    raise ConfigurationError(
                        f"{where}: sample '{sample}' in region '{region}' would be multiplied by "
                        f"'{twice}' {monomial.count(twice)} times (factors {', '.join(names)}), "
                        "which a HistFactory workspace cannot hold; name it once"
                    )
            for term in terms(sample, product)[1:]:
                if term in configuration.samples.samples:
                    raise ConfigurationError(
                        f"{folder}/samples.yaml: samples.{term}: a term of sample '{sample}' has "
                        "this name in the workspace; rename it"
                    )
            if value(product, nominal) < 0 or not product:
                raise ConfigurationError(
                    f"{where}: sample '{sample}' in region '{region}' is multiplied by "
                    f"{value(product, nominal):g} before the fit; its factors "
                    f"({', '.join(names)}) must not be negative together, nor cancel"
                )
