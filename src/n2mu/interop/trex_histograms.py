"""A TRExFitter configuration that reads ``templates.root``.

Its templates are smoothed and symmetrised already, and both sides of every variation are there.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from n2mu.config.configuration import Configuration
from n2mu.config.kinds.by_number import ByNumber
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.kinds.varied import Varied
from n2mu.errors import TemplateError
from n2mu.interop.trex_export import Analysis, Block, Export, split_by_parameter
from n2mu.interop.trex_text import quoted
from n2mu.skim.read import NOMINAL

Contents = Mapping[str, Mapping[str, Sequence[str]]]
"""Variations by region and sample that ``templates.root`` holds."""


def histogram_config(
    configuration: Configuration,
    fit: str,
    edges: Mapping[str, Sequence[float]],
    contents: Contents,
    templates: Path,
) -> Export:
    """Return the configuration of one fit.

    Parameters
    ----------
    edges
        Bin edges by region.
    templates
        ``templates.root``.
    """
    analysis = Analysis(configuration, fit, edges)
    export = Export()
    samples = configuration.samples.samples
    having = {sample for found in contents.values() for sample in found}
    names = [
        n
        for n, s in samples.items()
        if n in having and (s.kind == "data" or n in analysis.expected)
    ]
    called = {name: [name] for name in names}
    export.blocks.append(
        analysis.job(
            ReadFrom="HIST",
            HistoPath=quoted([str(templates.parent)]),
            HistoFile=quoted([templates.stem]),
            # takes the place of what a variation is called
            HistoNameNominal=quoted([f"/{NOMINAL}"]),
        )
    )
    export.blocks.append(analysis.fit_block())
    export.blocks += [analysis.region(r, HistoName=quoted([r])) for r in analysis.edges]
    for name in names:
        options = analysis.sample_options(name) | {"HistoNameSuff": quoted([f"/{name}"])}
        absent = [region for region in edges if name not in contents[region]]
        if absent:
            options["Exclude"] = ",".join(absent)
        export.blocks.append(("Sample", name, options))
    export.blocks += analysis.factors(called)
    export.lost += analysis.lost_shapes()
    for name, systematic in configuration.systematics.systematics.items():
        affected = [s for s in analysis.samples_of(systematic, name) if s in called]
        regions = analysis.regions_of(systematic, name)
        if affected and regions:
            export.blocks += _systematic(
                analysis, export, contents, name, systematic, affected, regions
            )
    return export


def _systematic(
    analysis: Analysis,
    export: Export,
    contents: Contents,
    name: str,
    systematic: Systematic,
    samples: list[str],
    regions: list[str],
) -> list[Block]:
    result: list[Block] = []
    if systematic.per_bin:
        export.lost.append(f"systematic '{name}': there is no histogram of an uncertainty per bin")
        return result
    for shared, affected in split_by_parameter(name, systematic, samples).items():
        own = name if len(affected) == len(samples) else shared
        options: dict[str, str] = {}
        if isinstance(systematic, ByNumber):
            options["Type"] = "OVERALL"
            options["OverallUp"], options["OverallDown"] = map(repr, systematic.shifts)
        else:
            missing = [
                (region, sample)
                for region in regions
                for sample in affected
                if sample in contents[region] and f"{name}_up" not in contents[region][sample]
            ]
            affected = [s for s in affected if {(r, s) for r in regions} - set(missing)]
            if not affected:
                continue
            options["Type"] = "HISTO"
            options["HistoNameSufUp"] = quoted([f"/{name}_up"])
            options["HistoNameSufDown"] = quoted([f"/{name}_down"])
            if missing:
                pairs = [f"{region}:{sample}" for region, sample in missing if sample in affected]
                if pairs:
                    options["ExcludeRegionSample"] = ",".join(pairs)
            if isinstance(systematic, Varied) and systematic.effect != "norm_and_shape":
                dropped = "DropNorm" if systematic.effect == "shape" else "DropShapeIn"
                options[dropped] = "all"
        if shared != own:
            options["NuisanceParameter"] = shared
        common = analysis.common(name, systematic, affected, regions)
        result.append(("Systematic", own, common | options))
    return result


def read_templates(path: Path) -> tuple[dict[str, list[float]], dict[str, dict[str, list[str]]]]:
    """Return the bin edges by region, and the variations by region and sample.

    Raises
    ------
    TemplateError
        If there are none.
    """
    import uproot

    edges: dict[str, list[float]] = {}
    contents: dict[str, dict[str, list[str]]] = {}
    if not path.exists():
        raise TemplateError(f"{path}: no templates; make them with 'n2mu templates FIT'")
    with uproot.open(path) as file:
        for key in file.keys(cycle=False, filter_classname="TH1*"):
            *prefix, region, sample, variation = key.split("/")
            if prefix:
                continue  # what was there before smoothing
            if region not in edges:
                edges[region] = file[key].axis().edges().tolist()
            contents.setdefault(region, {}).setdefault(sample, []).append(variation)
    return edges, contents
