"""What a plan of generated ntuples consists of: files with a seed, shared out to chunks.

Pure Python without heavy imports, because the Snakefile asks for the plan each
time it is parsed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TypeVar

from n2mu.errors import ConfigurationError, counted
from n2mu.products import canonical_json, digest


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """One ntuple file of a generator; generators add what they need to know of it.

    Attributes
    ----------
    path
        Below the base directory of the ntuples.
    data_set
        ``<input>.<campaign>``.
    events
        Generated events: the sum of weights counts all of them, the trees hold
        those that pass the ntuple preselection.
    first_event
        Event number of the first generated event.
    seed
        Seed of the file's own stream of random numbers.
    bytes
        Estimated size, which balances the chunks.
    """

    path: str
    data_set: str
    events: int
    first_event: int
    seed: int
    bytes: int


File = TypeVar("File", bound=PlannedFile)


def split(total: int, shares: Sequence[float]) -> list[int]:
    """Split a whole number in proportion to shares, without losing any."""
    bounds = [0.0]
    for share in shares:
        bounds.append(bounds[-1] + share)
    edges = [round(total * bound / bounds[-1]) for bound in bounds]
    return [high - low for low, high in pairwise(edges)]


def identity(file: PlannedFile, code: str) -> str:
    """Return what identifies a file's content: its plan and the generator's code.

    Parameters
    ----------
    file
        The planned file.
    code
        Fingerprint of the generator's source code.
    """
    return digest(canonical_json({"file": asdict(file), "code": code}), 32)


def pack(files: Sequence[File], chunks: int) -> dict[str, list[File]]:
    """Share files out to chunks of about equal bytes; a file stays whole.

    The largest file goes first to the chunk that holds the fewest bytes, so the
    same plan gives the same chunks.

    Parameters
    ----------
    files
        The plan.
    chunks
        Number of chunks; none is empty if there are as many files.

    Returns
    -------
    dict
        Chunk name (``c0000`` ...) to its files, in the order of the plan.

    Raises
    ------
    ConfigurationError
        If there are fewer files than chunks, or less than one chunk.
    """
    if not 1 <= chunks <= len(files):
        raise ConfigurationError(
            f"{counted(len(files), 'planned file')} cannot fill {counted(chunks, 'chunk')}; "
            f"ask for 1 to {len(files)} chunks"
        )
    sizes = [0] * chunks
    members: list[list[int]] = [[] for _ in range(chunks)]
    for index in sorted(range(len(files)), key=lambda i: (-files[i].bytes, files[i].path)):
        target = min(range(chunks), key=lambda c: (sizes[c], c))
        sizes[target] += files[index].bytes
        members[target].append(index)
    return {f"c{c:04d}": [files[i] for i in sorted(members[c])] for c in range(chunks)}
