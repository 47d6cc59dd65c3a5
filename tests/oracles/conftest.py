"""ROOT, and the tree that all tests of expressions share."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from tests.oracles.expression_tree import Sample, make_sample


@pytest.fixture(scope="session")
def root() -> Any:
    """ROOT, which says errors only."""
    with warnings.catch_warnings():
        # the wheel announces at import that it is an alpha distribution
        warnings.simplefilter("ignore")
        module = pytest.importorskip("ROOT", reason="ROOT is not installed")
    module.gErrorIgnoreLevel = module.kError
    return module


@pytest.fixture(scope="session")
def sample(root: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    yield from make_sample(root, tmp_path_factory.mktemp("tree") / "tree.root")
