"""The bins of a stored histogram, taken from its bytes.

uproot takes half a millisecond to interpret a histogram, of which `templates.root` has thousands;
this takes a tenth of that and leaves to uproot what is not as expected.  Reference: the
classes TH1 and TArrayD of ROOT.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from n2mu.inputs.header import Header, UnexpectedError

FloatArray = npt.NDArray[np.float64]

_VERSIONS = (3, 8)  # of TH1D and TH1
_LENGTH = struct.Struct(">i")
_BARS = 4  # bytes of offset and width of bars
_NUMBERS = 8 * 8  # bytes of entries, four sums, maximum, minimum and norm


def bins_of(file: Any, name: str) -> tuple[FloatArray, FloatArray]:
    """Return the contents and the sums of squared weights [bins] of a histogram.

    Parameters
    ----------
    file
        As uproot has it open.
    """
    try:
        return _bins(file.key(name))
    except (UnexpectedError, struct.error, IndexError, ValueError):
        histogram = file[name]
        return histogram.values(), histogram.variances()


def _bins(key: Any) -> tuple[FloatArray, FloatArray]:
    if key.fClassName != "TH1D":
        raise UnexpectedError(f"a histogram of class {key.fClassName}")
    chunk, cursor = key.get_uncompressed_chunk_cursor()
    header = Header(bytes(chunk.raw_data), -cursor.origin)
    stop, outer, place = header.counted(0)
    contents, inner, place = header.counted(place)
    if (outer, inner) != _VERSIONS:
        raise UnexpectedError(f"a histogram of versions {outer} and {inner}")
    for _ in range(4):  # name, line, area, marker
        place = header.stop(place)
    (cells,) = _LENGTH.unpack_from(header.content, place)
    place += _LENGTH.size
    for _ in range(3):  # axes
        place = header.stop(place)
    _, place = _array(header, place + _BARS + _NUMBERS)  # contours
    squares, place = _array(header, place)
    values, end = _array(header, contents)
    if place > contents or end != stop or not len(values) == len(squares) == cells:
        raise UnexpectedError("a histogram of other lengths")
    return values[1:-1], squares[1:-1]


def _array(header: Header, start: int) -> tuple[FloatArray, int]:
    """Return an array, and where it ends."""
    (length,) = _LENGTH.unpack_from(header.content, start)
    start += _LENGTH.size
    if length < 0:
        raise UnexpectedError(f"an array of {length} numbers")
    values = np.frombuffer(header.content, ">f8", length, start)
    return values.astype(np.float64), start + values.nbytes
