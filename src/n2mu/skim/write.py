"""Writing skims: Parquet files of one data set, typed alike whatever file an event is from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from n2mu.errors import InputError
from n2mu.inputs.layout import Integers
from n2mu.skim.read import COLUMNS, NOMINAL

ROW_GROUP_BYTES = 32_000_000  # small groups cost the reader and the writer more than the events


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
    numbers
        Run and event numbers written so far, by kind of table.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._schemas: dict[str, pa.Schema] = {}
        self._open: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = {}
        self._bytes: dict[str, int] = {}
        self.rows: dict[str, int] = {}
        self.numbers: dict[str, list[tuple[Integers, Integers]]] = {}

    def append(self, kind: str, file: Path, where: str) -> None:
        """Append the tables of an Arrow file; without events they only fix types.

        Parameters
        ----------
        where
            File and tree that the columns are from, for errors.

        Raises
        ------
        InputError
            If a column has another type in a file that came before.
        """
        with pa.OSFile(str(file)) as stream, pa.ipc.open_stream(stream) as batches:
            self._require_alike(kind, batches.schema, where)
            self.rows.setdefault(kind, 0)
            for batch in batches:
                if batch.num_rows:
                    self._waiting.setdefault(kind, []).append(pa.Table.from_batches([batch]))
                    self._bytes[kind] = self._bytes.get(kind, 0) + batch.nbytes
                    self.rows[kind] += batch.num_rows
                    run, event = (_integers(batch.column(n)) for n in ("n2mu_run", "n2mu_event"))
                    self.numbers.setdefault(kind, []).append((run, event))
                    if self._bytes[kind] > ROW_GROUP_BYTES:
                        self._flush(kind)

    def close(self) -> None:
        """Finish all files."""
        for kind in self._waiting:
            self._flush(kind)
        for writer in self._open.values():
            writer.close()
        if NOMINAL in self._schemas:
            self._directory.mkdir(exist_ok=True)
            columns = pa.Table.from_batches([], self._schemas[NOMINAL])
            pq.write_table(columns, self._directory / f"{COLUMNS}.parquet")

    def _require_alike(self, kind: str, schema: pa.Schema, where: str) -> None:
        expected = self._schemas.setdefault(kind, schema)
        for field in schema:
            known = expected.field(field.name).type
            if field.type != known:
                raise InputError(
                    f"{where}: branch '{field.name}' holds {field.type}, in files before it "
                    f"{known}; the files of one data set must be alike"
                )

    def _flush(self, kind: str) -> None:
        if not self._waiting[kind]:
            return
        table = pa.concat_tables(self._waiting[kind])
        self._waiting[kind], self._bytes[kind] = [], 0
        if kind not in self._open:
            self._directory.mkdir(exist_ok=True)
            path = self._directory / f"{kind}.parquet"
            # measured values hardly repeat; dictionaries of them cost more than they save
            dictionary = [f.name for f in table.schema if not pa.types.is_floating(f.type)]
            self._open[kind] = pq.ParquetWriter(
                path, table.schema, compression="zstd", use_dictionary=dictionary
            )
        self._open[kind].write_table(table, row_group_size=table.num_rows)


def to_table(columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as an Arrow table; lists keep their type where they are empty."""
    return pa.table({name: _to_arrow(values) for name, values in columns.items()})


def _to_arrow(values: Any) -> pa.Array:
    if isinstance(values, np.ndarray):
        return _numbers(values)
    layout = values.layout
    if layout.is_list and not layout.is_regular and layout.content.is_numpy:
        # what awkward does in the end, without its detours
        layout = layout.to_ListOffsetArray64(True)
        offsets = layout.offsets.data
        content = _numbers(layout.content.data[: offsets[-1]])
        kind = pa.list_(pa.field("item", content.type, nullable=False))
        starts = _numbers(offsets.astype(np.int32))
        return pa.ListArray.from_arrays(starts, content, type=kind)
    return ak.to_arrow(values, list_to32=True, extensionarray=False)


def _integers(column: pa.Array) -> Integers:
    """Return whole numbers of 64 bits as a copy; Arrow's own conversion would load pandas."""
    values = np.frombuffer(column.buffers()[1], dtype=np.int64)
    return values[column.offset : column.offset + len(column)].copy()


def _numbers(values: npt.NDArray[Any]) -> pa.Array:
    """Return numbers as Arrow has them; its own conversion would load pandas."""
    kind, size = pa.from_numpy_dtype(values.dtype), len(values)
    if values.dtype.kind == "b":
        values = np.packbits(values, bitorder="little")
    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, size, [None, buffer])
