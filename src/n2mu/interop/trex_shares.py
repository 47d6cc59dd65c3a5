"""Where a systematic of TRExFitter acts, and what of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from n2mu.interop.trex_names import Names
from n2mu.interop.trex_regions import members
from n2mu.interop.trex_report import Reader

EFFECTS = ("norm_and_shape", "norm", "shape")


class Share(NamedTuple):
    """Samples and regions in which a systematic has one and the same effect."""

    samples: list[str]
    regions: list[str]
    effect: str


class Acting:
    """Reads samples, regions and effects of Systematic blocks.

    Parameters
    ----------
    expected
        The samples that systematics act on, in the order of the file.
    """

    def __init__(self, expected: Sequence[str], sample_names: Names, region_names: Names) -> None:
        self._expected = expected
        self._sample_names = sample_names
        self._region_names = region_names

    def shares(self, reader: Reader) -> list[Share]:
        """Return where the systematic acts, divided by its effect."""
        regions = list(self._region_names.of.values())
        samples = self._expected
        effects = {(s, r): "norm_and_shape" for s in samples for r in regions}
        for option, names in (("Samples", self._sample_names), ("Regions", self._region_names)):
            patterns = reader.list(option)
            for unknown in names.unknown(patterns):
                reader.lose(option, f"there is no '{unknown}'")
            if patterns:
                place = 0 if option == "Samples" else 1
                chosen = names.chosen(patterns)
                effects = {key: e for key, e in effects.items() if key[place] in chosen}
        dropped = set(self._chosen(reader, "Exclude"))
        pairs = {
            (self._sample_names.of.get(s, s), self._region_names.of.get(r, r))
            for r, s in members(reader.text("ExcludeRegionSample") or "")
        }
        effects = {
            key: e for key, e in effects.items() if key not in pairs and not dropped & set(key)
        }
        for option, left in (("DropNorm", "shape"), ("DropShapeIn", "norm")):
            chosen = self._chosen(reader, option)
            for key in effects:
                if set(chosen) & set(key):
                    effects[key] = left
        for text in reader.list("KeepNormForSamples"):
            if "+" in text:
                reader.lose("KeepNormForSamples", f"'{text}': the rate of a sum cannot be kept")
            for key in effects:
                if key[0] in self._sample_names.chosen([text]):
                    effects[key] = "shape"
        return _grouped(effects, samples, regions)

    def _chosen(self, reader: Reader, option: str) -> list[str]:
        patterns = reader.list(option)
        found = self._sample_names.chosen(patterns) + self._region_names.chosen(patterns)
        for pattern in patterns:
            unknown = (
                names.unknown([pattern]) for names in (self._sample_names, self._region_names)
            )
            if all(unknown):
                reader.lose(option, f"there is no sample and no region '{pattern}'")
        return found


def _grouped(
    effects: Mapping[tuple[str, str], str], samples: Sequence[str], regions: Sequence[str]
) -> list[Share]:
    """Return the shares; samples that look alike in all regions are one."""
    rows: dict[tuple[str | None, ...], list[str]] = defaultdict(list)
    for sample in samples:
        rows[tuple(effects.get((sample, region)) for region in regions)].append(sample)
    result = []
    for row, alike in rows.items():
        for effect in EFFECTS:
            inside = [region for region, found in zip(regions, row, strict=True) if found == effect]
            if inside:
                result.append(Share(alike, inside, effect))
    return result
