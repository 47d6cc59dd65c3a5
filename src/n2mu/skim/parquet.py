"""Columns of Parquet products, as skims and scores are."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from n2mu.errors import ProductError, nearest


def read_columns(file: Path, columns: Collection[str]) -> pa.Table:
    """Read columns of one Parquet product.

    Raises
    ------
    ProductError
        If the file is damaged or lacks a column.
    """
    with _opened(file, columns) as parquet:
        return parquet.read(columns=list(columns))


def row_count(file: Path) -> int:
    """Return how many rows a Parquet product has.

    Raises
    ------
    ProductError
        If the file is damaged.
    """
    with _opened(file, []) as parquet:
        rows: int = parquet.metadata.num_rows
    return rows


def row_groups(file: Path, columns: Collection[str]) -> Iterator[pa.Table]:
    """Yield columns of one Parquet product, a row group at a time; one group without rows.

    Raises
    ------
    ProductError
        If the file is damaged or lacks a column.
    """
    with _opened(file, columns) as parquet:
        for number in range(parquet.num_row_groups):
            yield parquet.read_row_group(number, columns=list(columns))
        if not parquet.num_row_groups:
            yield parquet.read(columns=list(columns))


def _opened(file: Path, columns: Collection[str]) -> pq.ParquetFile:
    try:
        parquet = pq.ParquetFile(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise ProductError(f"{file}: cannot be read ({error}); run its stage again") from None
    existing = parquet.schema_arrow.names
    for name in columns:
        if name not in existing:
            parquet.close()
            raise ProductError(f"{file}: no column '{name}'{nearest(name, existing)}")
    return parquet


def to_arrays(table: pa.Table) -> dict[str, Any]:
    """Return the columns of a table as numpy arrays; lists as awkward arrays."""
    result: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_nested(column.type):
            import awkward as ak

            # in one piece, since no chunks at all would give an optional type
            result[name] = ak.from_arrow(column.combine_chunks())
        else:
            result[name] = column.to_numpy()
    return result
