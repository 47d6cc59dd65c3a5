"""``samples.yaml`` of a TRExFitter configuration, and the inputs of the samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from n2mu.errors import ConfigurationError
from n2mu.interop.trex_inputs import (
    FILL_IN,
    SAMPLE,
    InputsBuilder,
    Source,
    Use,
    expression,
    scales,
    selection,
    sources,
)
from n2mu.interop.trex_names import Names, latex
from n2mu.interop.trex_regions import Region, both
from n2mu.interop.trex_report import Reader

KINDS = {"SIGNAL": "signal", "BACKGROUND": "background", "DATA": "data", "GHOST": "ghost"}


@dataclass(frozen=True)
class Sample:
    """A sample as n2mu has it, and how its events are read and weighed."""

    name: str
    reader: Reader
    entry: dict[str, Any]
    sources: list[Source]
    scales: list[float]
    weight: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Signal, background, data or ghost."""
        return str(self.entry["kind"])


def read_samples(
    job: Reader,
    readers: Sequence[Reader],
    names: Names,
    regions: Mapping[str, Region],
    region_names: Names,
    builder: InputsBuilder,
    unweighted: Mapping[str, str],
    luminosity: float,
) -> list[Sample]:
    """Return the samples in the order of the file, and add their inputs.

    Parameters
    ----------
    unweighted
        The factors of the Job and the Regions, all 1: for ``NormalizedByTheory: FALSE``.
    """
    ntuples = job.choice("ReadFrom") == "NTUP"
    result = []
    for reader in readers:
        name = names.of[reader.name]
        entry: dict[str, Any] = {"kind": _kind(reader)}
        data = entry["kind"] == "data"
        if ntuples:
            found = sources(job, reader)
            _require_files(reader, found)
        else:
            found = [Source(FILL_IN, f"{FILL_IN}_{name}", FILL_IN)]
            reader.fill_in("", f"replace '{FILL_IN}_{name}.root' by the ntuples of this sample")
        weight, numbers = _weights(reader, name, data, unweighted, luminosity, len(found))
        cut = _selection(reader, name, regions, region_names)
        ghost = entry["kind"] == "ghost"
        entry["inputs"] = list(
            dict.fromkeys(
                builder.add(source, None if data else Use(number, weight, cut, reader, ghost))
                for source, number in zip(found, numbers, strict=True)
            )
        )
        if cut != "1":
            entry["selection"] = cut
        if entry["kind"] in ("signal", "background"):
            entry["training_class"] = entry["kind"]
        title = reader.text("TexTitle") or latex(reader.text("Title") or "")
        reader.text("Title")
        if title:
            entry["title"] = title
        group = reader.text("Group")
        if group:
            entry["group"] = latex(group)
        colour = _colour(reader)
        if colour is not None:
            entry["colour"] = colour
        result.append(Sample(name, reader, entry, found, numbers, weight))
    return result


def _kind(reader: Reader) -> str:
    kind = reader.choice("Type") or "BACKGROUND"
    if kind not in KINDS:
        raise ConfigurationError(
            f"line {reader.block.line}: Type of sample '{reader.name}' is '{kind}', expected "
            f"{', '.join(KINDS)}"
        )
    return KINDS[kind]


def _require_files(reader: Reader, found: Sequence[Source]) -> None:
    for source in found:
        for what, text in (("NtupleFile", source.file), ("NtupleName", source.tree)):
            if not text:
                raise ConfigurationError(
                    f"line {reader.block.line}: sample '{reader.name}' has no {what}, and neither "
                    "has the Job; give one"
                )


def _weights(
    reader: Reader,
    name: str,
    data: bool,
    unweighted: Mapping[str, str],
    luminosity: float,
    count: int,
) -> tuple[dict[str, str], list[float]]:
    """Return the weights of a sample's inputs and the number that scales each."""
    numbers = scales(reader, count)
    text = reader.text("MCweight")
    by_theory = reader.flag("NormalizedByTheory")
    if data:
        if any(number != 1 for number in numbers):
            reader.lose("LumiScale", "observed events count as one")
        return {}, [1.0] * count
    weight = {}
    if text is not None:
        weight[SAMPLE] = expression(reader, "MCweight", text, f"{FILL_IN}_weight_{name}")
    if by_theory is False:
        weight |= unweighted
        numbers = [number / luminosity for number in numbers]
        reader.note(
            "NormalizedByTheory", "the weights of Job and Region are 1 here, factors undo Lumi"
        )
    return weight, numbers


def _selection(
    reader: Reader, name: str, regions: Mapping[str, Region], region_names: Names
) -> str:
    text = reader.text("Selection")
    if text is not None:
        text = selection(reader, text, f"{FILL_IN}_selection_{name}")
    result = both(text, None)
    inside = reader.list("Regions")
    chosen = region_names.chosen(inside)
    if inside and len(chosen) < len(regions):
        if not chosen:
            raise ConfigurationError(
                f"line {reader.block.line}: sample '{reader.name}' is in no region; correct "
                f"Regions: {', '.join(inside)}"
            )
        cuts = " || ".join(f"({regions[region].entry['selection']})" for region in chosen)
        result = both(result, cuts)
        reader.note("Regions", "the selections of these regions are a part of the sample's")
    for region in region_names.chosen(reader.list("Exclude")):
        result = both(result, f"!({regions[region].entry['selection']})")
        reader.note("Exclude", "the sample's selection excludes that of these regions")
    for option in ("Regions", "Exclude"):
        for missing in region_names.unknown(reader.list(option)):
            reader.lose(option, f"there is no region '{missing}'")
    return result


_COLOURS = {  # of ROOT, as matplotlib has them
    0: "white",
    1: "black",
    2: "red",
    3: "lime",
    4: "blue",
    5: "yellow",
    6: "magenta",
    7: "cyan",
    400: "yellow",
    416: "lime",
    432: "cyan",
    600: "blue",
    616: "magenta",
    632: "red",
    800: "orange",
    860: "dodgerblue",
    880: "darkviolet",
}


def _colour(reader: Reader) -> str | None:
    rgb = reader.list("FillColorRGB")
    if len(rgb) == 3 and all(part.isdigit() and int(part) < 256 for part in rgb):
        return "#" + "".join(f"{int(part):02x}" for part in rgb)
    text = reader.text("FillColor")
    if text is None:
        return None
    known = _COLOURS.get(int(text)) if text.isdigit() else None
    if known is None:
        reader.report.add(
            "presentation", reader.block, "FillColor", f"'{text}' is no colour that n2mu knows"
        )
    return known
