"""Long stages say once a minute how far they are."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")
SECONDS = 60.0


def watched(
    items: Iterable[T],
    logger: logging.Logger,
    what: str,
    unit: str,
    total: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[T]:
    """Yield items, and log at most once a minute how many are done, how fast, what remains.

    Parameters
    ----------
    what
        The work, such as ``data set ttW``.
    unit
        What is counted, such as ``files``.
    total
        Number of items, where they have no length of their own.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    started = said = clock()
    for done, item in enumerate(items):
        now = clock()
        if now - said >= SECONDS:
            said = now
            rate = done / (now - started)
            logger.info("%s: %s", what, _state(done, total, rate, unit))
        yield item


def _state(done: int, total: int | None, rate: float, unit: str) -> str:
    speed = f"{rate:.1f} {unit}/s" if rate >= 1 else f"{60 * rate:.1f} {unit}/min"
    if total is None:
        return f"{done} {unit} done, {speed}"
    remaining = f"{(total - done) / rate / 60:.0f} min remain" if rate else "time unknown"
    return f"{done} of {total} {unit} done, {speed}, {remaining}"
