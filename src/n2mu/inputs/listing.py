"""The listing: which ntuples exist, what is in them, and which chunk reads them.

A chunk is assigned once.  Files that come later get new chunks, so that nothing
else moves; a file whose content changed keeps its chunk, which then reruns.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from n2mu.config.base import Model
from n2mu.config.inputs import DataSet
from n2mu.errors import InputError, nearest
from n2mu.inputs.identity import content_sample
from n2mu.products import read_json, write_json

CHUNK_BYTES = 2_000_000_000


class ListedFile(Model):
    """One ntuple.

    Attributes
    ----------
    path
        Relative to the base.
    modified
        Time of the last change (s), for people; identity is ``content``.
    content
        ``sample:<digest>`` of size, head and tail, or ``plan:<digest>``.
    entries
        Entries per tree; none while a planned file does not exist.
    data_sets
        The data sets whose events it holds.
    """

    base: str
    path: str
    bytes: int
    modified: float | None
    content: str
    entries: dict[str, int] | None
    chunk: str
    data_sets: list[str]


class Listing(Model):
    """All ntuples of an analysis."""

    files: list[ListedFile]

    @property
    def chunks(self) -> dict[str, list[ListedFile]]:
        """Files by chunk, in the order of the listing."""
        result: dict[str, list[ListedFile]] = {}
        for file in self.files:
            result.setdefault(file.chunk, []).append(file)
        return result


def read_listing(path: Path) -> Listing:
    """Read a listing that ``n2mu list`` wrote."""
    return Listing.model_validate(read_json(path))


def write_listing(path: Path, listing: Listing) -> None:
    """Write a listing."""
    write_json(path, listing.model_dump())


def list_ntuples(
    data_sets: Sequence[DataSet],
    bases: Mapping[str, Path],
    previous: Listing | None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Listing:
    """List the files of all data sets.

    Parameters
    ----------
    bases
        Directories by base name.
    previous
        The listing whose chunks stay as they are.

    Raises
    ------
    InputError
        If a data set has no file, or a file cannot be opened or lacks its tree.
    """
    members: dict[tuple[str, str], list[DataSet]] = {}
    for data_set in data_sets:
        base = data_set.base if data_set.base is not None else next(iter(bases))
        found = sorted(bases[base].glob(data_set.files))
        if not found:
            raise InputError(
                f"data set '{data_set.name}': no file matches {bases[base] / data_set.files}"
            )
        for path in found:
            key = (base, path.relative_to(bases[base]).as_posix())
            members.setdefault(key, []).append(data_set)
    known = {(f.base, f.path): f for f in previous.files} if previous is not None else {}
    files = []
    for (base, name), owners in members.items():
        trees = {owner.tree for owner in owners}
        if len(trees) != len(owners):
            shared = ", ".join(owner.name for owner in owners)
            raise InputError(
                f"{bases[base] / name}: belongs to {shared} with the same tree; "
                "its events would count twice, narrow their 'files' in inputs.yaml"
            )
        old = known.get((base, name))
        files.append(_listed(bases[base], base, name, owners, old))
    return Listing(files=_assign_chunks(files, chunk_bytes))


def _listed(
    directory: Path, base: str, name: str, owners: list[DataSet], old: ListedFile | None
) -> ListedFile:
    path = directory / name
    content = content_sample(path)
    entries = (
        old.entries
        if old is not None and old.content == content and old.entries is not None
        else tree_entries(path)
    )
    for owner in owners:
        if owner.tree not in entries:
            raise InputError(f"{path}: no tree '{owner.tree}'{nearest(owner.tree, entries)}")
    status = path.stat()
    return ListedFile(
        base=base,
        path=name,
        bytes=status.st_size,
        modified=status.st_mtime,
        content=content,
        entries=entries,
        chunk=old.chunk if old is not None else "",
        data_sets=[owner.name for owner in owners],
    )


def tree_entries(path: Path) -> dict[str, int]:
    """Return the number of entries of every tree of a file."""
    from n2mu.inputs.ntuple import open_ntuple

    with open_ntuple(path) as file:
        return {
            name: int(file[name].num_entries)
            for name in file.keys(filter_classname="TTree", cycle=False)
        }


def _assign_chunks(files: list[ListedFile], chunk_bytes: int) -> list[ListedFile]:
    """Give files without a chunk new ones, packed in order up to ``chunk_bytes``."""
    taken = {int(file.chunk[1:]) for file in files if file.chunk}
    number = max(taken, default=-1)
    filled = chunk_bytes
    result = []
    for file in files:
        if not file.chunk:
            if filled + file.bytes > chunk_bytes:
                number += 1
                filled = 0
            filled += file.bytes
            file = file.model_copy(update={"chunk": f"c{number:04d}"})
        result.append(file)
    return result
