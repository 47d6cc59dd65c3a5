"""What tests of the configuration share."""

import pytest
from tests.conftest import TinyAnalysis

from n2mu.config.load import load
from n2mu.errors import ConfigurationError


def refused(tiny: TinyAnalysis, part: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tiny.config)
    assert str(caught.value) == f"{tiny.path(part)}: {message}"
    assert "\n" not in str(caught.value)
