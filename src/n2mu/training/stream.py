"""Training events that do not fit into memory: their features pass from disk in each epoch.

The features are packed once into a Parquet file beside the model; labels,
weights and event numbers, some fifty bytes per event, stay in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import xxhash
from numpy.typing import NDArray

from n2mu.data.matrix import PackedEvents
from n2mu.data.scaling import Scaler, scaler_of_parts
from n2mu.training.batch import Batch
from n2mu.training.events import Events

ROWS_PER_GROUP = 32_768
GROUPS_AT_ONCE = 16
"""Row groups that are mixed with each other: half a million events."""


class FeatureFile:
    """Packed features on disk, written once and read in row groups.

    Parameters
    ----------
    path
        Of the Parquet file.
    n_continuous, n_categorical
        Number of columns of the two matrices.
    group
        Rows of a row group.
    """

    def __init__(
        self, path: Path, n_continuous: int, n_categorical: int, group: int = ROWS_PER_GROUP
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.n_continuous = n_continuous
        self.n_categorical = n_categorical
        self.group = group
        fields = [(f"x{i}", pa.float32()) for i in range(n_continuous)]
        fields += [(f"k{j}", pa.int16()) for j in range(n_categorical)]
        self._schema = pa.schema(fields)
        # features of simulated events hardly compress, and reading is what is to be fast
        self._writer = pq.ParquetWriter(
            path, self._schema, compression="none", use_dictionary=False
        )
        self._waiting: list[PackedEvents] = []
        self.content = xxhash.xxh3_128()

    def take(self, events: Events) -> Events:
        """Write the features of events; return the events without."""
        self._waiting.append(events.packed)
        self.content.update(events.packed.continuous.tobytes())
        self.content.update(events.packed.categorical.tobytes())
        if sum(part.continuous.shape[0] for part in self._waiting) >= self.group:
            self._write()
        return events.without_features()

    def _write(self) -> None:
        continuous = np.concatenate([part.continuous for part in self._waiting])
        categorical = np.concatenate([part.categorical for part in self._waiting])
        columns = [pa.array(np.ascontiguousarray(column)) for column in continuous.T]
        columns += [pa.array(column.astype(np.int16)) for column in categorical.T]
        table = pa.Table.from_arrays(columns, schema=self._schema)
        self._writer.write_table(table, row_group_size=self.group)
        self._waiting = []

    def close(self) -> None:
        """Finish writing."""
        if self._waiting:
            self._write()
        self._writer.close()

    def remove(self) -> None:
        """Remove the file."""
        self._writer.close()
        self.path.unlink(missing_ok=True)

    def starts(self) -> NDArray[np.int64]:
        """Return the first row of each row group, and the number of rows at the end."""
        metadata = pq.read_metadata(self.path)
        sizes = [metadata.row_group(g).num_rows for g in range(metadata.num_row_groups)]
        return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)

    def read(self, groups: list[int]) -> PackedEvents:
        """Return row groups, in the order in which they are asked for."""
        with pq.ParquetFile(self.path) as file:
            tables = [file.read_row_group(group) for group in groups]
        table = pa.concat_tables(tables)
        columns = [column.to_numpy() for column in table.columns]
        shape = (table.num_rows, 0)
        numbers, classes = columns[: self.n_continuous], columns[self.n_continuous :]
        return PackedEvents(
            np.stack(numbers, axis=1) if numbers else np.empty(shape, np.float32),
            np.stack(classes, axis=1).astype(np.int64) if classes else np.empty(shape, np.int64),
        )


@dataclass(frozen=True)
class StreamedEvents:
    """Training events whose features are read again in each epoch.

    An epoch takes the row groups in a new order, a few at a time, and mixes the
    events of these.

    Attributes
    ----------
    features
        On disk.
    scalars
        Labels and weights of the same events on the CPU, without features.
    scaler
        Of the continuous features.
    device
        Where batches go.
    """

    features: FeatureFile
    scalars: Batch
    scaler: Scaler
    device: torch.device

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.scalars.label.shape[0])

    def batches(self, size: int, skip: int) -> Iterator[Batch]:
        """Return the batches of one epoch; see :class:`n2mu.training.batch.TrainingSource`."""
        seed = int(torch.randint(2**62, ()))
        return self._batches(np.random.default_rng(seed), size, skip)

    def _batches(self, random: np.random.Generator, size: int, skip: int) -> Iterator[Batch]:
        starts = self.features.starts()
        order = random.permutation(starts.size - 1)
        left: Batch | None = None
        for first in range(0, order.size, GROUPS_AT_ONCE):
            groups = order[first : first + GROUPS_AT_ONCE].tolist()
            mixed = self._mixed(groups, starts, random)
            pool = mixed if left is None else _joined(left, mixed)
            whole = pool.label.shape[0] // size * size
            for start in range(0, whole, size):
                if skip:
                    skip -= 1
                else:
                    yield self._on_device(_slice(pool, start, start + size))
            left = _slice(pool, whole, pool.label.shape[0])
        if left is not None and left.label.shape[0] and not skip:
            yield self._on_device(left)

    def _mixed(
        self, groups: list[int], starts: NDArray[np.int64], random: np.random.Generator
    ) -> Batch:
        """Return the events of some row groups in a random order."""
        packed = self.features.read(groups)
        events = np.concatenate([np.arange(*starts[g : g + 2]) for g in groups])
        rows = random.permutation(events.size)
        scalars = self.scalars.select(torch.from_numpy(events[rows]))
        return replace(
            scalars,
            continuous=torch.from_numpy(self.scaler.apply(packed.continuous[rows])),
            categorical=torch.from_numpy(packed.categorical[rows]),
        )

    def _on_device(self, batch: Batch) -> Batch:
        return batch.map(lambda values: values.to(self.device))


def stream_scaler(features: FeatureFile, tied: list[list[int]]) -> Scaler:
    """Return the scaler of the events of a file."""

    def parts() -> Iterator[NDArray[np.float32]]:
        for group in range(features.starts().size - 1):
            yield features.read([group]).continuous

    return scaler_of_parts(parts, features.n_continuous, tied)


def _slice(batch: Batch, start: int, end: int) -> Batch:
    return batch.map(lambda values: values[start:end])


def _joined(first: Batch, second: Batch) -> Batch:
    others = iter([values for values in second.tensors() if values is not None])
    return first.map(lambda values: torch.cat([values, next(others)]))
