"""What ``n2mu validate`` says, for tests."""

from tests.conftest import TinyAnalysis

from n2mu.validation.stage import validate


def problems(tiny: TinyAnalysis) -> list[str]:
    """Return the problems of an analysis, a line each."""
    return [problem.line() for problem in validate(tiny.config).problems]
