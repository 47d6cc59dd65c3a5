"""A look at one ntuple: its trees, branches and sums, and a bounded number of its events."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from n2mu.config.inputs import SumOfWeights
from n2mu.errors import InputError, N2muError, nearest
from n2mu.expressions import ENTRY, parse
from n2mu.inputs.gather import read_range
from n2mu.inputs.identity import NtupleFile, require_entries, require_identity
from n2mu.inputs.location import Location
from n2mu.inputs.ntuple import no_tree, open_ntuple, require_branches, tree, tree_names
from n2mu.inputs.sums import sums_of_weights
from n2mu.inputs.tree import Tree
from n2mu.validation.events import Events, examine
from n2mu.validation.identity import look_at_numbers
from n2mu.validation.questions import EVENT, Asked
from n2mu.validation.scales import Compared, compare
from n2mu.validation.units import Typical, typical_values
from n2mu.validation.weights import look_at_weights


class Look(NamedTuple):
    """What is looked at.

    Attributes
    ----------
    asked
        What the configuration asks of the data set.
    path, listed
        One of its files, and what the listing says of it.
    first
        Whether it stands for its input: the branches of varied trees, and the numbers of more
        events than are read, are looked at as well.
    entries
        How many are read at most.
    """

    asked: Asked
    path: Location
    listed: NtupleFile | None
    source: SumOfWeights
    first: bool
    entries: int


class Finding(NamedTuple):
    """Something wrong: the key that asked for it, what is not as it should be, and where in it."""

    key: str
    text: str
    excerpt: str = ""
    detail: str = ""


class Seen(NamedTuple):
    """What a look found.

    Attributes
    ----------
    data_set, path
        Where.
    findings
        What is wrong.
    events
        What the events that were read say; None if they could not be read.
    compared
        Their values beside cuts and edges.
    typical
        Sizes of real branches.
    """

    data_set: str
    path: str
    findings: list[Finding]
    events: Events | None
    compared: list[Compared]
    typical: dict[str, Typical]


def look(what: Look) -> Seen:
    """Look at one file of a data set."""
    found: list[Finding] = []
    events = None
    compared: list[Compared] = []
    typical: dict[str, Typical] = {}
    totals: dict[str, float] = {}
    try:
        with open_ntuple(what.path) as file:
            if what.listed is not None:
                require_identity(file, what.listed, what.path)
            names = tree_names(file, what.path)
            nominal = what.asked.tree in names
            ntuple = tree(file, what.asked.tree, what.path) if nominal else None
            _compare_trees(what, file, names, ntuple, found)
            if not what.asked.data:
                totals = _compare_sums(what, file, found)
            if ntuple is not None:
                if what.listed is not None:
                    size = ntuple.num_entries
                    require_entries(what.asked.tree, size, what.listed, what.path)
                columns, size = _columns(what, file, ntuple, found)
                findings, events, masks = examine(what.asked, columns, size)
                found += [Finding(*finding) for finding in findings]
                compared = compare(what.asked, columns, masks)
                typical = typical_values(what.asked, columns)
                found += [
                    Finding(key, text, detail=detail)
                    for key, text, detail in look_at_weights(what.asked, columns, size, totals)
                ]
                numbers = look_at_numbers(file, ntuple, what.asked) if what.first else None
                if numbers is not None:
                    text, detail = numbers
                    found.append(Finding(EVENT, text, detail=detail))
    except N2muError as error:
        found.append(Finding("ntuples", str(error)))
    return Seen(what.asked.name, str(what.path), found, events, compared, typical)


def _compare_trees(
    what: Look, file: Any, names: list[str], ntuple: Tree | None, found: list[Finding]
) -> None:
    asked = what.asked
    if ntuple is None:
        text = no_tree(file, asked.tree, what.path)
        found.append(Finding("inputs.yaml: tree", text))
    nominal = ntuple.names.intersection(asked.columns) if ntuple is not None else frozenset()
    for key, name in asked.trees.items():
        if name not in names:
            found.append(Finding(key, no_tree(file, name, what.path)))
        elif what.first:
            existing = tree(file, name, what.path).names
            found += [
                Finding(key, f"tree '{name}' has no branch '{branch}', the nominal tree has it")
                for branch in sorted(nominal - existing)
            ]


def _compare_sums(
    what: Look, file: Any, found: list[Finding], sums: Mapping[str, str] | None = None
) -> dict[str, float]:
    """Return the sums of weights by key, as far as they are there."""
    source = what.source
    sums = what.asked.sums if sums is None else sums
    try:
        if source.branch is not None and source.tree is None:
            # in the tree of the events, which is not read to its end
            require_branches(tree(file, what.asked.tree, what.path), sums.values(), what.path)
            return {}
        totals = sums_of_weights(source, what.asked.tree, sums, file, what.path)
    except InputError as error:
        if len(sums) == 1:
            text = str(error).removeprefix(f"{what.path}: ")
            found += [Finding(key, text) for key in sums]
            return {}
        return {
            key: total
            for key, name in sums.items()
            for total in _compare_sums(what, file, found, {key: name}).values()
        }
    found += [
        Finding(
            key,
            f"the sum of weights '{sums[key]}' is not positive",
            detail=f": it is {total:.6g} here, and would be divided by",
        )
        for key, total in totals.items()
        if not total > 0
    ]
    return totals


def _columns(
    what: Look, file: Any, ntuple: Tree, found: list[Finding]
) -> tuple[dict[str, Any], int]:
    """Return the branches that are asked for and exist, and how many events were read."""
    asked = what.asked
    existing = ntuple.names
    known = existing | set(asked.scores)
    wanted: dict[str, list[str]] = {}
    for question in asked.questions:
        for name in parse(question.text).names - {ENTRY}:
            wanted.setdefault(name, []).append(question.key)
    for name, feature in asked.features.items():
        for branch in feature.branches or []:
            wanted.setdefault(branch, []).append(f"features.yaml: features.{name}")
    for key, branch in [*asked.numbers.items(), *asked.lists.items()]:
        wanted.setdefault(branch, []).append(key)
    for name in sorted(wanted.keys() - known):
        text = f"tree '{asked.tree}' has no branch '{name}'{nearest(name, known)}"
        found += [Finding(key, text) for key in wanted[name]]
    size = min(ntuple.num_entries, what.entries)
    columns = _read(file, ntuple, sorted(wanted.keys() & existing), size, wanted, found)
    columns |= {name: np.full(size, 0.5) for name in asked.scores if name not in columns}
    columns[ENTRY] = np.arange(size)
    return columns, size


def _read(
    file: Any,
    ntuple: Tree,
    names: Collection[str],
    size: int,
    wanted: Mapping[str, list[str]],
    found: list[Finding],
) -> dict[str, Any]:
    try:
        return read_range(file, ntuple, names, 0, size)
    except InputError as error:
        if len(names) == 1:
            found += [Finding(key, str(error)) for name in names for key in wanted[name]]
            return {}
    columns: dict[str, Any] = {}
    for name in names:
        columns |= _read(file, ntuple, [name], size, wanted, found)
    return columns
