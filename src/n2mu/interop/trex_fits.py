"""``fits.yaml`` of a TRExFitter configuration."""

from collections.abc import Sequence
from typing import Any

from n2mu.config.polynomial import polynomial
from n2mu.errors import ConfigurationError, ExpressionError
from n2mu.expressions import parse
from n2mu.interop.trex_names import NO_GAMMAS, Names, identifier, latex
from n2mu.interop.trex_regions import Region
from n2mu.interop.trex_report import Reader, Severity
from n2mu.interop.trex_samples import Sample


class FactorsReader:
    """Turns NormFactor and ShapeFactor blocks, and those options of samples, into entries."""

    def __init__(self, samples: Sequence[Sample], sample_names: Names, region_names: Names) -> None:
        self._samples = samples
        self._sample_names = sample_names
        self._region_names = region_names
        self.norm_factors: dict[str, dict[str, Any]] = {}
        self.shape_factors: dict[str, dict[str, Any]] = {}

    def read(self, norms: Sequence[Reader], shapes: Sequence[Reader]) -> None:
        """Add all factors."""
        for reader in norms:
            self._norm(reader)
        for reader in shapes:
            entry = self._where(reader)
            if entry is not None:
                self.shape_factors[identifier(reader.name)] = self._with_regions(entry)
        for sample in self._samples:
            self._of_sample(sample)
        for name, factor in list(self.norm_factors.items()):
            self._require_known_dependents(name, factor)

    def _norm(self, reader: Reader) -> None:
        name = identifier(reader.name)
        entry = self._where(reader)
        if entry is None:
            return
        nominal = reader.number("Nominal")
        low, high = reader.number("Min"), reader.number("Max")
        nominal = 1.0 if nominal is None else nominal
        formula = reader.text("Expression")
        if reader.flag("Constant"):
            if nominal != 1:
                reader.lose("Constant", f"a fixed factor of {nominal:g}: put it into the weight")
            else:
                reader.note("Constant", "a fixed factor of 1 is left out")
            return
        polynomial_text = None if formula is None else _polynomial(reader, formula)
        if polynomial_text is not None:
            entry["expression"] = polynomial_text
        else:
            entry["nominal"] = nominal
            entry["bounds"] = [0.0 if low is None else low, 10.0 if high is None else high]
        title = reader.text("Title")
        if title:
            entry["title"] = latex(title)
        self.norm_factors[name] = entry

    def _where(self, reader: Reader) -> dict[str, Any] | None:
        """Return the samples and regions of a factor, none if it acts on no sample."""
        excluded = reader.list("Exclude")
        entry: dict[str, Any] = {}
        for key, option, names in (
            ("samples", "Samples", self._sample_names),
            ("regions", "Regions", self._region_names),
        ):
            patterns = reader.list(option)
            for unknown in names.unknown(patterns):
                reader.lose(option, f"there is no '{unknown}'")
            chosen = names.chosen(patterns or ["all"])
            dropped = names.chosen(excluded)
            entry[key] = [name for name in chosen if name not in dropped]
        expected = [s.name for s in self._samples if s.kind in ("signal", "background")]
        entry["samples"] = [name for name in entry["samples"] if name in expected]
        if not entry["samples"] or not entry["regions"]:
            reader.lose("Samples", "acts on no sample of the fit; it is left out")
            return None
        if entry["regions"] == list(self._region_names.of.values()):
            del entry["regions"]
        return entry

    def _with_regions(self, entry: dict[str, Any]) -> dict[str, Any]:
        return {"regions": list(self._region_names.of.values())} | entry

    def _of_sample(self, sample: Sample) -> None:
        reader = sample.reader
        for option, factors in (
            ("NormFactor", self.norm_factors),
            ("ShapeFactor", self.shape_factors),
        ):
            values = reader.list(option)
            if not values:
                continue
            name = identifier(values[0])
            if name in factors:
                if sample.name not in factors[name]["samples"]:
                    factors[name]["samples"].append(sample.name)
                continue
            entry: dict[str, Any] = {"samples": [sample.name]}
            if option == "ShapeFactor":
                entry = self._with_regions(entry)
            else:
                numbers = reader.numbers(option, values[1:4])
                nominal, low, high = numbers if len(numbers) == 3 else (1.0, 0.0, 10.0)
                entry |= {"nominal": nominal, "bounds": [low, high]}
                if values[4:] == ["TRUE"]:
                    reader.lose(option, f"'{name}' is constant there and free here")
            factors[name] = entry

    def _require_known_dependents(self, name: str, factor: dict[str, Any]) -> None:
        if "expression" not in factor:
            return
        for other in sorted(parse(factor["expression"]).names):
            if other not in self.norm_factors:
                raise ConfigurationError(
                    f"norm factor '{name}' is an expression of '{other}', for which there is no "
                    "NormFactor block with samples; add one"
                )


def _polynomial(reader: Reader, text: str) -> str | None:
    """Return the polynomial of an Expression, without its list of dependents."""
    formula = text.rpartition(":")[0] or text
    try:
        polynomial(formula)
    except ExpressionError:
        reader.lose("Expression", f"'{formula}' is no polynomial; the factor is free instead")
        return None
    return formula


def read_fit(
    job: Reader, fit: Reader | None, regions: Sequence[Region], samples: Sequence[Sample]
) -> dict[str, Any]:
    """Return the fit."""
    pois = job.list("POI")
    if not pois:
        raise ConfigurationError(
            f"line {job.block.line}: the Job has no POI; name the norm factor that is the signal "
            "strength"
        )
    if len(pois) > 1:
        job.lose("POI", f"'{pois[0]}' is the signal strength, the others are free factors")
    chosen = _regions(fit, regions)
    entry: dict[str, Any] = {
        "regions": [region.name for region in chosen],
        "observable": chosen[0].entry["observable"],
        "poi": identifier(pois[0]),
    }
    entry |= _data(fit, chosen, samples)
    mu = None if fit is None else fit.number("POIAsimov")
    if mu is not None:
        entry["asimov_mu"] = mu
    norm, shape = job.number("SystPruningNorm"), job.number("SystPruningShape")
    if norm or shape:
        entry["pruning"] = {"norm": norm or 0.0, "shape": shape or 0.0}
    threshold = job.text("MCstatThreshold")
    if threshold is not None:
        none = threshold.upper() == "NONE"
        number = NO_GAMMAS if none else job.number("MCstatThreshold")
        entry["mc_statistics_threshold"] = number
    if job.choice("MCstatConstraint") != "GAUSSIAN" and (threshold or "").upper() != "NONE":
        job.report.add(
            "result",
            job.block,
            "MCstatConstraint",
            "gammas are Gaussian in n2mu, Poisson in TRExFitter unless it is told GAUSSIAN",
        )
    blinding = job.number("BlindingThreshold")
    kind = job.choice("BlindingType")
    if kind not in (None, "SOVERB"):
        job.lose("BlindingType", f"'{kind}' is not known; bins are blinded by S/B")
    if blinding is not None:
        entry["blinding_threshold"] = blinding
    else:
        severity: Severity = "result" if "data" in entry else "note"
        job.report.add(severity, job.block, "BlindingThreshold", "bins above S/B = 0.3 are blinded")
    return entry


def _regions(fit: Reader | None, regions: Sequence[Region]) -> list[Region]:
    fitted = [region for region in regions if region.role != "validation"]
    names = [] if fit is None else fit.list("FitRegion")
    if names in ([], ["CRSR"]):
        chosen = fitted
    elif names == ["CRONLY"]:
        chosen = [region for region in fitted if region.role == "control"]
    else:
        wanted = [identifier(name) for name in names]
        chosen = [region for region in fitted if region.name in wanted]
        for name in wanted:
            if fit is not None and name not in [region.name for region in fitted]:
                fit.lose("FitRegion", f"'{name}' is no signal or control region; it is not fitted")
    if not chosen:
        raise ConfigurationError(
            f"no region is fitted: FitRegion is '{', '.join(names) or 'CRSR'}' and the regions "
            f"are {', '.join(f'{region.name} ({region.role})' for region in regions) or 'none'}"
        )
    return chosen


def _data(
    fit: Reader | None, chosen: Sequence[Region], samples: Sequence[Sample]
) -> dict[str, Any]:
    """Return which data are fitted, if not Asimov data."""
    blind = fit is not None and fit.flag("FitBlind")
    kind = fit.choice("FitType") if fit is not None else None
    if fit is not None and kind not in (None, "SPLUSB"):
        fit.lose("FitType", f"'{kind}' is not known; signal plus background is fitted")
    observed = [region.name for region in chosen if region.observed]
    if blind or not observed or not any(sample.kind == "data" for sample in samples):
        return {}
    if len(observed) < len(chosen):
        return {"data": "mixed", "data_regions": observed}
    return {"data": "data"}
