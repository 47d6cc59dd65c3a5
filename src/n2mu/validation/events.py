"""What a bounded number of events says of selections, weights and features."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from n2mu.config.features import Feature
from n2mu.data.matrix import pack
from n2mu.errors import N2muError
from n2mu.expressions import ENTRY, Expression, parse
from n2mu.skim.select import whole_numbers
from n2mu.validation.questions import Asked

Mask = npt.NDArray[np.bool_]
_CODES = (-999.0, -99.0)


class Events(NamedTuple):
    """Counts among the events that were read.

    Attributes
    ----------
    read, preselected
        All of them, and those that pass the preselection.
    homeless
        Preselected ones that are in no sample; None if that is not known, or if the data
        set only takes the place of others in a systematic.
    regions, samples
        Preselected ones by region and by sample.
    shared_regions, shared_samples
        Events that are in two regions of a fit, and preselected ones in two samples.
    codes
        Features that seem to have a code for "missing" that is not declared: code and
        events that have it.
    """

    read: int
    preselected: int
    homeless: int | None
    regions: dict[str, int]
    samples: dict[str, int]
    shared_regions: dict[tuple[str, str], int]
    shared_samples: dict[tuple[str, str], int]
    codes: dict[str, tuple[float, int]]


def examine(
    asked: Asked, columns: Mapping[str, Any], size: int
) -> tuple[list[tuple[str, ...]], Events, dict[str, Mask]]:
    """Compute everything that is asked on events.

    Parameters
    ----------
    columns
        Branches [events]; expressions that need others are passed over.
    size
        Number of events.

    Returns
    -------
    tuple
        Key and text of what is wrong, with the place in an expression; and counts.
    """
    found: list[tuple[str, ...]] = []
    for question in asked.questions:
        expression = parse(question.text)
        if not expression.names <= columns.keys():
            continue
        try:
            values = expression.evaluate(columns, size)
        except N2muError as error:
            found.append((question.key, str(error), error.excerpt))
            continue
        if question.weight and not np.isfinite(values).all():
            text = "is NaN or infinite in some of the entries that were read"
            found.append((question.key, f"weight '{_line(question.text)}' {text}"))
    preselected = _mask(asked.preselection, columns, size)
    kept = np.ones(size, bool) if preselected is None else preselected
    regions = _masks(asked.regions, columns, size)
    samples = _masks(asked.samples, columns, size)
    found += _numbers(asked, columns)
    found += _features(asked.features, columns, kept)
    complete = asked.whole and preselected is not None and samples.keys() == asked.samples.keys()
    covered = np.logical_or.reduce([np.zeros(size, bool), *samples.values()])
    events = Events(
        read=size,
        preselected=int(kept.sum()),
        homeless=int((kept & ~covered).sum()) if complete else None,
        regions={name: int((mask & kept).sum()) for name, mask in regions.items()},
        samples={name: int((mask & kept).sum()) for name, mask in samples.items()},
        shared_regions={
            (a, b): int((regions[a] & regions[b]).sum())
            for a, b in asked.together
            if a in regions and b in regions
        },
        shared_samples={
            (a, b): int((samples[a] & samples[b] & kept).sum()) for a, b in combinations(samples, 2)
        },
        codes=dict(_codes(asked.features, columns, kept)),
    )
    return found, events, {name: mask & kept for name, mask in regions.items()}


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def _mask(text: str, columns: Mapping[str, Any], size: int) -> Mask | None:
    expression: Expression = parse(text)
    if not expression.names <= columns.keys():
        return None
    try:
        return expression.select(columns, size)
    except N2muError:
        return None  # reported with its key


def _masks(texts: Mapping[str, str], columns: Mapping[str, Any], size: int) -> dict[str, Mask]:
    masks = {name: _mask(text, columns, size) for name, text in texts.items()}
    return {name: mask for name, mask in masks.items() if mask is not None}


def _numbers(asked: Asked, columns: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, branch in asked.numbers.items():
        if branch in columns:
            try:
                whole_numbers(columns[branch], f"branch '{branch}'")
            except N2muError as error:
                yield key, str(error)


def _features(
    features: Mapping[str, Feature], columns: Mapping[str, Any], kept: Mask
) -> Iterator[tuple[str, str]]:
    for name, feature in features.items():
        key = f"features.yaml: features.{name}"
        names = feature.branches or parse(feature.expression or name).names - {ENTRY}
        if not set(names) <= columns.keys():
            continue
        chosen = {branch: columns[branch][kept] for branch in names}
        if feature.branches is not None:
            yield from ((key, text) for text in _collection(chosen))
            continue
        chosen[ENTRY] = columns[ENTRY][kept]
        try:
            pack(chosen, {name: feature}, int(kept.sum()))
        except N2muError as error:
            # so that data sets with the same problem share a line
            yield key, re.sub(r" in \d+ (of \d+ )?events", " in some events", str(error))


def _collection(branches: Mapping[str, Any]) -> Iterator[str]:
    import awkward as ak

    counts: dict[str, Any] = {}
    for name, values in branches.items():
        if values.ndim != 2:
            yield f"branch '{name}' of the collection holds one number per event, expected a list"
        else:
            counts[name] = np.asarray(ak.num(values, axis=1))
    for (a, first), (b, second) in zip(counts.items(), list(counts.items())[1:], strict=False):
        if not np.array_equal(first, second):
            yield f"branches '{a}' and '{b}' of the collection have lists of different lengths"


def _codes(
    features: Mapping[str, Feature], columns: Mapping[str, Any], kept: Mask
) -> Iterator[tuple[str, tuple[float, int]]]:
    """Yield continuous features that hold a usual code, far from all other values."""
    for name, feature in features.items():
        if feature.kind != "continuous" or feature.expression is not None or name not in columns:
            continue
        values = columns[name]
        if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind not in "if":
            continue
        values = values[kept]
        for code in _CODES:
            same = values == code
            others = values[~same]
            if same.any() and code not in feature.missing and (others > code / 2).all():
                yield name, (code, int(same.sum()))
