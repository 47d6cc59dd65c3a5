"""Opening ntuples; whatever is wrong with one becomes a line that names it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import awkward as ak
import uproot

from n2mu.errors import InputError, nearest


@contextmanager
def open_ntuple(path: Path) -> Iterator[Any]:
    """Open a ROOT file for reading.

    Raises
    ------
    InputError
        If it is missing, truncated or no ROOT file, also when that shows only
        while it is read.
    """
    if not path.exists():
        raise InputError(f"{path}: no such ntuple; check 'ntuples' in the main configuration")
    try:
        with uproot.open(path) as file:
            yield file
    except InputError:
        raise
    except Exception as error:
        # uproot reports damage by whatever its parser stumbles over
        if not _is_reading_error(error):
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"{path}: cannot be read, it is truncated or damaged ({reason}); "
            "restore the file and list the ntuples again"
        ) from error


def _is_reading_error(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__", "").startswith(
            ("uproot", "cramjam", "deflate")
        ):
            return True
        trace = trace.tb_next
    return False


def tree(file: Any, name: str, path: Path) -> Any:
    """Return a tree of an open file.

    Raises
    ------
    InputError
        If the file has no such tree, with the nearest one that it has.
    """
    names = file.keys(filter_classname="TTree", cycle=False)
    if name not in names:
        raise InputError(f"{path}: no tree '{name}'{nearest(name, names)}")
    return file[name]


def require_branches(tree: Any, names: Collection[str], path: Path) -> None:
    """Check that branches exist and are as long as their tree.

    Raises
    ------
    InputError
        Naming the branch and the nearest one that exists.
    """
    existing = set(tree.keys(recursive=False))
    for name in names:
        if name not in existing:
            raise InputError(
                f"{path}: tree '{tree.name}' has no branch '{name}'{nearest(name, existing)}"
            )
        if tree[name].num_entries != tree.num_entries:
            raise InputError(
                f"{path}: branch '{name}' has {tree[name].num_entries} entries, "
                f"its tree '{tree.name}' has {tree.num_entries}; the file is damaged"
            )


def read_entries(ntuple: Any, names: Collection[str], start: int, stop: int) -> dict[str, Any]:
    """Return branches of a range of entries: numpy arrays, or awkward where they are lists."""
    wanted = set(names)
    if not wanted:
        return {}
    arrays = ntuple.arrays(
        filter_name=lambda name: name in wanted,
        entry_start=start,
        entry_stop=stop,
        library="ak",
        how=dict,
    )
    return {
        name: ak.to_numpy(array) if array.ndim == 1 else array for name, array in arrays.items()
    }
