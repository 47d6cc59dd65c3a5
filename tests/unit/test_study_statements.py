"""What the thesis says of its studies, and when a study agrees."""

from typing import Any

import pytest
from benchmarks.studies import STUDIES, verdict
from helpers_studies import ROOT

from n2mu.config.load import load


def test_every_statement_of_the_thesis_is_on_variants_that_there_are() -> None:
    studies = load(ROOT / "config/config.yaml").studies
    assert studies.keys() == STUDIES.keys()
    for name, told in STUDIES.items():
        for statement in told.statements:
            assert {statement.variant, statement.other} <= studies[name].variants.keys()


@pytest.mark.parametrize(
    ("value", "expected", "said"),
    [
        (0.05, "higher", "agrees"),
        (0.05, "lower", "differs: higher"),
        (0.05, "the same", "differs: higher"),
        (-0.05, "lower", "agrees"),
        (0.01, "the same", "agrees"),
        (-0.05, "not higher", "agrees"),
        (0.05, "not higher", "differs: higher"),
        (0.01, "higher", "no difference seen"),
        (None, "higher", "not measured"),
    ],
)
def test_a_statement_holds_beyond_two_standard_deviations(
    value: float | None, expected: Any, said: str
) -> None:
    found = {"value": value, "error_events": 0.006, "error_training": 0.008}
    assert verdict(found, expected) == said
