"""Reading the products that figures show."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from n2mu.errors import ProductError
from n2mu.products import read_json


def read_keys(path: Path, keys: Iterable[str]) -> dict[str, Any]:
    """Return a JSON product that holds some keys.

    Raises
    ------
    ProductError
        If it is missing or lacks a key.
    """
    content = read_json(path)
    lacking = [key for key in keys if not isinstance(content, dict) or key not in content]
    if lacking:
        raise ProductError(f"{path}: no '{lacking[0]}'; run the stage that writes it again")
    return dict(content)
