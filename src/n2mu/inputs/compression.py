"""Decompression of what ROOT writes, into memory that is used again."""

import lzma
import struct
from typing import Any

import cramjam
import deflate
import numpy as np
import numpy.typing as npt
import xxhash

Bytes = npt.NDArray[np.uint8]

_HEADER = struct.Struct("<2sB3s3s")  # algorithm, method, compressed and uncompressed size
_CHECKSUM = struct.Struct(">Q")


def decompress(data: memoryview, out: Bytes) -> None:
    """Decompress the blocks of one ROOT object.

    ROOT cuts an object into blocks of at most 16 MB, each with a header of 9
    bytes: two letters for the algorithm, one byte for its method, the sizes
    before and after in 3 bytes each, little-endian.

    Parameters
    ----------
    data
        All blocks, one after the other.
    out
        Filled to its end.

    Raises
    ------
    ValueError
        If the blocks are damaged, of an unknown algorithm, or do not fill `out`.
    """
    place = filled = 0
    while filled < len(out):
        algorithm, _, before, after = _HEADER.unpack_from(data, place)
        place += _HEADER.size
        size = int.from_bytes(after, "little")
        stop = place + int.from_bytes(before, "little")
        target = out[filled : filled + size]
        if stop > len(data) or len(target) < size or not size:
            raise ValueError(f"a compressed block of {size} bytes passes the end of its basket")
        written = _block(algorithm, data[place:stop], target)
        if written != size:
            raise ValueError(f"a compressed block has {written} bytes, its header says {size}")
        place, filled = stop, filled + size
    if place != len(data):
        raise ValueError(f"{len(data) - place} bytes are left after the last compressed block")


def _block(algorithm: bytes, data: memoryview, target: Bytes) -> int:
    """Fill the target with one block and return the size that the block had."""
    if algorithm == b"ZS":
        return int(cramjam.zstd.decompress_into(data, target.data))
    if algorithm == b"L4":
        (expected,) = _CHECKSUM.unpack_from(data)
        block = data[_CHECKSUM.size :]
        if xxhash.xxh64(block).intdigest() != expected:
            raise ValueError("the checksum of a compressed block does not match")
        return int(cramjam.lz4.decompress_block_into(block, target.data))
    if algorithm == b"ZL":
        return _copied(deflate.zlib_decompress(data, len(target)), target)
    if algorithm == b"XZ":
        return _copied(lzma.decompress(data), target)
    raise ValueError(f"unknown compression algorithm {algorithm!r}")


def _copied(content: Any, target: Bytes) -> int:
    if len(content) == len(target):
        target[:] = np.frombuffer(content, dtype=np.uint8)
    return len(content)
