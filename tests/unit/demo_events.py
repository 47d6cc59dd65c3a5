"""A few generated files that the tests of the demo share."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from n2mu.demo.tth.generate import make_trees
from n2mu.demo.tth.plan import TthFile, plan
from n2mu.demo.write import Columns, Table

DATA_SETS = ("ttH_346344.mc16a", "ttZ_504334.mc16d", "tt_410470.mc16e", "VV_364253.mc16a")


@dataclass(frozen=True)
class Generated:
    file: TthFile
    trees: dict[str, Table]
    metadata: Columns


VARIED = tuple(name for name in DATA_SETS if not name.startswith("VV"))
"""Those with the trees of the varied energies and resolutions."""


def planned(data_set: str, events: int = 3000) -> TthFile:
    """Return the first planned file of a data set with another number of events."""
    file = next(file for file in plan("tiny") if file.data_set == data_set)
    return replace(file, events=events)


@cache
def generated(data_set: str) -> Generated:
    file = planned(data_set)
    trees, metadata = make_trees(file)
    return Generated(file, trees, metadata)


def jets_of(table: Table) -> list[dict[str, NDArray[np.float64]]]:
    """Return the jets of each event as arrays in double precision."""
    return [
        {name: np.array([jet[name] for jet in event]) for name in ("pt", "eta", "phi", "e")}
        for event in table.jets.to_list()
    ]
