"""Columns that tests of expressions compute on."""

from typing import Any

import awkward as ak
import numpy as np

from n2mu.expressions import parse

COLUMNS: dict[str, Any] = {
    "x": np.array([1.0, -2.5, 0.0, np.nan]),
    "f": np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32),
    "c": np.array([0, 1, 2, -1], dtype=np.int8),
    "i": np.array([-7, 7, 3, 0], dtype=np.int32),
    "u": np.array([2, 3_000_000_000, 0, 3], dtype=np.uint32),
    "b": np.array([True, False, True, False]),
    "jet_pt": ak.Array([[30.0, 20.0], [], [50.0], [10.0, 20.0, 30.0]]),
    "jet_tag": ak.Array([[1, 0], [], [1], [0, 0, 1]]),
    "ele_pt": ak.Array([[1.0], [2.0], [], []]),
    "fixed": np.arange(8.0).reshape(4, 2),
    "text": np.zeros((4, 3), dtype=np.int8),
}


def evaluate(text: str) -> list[float]:
    values: list[float] = parse(text).evaluate(COLUMNS, 4).tolist()
    return values


def select(text: str) -> list[bool]:
    passed: list[bool] = parse(text).select(COLUMNS, 4).tolist()
    return passed
