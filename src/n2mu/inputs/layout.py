"""How the values of a branch lie in its baskets, for the types that need no interpreter."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from uproot.interpretation.jagged import AsJagged
from uproot.interpretation.numerical import AsDtype

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the baskets of a branch are and what they hold.

    Attributes
    ----------
    entries
        First entry of every basket and, at the end, the number of entries [baskets + 1].
    seeks, sizes
        Place and compressed size in the file [baskets].
    dtype
        Type of one number, big-endian as in the file.
    shape
        Of the values of one entry: ``()``, or that of a C array.
    header
        Bytes before the elements of a list; none where all entries have one shape.
    total
        Bytes of all baskets, uncompressed.
    """

    name: str
    entries: Integers
    seeks: Integers
    sizes: Integers
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    header: int | None
    total: int


def layout_of(branch: Any) -> Layout | None:
    """Return the layout of a branch, or none where uproot has to read it.

    Numbers, C arrays of them (fixed or with a counter) and vectors of them are
    known; baskets inside the tree's own object are not.
    """
    interpretation = branch.interpretation
    header = None
    content = interpretation
    if type(interpretation) is AsJagged:
        header, content = interpretation.header_bytes, interpretation.content
    if type(content) is not AsDtype or branch.embedded_baskets:
        return None
    whole: np.dtype[Any] = content.from_dtype
    dtype, shape = whole.base, whole.shape
    plain = dtype.kind in "biuf" and dtype.names is None
    if not plain or content.to_dtype != np.dtype((dtype.newbyteorder("="), shape)):
        return None
    if header is not None and shape:
        return None
    baskets = branch.num_baskets
    return Layout(
        name=branch.name,
        entries=np.array(branch.entry_offsets, dtype=np.int64),
        seeks=np.array(branch.member("fBasketSeek")[:baskets], dtype=np.int64),
        sizes=np.array(branch.member("fBasketBytes")[:baskets], dtype=np.int64),
        dtype=dtype,
        shape=shape,
        header=header,
        total=int(branch.uncompressed_bytes),
    )
