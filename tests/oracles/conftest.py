"""The tree that all tests of expressions share."""

import warnings
from collections.abc import Iterator

import pytest
from tests.oracles.expression_tree import Sample, make_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    with warnings.catch_warnings():
        # the wheel announces at import that it is an alpha distribution
        warnings.simplefilter("ignore")
        root = pytest.importorskip("ROOT", reason="ROOT is not installed")
    yield from make_sample(root, tmp_path_factory.mktemp("tree") / "tree.root")
