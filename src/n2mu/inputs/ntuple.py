"""Opening ntuples; whatever is wrong with one becomes a line that names it."""

import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import awkward as ak
import uproot

from n2mu.errors import InputError, nearest
from n2mu.inputs.location import Location
from n2mu.inputs.reading import DamagedError, reading
from n2mu.inputs.tree import Tree

_TREE_VERSIONS = (19, 20)  # of the class TTree; ROOT 5.14 and later
_TREE_HEAD = 100_000  # bytes; far more than a name and a title take
_COUNTED = 0x4000_0000  # the bit that tells a number of bytes from a version
_SIZE_AND_VERSION, _SIZE, _ENTRIES = struct.Struct(">IH"), struct.Struct(">I"), struct.Struct(">q")


@contextmanager
def open_ntuple(path: Location) -> Iterator[Any]:
    """Open a ROOT file for reading.

    Raises
    ------
    InputError
        If it is missing, truncated or no ROOT file.
    """
    with reading(path):
        if not path.exists():
            raise InputError(
                f"{path}: no such ntuple; check 'ntuples' in the main configuration, "
                "and list again if it is gone"
            )
        # a text would be taken apart at its colons
        file = uproot.open({str(path): None})
    with file:
        yield file


def tree_names(file: Any, path: Location) -> list[str]:
    """Return the names of all trees of an open file, each once."""
    with reading(path):
        # a tree that ROOT saved in between has several cycles; the last one counts
        return list(dict.fromkeys(file.keys(filter_classname="TTree", cycle=False)))


def tree(file: Any, name: str, path: Location) -> Tree:
    """Return a tree of an open file.

    Raises
    ------
    DamagedError
        If the file has no such tree, with the nearest one that it has, or it cannot be read.
    """
    if name not in tree_names(file, path):
        raise DamagedError(f"{path}: {no_tree(file, name, path)}")
    return Tree(file, name, path)


def no_tree(file: Any, name: str, path: Location) -> str:
    """Return what is wrong with an open file that has no tree of a name."""
    with reading(path):
        others = file.keys(filter_classname=lambda kind: kind.endswith("RNTuple"), cycle=False)
    if name in others:
        return (
            f"'{name}' is an RNTuple, but n2mu reads TTrees, which can have friends; write one: in "
            "ROOT by RDataFrame's Snapshot with fOutputFormat = kTTree, in uproot by mktree"
        )
    return f"no tree '{name}'{nearest(name, tree_names(file, path))}"


def entries_of(file: Any, name: str, path: Location) -> int:
    """Return the number of entries of a tree, without interpreting its branches.

    It stands behind the four base classes with which a tree begins in a file; interpreting
    thousands of branches takes a second, this a millisecond.  Reference: ``TTree::Streamer``.

    Raises
    ------
    DamagedError
        If the tree cannot be read.
    """
    with reading(path):
        chunk, _ = file.key(name).get_uncompressed_chunk_cursor()
        content = bytes(chunk.raw_data[:_TREE_HEAD])
        size, version = _SIZE_AND_VERSION.unpack_from(content)
        if version in _TREE_VERSIONS and size == _COUNTED + len(chunk.raw_data) - 4:
            place = _SIZE_AND_VERSION.size
            for _ in ("TNamed", "TAttLine", "TAttFill", "TAttMarker"):
                (size,) = _SIZE.unpack_from(content, place)
                place += 4 + size - _COUNTED
            (entries,) = _ENTRIES.unpack_from(content, place)
            return int(entries)
    return tree(file, name, path).num_entries


def require_branches(
    tree: Tree, names: Collection[str], path: Location, uses: Mapping[str, str] | None = None
) -> None:
    """Check that branches exist, hold no texts, and are as long as their tree.

    Parameters
    ----------
    uses
        What branches are for, by name; errors say it.

    Raises
    ------
    InputError
        Naming the branch and the nearest one that exists.
    """
    plain = {name: tree.plain(name) for name in tree.names.intersection(names)}
    tree.with_branches([name for name, layout in plain.items() if layout is None])
    for name in sorted(names):
        use = f" ({uses[name]})" if uses is not None and name in uses else ""
        if name not in tree.names:
            raise InputError(
                f"{path}: tree '{tree.name}' has no branch '{name}'{use}{nearest(name, tree.names)}"
            )
        layout = plain[name]
        # a skim could not tell it from vector<char>, which holds numbers
        if layout is None and tree[name].typename == "int8_t[]":
            raise InputError(
                f"{path}: branch '{name}' of tree '{tree.name}'{use} is an array of char, which "
                "TTreeFormula takes for a text; numbers are expected, in vector<char> or as short"
            )
        entries = tree[name].num_entries if layout is None else layout.entries[-1]
        if entries != tree.num_entries:
            raise DamagedError(
                f"{path}: branch '{name}' has {entries} entries, "
                f"its tree '{tree.name}' has {tree.num_entries}; the file is damaged"
            )


def read_entries(ntuple: Tree, names: Collection[str], start: int, stop: int) -> dict[str, Any]:
    """Return branches of a range of entries: numpy arrays, or awkward where they are lists.

    Raises
    ------
    InputError
        If the file is damaged, or a branch holds something else.
    """
    wanted = set(names)
    if not wanted:
        return {}
    path = ntuple.path
    with reading(path):
        whole = ntuple.with_branches(wanted)
        arrays = whole.arrays(
            # a branch inside of another may have the same name
            filter_branch=lambda branch: branch.parent is whole and branch.name in wanted,
            entry_start=start,
            entry_stop=stop,
            library="ak",
            how=dict,
        )
        for name in sorted(wanted - arrays.keys()):  # uproot passes over what it cannot read
            kind = ntuple[name].typename
            raise InputError(f"{path}: branch '{name}' holds {kind}, expected numbers or lists")
        return {
            name: ak.to_numpy(array) if array.ndim == 1 else array for name, array in arrays.items()
        }
