"""Gathered products: one small file that stands for all skims, all models or all scores.

A job that reads them all waits for this file, in place of thousands; planning
takes seconds then.  The file holds digests of the content, so it is the same
when a product came out the same.
"""

from collections.abc import Iterable
from pathlib import Path

from n2mu.errors import ProductError
from n2mu.products import canonical_json, digest, file_digest, read_json, write_json

METADATA = "metadata.json"
MANIFEST = "manifest.json"


def run_gather(products: Iterable[Path], output: Path) -> None:
    """Write the digests of products.

    Parameters
    ----------
    products
        Skims, scores, or files of models.
    output
        JSON: digest by path, from the parent directory on.

    Raises
    ------
    ProductError
        If a product is missing.
    """
    write_json(output, gathered(products))


def gathered(products: Iterable[Path]) -> dict[str, str]:
    """Return the digest of each product by its path, from the parent directory on.

    Raises
    ------
    ProductError
        If a product is missing.
    """
    return {"/".join(path.parts[-3:]): _content(path) for path in products}


def _content(product: Path) -> str:
    """Return a digest of the content; skims and scores keep those of their tables."""
    for name in (METADATA, MANIFEST):
        if (product / name).is_file():
            described = read_json(product / name)
            described.pop("settings", None)
            return digest(canonical_json(described), 64)
    if not product.is_file():
        raise ProductError(f"{product}: no such product; run snakemake {product}")
    return file_digest(product)
