"""Reading skims: the one way in which later stages get events."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from n2mu.errors import InputError, ProductError, nearest
from n2mu.products import read_json
from n2mu.skim.parquet import read_columns, row_groups, to_arrays

METADATA = "metadata.json"
NOMINAL = "nominal"
TRAINING = "training"
COLUMNS = "columns"


class Skim:
    """The skims of all chunks, seen as one.

    Parameters
    ----------
    paths
        Directories ``skim/<chunk>``.

    Raises
    ------
    ProductError
        If a directory is no finished skim or lacks a table, or a file is in two
        chunks, which would count its events twice.
    InputError
        If two files of a data set hold the same events.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        self._metadata = {path: read_json(path / METADATA) for path in self.paths}
        self._chunks: dict[str, list[Path]] = {}
        self._sums: dict[tuple[str, str], float] = {}
        seen: dict[tuple[str, str, str], Path] = {}
        contents: dict[tuple[str, str], str] = {}
        for path, metadata in self._metadata.items():
            for name, data_set in metadata["data_sets"].items():
                self._chunks.setdefault(name, []).append(path)
                _require_tables(path / name, data_set.get("rows", {}))
                for file in data_set["files"]:
                    key = (name, file["base"], file["path"])
                    if key in seen:
                        raise ProductError(
                            f"{path}: file {file['path']} of {name} is in {seen[key]} as well; "
                            "its events would count twice, list the ntuples again"
                        )
                    seen[key] = path
                    require_other_events(name, file, contents)

    @property
    def data_sets(self) -> list[str]:
        """Names of all data sets."""
        return list(self._chunks)

    def chunks(self, data_set: str) -> list[Path]:
        """Return the skims that hold events of a data set."""
        return self._chunks.get(data_set, [])

    def kinds(self, data_set: str) -> list[str]:
        """Return the kinds of tables that hold events of a data set."""
        rows = [self._metadata[p]["data_sets"][data_set]["rows"] for p in self.chunks(data_set)]
        return list(dict.fromkeys(kind for table in rows for kind, size in table.items() if size))

    def observed(self, data_set: str) -> bool:
        """Return whether a data set holds observed events."""
        return self._says(data_set, "data")

    def _says(self, data_set: str, key: str) -> bool:
        return any(
            self._metadata[path]["data_sets"][data_set].get(key, False)
            for path in self.chunks(data_set)
        )

    def metadata(self, path: Path) -> dict[str, Any]:
        """Return the metadata of one chunk."""
        metadata: dict[str, Any] = self._metadata[path]
        return metadata

    def table(self, data_set: str, kind: str, columns: Collection[str]) -> dict[str, Any]:
        """Return columns of all events of one data set.

        Parameters
        ----------
        kind
            ``nominal``, ``training`` or the name of a varied tree.
        columns
            Names of columns; list branches come as awkward arrays.

        Returns
        -------
        dict
            Arrays [events] by name; of size 0 if the data set has no such events.

        Raises
        ------
        ProductError
            If a table is damaged, lacks a column, or two chunks hold different types.
        """
        directories = [path / data_set for path in self.chunks(data_set)]
        files = [file for d in directories if (file := d / f"{kind}.parquet").exists()]
        if not files:
            # so that a list without events is a list all the same
            files = [file for d in directories if (file := d / f"{COLUMNS}.parquet").exists()][:1]
        if not files:
            return {name: np.empty(0) for name in columns}
        tables = [read_columns(file, columns) for file in files]
        for file, table in zip(files, tables, strict=True):
            _require_alike(file, table.schema, files[0], tables[0].schema)
        return to_arrays(pa.concat_tables(tables))

    def rows(self, data_set: str, kind: str) -> int:
        """Return the number of events of one data set and kind."""
        metadata = (self._metadata[path]["data_sets"][data_set] for path in self.chunks(data_set))
        return sum(found.get("rows", {}).get(kind, 0) for found in metadata)

    def parts(self, data_set: str, kind: str, columns: Collection[str]) -> Iterator[dict[str, Any]]:
        """Yield the events of one data set, one row group at a time.

        Parameters and errors as :meth:`table`.
        """
        first: tuple[Path, pa.Schema] | None = None
        for path in self.chunks(data_set):
            file = path / data_set / f"{kind}.parquet"
            if file.exists():
                for group in row_groups(file, columns):
                    first = first or (file, group.schema)
                    _require_alike(file, group.schema, *first)
                    yield to_arrays(group)

    def sum_of_weights(self, data_set: str, variation: str = NOMINAL) -> float:
        """Return the sum of weights of all generated events of a data set.

        Parameters
        ----------
        variation
            ``nominal`` or one side of a weight systematic; the nominal sum
            stands for a variation that has no own.

        Returns
        -------
        float
            1 for observed events, each of which counts as one, and for weights that
            are normalised already.

        Raises
        ------
        ProductError
            If no chunk holds the data set, the sum is not positive, or only some
            files have a sum of the variation.
        """
        key = (data_set, variation)
        if key not in self._sums:
            self._sums[key] = self._sum_of_weights(data_set, variation)
        return self._sums[key]

    def _sum_of_weights(self, data_set: str, variation: str) -> float:
        if data_set not in self._chunks:
            raise ProductError(f"no skim of data set '{data_set}'{nearest(data_set, self._chunks)}")
        if self._says(data_set, "data") or self._says(data_set, "normalised"):
            return 1.0
        files = self.files(data_set)
        if not files:
            raise ProductError(
                f"data set '{data_set}': all its files were skipped as damaged, "
                "so that nothing can be normalised; restore them and skim again"
            )
        having = [file for file in files if variation in file["sums"]]
        if having and len(having) < len(files):
            without = next(file for file in files if variation not in file["sums"])
            raise ProductError(
                f"data set '{data_set}': file {without['path']} was skimmed without the sum of "
                f"weights of '{variation}', {having[0]['path']} with it; skim all chunks again"
            )
        own = variation if having else NOMINAL
        total: float = sum(file["sums"][own] for file in files)
        if not total > 0:
            raise ProductError(
                f"data set '{data_set}': sum of weights ({variation}) is {total}, expected > 0; "
                "check the metadata of its ntuples"
            )
        return total

    def files(self, data_set: str, *, skipped: bool = False) -> list[dict[str, Any]]:
        """Return what the metadata say of the files of a data set.

        Parameters
        ----------
        skipped
            Name those as well whose events were left out as damaged.
        """
        return [
            file
            for path in self.chunks(data_set)
            for file in self._metadata[path]["data_sets"][data_set]["files"]
            if skipped or "skipped" not in file
        ]


def require_other_events(
    data_set: str, file: Mapping[str, Any], contents: dict[tuple[str, str], str]
) -> None:
    """Check that no file before this one holds the same events.

    Parameters
    ----------
    file
        As in the metadata; files without events or without event numbers have no ``content``.
    contents
        Paths of the files before by data set and content; this one is added.

    Raises
    ------
    InputError
        Naming both files.
    """
    if file.get("content") is None:
        return
    other = contents.setdefault((data_set, file["content"]), file["path"])
    if other != file["path"]:
        raise InputError(
            f"{file['path']} and {other} of data set '{data_set}' hold the same events (run and "
            "event numbers, sums of weights, cutflow); they would count twice, narrow 'files' in "
            "inputs.yaml, or leave out 'event' there if event numbers begin anew in every file"
        )


def _require_tables(directory: Path, rows: Mapping[str, int]) -> None:
    """Check that no table is missing; without its events every yield would be too small."""
    present = {file.name for file in directory.iterdir()} if directory.is_dir() else set()
    for kind, size in rows.items():
        if size and f"{kind}.parquet" not in present:
            raise ProductError(
                f"{directory / kind}.parquet: is missing, {size} events were written to it; "
                "skim this chunk again"
            )


def _require_alike(file: Path, schema: pa.Schema, first: Path, expected: pa.Schema) -> None:
    """Check that two files of one data set hold the same types."""
    for field in schema:
        kind = expected.field(field.name).type
        if field.type != kind:
            raise ProductError(
                f"{file}: column '{field.name}' holds {field.type}, in {first} {kind}; the files "
                "of one data set must be alike"
            )
