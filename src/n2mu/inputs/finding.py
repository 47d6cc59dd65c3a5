"""Finding the files of all data sets, looking into them, and giving each a chunk."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

from n2mu.config.inputs import DataSet
from n2mu.errors import InputError
from n2mu.inputs.identity import content_sample
from n2mu.inputs.listing import ListedFile, Listing, source_of
from n2mu.inputs.location import Location, matching_files, nearest_path
from n2mu.inputs.reading import DamagedError
from n2mu.inputs.workers import in_order

CHUNK_BYTES = 2_000_000_000

logger = logging.getLogger(__name__)


def list_ntuples(
    data_sets: Sequence[DataSet],
    bases: Mapping[str, Location],
    previous: Listing | None,
    chunk_bytes: int = CHUNK_BYTES,
    damaged_files: Literal["stop", "skip"] = "stop",
    workers: int = 1,
) -> Listing:
    """List the files of all data sets.

    Parameters
    ----------
    bases
        Directories by base name.
    previous
        The listing whose chunks stay as they are; files that did not change
        since are not opened.
    damaged_files
        Whether a file of simulation that cannot be read ends the listing, or is
        listed for the skim to leave out.
    workers
        Processes that open files.

    Raises
    ------
    InputError
        If a data set has no file, a file cannot be opened or lacks its tree,
        or events would count twice.
    """
    sources = {data_set.name: source_of(data_set, list(bases)) for data_set in data_sets}
    members: dict[tuple[str, str], list[DataSet]] = {}
    for data_set in data_sets:
        base = sources[data_set.name].base
        for path in _matching_files(bases[base], data_set, base):
            members.setdefault((base, path), []).append(data_set)
    known = {(f.base, f.path): f for f in previous.files} if previous is not None else {}
    for base, path in sorted(known.keys() - members.keys()):
        logger.warning("%s of base '%s' was listed, and is gone or matches no input", path, base)
    chunks = _Chunks([f.chunk for f in known.values()], chunk_bytes)
    states = [_state(bases[base] / path, known.get((base, path))) for base, path in members]
    # observed events are never left out
    skipped = [
        damaged_files == "skip" and not any(owner.data for owner in owners)
        for owners in members.values()
    ]
    new = [
        (state.path, may_skip)
        for state, may_skip in zip(states, skipped, strict=True)
        if state.entries is None
    ]
    opened = iter(_opened(new, workers))
    files = []
    for ((base, name), owners), state, may_skip in zip(
        members.items(), states, skipped, strict=True
    ):
        entries = state.entries if state.entries is not None else next(opened)
        _require_trees(state.path, owners, entries, may_skip)
        old = known.get((base, name))
        files.append(
            ListedFile(
                base=base,
                path=name,
                bytes=state.bytes,
                modified=state.modified,
                changed=state.changed,
                content=state.content,
                entries=entries,
                chunk=old.chunk if old is not None else chunks.place(state.bytes),
                data_sets=sorted(owner.name for owner in owners),
            )
        )
    _require_different(files)
    # in an order that does not depend on that of the inputs in the configuration
    files.sort(key=lambda file: (int(file.chunk[1:]), file.base, file.path))
    return Listing(files=files, sources=sources)


def _matching_files(directory: Location, data_set: DataSet, base: str) -> list[str]:
    if isinstance(directory, Path) and not directory.is_dir():
        raise InputError(
            f"{directory}: no such directory; check 'ntuples.{base}' in the main configuration"
        )
    found = matching_files(directory, data_set.files)
    if not found:
        hint = nearest_path(directory, data_set.files) if isinstance(directory, Path) else ""
        raise InputError(
            f"data set '{data_set.name}': no file matches {directory / data_set.files}{hint}"
        )
    return found


class _State(NamedTuple):
    """What is known of a file without opening it; entries only if it is as it was listed."""

    path: Location
    bytes: int
    modified: float | None
    changed: float | None
    content: str
    entries: dict[str, int] | None


def _state(path: Location, old: ListedFile | None) -> _State:
    if isinstance(path, Path):
        status = path.stat()
        size, modified, changed = status.st_size, status.st_mtime, status.st_ctime
    else:
        size, modified, changed = int(path.info()["size"]), None, None
    if old is not None and changed is not None and (old.bytes, old.changed) == (size, changed):
        content = old.content
    else:
        content = content_sample(path)
    same = old is not None and old.content == content
    entries = old.entries if old is not None and same else None
    return _State(path, size, modified, changed, content, entries)


def _opened(
    files: Sequence[tuple[Location, bool]], workers: int
) -> Iterator[dict[str, int] | None]:
    """Yield the entries of the trees of files, in order; none for a damaged one that may be."""
    # a process starts in the time in which a few files are opened
    workers = max(1, min(workers, len(files) // 8))
    with closing(in_order(tree_entries, [path for path, _ in files], workers)) as results:
        for result, (_, may_skip) in zip(results, files, strict=True):
            try:
                yield result()
            except DamagedError as error:
                if not may_skip:
                    raise
                logger.warning("will be skipped: %s", error)
                yield None


def _require_trees(
    path: Location,
    owners: Sequence[DataSet],
    entries: Mapping[str, int] | None,
    may_skip: bool,
) -> None:
    if len({owner.tree for owner in owners}) < len(owners):
        shared = ", ".join(owner.name for owner in owners)
        raise InputError(
            f"{path}: belongs to {shared} with the same tree; "
            "its events would count twice, narrow their 'files' in inputs.yaml"
        )
    for owner in owners:
        if entries is not None and owner.tree not in entries:
            message = f"{path}: {_no_tree(path, owner.tree)}"
            if not may_skip:
                raise InputError(message)
            logger.warning("will be skipped: %s", message)


def _no_tree(path: Location, name: str) -> str:
    from n2mu.inputs.ntuple import no_tree, open_ntuple

    with open_ntuple(path) as file:
        return no_tree(file, name, path)


def tree_entries(path: Location) -> dict[str, int]:
    """Return the number of entries of every tree of a file."""
    from n2mu.inputs.ntuple import entries_of, open_ntuple, tree_names

    with open_ntuple(path) as file:
        return {name: entries_of(file, name, path) for name in tree_names(file, path)}


def _require_different(files: list[ListedFile]) -> None:
    """Refuse copies of one file and links to it: ROOT gives each file an identifier."""
    known: dict[str, ListedFile] = {}
    for file in (file for file in files if file.bytes):
        other = known.setdefault(file.content, file)
        if other is not file:
            bases = f"base '{file.base}'"
            if other.base != file.base:
                bases = f"bases '{file.base}' and '{other.base}'"
            raise InputError(
                f"{file.path} and {other.path} ({bases}) are one "
                "file under two names; its events would count twice, narrow 'files' in inputs.yaml"
            )


class _Chunks:
    """New chunks, filled one after the other.

    Parameters
    ----------
    taken
        Names of chunks that exist; their numbers are not used again.
    limit
        Bytes that a chunk holds; a larger file has one for itself.
    """

    def __init__(self, taken: Iterable[str], limit: int) -> None:
        self._number = max((int(chunk[1:]) for chunk in taken), default=-1)
        self._limit = limit
        self._room = 0

    def place(self, size: int) -> str:
        """Return the chunk that a new file of some bytes belongs to."""
        if size > self._room:
            self._number += 1
            self._room = self._limit
        self._room -= size
        return f"c{self._number:04d}"
