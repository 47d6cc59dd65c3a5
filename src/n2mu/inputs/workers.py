"""Several processes for one job, which end with it."""

import os
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

from n2mu.errors import ProductError

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Generator[Callable[[], Result], None, None]:
    """Yield for every item, in order, a function that returns its result or raises its error.

    Parameters
    ----------
    workers
        Processes; with one, this process does the work, when asked for a result.
    """
    if workers == 1:
        yield from (partial(function, item) for item in items)
        return
    # fork would copy threads half-way; a fresh server process has none
    context = get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    with ProcessPoolExecutor(workers, context, initializer=_end_with_parent) as pool:
        try:
            waiting = iter(items)
            # results that wait for earlier ones are few, whatever the number of items
            running = deque(pool.submit(function, item) for item in islice(waiting, 2 * workers))
            while running:
                yield partial(_result, running.popleft().result)
                running.extend(pool.submit(function, item) for item in islice(waiting, 1))
        finally:
            pool.shutdown(cancel_futures=True)


def _result(result: Callable[[], Result]) -> Result:
    try:
        return result()
    except BrokenProcessPool:
        raise ProductError(
            "a worker process was killed, perhaps for want of memory; ask for more, or for fewer "
            "workers"
        ) from None


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""

    def watch() -> None:
        parent = parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()
