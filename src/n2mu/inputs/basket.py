"""One basket: from its bytes in the file to the values of chosen entries.

A basket is a key, then its content, compressed or not.  The content holds the
values of all entries and, for lists, the place where every entry starts.
References: the classes TKey, TBasket and TBufferFile of ROOT.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.inputs.compression import Bytes, decompress
from n2mu.inputs.layout import Integers, Layout

_KEY = struct.Struct(">ihiIhh")  # bytes, version, length of the object, date, key's length, cycle
_TAIL = struct.Struct(">Hiiii")  # version, buffer size, size per entry, entries, last byte


class Scratch:
    """Memory that every basket is decompressed into; it grows to the largest one."""

    def __init__(self) -> None:
        self._memory: Bytes = np.empty(0, dtype=np.uint8)

    def room(self, size: int) -> Bytes:
        """Return the first bytes of the memory; what they held is lost."""
        if len(self._memory) < size:
            self._memory = np.empty(size, dtype=np.uint8)
        return self._memory[:size]


def content_of(raw: memoryview, entries: int, scratch: Scratch) -> tuple[Bytes, Bytes]:
    """Return the values of a basket and what follows them, as bytes.

    Parameters
    ----------
    raw
        The basket as it lies in the file.
    entries
        How many entries it must have.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    size, _, length, _, key, _ = _KEY.unpack_from(raw)
    if size != len(raw) or not _KEY.size + _TAIL.size < key <= size or length < 0:
        raise ValueError(f"a basket has no valid header (size {size}, expected {len(raw)})")
    # one byte of flags stands between this and the content
    _, _, _, found, last = _TAIL.unpack_from(raw, key - _TAIL.size - 1)
    if found != entries or not 0 <= last - key <= length:
        raise ValueError(f"a basket has {found} entries, expected {entries}")
    if size - key == length:
        content = np.frombuffer(raw[key:], dtype=np.uint8)
    else:
        content = scratch.room(length)
        decompress(raw[key:], content)
    return content[: last - key], content[last - key :]


def values_of(data: Bytes, layout: Layout, entries: int) -> npt.NDArray[Any]:
    """Return the values of all entries [entries, *shape], big-endian.

    Raises
    ------
    ValueError
        If the basket has another size than these need.
    """
    values = data.view(layout.dtype)
    return values.reshape(entries, *layout.shape)


def lists_of(
    data: Bytes, tail: Bytes, layout: Layout, entries: int, rows: Integers | slice
) -> tuple[npt.NDArray[Any], Integers] | None:
    """Return the elements of the lists of some entries, and their numbers.

    Parameters
    ----------
    rows
        Entries of the basket, in order.

    Returns
    -------
    tuple
        Elements [sum of numbers], in native order; numbers [rows].  None if the
        basket does not say where its lists begin.

    Raises
    ------
    ValueError
        If the lists overlap or are no lists of such numbers.
    """
    # the number of places, a place for each entry, and one more without meaning
    if len(tail) != 4 * (entries + 2):
        return None
    assert layout.header is not None
    step = layout.dtype.itemsize
    places = tail.view(">i4")[1:]
    if isinstance(rows, slice):
        rows = np.arange(rows.start, rows.stop)
    # counted from the start of the key, before the content
    first = int(places[0])
    starts = places[rows].astype(np.int64) - (first - layout.header)
    stops = places[rows + 1].astype(np.int64) - first
    if len(rows) and rows[-1] == entries - 1:
        stops[-1] = len(data)
    sizes = stops - starts
    counts = sizes // step
    damaged = len(rows) and (
        counts.min() < 0 or stops.max() > len(data) or starts.min() < 0 or (sizes % step).any()
    )
    if damaged:
        raise ValueError("the lists of a basket overlap")
    ends = np.cumsum(counts)
    total = int(ends[-1])
    native = layout.dtype.newbyteorder("=")
    if not total:
        return np.empty(0, dtype=native), counts
    # headers have 10 bytes, so that elements stand at odd places: a window at every byte
    windows: npt.NDArray[Any] = np.ndarray(
        (len(data) - step + 1,), dtype=layout.dtype, buffer=data, strides=(1,)
    )
    at = np.repeat(starts - step * (ends - counts), counts) + step * np.arange(total)
    return windows[at].astype(native), counts
