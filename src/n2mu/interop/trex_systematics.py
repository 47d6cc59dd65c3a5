"""``systematics.yaml`` of a TRExFitter configuration."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from n2mu.interop.trex_inputs import (
    FILL_IN,
    SAMPLE,
    VARIATION,
    InputsBuilder,
    Use,
    expression,
    sources,
)
from n2mu.interop.trex_names import Names, identifier, unique
from n2mu.interop.trex_report import Reader
from n2mu.interop.trex_samples import Sample
from n2mu.interop.trex_shares import Acting, Share
from n2mu.interop.trex_treatment import with_treatment

SIDES = ("Up", "Down")
_FILES = ("NtuplePath", "NtupleFile", "NtupleName")
COMBINATIONS = {
    "ENVELOPE": "envelope",
    "STANDARDDEVIATION": "standard_deviation",
    "HESSIAN": "hessian",
}
_OF_THE_SET = (
    "CombineType",
    "Samples",
    "Regions",
    "Exclude",
    "Type",
    "Symmetrisation",
    "Smoothing",
    "Category",
    "SubCategory",
)


class SystematicsReader:
    """Turns Systematic blocks into entries.

    Parameters
    ----------
    job
        The Job block.
    samples, regions
        What n2mu calls the samples and regions; all samples in the order of the file.
    builder
        Takes the inputs that variations read.
    ntuples
        Whether the input is ntuples; otherwise variations have to be filled in.
    """

    def __init__(
        self,
        job: Reader,
        samples: Sequence[Sample],
        sample_names: Names,
        region_names: Names,
        builder: InputsBuilder,
        ntuples: bool,
    ) -> None:
        self._job = job
        self._samples = {sample.name: sample for sample in samples}
        self._expected = [s.name for s in samples if s.kind in ("signal", "background")]
        self._sample_names = sample_names
        self._region_names = region_names
        self._acting = Acting(self._expected, sample_names, region_names)
        self._builder = builder
        self._ntuples = ntuples
        self.entries: dict[str, dict[str, Any]] = {}
        self.ghosts: dict[str, dict[str, Any]] = {}

    def read(self, readers: Sequence[Reader]) -> None:
        """Add the entries of all blocks."""
        combined: dict[str, list[Reader]] = defaultdict(list)
        for reader in readers:
            name = reader.text("CombineName")
            if name is not None and self._only_weights(reader):
                combined[name].append(reader)
            else:
                if name is not None:
                    reader.lose("CombineName", "only weight variations can be combined")
                self._one(reader)
        for group in combined.values():
            self._combined(group)

    def _one(self, reader: Reader) -> None:
        kind = reader.choice("Type")
        given = [side for side in SIDES if self._varies(reader, side)]
        if kind == "STAT":
            reader.lose("Type", "MC errors are gammas of the bins; this systematic is left out")
        elif kind == "OVERALL" or (kind is None and reader.has("OverallUp", "OverallDown")):
            self._overall(reader)
        elif kind == "SHAPE":
            self._bins(reader)
        elif reader.has("SampleUp", "SampleDown"):
            self._by_sample(reader)
        elif not self._ntuples:
            self._to_fill_in(reader)
        elif not given:
            reader.lose("", "no variation that n2mu can read; this systematic is left out")
        elif given == ["Down"]:
            reader.lose("", "only the down side is given; this systematic is left out")
        elif self._only_weights(reader):
            self._by_weight(reader, given)
        else:
            self._by_files(reader, given)

    def _varies(self, reader: Reader, side: str) -> bool:
        return bool(self._options(reader, side))

    def _options(self, reader: Reader, side: str) -> list[str]:
        """Return the options that say how one side is made of ntuples."""
        names = [f"Weight{side}", f"WeightSuf{side}"]
        for what in _FILES:
            names += [f"{what}{side}", f"{what}s{side}", f"{what}Suf{side}"]
        return [name for name in names if reader.has(name)]

    def _only_weights(self, reader: Reader) -> bool:
        options = [name for side in SIDES for name in self._options(reader, side)]
        return bool(options) and all(name.startswith("Weight") for name in options)

    def _overall(self, reader: Reader) -> None:
        up, down = (reader.number(f"Overall{side}") or 0.0 for side in SIDES)
        up, down = (
            shift * _scale(reader, f"Scale{side}")
            for shift, side in zip((up, down), SIDES, strict=True)
        )
        if up * down > 0 or max(abs(up), abs(down)) >= 1:
            if min(up, down) <= -1 or not self._ntuples:
                reader.lose("", f"a rate shift of {up:+g}/{down:+g} cannot be said; left out")
                return
            # norm takes shifts to opposite sides below 100 %; a weight may do more
            self._builder.weight.setdefault(VARIATION, "1")
            sides = {"up": repr(1 + up)} | ({"down": repr(1 + down)} if down else {})
            if not down:
                reader.lose("OverallDown", "no shift down cannot be said; the up side is mirrored")
            self._emit(reader, {"kind": "weight", "factor": VARIATION, **sides}, "norm")
            reader.note("OverallUp", "is a weight, since a shift by number is below 100 %")
            return
        if up == down == 0:
            reader.note("", "shifts nothing and is left out")
            return
        self._emit(reader, {"kind": "norm", "up": up, "down": down}, "norm")

    def _bins(self, reader: Reader) -> None:
        up, down = (_shift_of_bins(reader, side) for side in SIDES)
        if up is None:
            reader.lose("Type", "a SHAPE systematic is given by one number; it is left out")
            return
        if down is not None and abs(abs(down) - abs(up)) > 1e-9:
            text = f"both sides are the shift up by {abs(up):g}, the one down is {abs(down):g}"
            reader.lose("WeightSufDown" if reader.has("WeightSufDown") else "OverallDown", text)
        self._emit(reader, {"kind": "bins", "size": float(f"{abs(up):.12g}")}, "")

    def _by_sample(self, reader: Reader) -> None:
        entry: dict[str, Any] = {"kind": "sample"}
        for key, option in (
            ("up", "SampleUp"),
            ("down", "SampleDown"),
            ("reference", "ReferenceSample"),
        ):
            text = reader.text(option)
            if text is None:
                continue
            if text not in self._sample_names.of:
                reader.lose(option, f"there is no sample '{text}'; this systematic is left out")
                return
            entry[key] = self._sample_names.of[text]
        if "up" not in entry:
            reader.lose("SampleDown", "only the down side is given; this systematic is left out")
            return
        self._emit(reader, entry)

    def _to_fill_in(self, reader: Reader) -> None:
        name = identifier(reader.name)
        self._builder.weight.setdefault(VARIATION, "1")
        entry = {"kind": "weight", "factor": VARIATION}
        for side in SIDES:
            if any(option.endswith(side) for option in reader.block.options):
                entry[side.lower()] = f"{FILL_IN}_{name}_{side.lower()}"
        if "up" not in entry:
            entry["up"] = f"{FILL_IN}_{name}_up"
        reader.fill_in("", f"n2mu fills histograms itself: say how '{name}' varies the events")
        self._emit(reader, entry)

    def _by_weight(self, reader: Reader, given: Sequence[str]) -> None:
        if any(reader.has(f"WeightSuf{side}") for side in given) and any(
            reader.has(f"Weight{side}") for side in given
        ):
            reader.lose("", "mixes WeightUp and WeightSufUp; this systematic is left out")
            return
        factor, sides = self._weights(reader, given)
        self._emit(reader, {"kind": "weight", "factor": factor} | sides)

    def _weights(self, reader: Reader, given: Sequence[str]) -> tuple[str, dict[str, str]]:
        """Return the factor and what takes its place; WeightUp replaces that of the sample."""
        factor = SAMPLE if reader.has("WeightUp", "WeightDown") else VARIATION
        self._builder.weight.setdefault(factor, "1")
        sides = {}
        for side in given:
            option = f"Weight{side}" if factor == SAMPLE else f"WeightSuf{side}"
            text = reader.text(option) or "1"
            fallback = f"{FILL_IN}_{identifier(reader.name)}_{side.lower()}"
            sides[side.lower()] = expression(reader, option, text, fallback)
        return factor, sides

    def _by_files(self, reader: Reader, given: Sequence[str]) -> None:
        samples = sorted({s for share in self._acting.shares(reader) for s in share.samples})
        reference = reader.text("ReferenceSample")
        if reference is not None and reference not in self._sample_names.of:
            text = f"there is no sample '{reference}'; this systematic is left out"
            reader.lose("ReferenceSample", text)
            return
        trees = None if reference is not None else self._trees(reader, samples, given)
        if trees is not None:
            self._emit(reader, {"kind": "tree"} | trees)
            return
        for name in samples:
            sample = self._samples[name]
            sides = {side.lower(): self._inputs(reader, sample, side) for side in given}
            entry: dict[str, Any] = {"kind": "input"} | sides
            if reference is not None:
                entry = {"kind": "sample", "reference": self._sample_names.of[reference]}
                for side, inputs in sides.items():
                    ghost = unique(f"{identifier(reader.name)}_{name}_{side}", self._samples)
                    self.ghosts[ghost] = {"kind": "ghost", "inputs": inputs}
                    if "selection" in sample.entry:
                        self.ghosts[ghost]["selection"] = sample.entry["selection"]
                    entry[side] = ghost
                reader.note("ReferenceSample", "the varied events are ghost samples")
            self._emit(reader, entry, only=name)

    def _trees(
        self, reader: Reader, samples: Sequence[str], given: Sequence[str]
    ) -> dict[str, str] | None:
        """Return the varied trees, if that is all that varies."""
        options = [name for side in given for name in self._options(reader, side)]
        if not all(name.startswith("NtupleName") for name in options):
            return None
        result: dict[str, str] = {}
        for side in given:
            found = {
                source.tree
                for name in samples
                for source in sources(self._job, self._samples[name].reader, reader, side)
            }
            if len(found) != 1:
                return None
            result[side.lower()] = found.pop()
        return result

    def _inputs(self, reader: Reader, sample: Sample, side: str) -> list[str]:
        found = sources(self._job, sample.reader, reader, side)
        numbers = set(sample.scales)
        if len(found) != len(sample.scales) and len(numbers) > 1:
            reader.lose("", f"which LumiScale of '{sample.name}' is that of which file? The first")
        scales = (
            sample.scales if len(found) == len(sample.scales) else sample.scales[:1] * len(found)
        )
        weight = dict(sample.weight)
        selection = sample.entry.get("selection", "1")
        if reader.has(f"Weight{side}", f"WeightSuf{side}"):
            factor, sides = self._weights(reader, [side])
            weight[factor] = sides[side.lower()]
        return list(
            dict.fromkeys(
                self._builder.add(source, Use(scale, weight, selection, reader, True))
                for source, scale in zip(found, scales, strict=True)
            )
        )

    def _combined(self, readers: Sequence[Reader]) -> None:
        first = readers[0]
        kind = first.choice("CombineType") or ""
        if kind not in COMBINATIONS or len({r.has("WeightUp") for r in readers}) > 1:
            for reader in readers:
                reader.lose("CombineType", f"'{kind}' is not known; '{reader.name}' stands alone")
                self._one(reader)
            return
        collected: dict[str, None] = {}
        factor = VARIATION
        for reader in readers:
            given = [side for side in SIDES if self._varies(reader, side)]
            factor, sides = self._weights(reader, given)
            collected |= dict.fromkeys(sides.values())
            reader.note("CombineName", f"one of the members of '{first.name}'")
            for option in _OF_THE_SET if reader is not first else ():
                if reader.text(option) != first.text(option):
                    reader.lose(option, f"that of '{first.name}' holds for the whole set")
            for option in ("Title", "TexTitle", "NuisanceParameter"):
                reader.text(option)
        entry = {
            "kind": "set",
            "factor": factor,
            "members": list(collected),
            "combine": COMBINATIONS[kind],
        }
        if first.choice("Symmetrisation") == "ONESIDED":
            first.note("Symmetrisation", "a set has two sides")
        self._emit(first, entry)

    def _emit(
        self,
        reader: Reader,
        entry: dict[str, Any],
        effect: str | None = None,
        only: str | None = None,
    ) -> None:
        """Add one entry for every share of the systematic.

        Parameters
        ----------
        effect
            That of the kind: ``norm`` for a rate, none for a kind that has no choice.
        """
        shares = self._acting.shares(reader)
        if only is not None:
            shares = [Share([only], s.regions, s.effect) for s in shares if only in s.samples]
        if effect is not None:
            if effect == "norm" and any(share.effect == "shape" for share in shares):
                reader.note("DropNorm", "a rate without its norm is nothing and left out there")
                shares = [share for share in shares if share.effect != "shape"]
            shares = [Share(s.samples, s.regions, "norm_and_shape") for s in shares]
            if effect == "norm" and entry["kind"] != "norm":
                shares = [Share(s.samples, s.regions, "norm") for s in shares]
        if not shares:
            reader.lose("", "acts on no sample and region of the fit; it is left out")
        common = with_treatment(reader, self._job, entry)
        parameter = reader.text("NuisanceParameter") or reader.name
        splits = [word for word in (reader.choice("Decorrelate") or "").split(",") if word]
        by = {"REGION": "regions", "SAMPLE": "samples"}
        decorrelate = [by[word] for word in splits if word in by]
        for word in splits:
            if word not in by and word != "SHAPEACC":
                reader.lose("Decorrelate", f"'{word}' is not known")
        pieces = [(share, "") for share in shares]
        if "SHAPEACC" in splits:
            pieces = [
                (Share(s.samples, s.regions, part), f"_{part}")
                for s in shares
                for part in ("norm", "shape")
                if s.effect in ("norm_and_shape", part)
            ]
            reader.note("Decorrelate", "rate and shape are two systematics")
        for share, suffix in pieces:
            wanted = identifier(reader.name) + suffix
            if only is not None:
                wanted = f"{wanted}_{only}"
            name = unique(wanted, self.entries)
            full = dict(common) | {"samples": share.samples}
            if share.samples == self._expected:
                full["samples"] = ["*"]
            if share.regions != list(self._region_names.of.values()):
                full["regions"] = share.regions
            if share.effect != "norm_and_shape":
                full["effect"] = share.effect
            shared = identifier(parameter) + suffix
            if shared != name:
                full["parameter"] = shared
            if decorrelate:
                full["decorrelate"] = decorrelate
            self.entries[name] = full


def _shift_of_bins(reader: Reader, side: str) -> float | None:
    """Return the relative shift of one side of a SHAPE systematic; none if no number says it."""
    weight, shift = reader.text(f"WeightSuf{side}"), reader.text(f"Overall{side}")
    try:
        return float(shift or "") if weight is None else float(weight) - 1
    except ValueError:
        return None


def _scale(reader: Reader, option: str) -> float:
    """Return what a shift is multiplied by; one per region cannot be said."""
    text = reader.text(option)
    try:
        return float(text or 1.0)
    except ValueError:
        reader.lose(option, f"'{text}' scales regions differently; they are not scaled")
        return 1.0
