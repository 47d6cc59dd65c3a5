"""Bytes of an open ntuple: nearby pieces are read together, into memory that is used again."""

import os
import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

GAP = 32_768  # bytes; reading them costs less than one more request
LARGEST = 8_000_000  # bytes per request, unless one piece has more

Piece = tuple[int, int]
"""First byte and number of bytes."""


class Source(Protocol):
    """Something that bytes are read from."""

    def read(self, pieces: Sequence[Piece]) -> Iterator[memoryview]:
        """Yield pieces, which come sorted; each is valid until the next one."""


class LocalSource:
    """A file on a disk that this machine mounts."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._memory = bytearray()

    def read(self, pieces: Sequence[Piece]) -> Iterator[memoryview]:
        """Yield pieces, which come sorted; each is valid until the next one."""
        for group in together(pieces):
            start = group[0][0]
            size = max(first + size for first, size in group) - start
            if len(self._memory) < size:
                # most files are read in a few requests, large ones in many of one size
                self._memory = bytearray(max(size, min(2 * len(self._memory), LARGEST)))
            memory = memoryview(self._memory)[:size]
            filled = 0
            while filled < size:
                count = os.preadv(self._descriptor, [memory[filled:]], start + filled)
                if not count:
                    raise EOFError(f"the file ends before byte {start + size}")
                filled += count
            for first, length in group:
                yield memory[first - start : first - start + length]


class RemoteSource:
    """A file that uproot reads over the network."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def read(self, pieces: Sequence[Piece]) -> Iterator[memoryview]:
        """Yield pieces, which come sorted; each is valid until the next one."""
        for group in together(pieces):
            start = group[0][0]
            stop = max(first + size for first, size in group)
            (chunk,) = self._source.chunks([(start, stop)], notifications=queue.Queue())
            memory = memoryview(chunk.raw_data)
            for first, length in group:
                yield memory[first - start : first - start + length]


def together(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield groups of neighbouring pieces that one request reads."""
    group: list[Piece] = []
    for first, size in pieces:
        if group:
            last = group[-1][0] + group[-1][1]
            if first - last > GAP or first + size - group[0][0] > LARGEST:
                yield group
                group = []
        group.append((first, size))
    if group:
        yield group


@contextmanager
def open_source(file: Any) -> Iterator[Source]:
    """Read the bytes of a file that uproot has open."""
    path = file.file.file_path
    if "://" in path:
        yield RemoteSource(file.file.source)
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield LocalSource(descriptor)
    finally:
        os.close(descriptor)
