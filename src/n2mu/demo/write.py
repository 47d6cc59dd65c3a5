"""Writing the ntuples of the built-in Monte Carlo as ROOT files."""

from collections.abc import Mapping
from pathlib import Path

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

from n2mu.demo.derived import Columns
from n2mu.demo.reconstruct import Candidates

PLAN_KEY = "n2mu_plan"
METADATA_TREE = "sumWeights"
_COMPRESSION = uproot.ZSTD(1)
_BASKETS = 2


def jagged_branches(jets: Candidates, rows: NDArray[np.int64]) -> dict[str, ak.Array]:
    """Return the list branches of jets, ``jets_pt`` in MeV and so on, as float32."""
    exists = jets.exists[rows]
    counts = jets.count[rows]
    quantities = {
        "jets_pt": jets.pt,
        "jets_eta": jets.eta,
        "jets_phi": jets.phi,
        "jets_e": jets.p4[..., 3],
    }
    return {
        name: ak.unflatten(values[rows][exists].astype(np.float32), counts)
        for name, values in quantities.items()
    }


def write_ntuple(
    path: Path,
    trees: Mapping[str, tuple[Columns, dict[str, ak.Array]]],
    metadata: Columns,
    identity: str,
) -> None:
    """Write one file with its trees, its metadata tree and its identity.

    Parameters
    ----------
    trees
        Scalar and list branches by name of the tree.
    metadata
        One entry of the metadata tree.
    identity
        Stored as a TObjString named ``n2mu_plan``.
    """
    with uproot.recreate(path, compression=_COMPRESSION) as file:
        file[PLAN_KEY] = identity
        for name, (scalars, lists) in trees.items():
            # a plain assignment would write an RNTuple, which AddFriend does not find
            tree = file.mktree(
                name,
                {
                    **{branch: values.dtype for branch, values in scalars.items()},
                    **{
                        branch: f"var * {values.layout.content.dtype}"
                        for branch, values in lists.items()
                    },
                },
                initial_basket_capacity=_BASKETS,
            )
            if len(next(iter(scalars.values()))) > 0:
                tree.extend({**scalars, **lists})
        tree = file.mktree(
            METADATA_TREE,
            {branch: values.dtype for branch, values in metadata.items()},
            initial_basket_capacity=_BASKETS,
        )
        tree.extend(metadata)
