"""The same task on several processes, with results that do not depend on their number."""

import logging
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

from n2mu.cores import available_cores
from n2mu.fit.threads import single_threaded
from n2mu.progress import watched

logger = logging.getLogger(__name__)

Shared = TypeVar("Shared")
Result = TypeVar("Result")

_CHUNKS_PER_WORKER = 8

_shared: Any = None


def map_numbers(
    task: Callable[[Shared, int], Result], shared: Shared, count: int, workers: int | None
) -> list[Result]:
    """Return ``[task(shared, 0), ..., task(shared, count - 1)]``, worked out by processes.

    Parameters
    ----------
    task
        A function at the top level of a module.
    shared
        Given to every call; it is sent to each process once.
    workers
        Number of processes; None takes every core. One works in this process.
    """
    wanted = min(workers or available_cores(), count)
    if wanted <= 1:
        with single_threaded():
            numbers = watched(range(count), logger, "pseudo-experiments", "fits")
            return [task(shared, number) for number in numbers]
    size = -(-count // (wanted * _CHUNKS_PER_WORKER))
    chunks = [range(first, min(first + size, count)) for first in range(0, count, size)]
    # a forked process would inherit threads of the linear algebra in an undefined state
    with ProcessPoolExecutor(
        wanted, mp_context=get_context("spawn"), initializer=_receive, initargs=(shared,)
    ) as pool:
        parts = pool.map(partial(_chunk, task), chunks)
        found = watched(parts, logger, "pseudo-experiments", f"groups of {size}", len(chunks))
        return [result for part in found for result in part]


def _receive(shared: Any) -> None:
    global _shared
    _shared = shared


def _chunk(task: Callable[[Any, int], Result], numbers: range) -> list[Result]:
    with single_threaded():
        return [task(_shared, number) for number in numbers]
