"""Folds: which events a model trains on, is chosen by, and scores.

The fold is a hash of the event number, so that it depends neither on the order
of the files nor on how they are split into chunks.  Model ``k`` scores fold
``k``, validates on fold ``k + 1`` and trains on all others.  Trials of random
subsampling deal the events to folds by other hashes.
"""

import numpy as np
from numpy.typing import NDArray


def splitmix64(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a hash whose 64 bits all depend on all bits of the number.

    Parameters
    ----------
    number
        Any unsigned integers; neighbours give unrelated hashes.

    Returns
    -------
    array
        Same shape.  One step of the SplitMix64 generator from state ``number``:
        G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number
        Generators", OOPSLA 2014, with Stafford's variant 13 of the mixer.
    """
    z = number + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def fold_of(event: NDArray[np.int64], folds: int, seed: int = 0) -> NDArray[np.int8]:
    """Return the fold of each event.

    Parameters
    ----------
    event
        Event numbers [events]; the bits of a negative one are read as unsigned.
    folds
        Number of folds.
    seed
        Each deals the events anew, as if shuffled; 0: the folds that are scored.

    Returns
    -------
    array
        Folds [events], from 0 to ``folds - 1``.
    """
    number = splitmix64(event.astype(np.uint64))
    if seed:
        # hashed twice, so that neither equal remainders nor equal seeds add up to the same
        number = splitmix64(number ^ splitmix64(np.asarray([seed], np.uint64)))
    return (number % np.uint64(folds)).astype(np.int8)


def validation_fold(fold: int, folds: int) -> int:
    """Return the fold whose events choose the best epoch of the model of a fold."""
    return (fold + 1) % folds


def training_folds(fold: int, folds: int) -> tuple[int, ...]:
    """Return the folds that the model of a fold trains on: neither scored nor validated."""
    return tuple(k for k in range(folds) if k not in (fold, validation_fold(fold, folds)))
