"""Reading skims: the one way in which later stages get events."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from n2mu.errors import ProductError, nearest
from n2mu.products import read_json

METADATA = "metadata.json"
NOMINAL = "nominal"
TRAINING = "training"


class Skim:
    """The skims of all chunks, seen as one.

    Parameters
    ----------
    paths
        Directories ``skim/<chunk>``.

    Raises
    ------
    ProductError
        If a directory is no finished skim, or a file is in two chunks, which
        would count its events twice.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        self._metadata = {path: read_json(path / METADATA) for path in self.paths}
        self.data_sets: list[str] = []
        seen: dict[tuple[str, str, str], Path] = {}
        for path, metadata in self._metadata.items():
            for name, data_set in metadata["data_sets"].items():
                if name not in self.data_sets:
                    self.data_sets.append(name)
                for file in data_set["files"]:
                    key = (name, file["base"], file["path"])
                    if key in seen:
                        raise ProductError(
                            f"{path}: file {file['path']} of {name} is in {seen[key]} as well; "
                            "its events would count twice, list the ntuples again"
                        )
                    seen[key] = path

    def chunks(self, data_set: str) -> list[Path]:
        """Return the skims that hold events of a data set."""
        return [p for p, meta in self._metadata.items() if data_set in meta["data_sets"]]

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
        """
        tables = [
            read_columns(file, columns)
            for path in self.chunks(data_set)
            if (file := path / data_set / f"{kind}.parquet").exists()
        ]
        if not tables:
            return {name: np.empty(0) for name in columns}
        return to_arrays(pa.concat_tables(tables))

    def sum_of_weights(self, data_set: str, variation: str = NOMINAL) -> float:
        """Return the sum of weights of all generated events of a data set.

        Parameters
        ----------
        variation
            ``nominal`` or one side of a weight systematic; the nominal sum
            stands for a variation that has no own.

        Raises
        ------
        ProductError
            If no chunk holds the data set, or the sum is not positive.
        """
        if data_set not in self.data_sets:
            raise ProductError(
                f"no skim of data set '{data_set}'{nearest(data_set, self.data_sets)}"
            )
        total = 0.0
        for file in self._files(data_set):
            sums = file["sums"]
            total += sums.get(variation, sums[NOMINAL])
        if not total > 0:
            raise ProductError(
                f"data set '{data_set}': sum of weights ({variation}) is {total}, expected > 0; "
                "check the metadata of its ntuples"
            )
        return total

    def _files(self, data_set: str) -> Iterator[dict[str, Any]]:
        for path in self.chunks(data_set):
            yield from self._metadata[path]["data_sets"][data_set]["files"]


def read_columns(file: Path, columns: Collection[str]) -> pa.Table:
    """Read columns of one Parquet product.

    Raises
    ------
    ProductError
        If the file is damaged or lacks a column.
    """
    try:
        parquet = pq.ParquetFile(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise ProductError(f"{file}: cannot be read ({error}); run its stage again") from None
    with parquet:
        existing = parquet.schema_arrow.names
        for name in columns:
            if name not in existing:
                raise ProductError(f"{file}: no column '{name}'{nearest(name, existing)}")
        return parquet.read(columns=list(columns))


def to_arrays(table: pa.Table) -> dict[str, Any]:
    """Return the columns of a table as numpy arrays; lists as awkward arrays."""
    result: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            import awkward as ak

            result[name] = ak.from_arrow(column)
        else:
            result[name] = column.to_numpy()
    return result
