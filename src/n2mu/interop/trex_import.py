"""From a TRExFitter configuration to the folder of an analysis."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from n2mu.config.load import load
from n2mu.errors import ConfigurationError
from n2mu.expressions import parse
from n2mu.interop.trex_fits import FactorsReader, read_fit
from n2mu.interop.trex_inputs import InputsBuilder, weight_factors
from n2mu.interop.trex_names import Names, identifier, latex, unique
from n2mu.interop.trex_regions import Region, preselection, read_regions, weighted_where
from n2mu.interop.trex_report import Reader, Report
from n2mu.interop.trex_samples import Sample, read_samples
from n2mu.interop.trex_systematics import SystematicsReader
from n2mu.interop.trex_text import Block, read_blocks
from n2mu.products import atomic_directory, atomic_file

FIT = "trex"
"""What the fit is called."""
MODEL = "mlp"
REPORT = "import-trex.md"
_CONVERTED = ("Job", "Fit", "Region", "Sample", "NormFactor", "ShapeFactor", "Systematic")
_PARTS = ("inputs", "samples", "regions", "features", "systematics", "models", "fits")


def import_trex(source: Path, folder: Path) -> Report:
    """Write the folder of an analysis, its main configuration beside it, and a report into it.

    Parameters
    ----------
    source
        The TRExFitter configuration.
    folder
        ``config/<analysis>``, new; ``config/<analysis>.yaml`` is the main configuration.

    Returns
    -------
    Report
        What became of the options.

    Raises
    ------
    ConfigurationError
        If the configuration is none, or the folder exists, or what was written cannot be loaded:
        the message says what to mend, and the files are there to be mended.
    """
    main = folder.with_suffix(".yaml")
    for path in (folder, main):
        if path.exists():
            raise ConfigurationError(
                f"{path}: exists already and is not overwritten; remove it or choose another name"
            )
    report = Report()
    try:
        parts = convert(read_blocks(source), report, str(source), folder)
    except ConfigurationError as error:
        text = str(error)
        raise ConfigurationError(text if str(source) in text else f"{source}: {text}") from error
    with atomic_directory(folder) as temporary:
        for name in _PARTS:
            _write(temporary / f"{name}.yaml", parts[name], source)
        (temporary / REPORT).write_text(report.markdown(source.name))
    with atomic_file(main) as temporary:
        _write(temporary, parts["config"], source)
    load(main)
    return report


class _Dumper(yaml.SafeDumper):
    """YAML without anchors, as one would write it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write(path: Path, content: Any, source: Path) -> None:
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(f"# Made of {source.name}; see {REPORT} for what is not in here.\n{text}")


def convert(
    blocks: Sequence[Block], report: Report, path: str, folder: Path
) -> dict[str, dict[str, Any]]:
    """Return the contents of all files of an analysis, by name.

    Every option that nothing was made of is in the report afterwards.

    Raises
    ------
    ConfigurationError
        If something is missing without which there is no analysis.
    """
    kinds = (*_CONVERTED, *(block.kind for block in blocks))
    readers: dict[str, list[Reader]] = {kind: [] for kind in kinds}
    for block in blocks:
        readers[block.kind].append(Reader(block, report, path))
    result = _Conversion(readers).parts(folder)
    for found in readers.values():
        for reader in found:
            reader.finish()
    return result


class _Conversion:
    """The blocks by kind, and what is made of them."""

    def __init__(self, readers: Mapping[str, list[Reader]]) -> None:
        self._readers = readers
        self._job = self._single("Job")
        self._sample_names = Names(readers["Sample"])
        self._region_names = Names(readers["Region"])
        self._ntuples = (self._job.choice("ReadFrom") or "HIST") == "NTUP"

    def _single(self, kind: str) -> Reader:
        first, *others = self._readers[kind]
        for other in others:
            other.lose("", f"the first {kind} counts")
        return first

    def parts(self, folder: Path) -> dict[str, dict[str, Any]]:
        job = self._job
        for kind in ("Region", "Sample"):
            if not self._readers[kind]:
                raise ConfigurationError(f"no {kind} block; nothing can be made of it")
        self._presentation_of_friends()
        regions = read_regions(job, self._readers["Region"], self._region_names, self._ntuples)
        builder = InputsBuilder()
        luminosity = (_positive(job, "Lumi")) * _positive(job, "LumiScale")
        builder.weight |= self._weights(regions)
        unweighted = dict.fromkeys(builder.weight, "1")
        if any(reader.has("MCweight") for reader in self._readers["Sample"]):
            builder.weight.setdefault("sample_weight", "1")
        samples = read_samples(
            job,
            self._readers["Sample"],
            self._sample_names,
            {region.name: region for region in regions},
            self._region_names,
            builder,
            unweighted,
            luminosity,
        )
        systematics = SystematicsReader(
            job, samples, self._sample_names, self._region_names, builder, self._ntuples
        )
        systematics.read(self._readers["Systematic"])
        factors = FactorsReader(samples, self._sample_names, self._region_names)
        factors.read(self._readers["NormFactor"], self._readers["ShapeFactor"])
        fit = read_fit(job, self._single("Fit") if self._readers["Fit"] else None, regions, samples)
        common = job.text("Selection")
        features, models = _placeholder_model(regions, samples, fit["regions"][0])
        job.report.add(
            "note",
            job.block,
            "",
            f"n2mu trains classifiers: '{MODEL}' learns from the observables and enters no fit; "
            "write your own into features.yaml and models.yaml",
        )
        if self._ntuples:
            job.report.add(
                "fill_in",
                job.block,
                "",
                "TRExFitter does not say which branches hold run and event number: 'runNumber' "
                "and 'eventNumber' are assumed in inputs.yaml",
            )
        entries = {sample.name: sample.entry for sample in samples} | systematics.ghosts
        fits: dict[str, Any] = {"norm_factors": factors.norm_factors}
        if factors.shape_factors:
            fits["shape_factors"] = factors.shape_factors
        return {
            "inputs": builder.content(luminosity),
            "samples": {"samples": entries},
            "regions": {
                "preselection": preselection(regions, common),
                "regions": {region.name: region.entry for region in regions},
            },
            "features": features,
            "systematics": {"systematics": systematics.entries},
            "models": models,
            "fits": fits | {"fits": {FIT: fit}},
            "config": self._main(folder, builder),
        }

    def _weights(self, regions: Sequence[Region]) -> dict[str, str]:
        """Return the factors of the Job's weight, and one for each region that has one."""
        weight = weight_factors(self._job)
        for reader, region in zip(self._readers["Region"], regions, strict=True):
            factors = weight_factors(reader)
            if factors:
                product = " * ".join(f"({text})" for text in factors.values())
                name = unique(f"weight_of_{region.name}", weight)
                weight[name] = weighted_where(region.entry["selection"], product)
                reader.note("MCweight", "a factor that is 1 outside; regions must not overlap")
        return weight

    def _presentation_of_friends(self) -> None:
        """Say what friend trees mean for the analysis."""
        text = (
            "n2mu reads no friend trees: a branch that is only there must be in the ntuples, or be "
            "a score '<model>_<class>' of a model in models.yaml"
        )
        for readers in self._readers.values():
            for reader in readers:
                for option in list(reader.block.options):
                    if option == "UseFriend" and not reader.flag(option):
                        continue
                    if option == "UseFriend" or option.startswith("Friend"):
                        reader.lose(option, text)

    def _main(self, folder: Path, builder: InputsBuilder) -> dict[str, Any]:
        job = self._job
        label = job.text("AtlasLabel") or ""
        reserved = label.lower() == "none"
        experiment = "ATLAS" if job.has("AtlasLabel") and not reserved else "n2mu"
        return {
            "analysis": folder.name,
            "ntuples": builder.bases,
            "listing": str(folder / "listing.json"),
            "models": [MODEL],
            "fits": [FIT],
            "publish": FIT,
            "labels": {
                "experiment": experiment,
                "status": "" if reserved else label,
                "energy": latex(job.text("CmeLabel") or ""),
                "luminosity": latex(job.text("LumiLabel") or ""),
            },
        }


def _positive(job: Reader, option: str) -> float:
    number = job.number(option)
    if number is not None and number <= 0:
        raise ConfigurationError(
            f"line {job.block.options[option].line}: {option} is {number:g}, expected a positive "
            "number"
        )
    return 1.0 if number is None else number


def _placeholder_model(
    regions: Sequence[Region], samples: Sequence[Sample], region: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return features and models: a small network that learns from the observables."""
    features: dict[str, Any] = {}
    for entry in regions:
        text = entry.entry["observable"]
        same = (f.get("expression", name) for name, f in features.items())
        if parse(text).canonical() in [parse(other).canonical() for other in same]:
            continue
        if text.isidentifier():
            features[text] = {}
        else:
            features[unique(f"observable_{identifier(entry.name)}", features)] = {
                "expression": text
            }
    classes = [k for k in ("signal", "background") if any(s.kind == k for s in samples)]
    if len(classes) < 2:
        raise ConfigurationError("a fit needs a SIGNAL and a BACKGROUND sample; one is missing")
    model = {
        "architecture": "mlp",
        "parameters": {"layers": 2, "width": 32},
        "validation_region": region,
        "epochs": 5,
        "max_events": 20000,
    }
    models = {
        "classes": classes,
        "signal_class": "signal",
        "evaluation_region": region,
        "models": {MODEL: model},
    }
    return {"features": features}, models
