"""Writing the ntuples of the built-in Monte Carlo as ROOT files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import uproot
from numpy.typing import NDArray

from n2mu.demo.headers import remembered_headers

Columns = dict[str, NDArray[Any]]
"""Scalar branches by name, shape ``[events]`` each."""

PLAN_KEY = "n2mu_plan"
METADATA_TREE = "sumWeights"
_COMPRESSION = uproot.ZSTD(1)
_BASKETS = 2

_SMALL = 500
"""Fewer events are not compressed: to set the compression up for each branch takes longer."""


class Table(NamedTuple):
    """The content of one tree: scalar branches ``[events]`` and, if any, each event's jets."""

    scalars: Columns
    jets: Any = None

    @property
    def events(self) -> int:
        """Number of entries."""
        return len(next(iter(self.scalars.values())))

    @property
    def content(self) -> dict[str, Any]:
        """Arrays by the name of the branch, or of the group of branches."""
        return self.scalars if self.jets is None else {**self.scalars, "jets": self.jets}


def write_ntuple(
    path: Path, trees: Mapping[str, Table], metadata: Columns | None, identity: str
) -> None:
    """Write one file with its trees, its metadata tree and its identity.

    Parameters
    ----------
    trees
        Content by name of the tree.
    metadata
        One entry of the metadata tree; data have none.
    identity
        Stored as a TObjString named ``n2mu_plan``.
    """
    small = all(table.events < _SMALL for table in trees.values())
    compression = None if small else _COMPRESSION
    with remembered_headers(), uproot.recreate(path, compression=compression) as file:
        file[PLAN_KEY] = identity
        for name, table in trees.items():
            branches: dict[str, Any] = {b: values.dtype for b, values in table.scalars.items()}
            if table.jets is not None:
                branches["jets"] = table.jets.type.content
            # a plain assignment would write an RNTuple, which AddFriend does not find
            tree = file.mktree(name, branches, initial_basket_capacity=_BASKETS)
            if table.events > 0:
                tree.extend(table.content)
        if metadata is None:
            return
        tree = file.mktree(
            METADATA_TREE,
            {branch: values.dtype for branch, values in metadata.items()},
            initial_basket_capacity=_BASKETS,
        )
        tree.extend(metadata)
