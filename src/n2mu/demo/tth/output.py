"""Generating one planned file and writing it."""

from pathlib import Path

from n2mu.demo.tth.generate import make_trees
from n2mu.demo.tth.plan import TthFile
from n2mu.demo.tth.pseudodata import observe
from n2mu.demo.tth.reconstruct import NOMINAL
from n2mu.demo.write import write_ntuple
from n2mu.products import atomic_file


def generate_file(file: TthFile, base: Path, identity: str) -> None:
    """Generate one planned file and write it; the same plan gives the same content.

    Parameters
    ----------
    file
        The planned file.
    base
        Directory of the ntuples; the file is written to ``base / file.path``.
    identity
        Stored in the file, so that its readers can tell it from another.
    """
    if file.group == "data":
        trees, metadata = {NOMINAL: observe(file)}, None
    else:
        trees, metadata = make_trees(file)
    with atomic_file(base / file.path) as temporary:
        write_ntuple(temporary, trees, metadata, identity)
