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
from n2mu.expressions.nodes import COMPARISONS, Binary, Logical, Not, Number
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


def selection(reader: Reader, text: str, fallback: str) -> str:
    """Return a selection; one that is no truth value is a weight too in TRExFitter."""
    understood = expression(reader, "Selection", text, fallback)
    if understood == text and not is_truth(text):
        reader.lose(
            "Selection",
            f"'{text}' is no truth value, it weighs events in TRExFitter; n2mu asks if it is zero",
        )
    return understood


def is_truth(text: str) -> bool:
    """Tell whether an expression is 0 or 1 by its form."""
    tree = parse(text).tree
    if isinstance(tree, Number):
        return tree.value in (0, 1)
    return isinstance(tree, Logical | Not) or (
        isinstance(tree, Binary) and tree.operator in COMPARISONS
    )


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


@dataclass(frozen=True)
class Use:
    """How a sample reads a file.

    Attributes
    ----------
    factors, weight
        What scales the events, and the weight factors that are not those of all inputs.
    selection
        Of the sample.
    reader
        The block that says so.
    alternative
        Whether it is no sample of the expectation, but another one to compare with.
    """

    factors: float
    weight: Mapping[str, str]
    selection: str
    reader: Reader
    alternative: bool = False


class InputsBuilder:
    """Collects inputs: one for each file and tree, however many samples read it."""

    def __init__(self) -> None:
        self.weight: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._inputs: dict[str, dict[str, Any]] = {}
        self._uses: dict[str, list[Use]] = {}
        self._known: dict[tuple[Source, bool], str] = {}

    @property
    def bases(self) -> dict[str, str]:
        """Directories by base name."""
        return {name: path for path, name in self._paths.items()}

    def add(self, source: Source, use: Use | None) -> str:
        """Return the name of the input of a file, which is new if there is none yet.

        Parameters
        ----------
        use
            None for observed events.
        """
        key = (source, use is None)
        if key not in self._known:
            base = self._paths.setdefault(source.path or ".", f"ntuples_{len(self._paths) + 1}")
            file = PurePosixPath(source.file).as_posix()
            name = unique(identifier(file), self._inputs)
            self._known[key] = name
            self._inputs[name] = {"files": f"{file}.root", "tree": source.tree, "base": base}
            self._inputs[name] |= {"data": True} if use is None else {"cross_section": 1.0}
        name = self._known[key]
        if use is not None:
            self._uses.setdefault(name, []).append(use)
        return name

    def content(self, luminosity: float) -> dict[str, Any]:
        """Return the content of ``inputs.yaml``."""
        for name, uses in self._uses.items():
            factors, weight = self._weighed(name, uses)
            self._inputs[name] |= {"factors": factors} if factors != 1 else {}
            self._inputs[name] |= {"weight": weight} if weight else {}
        trees = {entry["tree"] for entry in self._inputs.values()}
        common = next(iter(trees)) if len(trees) == 1 else None
        dropped = {"tree"} if common is not None else set()
        if len(self._paths) == 1:
            dropped.add("base")
        content: dict[str, Any] = {} if common is None else {"tree": common}
        return content | {
            "run": "runNumber",
            "event": "eventNumber",
            "luminosity": luminosity,
            "sum_of_weights": {"normalised": True},
            "weight": dict(self.weight),
            "inputs": {
                name: {key: value for key, value in entry.items() if key not in dropped}
                for name, entry in self._inputs.items()
            },
        }

    def _weighed(self, name: str, uses: Sequence[Use]) -> tuple[float, dict[str, str]]:
        """Return the factor and the weights of a file; samples are told apart by selection."""
        first = uses[0]
        different = [u for u in uses if (u.factors, u.weight) != (first.factors, first.weight)]
        if not different:
            return first.factors, dict(first.weight)
        selections: dict[str, Use] = {}
        for use in uses:
            selections.setdefault(use.selection, use)
        for use in different:
            same = selections[use.selection]
            if (
                use.alternative
                or "1" in selections
                or (same.factors, same.weight)
                != (
                    use.factors,
                    use.weight,
                )
            ):
                use.reader.lose(
                    "",
                    f"'{self._inputs[name]['files']}' is read by '{first.reader.name}' with other "
                    "weights, and nothing tells their events apart; those weights hold",
                )
                return first.factors, dict(first.weight)
        self.weight.setdefault(SAMPLE, "1")
        keys = dict.fromkeys([SAMPLE, *(key for use in uses for key in use.weight)])
        result = {}
        for key in keys:
            text = self.weight[key]
            for selection, use in reversed(selections.items()):
                own = use.weight.get(key, self.weight[key])
                if key == SAMPLE and use.factors != 1:
                    own = f"{use.factors!r} * ({own})"
                text = f"({selection}) ? ({own}) : ({text})"
            result[key] = text
        first.reader.note(
            "", "the weights of samples that share a file are told apart by selection"
        )
        return 1.0, result


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
        # a branch of that name must not be taken for the factors that variations replace
        result[unique(name, {SAMPLE, VARIATION, *result})] = part
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
    option = "LumiScales" if sample.has("LumiScales") else "LumiScale"
    numbers = list(sample.numbers(option, sample.list("LumiScales", "LumiScale"))) or [1.0]
    if len(numbers) == 1:
        return numbers * count
    if len(numbers) != count:
        raise ConfigurationError(
            f"line {sample.block.line}: sample '{sample.name}' has {len(numbers)} LumiScales for "
            f"{count} files; give one for each"
        )
    return numbers
