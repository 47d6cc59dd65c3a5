"""Verifying that friend trees are those that a scoring job wrote."""

from pathlib import Path

from n2mu.errors import ProductError
from n2mu.products import read_json
from n2mu.scoring.friends import MANIFEST, content_digest, read_friends


def verify_friends(scores: Path, friends: Path) -> None:
    """Check the friend files of one chunk against its manifest.

    Parameters
    ----------
    scores
        ``scores/<chunk>``.
    friends
        Directory of all friend trees.

    Raises
    ------
    ProductError
        Naming the first file that is missing, damaged or was changed.
    """
    for entry in read_json(scores / MANIFEST)["friends"]:
        path = friends / entry["path"]
        again = f"remove {scores} and run the workflow to score this chunk again"
        if not path.exists():
            raise ProductError(f"{path}: friend tree is missing; {again}")
        try:
            trees = read_friends(path)
        except Exception as error:
            # uproot reports damage by whatever its parser stumbles over
            raise ProductError(f"{path}: friend tree cannot be read; {again}") from error
        if content_digest(trees) != entry.get("content"):
            raise ProductError(f"{path}: friend tree was changed after it was written; {again}")
