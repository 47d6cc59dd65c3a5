"""Writing skims: Parquet files of one data set, typed alike whatever file an event is from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from n2mu.errors import InputError
from n2mu.skim.read import COLUMNS, NOMINAL


class Writer:
    """The tables of one data set, each opened when its first events come.

    Parameters
    ----------
    directory
        ``<data set>/``; it gets ``<kind>.parquet`` and ``columns.parquet``, which
        has the columns of the nominal table and no rows.

    Attributes
    ----------
    rows
        Rows written so far, by kind of table.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._schemas: dict[str, pa.Schema] = {}
        self._open: dict[str, pq.ParquetWriter] = {}
        self.rows: dict[str, int] = {}

    def knows(self, kind: str) -> bool:
        """Tell whether the columns of a table are known."""
        return kind in self._schemas

    def write(self, kind: str, columns: Mapping[str, Any], where: str) -> None:
        """Append events to a table; no events fix the types of its columns only.

        Parameters
        ----------
        where
            File and tree that the columns are from, for errors.

        Raises
        ------
        InputError
            If a column has another type in a file that came before.
        """
        table = _table(columns)
        schema = self._schemas.setdefault(kind, table.schema)
        for field in table.schema:
            known = schema.field(field.name).type
            if field.type != known:
                raise InputError(
                    f"{where}: branch '{field.name}' holds {field.type}, in files before it "
                    f"{known}; the files of one data set must be alike"
                )
        self.rows[kind] = self.rows.get(kind, 0) + table.num_rows
        if not table.num_rows:
            return
        if kind not in self._open:
            self._directory.mkdir(exist_ok=True)
            path = self._directory / f"{kind}.parquet"
            self._open[kind] = pq.ParquetWriter(path, schema, compression="zstd")
        self._open[kind].write_table(table)

    def close(self) -> None:
        """Finish all files."""
        for writer in self._open.values():
            writer.close()
        if NOMINAL in self._schemas:
            self._directory.mkdir(exist_ok=True)
            columns = self._schemas[NOMINAL].empty_table()
            pq.write_table(columns, self._directory / f"{COLUMNS}.parquet")


def _table(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table({name: _to_arrow(values) for name, values in columns.items()})


def _to_arrow(values: Any) -> pa.Array:
    if isinstance(values, np.ndarray):
        return pa.array(values)
    return ak.to_arrow(values, list_to32=True, extensionarray=False)
