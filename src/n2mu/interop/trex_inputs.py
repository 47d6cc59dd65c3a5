"""``inputs.yaml`` of a TRExFitter configuration: files, trees and weights.

TRExFitter counts an event as the product of its weights, in which cross-section and sum of weights
are contained, times ``Lumi``.  n2mu does the same with ``sum_of_weights: {normalised: true}``:
luminosity is ``Lumi``, each input has the cross-section 1 and ``LumiScale`` as its factor.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from n2mu.errors import ConfigurationError, ExpressionError
from n2mu.expressions import parse
from n2mu.interop.trex_names import identifier, unique
from n2mu.interop.trex_report import Reader
from n2mu.interop.trex_text import split

SAMPLE = "sample_weight"
"""The factor that holds the ``MCweight`` of a Sample; 1 where it has none."""
VARIATION = "variation"
"""A factor of 1 in whose place ``WeightSufUp`` steps."""
FILL_IN = "fill_in"
"""What the names begin with that a user has to replace."""


@dataclass(frozen=True)
class Source:
    """One file (or glob) and its tree."""

    path: str
    file: str
    tree: str


def expression(reader: Reader, option: str, text: str, fallback: str) -> str:
    """Return an expression that n2mu can read, or a name that has to be filled in."""
    try:
        parse(text)
    except ExpressionError as error:
        reader.fill_in(option, f"'{text}' is not understood ({error}); replace '{fallback}'")
        return fallback
    return text


def sources(
    job: Reader, sample: Reader, systematic: Reader | None = None, side: str = ""
) -> list[Source]:
    """Return the files of a sample, or those of one side of a systematic.

    What a Systematic says of paths, files and trees takes the place of what the Sample says, which
    takes the place of what the Job says; suffixes are appended.
    """
    paths, files, trees = (
        _parts(job, sample, systematic, side, what) for what in ("Path", "File", "Name")
    )
    return [
        Source(path.rstrip("/"), file, tree)
        for path, file, tree in itertools.product(paths or [""], files or [""], trees or [""])
    ]


def _parts(
    job: Reader, sample: Reader, systematic: Reader | None, side: str, what: str
) -> list[str]:
    option = f"Ntuple{what}"
    found = sample.list(f"{option}s", option) or job.list(f"{option}s", option)
    suffixes = sample.list(f"{option}Suffs", f"{option}Suff") or [""]
    if systematic is not None:
        varied = systematic.list(f"{option}s{side}", f"{option}{side}")
        if varied:
            return varied
        suffixes = [s + (systematic.text(f"{option}Suf{side}") or "") for s in suffixes]
    return [value + suffix for value in found for suffix in suffixes]


class InputsBuilder:
    """Collects inputs; the same files, tree and weights make one."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}
        self.weight: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._trees: dict[str, None] = {}

    @property
    def bases(self) -> dict[str, str]:
        """Directories by base name."""
        return {name: path for path, name in self._paths.items()} or {"ntuples": FILL_IN}

    def add(self, source: Source, *, data: bool, factors: float, weight: Mapping[str, str]) -> str:
        """Return the name of the input of a file, which is new if there is none yet."""
        base = self._paths.setdefault(source.path or ".", f"ntuples_{len(self._paths) + 1}")
        file = PurePosixPath(source.file).as_posix()
        entry: dict[str, Any] = {"files": f"{file}.root", "tree": source.tree, "base": base}
        if data:
            entry["data"] = True
        else:
            entry["cross_section"] = 1.0
            if factors != 1:
                entry["factors"] = factors
            if weight:
                entry["weight"] = dict(weight)
        key = repr(sorted(entry.items()))
        if key not in self._known:
            name = unique(identifier(PurePosixPath(file).as_posix()), self.inputs)
            self._known[key] = name
            self.inputs[name] = entry
        return self._known[key]

    def content(self, luminosity: float) -> dict[str, Any]:
        """Return the content of ``inputs.yaml``."""
        trees = {entry["tree"] for entry in self.inputs.values()}
        common = next(iter(trees)) if len(trees) == 1 else None
        inputs = {}
        for name, entry in self.inputs.items():
            dropped = {"tree"} if common is not None else set()
            if len(self._paths) == 1:
                dropped.add("base")
            inputs[name] = {key: value for key, value in entry.items() if key not in dropped}
        content: dict[str, Any] = {} if common is None else {"tree": common}
        return content | {
            "run": "runNumber",
            "event": "eventNumber",
            "luminosity": luminosity,
            "sum_of_weights": {"normalised": True},
            "weight": dict(self.weight),
            "inputs": inputs,
        }


def weight_factors(reader: Reader, option: str = "MCweight") -> dict[str, str]:
    """Return the factors of a product by name; one that is no product is one factor."""
    text = reader.text(option)
    if text is None:
        return {}
    text = expression(reader, option, text, f"{FILL_IN}_weight")
    parts = split(text, "*")
    if len(parts) > 1 and not _is_product(text, parts):
        parts = [text]
    result: dict[str, str] = {}
    for part in parts:
        bare = part.strip("() ")
        name = bare if bare.isidentifier() else "constant" if _number(bare) else "event"
        result[unique(name, result)] = part
    return result


def _is_product(text: str, parts: Sequence[str]) -> bool:
    try:
        again = parse("*".join(f"({part})" for part in parts))
    except ExpressionError:
        return False
    return again.canonical() == parse(text).canonical()


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def scales(sample: Reader, count: int) -> list[float]:
    """Return the ``LumiScale`` of each file of a sample."""
    texts = sample.list("LumiScales", "LumiScale")
    try:
        numbers = [float(text) for text in texts] or [1.0]
    except ValueError:
        raise ConfigurationError(
            f"line {sample.block.line}: LumiScale of sample '{sample.name}' must be numbers, got "
            f"'{', '.join(texts)}'"
        ) from None
    if len(numbers) == 1:
        return numbers * count
    if len(numbers) != count:
        raise ConfigurationError(
            f"line {sample.block.line}: sample '{sample.name}' has {len(numbers)} LumiScales for "
            f"{count} files; give one for each"
        )
    return numbers
