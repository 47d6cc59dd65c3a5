"""``regions.yaml`` of a TRExFitter configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from n2mu.errors import ConfigurationError
from n2mu.expressions import unimplied
from n2mu.interop.trex_inputs import FILL_IN, expression
from n2mu.interop.trex_inputs import selection as selection_of
from n2mu.interop.trex_names import ROLES, Names, latex
from n2mu.interop.trex_report import Reader
from n2mu.interop.trex_text import items, split, unquoted


@dataclass(frozen=True)
class Region:
    """A region as n2mu has it, and whether it is fitted to observed data."""

    name: str
    entry: dict[str, Any]
    observed: bool

    @property
    def role(self) -> str:
        """Signal, control or validation."""
        return str(self.entry["role"])


def both(first: str | None, second: str | None) -> str:
    """Return the selection of events that pass both."""
    given = [text for text in (first, second) if text is not None and text.strip() != "1"]
    return " && ".join(f"({text})" for text in given) if len(given) > 1 else "".join(given) or "1"


def read_regions(
    job: Reader, readers: Sequence[Reader], names: Names, ntuples: bool
) -> list[Region]:
    """Return the regions in the order of the file."""
    common = job.text("Selection")
    if common is not None:
        common = selection_of(job, common, f"{FILL_IN}_selection")
    outside = job.flag("MergeUnderOverFlow")
    if not ntuples and not outside:
        job.lose("MergeUnderOverFlow", "events outside the edges are in the first and last bin")
    return [
        _region(reader, names.of[reader.name], common, ntuples, outside is not False)
        for reader in readers
    ]


def _region(reader: Reader, name: str, common: str | None, ntuples: bool, outside: bool) -> Region:
    kind = reader.choice("Type") or "SIGNAL"
    role = next((ours for ours, theirs in ROLES.items() if theirs == kind), None)
    if role is None:
        raise ConfigurationError(
            f"line {reader.block.line}: Type of region '{reader.name}' is '{kind}', expected "
            f"{', '.join(ROLES.values())}"
        )
    selection = reader.text("Selection")
    variable = split(reader.text("Variable") or "")
    if not ntuples:
        selection = f"{FILL_IN}_selection_{name}"
        reader.fill_in("", f"n2mu fills histograms itself: replace '{selection}' by a selection")
        variable = [f"{FILL_IN}_observable_{name}"]
        reader.fill_in("", f"replace '{variable[0]}' by the observable of this region")
    elif not variable:
        raise ConfigurationError(
            f"line {reader.block.line}: region '{reader.name}' has no Variable, but the input is "
            "ntuples; give 'Variable: \"x\",bins,low,high'"
        )
    elif selection is not None:
        selection = selection_of(reader, selection, f"{FILL_IN}_selection_{name}")
    observable = unquoted(variable[0])
    if "|" in observable.replace("||", ""):
        reader.lose("Variable", f"'{observable}' are two variables; the first is taken")
        observable = observable.split("|")[0]
    observable = expression(reader, "Variable", observable, f"{FILL_IN}_observable_{name}")
    binning = _binning(reader, variable[1:], ntuples)
    selection = both(common, selection)
    if ntuples and not outside:
        low, high = _range(binning)
        if low is not None:
            selection = both(selection, f"{observable} >= {low!r} && {observable} < {high!r}")
    entry: dict[str, Any] = {
        "role": role,
        "selection": selection,
        "observable": observable,
        "binning": binning,
    }
    for key, option in (("title", "Label"), ("axis", "VariableTitle")):
        text = reader.text(option)
        if text:
            entry[key] = latex(text)
    return Region(name, entry, reader.choice("DataType") != "ASIMOV")


def _range(binning: dict[str, Any]) -> tuple[float | None, float | None]:
    if "edges" in binning:
        return binning["edges"][0], binning["edges"][-1]
    if "uniform" in binning:
        return binning["uniform"]["low"], binning["uniform"]["high"]
    return None, None


def _binning(reader: Reader, rest: Sequence[str], ntuples: bool) -> dict[str, Any]:
    """Return the binning; the last that TRExFitter applies counts."""
    rebinned = _edges(reader, "Rebinning")
    binned = reader.list("Binning")
    rebin = reader.number("Rebin")
    if rebin is not None and not (rebin >= 1 and rebin.is_integer()):
        raise ConfigurationError(
            f"line {reader.block.options['Rebin'].line}: Rebin must be a whole number above 0, got "
            f"'{reader.text('Rebin')}'"
        )
    if rebinned is not None:
        return {"edges": rebinned}
    if binned and binned[0].lower() == "autobin":
        return _automatic(reader, binned[1:], rest)
    edges = _edges(reader, "Binning")
    if edges is not None:
        return {"edges": edges}
    if len(rest) == 3:
        number, low, high = reader.numbers("Variable", rest)
        if not number.is_integer():
            raise ConfigurationError(
                f"line {reader.block.options['Variable'].line}: Variable must have a whole number "
                f"of bins, got '{rest[0]}'"
            )
        bins = int(number)
        if rebin is None or rebin == 1:
            return {"uniform": {"bins": bins, "low": low, "high": high}}
        every = int(rebin)
        chosen = [*range(0, bins, every), bins]
        if bins % every:
            chosen = list(range(0, bins + 1, every))
            reader.lose("Rebin", f"{bins} bins are no multiple of {every}; the last are left out")
        return {"edges": [low + (high - low) * place / bins for place in chosen]}
    where = "Binning" if ntuples else ""
    reader.fill_in(where, "the binning is not said; replace 'quantiles: 1' by it")
    return {"quantiles": 1}


def _edges(reader: Reader, option: str) -> list[float] | None:
    texts = reader.list(option)
    if not texts:
        return None
    return list(reader.numbers(option, texts))


def _automatic(reader: Reader, texts: Sequence[str], rest: Sequence[str]) -> dict[str, Any]:
    kinds = {"transfod": "transfo_d", "transfof": "transfo_f"}
    kind = kinds.get(texts[0].lower()) if texts else None
    if kind is None or len(texts) < 3:
        reader.fill_in("Binning", "this AutoBin is not known; replace 'quantiles: 1' by a binning")
        return {"quantiles": 1}
    if len(texts) > 3:
        reader.lose("Binning", "the signal is that of the fit, not the samples named here")
    if rest:
        reader.note("Binning", "fine bins and range are n2mu's own, not those of Variable")
    signal, background = reader.numbers("Binning", texts[1:3])
    return {kind: {"signal": signal, "background": background}}


def preselection(regions: Sequence[Region], common: str | None) -> str:
    """Return the loosest cut: that of the Job, or what passes any region, or everything."""
    if common is not None and common != "1":
        return common
    any_region = " || ".join(f"({region.entry['selection']})" for region in regions)
    proved = all(not unimplied(region.entry["selection"], any_region) for region in regions)
    return any_region if proved else "1"


def weighted_where(selection: str, weight: str) -> str:
    """Return a factor of the event weight that acts in one region only."""
    return f"({selection}) ? ({weight}) : 1"


def members(text: str) -> list[tuple[str, str]]:
    """Return the pairs of a list such as ``SR:ttH,CR:tt``."""
    pairs = (item.partition(":") for item in items(text))
    return [(first.strip(), second.strip()) for first, _, second in pairs]
