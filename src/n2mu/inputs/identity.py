"""The identity of an ntuple: what tells a replaced file from the listed one."""

import hashlib
from pathlib import Path
from typing import Any

from n2mu.config.base import Model
from n2mu.errors import InputError
from n2mu.inputs.location import Location, file_bytes
from n2mu.inputs.reading import reading

PLAN_KEY = "n2mu_plan"
_SAMPLE_BYTES = 65536


class NtupleFile(Model):
    """One ntuple, as a job is told of it.

    Attributes
    ----------
    base
        Name of the directory that ``path`` is relative to.
    identity
        ``sample:<digest>`` of the content, or ``plan:<digest>`` of a generated
        file; a job refuses a file with another identity.
    entries
        Entries per tree as listed; none for planned files.
    """

    base: str
    path: str
    identity: str
    entries: dict[str, int] | None


def content_sample(path: Location) -> str:
    """Return a digest of a file's size, first and last 64 KiB.

    A ROOT file keeps its directory and a unique identifier there, so a
    replaced file shows, while terabytes need not be read.

    Raises
    ------
    InputError
        If the file is missing or may not be read.
    """
    try:
        size = file_bytes(path)
        state = hashlib.sha256(str(size).encode())
        last = max(0, size - _SAMPLE_BYTES)
        if isinstance(path, Path):
            with path.open("rb") as handle:
                state.update(handle.read(_SAMPLE_BYTES))
                handle.seek(last)
                state.update(handle.read(_SAMPLE_BYTES))
        else:
            state.update(path.read(0, min(size, _SAMPLE_BYTES)))
            state.update(path.read(last, size))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    return f"sample:{state.hexdigest()[:32]}"


def require_identity(file: Any, listed: NtupleFile, path: Location) -> None:
    """Check that an open ntuple is the listed one.

    Raises
    ------
    InputError
        If the file was replaced since it was listed or planned.
    """
    if listed.identity.startswith("plan:"):
        with reading(path):
            found = str(file[PLAN_KEY]) if PLAN_KEY in file.keys(cycle=False) else "no plan"
    else:
        found = content_sample(path)
    if found != listed.identity:
        raise InputError(
            f"{path}: differs from its listing (listed {listed.identity}, found {found}); "
            "list the ntuples again, or generate them again"
        )


def require_entries(name: str, entries: int, listed: NtupleFile, path: Location) -> None:
    """Check the number of entries of a tree against the listing.

    Raises
    ------
    InputError
        If they differ.
    """
    if listed.entries is not None and listed.entries.get(name) != entries:
        raise InputError(
            f"{path}: tree '{name}' has {entries} entries, listed are "
            f"{listed.entries.get(name)}; list the ntuples again"
        )
