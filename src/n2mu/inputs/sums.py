"""The sum of weights of all generated events, as one file tells it."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from n2mu.config.inputs import SumOfWeights
from n2mu.errors import InputError, nearest
from n2mu.inputs.gather import read_range
from n2mu.inputs.location import Location
from n2mu.inputs.ntuple import require_branches, tree
from n2mu.inputs.reading import reading

_STEP = 1_000_000  # entries per read


def sums_of_weights(
    source: SumOfWeights, events: str, varied: Mapping[str, str], file: Any, path: Location
) -> dict[str, float]:
    """Return the sums of weights that a file holds.

    Parameters
    ----------
    events
        Name of the tree with the events.
    varied
        By name of the sum, the branch or histogram it is taken from in place of
        the one that `source` names.
    file
        The open ntuple.

    Returns
    -------
    dict
        Sums by name, as in `varied`.

    Raises
    ------
    InputError
        If the file does not hold them, or they are no finite numbers.
    """
    names = set(varied.values())
    if source.histogram is not None:
        found = {name: _bin(file, name, source.bin, path) for name in names}
    elif source.branch is not None:
        found = _branches(file, source.tree or events, names, source.tree is not None, path)
    else:
        found = {name: float(tree(file, events, path).num_entries) for name in names}
    return {key: found[name] for key, name in varied.items()}


def _branches(
    file: Any, name: str, branches: Collection[str], metadata: bool, path: Location
) -> dict[str, float]:
    """Add up branches over all entries of a tree."""
    ntuple = tree(file, name, path)
    require_branches(ntuple, branches, path)
    size = ntuple.num_entries
    if metadata and not size:
        raise InputError(
            f"{path}: the metadata tree '{name}' is empty, expected the sums of weights; "
            "the events of this file could not be normalised"
        )
    totals = dict.fromkeys(branches, 0.0)
    for start in range(0, size, _STEP):
        columns = read_range(file, ntuple, branches, start, min(start + _STEP, size))
        for branch in branches:
            values = columns[branch]
            where = f"{path}: '{name}.{branch}'"
            if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf":
                kind = values.dtype if isinstance(values, np.ndarray) else values.type
                raise InputError(f"{where} holds {kind}, expected one number per entry")
            totals[branch] += float(values.astype(np.float64).sum())
            if not np.isfinite(totals[branch]):
                raise InputError(
                    f"{where} adds up to {totals[branch]}; mend the metadata of this ntuple"
                )
    return totals


def _bin(file: Any, name: str, number: int | str | None, path: Location) -> float:
    """Return the content of one bin; the first has the number 1, as in ROOT."""
    with reading(path):
        known: dict[str, str] = file.classnames(cycle=False)
    histograms = [key for key, kind in known.items() if kind.startswith("TH1")]
    if name not in histograms:
        if name in known:
            raise InputError(
                f"{path}: '{name}' is a {known[name]}, expected a TH1 with the sum of weights"
                f"{nearest(name, histograms)}"
            )
        raise InputError(f"{path}: no histogram '{name}'{nearest(name, histograms)}")
    with reading(path):
        histogram = file[name]
        values = histogram.values()
        labels = _labels(histogram.axis())
    if isinstance(number, str):
        if number not in labels:
            raise InputError(
                f"{path}: histogram '{name}' has no bin '{number}'{nearest(number, labels)}"
            )
        number = labels[number]
    if number is None or number > len(values):
        raise InputError(
            f"{path}: histogram '{name}' has {len(values)} bins, asked is {number}; correct 'bin' "
            "of sum_of_weights in inputs.yaml"
        )
    total = float(values[number - 1])
    if not np.isfinite(total):
        raise InputError(f"{path}: bin {number} of '{name}' is {total}; mend this ntuple")
    return total


def _labels(axis: Any) -> dict[str, int]:
    """Return the number of each bin with a label.

    They stand in the order in which they were given; the number is in the identifier
    of each (``TAxis::SetBinLabel``).  uproot's own list has lost it.
    """
    labels = axis.member("fLabels", none_if_missing=True)
    return {str(label): int(label.member("@fUniqueID")) for label in labels or ()}
