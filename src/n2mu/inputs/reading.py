"""Reading what others wrote: damage becomes a line that names the file."""

from collections.abc import Iterator
from contextlib import contextmanager

from n2mu.errors import InputError, N2muError


class DamagedError(InputError):
    """A single ntuple that is not whole; a run may be told to go on without it."""


@contextmanager
def reading(path: object) -> Iterator[None]:
    """Turn what a reader of ROOT files raises into one line that names the file.

    uproot reports damage by whatever its parser stumbles over, and reads
    lazily: everything that asks a file for content stands in such a block.

    Raises
    ------
    DamagedError
        If anything in the block fails.
    """
    try:
        yield
    except (N2muError, MemoryError):
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
        raise DamagedError(
            f"{path}: cannot be read, it is truncated, damaged or no ROOT file ({reason}); "
            "restore the file and list the ntuples again"
        ) from error
