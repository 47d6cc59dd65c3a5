"""Being told to stop: by a signal, as batch systems do, or by a limit of time."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Interruption:
    """Whether a job has been told to stop.

    Parameters
    ----------
    seconds
        After which it tells so by itself; none: never.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds
        self._signal: str | None = None

    @property
    def reason(self) -> str | None:
        """What told the job to stop; none as long as nothing did."""
        if self._signal is None and self._until is not None and time.monotonic() > self._until:
            return "the limit of time"
        return self._signal

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note SIGTERM and SIGUSR1 instead of ending at once."""
        if threading.current_thread() is not threading.main_thread():
            yield  # Python delivers signals to the main thread alone
            return
        before = {number: signal.signal(number, self._note) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signal = signal.Signals(number).name
