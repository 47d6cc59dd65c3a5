"""Long stages say how far they are: a bar on a terminal, lines in a log and beside it."""

import gc
import io
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from n2mu.progress import _Bar, watched

logger = logging.getLogger("n2mu.tests")


def said(caplog: pytest.LogCaptureFixture, seconds: float, items: int, total: bool) -> list[str]:
    times = iter(seconds * number for number in range(items + 1))
    source: Iterator[int] = iter(range(items))
    caplog.set_level(logging.INFO)
    length = items if total else None
    assert list(watched(source, logger, "skim", "files", length, lambda: next(times))) == list(
        range(items)
    )
    return [record.getMessage() for record in caplog.records]


def test_a_short_stage_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, 1, 14, True) == []


def test_a_long_stage_soon_says_rate_and_remaining_time_and_later_a_line_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = said(caplog, 20, 16, True)
    assert [int(line.split()[1]) for line in lines] == [0, 2, 5, 8, 11, 14]
    assert lines[1] == "skim: 2 of 16 files done, 2.0 files/min, 7 min remain"


def test_items_of_different_sizes_count_by_their_sizes(caplog: pytest.LogCaptureFixture) -> None:
    times = iter(range(0, 100, 20))
    caplog.set_level(logging.INFO)
    sizes = [300, 100, 100, 100]
    assert (
        list(watched(sizes, logger, "ntuples", "events", 600, lambda: next(times), lambda n: n))
        == sizes
    )
    assert caplog.messages[-1] == "ntuples: 400 of 600 events done, 6.7 events/s, 30 s remain"


def test_what_a_job_writes_to_its_log_is_seen_by_who_watches_the_workflow(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    times = iter(range(0, 100, 20))
    handler = logging.FileHandler(tmp_path / "job.log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger(), "handlers", [handler])
        list(watched(range(4), logger, "skim", "files", clock=lambda: next(times)))
    handler.close()
    assert "skim: 2 of 4 files done" in capsys.readouterr().err


def test_without_a_total_nothing_is_said_of_what_remains(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, 0.5, 70, False) == ["skim: 29 files done, 1.9 files/s"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Let messages go to a terminal, as the command line does without ``--log``."""
    screen = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", screen)
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", "120")
        root = logging.getLogger()
        handler = logging.StreamHandler()
        root.addHandler(handler)
        yield screen
        root.removeHandler(handler)


def watch(items: int) -> Iterator[int]:
    times = iter(0.3 * number for number in range(items + 1))
    return watched(range(items), logger, "skim", "files", clock=lambda: next(times))


def test_a_terminal_shows_a_bar_below_the_messages() -> None:
    with terminal() as screen:
        for number in watch(20):
            if number == 12:
                logging.getLogger().warning("a message")
        assert sys.stderr is screen
    assert re.search(r"skim .*\d+/20 3\.\d files/s", screen.getvalue())
    assert "a message\n" in screen.getvalue()


def test_a_bar_goes_away_with_an_error_and_the_next_one_can_be_shown() -> None:
    def fail() -> None:
        for number in watch(20):
            if number == 12:
                raise ValueError

    with terminal() as screen:
        with pytest.raises(ValueError):
            fail()
        gc.collect()
        assert sys.stderr is screen
        assert _Bar.possible()


def test_a_bar_within_a_bar_is_left_out() -> None:
    with terminal():
        for number in watch(8):
            if number == 6:
                assert not _Bar.possible()
                assert list(watch(8)) == list(range(8))
        assert _Bar.possible()


def test_messages_that_go_to_a_file_have_no_bar() -> None:
    with terminal():
        logging.getLogger().handlers.pop()
        assert not _Bar.possible()
