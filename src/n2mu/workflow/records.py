"""What Snakemake recorded of every product: the rule, its inputs, its settings, when."""

import ast
import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n2mu.errors import ProductError, nearest
from n2mu.products import digest, file_digest


@dataclass(frozen=True)
class Record:
    """How one product was made.

    Attributes
    ----------
    ended
        Time (s since the epoch) at which it was ready.
    settings
        What the job was told; none for rules that are told nothing.
    slice
        Digest of the settings.
    checksums
        SHA-256 of the inputs that Snakemake checks.
    """

    product: str
    rule: str
    ended: float
    inputs: list[str]
    settings: Any
    slice: str | None
    checksums: dict[str, str]


class Records:
    """The records of a working directory.

    Parameters
    ----------
    directory
        Where the workflow ran.

    Raises
    ------
    ProductError
        If nothing ran there.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        root = directory / ".snakemake/metadata"
        if not root.is_dir():
            raise ProductError(f"{root}: no such directory; run this where the workflow ran")
        self._files = {
            name: path for path in root.rglob("*") if (name := _product(path, root)) is not None
        }

    def of(self, product: str) -> Record | None:
        """Return the record of a product; none if no rule made it."""
        path = self._files.get(product)
        if path is None:
            return None
        try:
            content = json.loads(path.read_text())
            settings = _settings(content["params"])
            return Record(
                product=product,
                rule=content["rule"],
                ended=float(content["endtime"]),
                inputs=list(content["input"]),
                settings=settings[0] if settings else None,
                slice=digest(settings[1]) if settings else None,
                checksums={
                    name: text.removeprefix("sha256:")
                    for name, text in (content.get("input_checksums") or {}).items()
                },
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ProductError(
                f"{path}: not a record of Snakemake as n2mu knows it ({error!r}); "
                "make the product again with the Snakemake of requirements.lock"
            ) from None

    def chain(self, product: str) -> list[Record]:
        """Return how a product and all that it is made of were made, from the end backwards.

        Raises
        ------
        ProductError
            If no rule made the product.
        """
        if product not in self._files:
            hint = nearest(product, list(self._files))
            raise ProductError(f"{product}: the workflow has not made this product{hint}")
        found: dict[str, Record] = {}
        pending = [product]
        while pending:
            name = pending.pop(0)
            record = None if name in found else self.of(name)
            if record is not None:
                found[name] = record
                pending += record.inputs
        return list(found.values())

    def changed(self, record: Record) -> list[str]:
        """Return the files of a job that are not any more what it read or copied."""
        expected = dict(record.checksums)
        if record.rule.startswith("publish") and len(expected) == len(record.inputs) == 1:
            (expected[record.product],) = expected.values()
        return [
            name
            for name, checksum in expected.items()
            if not (self._directory / name).is_file()
            or file_digest(self._directory / name) != checksum
        ]


def _product(path: Path, root: Path) -> str | None:
    """Return the product that a file of records is about; long names are split over directories."""
    if not path.is_file():
        return None
    encoded = "".join(part.removeprefix("@") for part in path.relative_to(root).parts)
    try:
        return base64.urlsafe_b64decode(encoded).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _settings(params: list[str]) -> tuple[Any, str] | None:
    """Return the settings among the parameters of a job, and their text."""
    for param in params:
        text = ast.literal_eval(param)
        if isinstance(text, str) and text.startswith("{"):
            return json.loads(text), text
    return None
