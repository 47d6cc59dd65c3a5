"""One thread for the linear algebra of a fit, and cores for fits side by side."""

import os
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


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
