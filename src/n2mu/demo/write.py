"""Writing the ntuples of the built-in Monte Carlo as ROOT files."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import awkward as ak
import numpy as np
import uproot

from n2mu.demo.derived import Columns
from n2mu.demo.headers import remembered_headers
from n2mu.demo.reconstruct import Candidates

PLAN_KEY = "n2mu_plan"
METADATA_TREE = "sumWeights"
_COMPRESSION = uproot.ZSTD(1)
_BASKETS = 2

_SMALL = 500
"""Fewer events are not compressed: to set the compression up for each branch takes longer."""


def jet_record(jets: Candidates) -> ak.Array:
    """Return the jets as lists of float32 records, momenta in MeV.

    Written under the name ``jets`` they become the list branches ``jets_pt``,
    ``jets_eta``, ``jets_phi`` and ``jets_e`` with the common counter ``njets``.
    """
    exists = jets.exists
    quantities = {"pt": jets.pt, "eta": jets.eta, "phi": jets.phi, "e": jets.p4[..., 3]}
    return ak.zip(
        {
            name: ak.unflatten(values[exists].astype(np.float32), jets.count)
            for name, values in quantities.items()
        }
    )


class Table(NamedTuple):
    """The content of one tree: scalar branches ``[events]`` and the jets of each event."""

    scalars: Columns
    jets: ak.Array


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
    small = all(len(table.jets) < _SMALL for table in trees.values())
    compression = None if small else _COMPRESSION
    with remembered_headers(), uproot.recreate(path, compression=compression) as file:
        file[PLAN_KEY] = identity
        for name, (scalars, jets) in trees.items():
            branches = {branch: values.dtype for branch, values in scalars.items()}
            # a plain assignment would write an RNTuple, which AddFriend does not find
            tree = file.mktree(
                name, {**branches, "jets": jets.type.content}, initial_basket_capacity=_BASKETS
            )
            if len(jets) > 0:
                tree.extend({**scalars, "jets": jets})
        if metadata is None:
            return
        tree = file.mktree(
            METADATA_TREE,
            {branch: values.dtype for branch, values in metadata.items()},
            initial_basket_capacity=_BASKETS,
        )
        tree.extend(metadata)
