"""How far long stages are: a bar on a terminal, lines in a log and beside it."""

import atexit
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TextIO, TypeVar

T = TypeVar("T")
FIRST_SECONDS, SECONDS = 15.0, 60.0
"""Until the first line in a log, doubled from line to line up to what is between all others."""
BAR_AFTER = 0.5
BAR_SECONDS = 0.1
"""Until a bar is shown, and between two changes of it."""


def watched(
    items: Iterable[T],
    logger: logging.Logger,
    what: str,
    unit: str,
    total: int | None = None,
    clock: Callable[[], float] = time.monotonic,
    size: Callable[[T], int] | None = None,
) -> Iterator[T]:
    """Yield items and show how many are done, how fast, and what remains.

    Where messages go to a terminal, a bar shows it as long as the items last; otherwise
    it is logged, at most once a minute from the second minute on. Where messages go to a
    file only, as those of a job do, standard error gets the same line: somebody may watch
    the workflow there.

    Parameters
    ----------
    what
        The work, such as ``data set ttW``.
    unit
        What is counted, such as ``files``.
    total
        Number of units, where items have no length of their own or count differently.
    size
        Units in one item; one if not given.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    bar: _Bar | None = None
    with_bar = _Bar.possible()
    started = said = clock()
    pause, done = FIRST_SECONDS, 0
    try:
        for item in items:
            now = clock()
            if with_bar:
                if bar is None and now - started >= BAR_AFTER:
                    bar = _Bar(what, total)
                if bar is not None and now - said >= BAR_SECONDS:
                    said = now
                    bar.show(done, _rate(done / (now - started), unit))
            elif now - said >= pause:
                said, pause = now, min(2 * pause, SECONDS)
                line = f"{what}: {_state(done, total, done / (now - started), unit)}"
                logger.info("%s", line)
                if not _terminals():
                    print(line, file=sys.stderr, flush=True)
            yield item
            done += 1 if size is None else size(item)
    finally:
        if bar is not None:
            bar.stop()


class _Bar:
    """A bar at the foot of the terminal, below the messages; there is one at a time.

    Parameters
    ----------
    what
        The work.
    total
        Number of items; none: the bar only moves.
    """

    active = False

    @classmethod
    def possible(cls) -> bool:
        """Return whether messages go to a terminal that shows no bar yet."""
        return not cls.active and bool(_terminals()) and sys.stderr.isatty()

    def __init__(self, what: str, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} {task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._handlers = _terminals()
        self._progress.start()
        _Bar.active = True
        # an error leaves the loop that draws the bar without its end
        atexit.register(self.stop)
        self._task = self._progress.add_task(what, total=total, rate="")
        for handler in self._handlers:
            handler.setStream(sys.stderr)  # which writes above the bar now

    def show(self, done: int, rate: str) -> None:
        """Show how many items are done."""
        self._progress.update(self._task, completed=done, rate=rate)

    def stop(self) -> None:
        """Take the bar away."""
        self._progress.stop()
        for handler in self._handlers:
            handler.setStream(sys.stderr)
        atexit.unregister(self.stop)
        _Bar.active = False


def _terminals() -> list[logging.StreamHandler[TextIO]]:
    """Return what writes messages to standard error."""
    return [
        handler
        for handler in logging.getLogger().handlers
        if type(handler) is logging.StreamHandler and handler.stream is sys.stderr
    ]


def _state(done: int, total: int | None, rate: float, unit: str) -> str:
    speed = _rate(rate, unit)
    if total is None:
        return f"{done} {unit} done, {speed}"
    if not rate:
        return f"{done} of {total} {unit} done, {speed}, time unknown"
    seconds = (total - done) / rate
    remaining = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    return f"{done} of {total} {unit} done, {speed}, {remaining} remain"


def _rate(rate: float, unit: str) -> str:
    return f"{rate:.1f} {unit}/s" if rate >= 1 else f"{60 * rate:.1f} {unit}/min"
