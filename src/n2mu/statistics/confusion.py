"""Confusion matrices with signed weights, and the rates that follow from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def confusion_matrix(
    label: NDArray[np.integer],
    predicted: NDArray[np.integer],
    weight: NDArray[np.floating],
    classes: int,
) -> NDArray[np.float64]:
    """Return the sums of weights by true and predicted class: thesis eq. 2.33.

    Parameters
    ----------
    label, predicted
        Class index [events].
    weight
        Signed weights [..., events]; one matrix for each set of weights.
    classes
        Number of classes.

    Returns
    -------
    array
        [..., classes, classes]; rows are true classes, columns predicted ones.
    """
    cell = label.astype(np.int64) * classes + predicted
    rows = weight.reshape(-1, cell.size).astype(np.float64)
    sums = [np.bincount(cell, weights=row, minlength=classes**2) for row in rows]
    return np.asarray(sums, np.float64).reshape(*weight.shape[:-1], classes, classes)


@dataclass(frozen=True)
class Rates:
    """What a confusion matrix says of each class, and of all together.

    A rate that does not exist, because what it is a share of is not positive,
    is NaN, and so is a mean over classes that holds it.

    Attributes
    ----------
    accuracy
        Share of the events that are taken for what they are [...].
    precision, recall, f1
        Of each class [..., classes].
    macro
        Mean over the classes of precision, recall and F1 [..., 3].
    weighted
        The same, each class counted with its true sum of weights [..., 3].
    """

    accuracy: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    macro: NDArray[np.float64]
    weighted: NDArray[np.float64]


def rates(matrix: NDArray[np.float64]) -> Rates:
    """Return the rates of confusion matrices.

    Precision is the share of the events predicted as a class that are of it,
    recall the share of the events of a class that are predicted as it, and F1
    their harmonic mean.  With true classes in rows (thesis eq. 2.33) precision
    is the diagonal over the sum of its column and recall over that of its row;
    eqs. 2.35 and 2.36 of the thesis have the sums the other way round.

    Parameters
    ----------
    matrix
        [..., classes, classes]; rows are true classes.
    """
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    true, predicted = matrix.sum(axis=-1), matrix.sum(axis=-2)
    total = true.sum(axis=-1)
    precision, recall = _share(right, predicted), _share(right, true)
    # equal to 2 P R / (P + R), and zero where nothing is predicted as the class
    f1 = _share(2 * right, true + predicted)
    each = np.stack([precision, recall, f1], axis=-2)
    return Rates(
        accuracy=_share(right.sum(axis=-1), total),
        precision=precision,
        recall=recall,
        f1=f1,
        macro=each.mean(axis=-1),
        weighted=_share((each * true[..., None, :]).sum(axis=-1), total[..., None]),
    )


def normalised(matrix: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return each cell as share of the sum of its row (``axis`` -1) or column (-2)."""
    return _share(matrix, matrix.sum(axis=axis, keepdims=True))


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    part, whole = np.broadcast_arrays(part, whole)
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
