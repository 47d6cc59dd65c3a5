"""The layout of a branch of numbers, told from its bytes in the header of its tree.

uproot takes a third of a millisecond to interpret a branch, this a tenth of that.  It knows the
branches of most ntuples, with one number or one counted array of numbers per entry, in the
versions of their classes that ROOT has written since 5.22, and leaves all others to uproot.
References: the classes TBranch, TLeaf of ROOT.
"""

import struct
from typing import Any

import numpy as np

from n2mu.inputs.header import WORD, Element, Header, UnexpectedError
from n2mu.inputs.layout import Layout

_VERSIONS = (12, 13)  # of TBranch; the latter has features after the first numbers
_FIRST = struct.Struct(">iiiiq")  # compression, basket size, offsets, baskets written, entry
_SECOND = struct.Struct(">iIiqqqq")  # offset, baskets, split level, entries, first, bytes, zipped
_LEAF = struct.Struct(">iii??")  # length, bytes, offset, counts others, unsigned
_LEAF_VERSION = 2
_SIZES = {"B": 1, "S": 2, "I": 4, "L": 8, "G": 8, "F": 4, "D": 8, "O": 1}
"""Bytes of a number, by the letter that ends the class of its leaf."""


def plain_layout(header: Header, element: Element) -> Layout | None:
    """Return the layout of a branch, or none where uproot has to interpret it.

    Raises
    ------
    UnexpectedError, struct.error, IndexError
        If its bytes are not those of a branch.
    """
    content = header.content
    kind, place, _ = header.instance(element.start)
    stop, version, place = header.counted(place)
    if kind != "TBranch" or version not in _VERSIONS:
        return None
    place = header.stop(header.stop(place))  # name and title, colours
    _, _, _, written, _ = _FIRST.unpack_from(content, place)
    place += _FIRST.size
    if version == _VERSIONS[-1]:
        place = header.stop(place)
    _, most, _, entries, _, total, _ = _SECOND.unpack_from(content, place)
    inner, _, place = header.array(place + _SECOND.size)
    leaves, leaf, place = header.array(place)
    if inner or leaves != 1:
        return None
    found = _numbers(header, leaf, place, element.start)
    if found is None:
        return None
    place = header.stop(place)  # baskets inside of the tree; they are found out below
    columns = []
    for integer in (np.dtype(">i4"), np.dtype(">i8"), np.dtype(">i8")):
        place += 1  # a byte that says whether there is such an array
        columns.append(np.frombuffer(content, integer, most, place).astype(np.int64))
        place += most * integer.itemsize
    _, place = header.text(place)  # another file
    if place != stop:
        raise UnexpectedError(f"branch '{element.name}' ends at byte {place}, expected {stop}")
    sizes, starts, seeks = columns
    unused = np.flatnonzero(seeks == 0)
    baskets = min([most, *unused[:1].tolist(), *([written] if written >= 0 else [])])
    # where entries stand elsewhere, uproot finds them
    if baskets >= most or starts[baskets] != entries or (entries and not baskets):
        return None
    dtype, header_bytes = found
    return Layout(
        name=element.name,
        entries=starts[: baskets + 1],
        seeks=seeks[:baskets],
        sizes=sizes[:baskets],
        dtype=dtype,
        shape=(),
        header=header_bytes,
        total=int(total),
    )


def _numbers(
    header: Header, start: int, stop: int, branch: int
) -> tuple[np.dtype[Any], int | None] | None:
    """Return the type of a leaf's numbers, and how many bytes precede a list of them.

    Parameters
    ----------
    branch
        Where its branch begins.
    """
    kind, place, end = header.instance(start)
    letter = kind.removeprefix("TLeaf")
    if end != stop or letter not in _SIZES:
        return None
    _, _, place = header.counted(place)
    base, version, place = header.counted(place)
    _, title, place = header.named(place)
    length, size, _, _, unsigned = _LEAF.unpack_from(header.content, place)
    (count,) = WORD.unpack_from(header.content, place + _LEAF.size)
    plain = version == _LEAF_VERSION and length == 1 and size == _SIZES[letter]
    if not plain or place + _LEAF.size + WORD.size != base:
        return None
    sign = {"F": "f", "D": "f", "O": "?"}.get(letter, "u" if unsigned else "i")
    dtype = np.dtype("?" if letter == "O" else f">{sign}{size}")
    if not count:
        return (dtype, None) if "[" not in title else None
    _, _, inside = title.partition("[")
    place = header.place(count)
    # arrays of char may be texts
    if letter == "B" or place >= branch or not inside.endswith("]") or inside[:-1].isdigit():
        return None
    counter, _, _ = header.instance(place)
    return (dtype, 0) if "[" not in inside and counter.startswith("TLeaf") else None
