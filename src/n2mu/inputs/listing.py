"""The listing: which ntuples exist, what is in them, and which chunk reads them.

A chunk is assigned once.  Files that come later get new chunks, so that nothing
else moves; a file whose content changed keeps its chunk, which then reruns.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from n2mu.config.base import Model
from n2mu.config.inputs import DataSet
from n2mu.config.load import validate
from n2mu.errors import ConfigurationError, ProductError, elsewhere
from n2mu.products import read_json, write_json


class ListedFile(Model):
    """One ntuple.

    Attributes
    ----------
    path
        Relative to the base.
    modified
        Time of the last change (s), for people; identity is ``content``.
    changed
        Time (s) of the last change of the file's data or metadata, which nobody
        can set; with it a later listing knows that it need not look again.
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
    changed: float | None = None
    content: str
    entries: dict[str, int] | None
    chunk: Annotated[str, Field(pattern=r"^c\d{4,}$")]
    data_sets: list[str]


class Source(Model):
    """Where the files of a data set were looked for."""

    base: str
    files: str
    tree: str


class Listing(Model):
    """All ntuples of an analysis.

    Attributes
    ----------
    sources
        By data set; none for planned files, which are not looked for.
    """

    files: list[ListedFile]
    sources: dict[str, Source] = {}

    @model_validator(mode="after")
    def _each_file_once(self) -> "Listing":
        chunks: dict[tuple[str, str], str] = {}
        for file in self.files:
            key = (file.base, file.path)
            if key in chunks:
                raise ValueError(
                    f"file {file.path} of base '{file.base}' is in chunk {chunks[key]} and again "
                    f"in {file.chunk}; its events would count twice, list the ntuples again"
                )
            chunks[key] = file.chunk
            if len(set(file.data_sets)) < len(file.data_sets):
                raise ValueError(f"file {file.path}: the same data set twice, {file.data_sets}")
        return self

    @cached_property
    def chunks(self) -> dict[str, list[ListedFile]]:
        """Files by chunk, in the order of the listing."""
        result: dict[str, list[ListedFile]] = {}
        for file in self.files:
            result.setdefault(file.chunk, []).append(file)
        return result


def read_listing(path: Path) -> Listing:
    """Read a listing that ``n2mu list`` wrote.

    Raises
    ------
    ProductError
        If it does not exist.
    ConfigurationError
        If it is no listing, or lists a file twice.
    """
    if not path.exists():
        there = elsewhere(path)
        hint = f"{there}, or 'n2mu list' there" if there else "; run 'n2mu list'"
        raise ProductError(f"{path}: no such listing{hint}")
    return validate(Listing, read_json(path), str(path))


def write_listing(path: Path, listing: Listing) -> None:
    """Write a listing."""
    write_json(path, listing.model_dump())


def require_current(
    listing: Listing, data_sets: Sequence[DataSet], bases: Sequence[str], where: str
) -> None:
    """Check that the data sets were listed as they are configured now.

    Parameters
    ----------
    bases
        Names of the directories of the ntuples.
    where
        What errors call the listing.

    Raises
    ------
    ConfigurationError
        If the configuration names other files than were listed.
    """
    for data_set in data_sets:
        listed = listing.sources.get(data_set.name)
        wanted = source_of(data_set, bases)
        if listed is None:
            raise ConfigurationError(
                f"{where}: data set '{data_set.name}' is not listed; run 'n2mu list'"
            )
        if listed != wanted:
            raise ConfigurationError(
                f"{where}: data set '{data_set.name}' was listed as {_shown(listed)}, inputs.yaml "
                f"says {_shown(wanted)}; run 'n2mu list'"
            )


def source_of(data_set: DataSet, bases: Sequence[str]) -> Source:
    """Return where the files of a data set are looked for."""
    base = data_set.base if data_set.base is not None else bases[0]
    return Source(base=base, files=data_set.files, tree=data_set.tree)


def _shown(source: Source) -> str:
    return f"{source.base}/{source.files} ({source.tree})"
