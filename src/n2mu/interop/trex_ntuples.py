"""A TRExFitter configuration that reads the ntuples of an analysis and its friend trees.

TRExFitter knows no cross-section and no sum of weights: the product of both with the luminosity
stands in ``LumiScales``, one number per file.  Files that are weighed differently, in the nominal
weight or in a variation, make Sample blocks of their own.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from n2mu.config import projection
from n2mu.config.configuration import Configuration, score_names
from n2mu.config.inputs import DataSet, data_sets
from n2mu.config.kinds.bins import BinsSystematic
from n2mu.config.kinds.input import InputSystematic
from n2mu.config.kinds.norm import NormSystematic
from n2mu.config.kinds.sample import SampleSystematic
from n2mu.config.kinds.set import SetSystematic
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.kinds.tree import TreeSystematic
from n2mu.config.kinds.weight import WeightSystematic
from n2mu.config.names import matching
from n2mu.errors import ConfigurationError
from n2mu.expressions import parse
from n2mu.inputs.listing import Listing
from n2mu.interop.trex_export import Analysis, Block, Export, sides, split_by_parameter, treatment
from n2mu.interop.trex_groups import Group, common_path, product, truth, varied_weight
from n2mu.interop.trex_systematics import COMBINATIONS
from n2mu.interop.trex_text import quoted
from n2mu.skim.read import Skim

_SUFFIX = ".root"


class NtupleExport:
    """Writes the configuration of one fit.

    Parameters
    ----------
    bases
        Directories of the ntuples by base.
    friends
        Directory with the friend trees of all bases.
    skim
        Knows the sums of weights.
    cuts
        What tells parts of a region apart, by part.
    """

    def __init__(
        self,
        configuration: Configuration,
        fit: str,
        edges: Mapping[str, Sequence[float]],
        listing: Listing,
        skim: Skim,
        bases: Mapping[str, str],
        friends: str,
        cuts: Mapping[str, str],
    ) -> None:
        self._configuration = configuration
        self._cuts = cuts
        self._analysis = Analysis(configuration, fit, edges)
        self._listing = listing
        self._skim = skim
        self._bases = bases
        self._friends = friends
        self._data_sets = {d.name: d for d in data_sets(configuration.inputs)}
        self._export = Export()
        scores = score_names(configuration, configuration.models.models)
        texts = [self._selection(region) for region in edges]
        texts += [self._observable(region) for region in edges]
        self._scored = any(parse(text).names & set(scores) for text in texts)
        self._path = common_path(list(bases.values()), self._scored)
        self._projection = projection.scale(configuration, fit)
        projected = configuration.fits.fits[fit].luminosity is not None
        kept = ("ghost",) if projected else ("data", "ghost")
        samples = configuration.samples.samples
        names = [n for n, s in samples.items() if n in self._analysis.expected or s.kind in kept]
        self._groups = {name: self._groups_of(name) for name in names}

    def export(self) -> Export:
        """Return the configuration."""
        analysis, blocks = self._analysis, self._export.blocks
        blocks.append(analysis.job(ReadFrom="NTUP", Lumi="1", **self._paths()))
        blocks.append(analysis.fit_block())
        for region in analysis.edges:
            selection = self._selection(region)
            edges = analysis.edges[region]
            variable = (
                f"{quoted([self._observable(region)])},{len(edges) - 1},{edges[0]},{edges[-1]}"
            )
            blocks.append(
                analysis.region(region, Variable=variable, Selection=quoted([truth(selection)]))
            )
        for name, groups in self._groups.items():
            blocks += [self._sample(name, group) for group in groups]
        blocks += analysis.factors(self._called)
        self._export.lost += analysis.lost_shapes()
        for name, systematic in self._configuration.systematics.systematics.items():
            samples = analysis.samples_of(systematic, name)
            regions = analysis.regions_of(systematic, name)
            if samples and regions:
                blocks += self._systematic(name, systematic, samples, regions)
        return self._export

    @property
    def _called(self) -> dict[str, list[str]]:
        return {name: [group.name for group in groups] for name, groups in self._groups.items()}

    def _selection(self, region: str) -> str:
        whole = self._configuration.regions.regions[region].selection
        return f"({whole}) && {self._cuts[region]}" if region in self._cuts else whole

    def _observable(self, region: str) -> str:
        own = self._configuration.regions.regions[region].observable
        return self._analysis.fit.observable if own is None else own

    def _paths(self) -> dict[str, str]:
        """Return the paths of the Job, or none where samples have paths of their own."""
        if self._path is None:
            return {}
        result = {"NtuplePath": quoted([self._path])}
        if self._scored:
            (base,) = self._bases
            result["FriendPath"] = quoted([f"{self._friends}/{base}"])
        return result

    def _paths_of(self, group: Group) -> dict[str, str]:
        if self._path is not None:
            return {}
        result = {"NtuplePath": quoted([self._bases[group.base]])}
        if self._scored:
            result["FriendPath"] = quoted([f"{self._friends}/{group.base}"])
        return result

    def _groups_of(self, sample: str) -> list[Group]:
        """Return the files of a sample by what they have in common."""
        entry = self._configuration.samples.samples[sample]
        inputs = self._configuration.inputs
        chosen = matching(entry.inputs, inputs.inputs, f"samples.{sample}.inputs", "input")
        members = [d for d in self._data_sets.values() if d.input in chosen]
        return self._grouped(sample, members, self._with_own_sums(sample))

    def _grouped(
        self, name: str, members: Sequence[DataSet], variations: Sequence[str]
    ) -> list[Group]:
        groups: dict[str, Group] = {}
        for data_set in members:
            ratios = {v: self._ratio(data_set.name, v) for v in variations}
            scale = data_set.luminosity * data_set.cross_section * self._projection
            scale /= self._skim.sum_of_weights(data_set.name)
            for file in self._listing.files:
                if data_set.name not in file.data_sets:
                    continue
                rounded = {v: f"{ratio:.12g}" for v, ratio in ratios.items()}
                base = file.base if self._path is None else ""
                key = repr((base, data_set.tree, data_set.weight, rounded))
                weight = (
                    {} if data_set.data else self._configuration.inputs.weight | data_set.weight
                )
                group = groups.setdefault(
                    key, Group(name, file.base, data_set.tree, weight, ratios)
                )
                group.files.append(self._stem(file.base, file.path))
                group.scales.append(scale)
        result = list(groups.values())
        if len(result) > 1:
            for number, group in enumerate(result, start=1):
                group.name = f"{name}__{number}"
        return result

    def _with_own_sums(self, sample: str) -> list[str]:
        """Return the weight variations of a sample that have sums of their own."""
        if sample not in self._analysis.expected:
            return []
        result = []
        for name, systematic in self._configuration.systematics.systematics.items():
            if sample not in self._analysis.samples_of(systematic, name):
                continue
            if isinstance(systematic, WeightSystematic) and systematic.sum_up is not None:
                result += [f"{name}_{side.lower()}" for side, _ in sides(systematic)]
            if isinstance(systematic, SetSystematic) and systematic.sums is not None:
                result += [f"{name}_{number}" for number in range(len(systematic.members))]
        return result

    def _ratio(self, data_set: str, variation: str) -> float:
        nominal = self._skim.sum_of_weights(data_set)
        return nominal / self._skim.sum_of_weights(data_set, variation)

    def _sample(self, name: str, group: Group) -> Block:
        options = self._analysis.sample_options(name)
        sample = self._configuration.samples.samples[name]
        options |= self._paths_of(group)
        options["NtupleName"] = quoted([group.tree])
        options["NtupleFiles"] = quoted(group.files)
        if sample.kind != "data":
            if group.weight:
                options["MCweight"] = quoted([product(group.weight)])
            # one for all holds for the files of a variation as well, however many they are
            alike = len(set(group.scales)) == 1
            options["LumiScale" if alike else "LumiScales"] = quoted(
                group.scales[:1] if alike else group.scales
            )
        if sample.selection != "1":
            options["Selection"] = quoted([truth(sample.selection)])
        if self._scored:
            options["UseFriend"] = "TRUE"
        return "Sample", group.name, options

    def _systematic(
        self, name: str, systematic: Systematic, samples: list[str], regions: list[str]
    ) -> list[Block]:
        result: list[Block] = []
        for shared, affected in split_by_parameter(name, systematic, samples).items():
            pieces = self._pieces(name, systematic, affected)
            for number, (called, options) in enumerate(pieces, start=1):
                own = name if len(samples) == len(affected) else shared
                block = own if len(pieces) == 1 else f"{own}__{number}"
                common = self._analysis.common(name, systematic, called, regions)
                common |= {"NuisanceParameter": shared} if shared != block else {}
                common |= treatment(systematic, self._export.lost, name)
                result.append(("Systematic", block, common | options))
        return result

    def _pieces(
        self, name: str, systematic: Systematic, samples: Sequence[str]
    ) -> list[tuple[list[str], dict[str, str]]]:
        """Return Sample blocks and what varies them, for each Systematic block."""
        all_blocks = [block for sample in samples for block in self._called[sample]]
        match systematic:
            case NormSystematic():
                up, down = repr(systematic.up), repr(systematic.down)
                return [(all_blocks, {"Type": "OVERALL", "OverallUp": up, "OverallDown": down})]
            case BinsSystematic():
                up, down = repr(1 + systematic.size), repr(1 - systematic.size)
                return [(all_blocks, {"Type": "SHAPE", "WeightSufUp": up, "WeightSufDown": down})]
            case TreeSystematic():
                trees = {f"NtupleName{s}": quoted([tree]) for s, tree in sides(systematic)}
                return [(all_blocks, {"Type": "HISTO"} | trees)]
            case WeightSystematic():
                texts = [(s, f"{name}_{s.lower()}", text) for s, text in sides(systematic)]
                return self._weights(systematic.factor, samples, texts)
            case SetSystematic():
                kind = systematic.combine.replace("_", "").upper()
                if kind not in COMBINATIONS:
                    self._export.lost.append(f"systematic '{name}': combine '{systematic.combine}'")
                    return []
                return self._members(name, systematic, samples, kind)
            case SampleSystematic():
                return self._samples(name, systematic, samples)
            case InputSystematic():
                return self._inputs(name, systematic, samples)
        self._export.lost.append(f"systematic '{name}': kind '{systematic.kind}'")
        return []

    def _weights(
        self, factor: str, samples: Sequence[str], texts: Sequence[tuple[str, str, str]]
    ) -> list[tuple[list[str], dict[str, str]]]:
        """Return the varied weights; Sample blocks with the same ones stand together."""
        result: dict[str, tuple[list[str], dict[str, str]]] = {}
        for group in (group for sample in samples for group in self._groups[sample]):
            options = varied_weight(group, factor, texts)
            result.setdefault(repr(options), ([], options))[0].append(group.name)
        return list(result.values())

    def _members(
        self, name: str, systematic: SetSystematic, samples: Sequence[str], kind: str
    ) -> list[tuple[list[str], dict[str, str]]]:
        """Return the members of a set; Sample blocks with the same ones are one set."""
        sets: dict[str, tuple[list[str], list[dict[str, str]]]] = {}
        for group in (group for sample in samples for group in self._groups[sample]):
            members = [
                varied_weight(group, systematic.factor, [("Up", f"{name}_{number}", text)])
                for number, text in enumerate(systematic.members)
            ]
            sets.setdefault(repr(members), ([], members))[0].append(group.name)
        pieces = []
        for blocks, members in sets.values():
            own = name if len(sets) == 1 else f"{name}__{blocks[0]}"
            combined = {"CombineName": own, "CombineType": kind}
            pieces += [(blocks, options | combined) for options in members]
        return pieces

    def _samples(
        self, name: str, systematic: SampleSystematic, samples: Sequence[str]
    ) -> list[tuple[list[str], dict[str, str]]]:
        """Return the samples that take the place of one, if each is one block."""
        named = [("Up", systematic.up), ("Down", systematic.down), ("", systematic.reference)]
        blocks = {key: self._called.get(n, []) for key, n in named if n is not None}
        blocks |= {sample: self._called[sample] for sample in samples}
        if any(len(found) != 1 for found in blocks.values()):
            self._export.lost.append(
                f"systematic '{name}': TRExFitter compares single samples, but files of "
                f"{', '.join(k or 'the reference' for k, f in blocks.items() if len(f) != 1)} are "
                "weighed differently"
            )
            return []
        options = {"Type": "HISTO"}
        for key, _ in named:
            if key in blocks:
                options[f"Sample{key}" if key else "ReferenceSample"] = blocks[key][0]
        return [([self._called[sample][0]], options) for sample in samples]

    def _inputs(
        self, name: str, systematic: InputSystematic, samples: Sequence[str]
    ) -> list[tuple[list[str], dict[str, str]]]:
        """Return files that take the place of a sample's own, or ghosts made of them."""
        pieces = []
        for sample in samples:
            sides = {
                "Up": self._varied(name, sample, "Up", systematic.up),
                "Down": self._varied(name, sample, "Down", systematic.down or []),
            }
            own = self._groups[sample]
            if len(own) != 1 or any(len(groups) > 1 for groups in sides.values()):
                self._export.lost.append(
                    f"systematic '{name}' of sample '{sample}': its files are weighed differently, "
                    "and TRExFitter compares single samples"
                )
                continue
            options = {"Type": "HISTO"}
            for side, groups in sides.items():
                for group in groups:
                    options |= self._files(sample, own[0], group, side)
            pieces.append(([own[0].name], options))
        return pieces

    def _varied(self, name: str, sample: str, side: str, patterns: Sequence[str]) -> list[Group]:
        inputs = self._configuration.inputs.inputs
        chosen = matching(patterns, inputs, f"systematics.{name}", "input")
        members = [d for d in self._data_sets.values() if d.input in chosen]
        return self._grouped(f"{name}__{sample}__{side}", members, [])

    def _files(self, sample: str, own: Group, varied: Group, side: str) -> dict[str, str]:
        """Return the options of one side: files, or a ghost if each file has its own scale."""
        if len({*own.scales}) > 1 or len({*varied.scales}) > 1:
            kind, ghost, block = self._sample(sample, varied)
            self._export.blocks.append((kind, ghost, block | {"Type": "GHOST"}))
            return {f"Sample{side}": ghost}
        options = {f"NtupleFiles{side}": quoted(varied.files)}
        if varied.tree != own.tree:
            options[f"NtupleName{side}"] = quoted([varied.tree])
        for option, value in (self._paths() | self._paths_of(varied)).items():
            if self._scored or varied.base != own.base:
                options[f"{option}s{side}"] = value
        scale = varied.scales[0] / own.scales[0]
        if scale != 1 or varied.weight != own.weight:
            options[f"Weight{side}"] = quoted([f"{scale!r} * {product(varied.weight)}"])
        return options

    def _stem(self, base: str, path: str) -> str:
        """Return a file's name below its path, without the suffix that TRExFitter adds."""
        if PurePosixPath(path).suffix != _SUFFIX:
            raise ConfigurationError(
                f"{path}: TRExFitter adds '{_SUFFIX}' to the names of all files, and this one ends "
                "otherwise; rename it"
            )
        name = path.removesuffix(_SUFFIX)
        if self._path is None:
            return name
        return str((PurePosixPath(self._bases[base]) / name).relative_to(self._path))
