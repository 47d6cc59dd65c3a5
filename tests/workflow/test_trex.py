"""The committed analysis in the words of TRExFitter, filled by ROOT from ntuples and friends."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.workflow.conftest import NO_ROOT
from tests.workflow.snake import n2mu

pytest.importorskip("ROOT", reason=NO_ROOT)

from n2mu.config.load import load
from n2mu.templates.histogram import Template, read_root
from tests.oracles.trex_evaluator import Evaluator, text

pytestmark = pytest.mark.xdist_group("tiny")

FIT = "ftt"


def sample_of(block: str) -> str:
    return block.partition("__")[0]


@pytest.fixture(scope="module")
def exported(finished: Path) -> Evaluator:
    output = finished / "ftt.config"
    done = n2mu(finished, "export", "trex", FIT, "--ntuples", "-o", str(output))
    assert done.returncode == 0, done.stderr
    return Evaluator(output)


def total(exported: Evaluator, region: str, blocks: list[str], systematic: str | None) -> Any:
    """Return contents and sums of squared weights [2, bins] of Sample blocks together."""
    return np.sum([exported.histogram(region, block, systematic) for block in blocks], axis=0)


def require_equal(found: Template, expected: Any) -> None:
    np.testing.assert_allclose(found.sumw, expected[0], rtol=1e-5)
    np.testing.assert_allclose(found.sumw2, expected[1], rtol=1e-5)


def test_cuts_weights_and_friends_fill_the_templates(finished: Path, exported: Evaluator) -> None:
    templates = read_root(finished / f"results/tth/fits/{FIT}/templates.root")
    blocks: dict[str, list[str]] = {}
    for block in exported.of("Sample"):
        if text(block, "Type") in ("SIGNAL", "BACKGROUND"):
            blocks.setdefault(sample_of(block.name), []).append(block.name)
    compared = set()
    for region, samples in templates.items():
        for sample in sorted(set(blocks) & set(samples)):
            expected = total(exported, region, blocks[sample], None)
            if expected[0].min() > 0:  # others are mended
                require_equal(samples[sample]["nominal"], expected)
                compared.add((region, sample))
    assert len(compared) >= 4
    assert len({region for region, _ in compared}) >= 2


def test_variations_fill_the_templates(finished: Path, exported: Evaluator) -> None:
    templates = read_root(finished / f"results/tth/fits/{FIT}/templates.root")
    compared = set()
    for name, systematic in load(finished / "config/config.yaml").systematics.systematics.items():
        kind = (systematic.kind, getattr(systematic, "sum_up", None) is not None)
        treated = {"symmetrisation", "smoothing", "effect"} & systematic.model_fields_set
        if kind in compared or kind[0] not in ("weight", "tree") or treated:
            continue
        blocks: dict[str, list[tuple[str, str]]] = {}
        for entry in exported.of("Systematic"):
            if sample_of(entry.name) == name:
                for block in (text(entry, "Samples") or "").split(","):
                    blocks.setdefault(sample_of(block), []).append((block, entry.name))
        for region, samples in templates.items():
            for sample in sorted(set(blocks) & set(samples)):
                varied = samples[sample].get(f"{name}_up")
                expected = np.sum(
                    [total(exported, region, [block], entry) for block, entry in blocks[sample]],
                    axis=0,
                )
                nominal = samples[sample]["nominal"]
                if varied is not None and expected[0].min() > 0 and nominal.sumw.min() > 1e-3:
                    require_equal(varied, expected)
                    compared.add(kind)
    assert compared == {("weight", False), ("weight", True), ("tree", False)}
