"""What the TRExFitter configurations of both kinds of input have in common."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from n2mu.config.acting import affected_regions, affected_samples, parameter
from n2mu.config.configuration import Configuration
from n2mu.config.fits import Fit
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.kinds.tree import TreeSystematic
from n2mu.config.kinds.varied import Varied
from n2mu.config.kinds.weight import WeightSystematic
from n2mu.config.names import matching
from n2mu.config.projection import projected
from n2mu.errors import TemplateError
from n2mu.expressions import parse
from n2mu.interop.trex_names import NO_GAMMAS, ROLES, SYMMETRISATIONS
from n2mu.interop.trex_text import quoted, write_blocks

Block = tuple[str, str, dict[str, str]]


@dataclass
class Export:
    """A configuration of TRExFitter.

    Attributes
    ----------
    blocks
        In the order of the file.
    lost
        What TRExFitter has no words for, one sentence each.
    """

    blocks: list[Block] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def text(self, title: str) -> str:
        """Return the file; what is lost stands above the first block."""
        lines = [title]
        if self.lost:
            lines += ["", "Not in here:", *(f"  {sentence}" for sentence in self.lost)]
        return write_blocks(self.blocks, "\n".join(lines))


class Analysis:
    """The part of a configuration that one fit uses, as TRExFitter needs it.

    Parameters
    ----------
    configuration
        The analysis.
    name
        The fit.
    edges
        Bin edges of every region with templates, in the order of the fit.
    """

    def __init__(
        self, configuration: Configuration, name: str, edges: Mapping[str, Sequence[float]]
    ) -> None:
        self.configuration = configuration
        self.name = name
        self.edges = edges
        self.fit: Fit = configuration.fits.fits[name]
        for region in self.fit.regions:
            if region not in edges:
                raise TemplateError(
                    f"region '{region}' of fit '{name}' has no templates; make them again"
                )
        self.expected = affected_samples(self.fit, configuration.samples, f"fits.yaml: fits.{name}")

    def samples_of(self, systematic: Systematic, name: str) -> list[str]:
        """Return the samples of the fit on which a systematic acts."""
        samples = affected_samples(systematic, self.configuration.samples, f"systematics.{name}")
        return [sample for sample in samples if sample in self.expected]

    def regions_of(self, systematic: Systematic, name: str) -> list[str]:
        """Return the regions with templates in which a systematic acts."""
        regions = affected_regions(systematic, self.configuration.regions, f"systematics.{name}")
        return [region for region in regions if region in self.edges]

    def job(self, **options: str) -> Block:
        """Return the Job block."""
        labels = projected(self.configuration.main.labels, self.fit.luminosity)
        threshold = self.fit.mc_statistics_threshold
        common = {
            "CmeLabel": quoted([tlatex(labels.energy)]),
            "LumiLabel": quoted([tlatex(labels.luminosity)]),
            "POI": quoted([self.fit.poi]),
            **options,
            # of n2mu and pyhf; the default of TRExFitter is POISSON
            "MCstatConstraint": "GAUSSIAN",
            "MCstatThreshold": "NONE" if threshold >= NO_GAMMAS else repr(threshold),
            "SystPruningNorm": repr(self.fit.pruning.norm),
            "SystPruningShape": repr(self.fit.pruning.shape),
            "BlindingThreshold": repr(self.fit.blinding_threshold),
            "MergeUnderOverFlow": "TRUE",
        }
        return "Job", f"{self.configuration.main.analysis}_{self.name}", common

    def fit_block(self) -> Block:
        """Return the Fit block."""
        return (
            "Fit",
            self.name,
            {
                "FitType": "SPLUSB",
                "FitRegion": ",".join(self.fit.regions),
                "FitBlind": "TRUE" if self.fit.data == "asimov" else "FALSE",
                "POIAsimov": repr(self.fit.asimov_mu),
            },
        )

    def region(self, name: str, **options: str) -> Block:
        """Return a Region block with the edges that the templates have."""
        region = self.configuration.regions.regions[name]
        result = {"Type": ROLES[region.role]} | options
        result["Binning"] = ",".join(repr(float(edge)) for edge in self.edges[name])
        result["Label"] = quoted([tlatex(region.title or name)])
        result["VariableTitle"] = quoted([tlatex(region.axis or name)])
        if self.fit.data == "mixed":
            roles = self.configuration.regions.regions
            observed = self.fit.data_regions or [r for r in roles if roles[r].role == "control"]
            result["DataType"] = "DATA" if name in observed else "ASIMOV"
        return "Region", name, result

    def sample_options(self, name: str) -> dict[str, str]:
        """Return kind and titles of a sample."""
        sample = self.configuration.samples.samples[name]
        title = sample.title or name
        result = {
            "Type": sample.kind.upper(),
            "Title": quoted([tlatex(title)]),
            "TexTitle": quoted([title]),
        }
        if sample.group is not None:
            result["Group"] = quoted([tlatex(sample.group)])
        return result

    def factors(self, called: Mapping[str, Sequence[str]]) -> list[Block]:
        """Return NormFactor and ShapeFactor blocks.

        Parameters
        ----------
        called
            What the Sample blocks of each sample are called.
        """
        fits, samples = self.configuration.fits, self.configuration.samples.expected
        result: list[Block] = []
        for name, factor in fits.norm_factors.items():
            options = self._acting(factor.samples, factor.regions, samples, called)
            if options is None:
                continue
            if factor.expression is not None:
                free = {
                    n: f"{n}[{f.nominal!r},{f.bounds[0]!r},{f.bounds[1]!r}]"
                    for n, f in fits.norm_factors.items()
                    if f.bounds is not None
                }
                ranges = [free[n] for n in sorted(parse(factor.expression).names)]
                options["Expression"] = quoted([f"{factor.expression}:{','.join(ranges)}"])
            elif factor.bounds is not None:
                options["Nominal"] = repr(factor.nominal)
                options["Min"], options["Max"] = map(repr, factor.bounds)
            options["Title"] = quoted([tlatex(factor.title or name)])
            result.append(("NormFactor", name, options))
        for name, shape in fits.shape_factors.items():
            options = self._acting(shape.samples, shape.regions, samples, called)
            if options is not None:
                options["Title"] = quoted([tlatex(shape.title or name)])
                result.append(("ShapeFactor", name, options))
        return result

    def lost_shapes(self) -> list[str]:
        """Return what no factor of TRExFitter can say, one sentence each."""
        fits, samples = self.configuration.fits, self.configuration.samples.expected
        called = {sample: [sample] for sample in samples}
        return [
            f"free shape '{name}': no factor of TRExFitter is a polynomial of the observable; its "
            "samples stay as simulated"
            + (", but for the smooth templates in templates.root" if shape.smooth else "")
            for name, shape in fits.free_shapes.items()
            if self._acting(shape.samples, shape.regions, samples, called) is not None
        ]

    def _acting(
        self,
        samples: list[str],
        regions: list[str],
        known: Sequence[str],
        called: Mapping[str, Sequence[str]],
    ) -> dict[str, str] | None:
        named = matching(samples, known, "samples", "sample")
        # one without events in all regions of the fit has no Sample block
        chosen = [sample for sample in named if sample in self.expected and sample in called]
        all_regions = self.configuration.regions.regions
        reached = self.configuration.regions.reached(regions)
        where = [r for r in matching(reached, all_regions, "regions", "region") if r in self.edges]
        if not chosen or not where:
            return None
        options = {"Samples": blocks_of(chosen, called)}
        if where != list(self.edges):
            options["Regions"] = ",".join(where)
        return options

    def common(
        self, name: str, systematic: Systematic, samples: Sequence[str], regions: Sequence[str]
    ) -> dict[str, str]:
        """Return what Systematic blocks of all types have.

        Parameters
        ----------
        samples
            Names of Sample blocks.
        """
        result = {"Title": quoted([tlatex(systematic.title or name)])}
        result["Samples"] = ",".join(samples)
        if list(regions) != list(self.edges):
            result["Regions"] = ",".join(regions)
        result["Category"] = result["SubCategory"] = quoted([systematic.group])
        if "regions" in systematic.decorrelate:
            result["Decorrelate"] = "REGION"
        return result


def split_by_parameter(
    name: str, systematic: Systematic, samples: Sequence[str]
) -> dict[str, list[str]]:
    """Return the samples by nuisance parameter; regions share it, ``Decorrelate`` splits them."""
    together = systematic.model_copy(
        update={"decorrelate": [by for by in systematic.decorrelate if by == "samples"]}
    )
    result: dict[str, list[str]] = {}
    for sample in samples:
        shared = (
            parameter(name, together, "", sample)
            if not systematic.per_bin
            else (systematic.parameter or name)
        )
        result.setdefault(shared, []).append(sample)
    return result


def treatment(systematic: Systematic, lost: list[str], name: str) -> dict[str, str]:
    """Return symmetrisation, smoothing and effect of a variation."""
    result: dict[str, str] = {}
    if not isinstance(systematic, Varied):
        return result
    kind = "one_sided" if systematic.one_sided else systematic.symmetrisation
    if kind in SYMMETRISATIONS:
        result["Symmetrisation"] = SYMMETRISATIONS[kind]
    elif kind is not None:
        lost.append(f"systematic '{name}': symmetrisation '{kind}'")
    if systematic.smoothing == "max_variation":
        result["Smoothing"] = "40"
    elif systematic.smoothing != "none":
        lost.append(f"systematic '{name}': smoothing '{systematic.smoothing}'")
    if systematic.effect == "shape":
        result["DropNorm"] = "all"
    elif systematic.effect == "norm":
        result["DropShapeIn"] = "all"
    return result


def blocks_of(samples: Iterable[str], called: Mapping[str, Sequence[str]]) -> str:
    """Return the Sample blocks of samples as a list."""
    return ",".join(block for sample in samples for block in called[sample])


def sides(systematic: WeightSystematic | TreeSystematic) -> list[tuple[str, str]]:
    """Return the sides that a systematic has, and what each is."""
    result = [("Up", systematic.up)]
    return result if systematic.down is None else [*result, ("Down", systematic.down)]


def tlatex(text: str) -> str:
    """Return a title in LaTeX as ROOT writes it."""
    for unknown in ("$", "\\mathrm", "\\mathcal", '"'):
        text = text.replace(unknown, "")
    return text.replace("\\ ", " ").replace("\\,", " ").replace("\\", "#")
