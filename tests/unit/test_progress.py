"""Long stages say once a minute how far they are."""

import logging
from collections.abc import Iterator

import pytest

from n2mu.progress import watched

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
    assert said(caplog, 1, 50, True) == []


def test_a_long_stage_says_a_line_a_minute_with_rate_and_remaining_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lines = said(caplog, 20, 10, True)
    assert len(lines) == 3
    assert lines[0] == "skim: 2 of 10 files done, 2.0 files/min, 4 min remain"


def test_without_a_total_nothing_is_said_of_what_remains(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, 0.5, 200, False) == ["skim: 119 files done, 2.0 files/s"]
