"""One thread for the linear algebra of a fit."""

from collections.abc import Iterator
from contextlib import contextmanager

import scipy.linalg  # noqa: F401  (its libraries must be loaded before they can be limited)
from threadpoolctl import threadpool_limits


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep BLAS to one thread inside the block.

    The matrices of a fit are small: threads only wait for each other, which on a shared node
    made fits a hundred times slower, and the order of their sums changes last digits.
    """
    with threadpool_limits(limits=1):
        yield
