"""The committed analysis in the words of TRExFitter, filled by ROOT from ntuples and friends."""

from pathlib import Path

import numpy as np
import pytest

from tests.workflow.conftest import NO_ROOT
from tests.workflow.snake import n2mu

pytest.importorskip("ROOT", reason=NO_ROOT)

from tests.oracles.trex_evaluator import Evaluator  # noqa: E402  needs ROOT

from n2mu.templates.histogram import read_root  # noqa: E402

pytestmark = pytest.mark.xdist_group("tiny")

FIT = "ftt"
VARIED = ("pileup", "MUR_ttW", "jet_energy_scale")


def sample_of(block: str) -> str:
    return block.partition("__")[0]


@pytest.fixture(scope="module")
def exported(finished: Path) -> Evaluator:
    output = finished / "ftt.config"
    n2mu(finished, "export", "trex", FIT, "--ntuples", "-o", str(output))
    return Evaluator(output)


def test_cuts_weights_and_friends_fill_the_templates(finished: Path, exported: Evaluator) -> None:
    templates = read_root(finished / f"results/tth/fits/{FIT}/templates.root")
    compared = 0
    for region in ("SR", "CR_OS"):
        samples = {sample_of(block.name) for block in exported.of("Sample")}
        for sample in sorted(samples & set(templates[region])):
            blocks = [b.name for b in exported.of("Sample") if sample_of(b.name) == sample]
            parts = [exported.histogram(region, block) for block in blocks]
            contents, squares = np.sum(parts, axis=0)
            if contents.min() <= 0:
                continue  # such bins are mended
            found = templates[region][sample]["nominal"]
            np.testing.assert_allclose(found.sumw, contents, rtol=1e-5)
            np.testing.assert_allclose(found.sumw2, squares, rtol=1e-5)
            compared += 1
    assert compared >= 4


def test_variations_fill_the_templates(finished: Path, exported: Evaluator) -> None:
    templates = read_root(finished / f"results/tth/fits/{FIT}/templates.root")
    for name in VARIED:
        systematics = [b for b in exported.of("Systematic") if sample_of(b.name) == name]
        assert systematics
        parts = [
            exported.histogram("CR_OS", block, systematic.name)
            for systematic in systematics
            for block in systematic.options["Samples"].text.split(",")
            if sample_of(block) == "ttW"
        ]
        contents, squares = np.sum(parts, axis=0)
        found = templates["CR_OS"]["ttW"][f"{name}_up"]
        np.testing.assert_allclose(found.sumw, contents, rtol=1e-5)
        np.testing.assert_allclose(found.sumw2, squares, rtol=1e-5)
