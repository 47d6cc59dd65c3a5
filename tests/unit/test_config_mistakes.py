"""Every mistake in a key is one line with file, key and what would be right."""

import math
from typing import Any

import pytest
from helpers_config import refused
from tests.conftest import TinyAnalysis

MISTAKES: list[tuple[str, str, str, Any, str]] = [
    (
        "unknown key of a sample",
        "samples",
        "samples.signal.sellection",
        "1",
        "samples.signal.sellection: unknown key; did you mean 'selection'?",
    ),
    (
        "unknown key at the top",
        "regions",
        "pre_selection",
        "1",
        "pre_selection: unknown key; did you mean 'preselection'?",
    ),
    (
        "unknown key inside a list of alternatives",
        "systematics",
        "systematics.pileup.factr",
        "pileup",
        "systematics.pileup.factr: unknown key; did you mean 'factor'?",
    ),
    (
        "unknown kind",
        "systematics",
        "systematics.pileup.kind",
        "wieght",
        "systematics.pileup: unknown 'kind' 'wieght'; did you mean 'weight'?",
    ),
    (
        "no kind",
        "systematics",
        "systematics.pileup.kind",
        ...,
        "systematics.pileup: required key 'kind' is missing",
    ),
    (
        "missing key",
        "inputs",
        "inputs.sig.cross_section",
        ...,
        "inputs.sig: 'cross_section' is missing; observed events say 'data: true' instead",
    ),
    (
        "wrong value of an enumeration",
        "regions",
        "regions.SR.role",
        "sginal",
        "regions.SR.role: expected 'signal', 'control' or 'validation', got 'sginal'",
    ),
    (
        "no number",
        "inputs",
        "luminosity",
        "much",
        "luminosity: expected a number, got 'much'",
    ),
    (
        "infinite cross-section",
        "inputs",
        "inputs.sig.cross_section",
        math.inf,
        "inputs.sig.cross_section: expected a finite number, got inf",
    ),
    (
        "edge that is no number",
        "regions",
        "regions.CR.binning.edges",
        [20e3, math.nan, 80e3],
        "regions.CR.binning.edges.1: expected a finite number, got nan",
    ),
    (
        "edges that do not increase",
        "regions",
        "regions.CR.binning.edges",
        [20e3, 10e3],
        "regions.CR.binning: edges must increase, got [20000.0, 10000.0]",
    ),
    (
        "truth value for an expression",
        "samples",
        "samples.signal.selection",
        True,
        "samples.signal.selection: expected a text, got True",
    ),
    (
        "expression that does not parse",
        "regions",
        "regions.SR.selection",
        "njets >= 4 && (pt > 20e3",
        "regions.SR.selection: cannot parse 'njets >= 4 && (pt > 20e3' "
        "at character 25: expected ')' to close '(' of character 15, found the end",
    ),
    (
        "unknown input",
        "samples",
        "samples.signal.inputs",
        ["sigg"],
        "samples.signal.inputs: unknown input 'sigg'; did you mean 'sig'?",
    ),
    (
        "unknown class",
        "samples",
        "samples.signal.training_class",
        "siig",
        "samples.signal.training_class: unknown class 'siig'; did you mean 'sig'?",
    ),
    (
        "unknown sample of a systematic",
        "systematics",
        "systematics.scale.samples",
        ["sigmal"],
        "systematics.scale.samples: unknown sample 'sigmal'; did you mean 'signal'?",
    ),
    (
        "unknown weight factor",
        "systematics",
        "systematics.pileup.factor",
        "pile_up",
        "systematics.pileup.factor: unknown weight factor 'pile_up'; did you mean 'pileup'?",
    ),
    (
        "unknown feature",
        "models",
        "models.mlp.features",
        ["x", "chrage"],
        "models.mlp.features: unknown feature 'chrage'; did you mean 'charge'?",
    ),
    (
        "unknown validation region",
        "models",
        "models.mlp.validation_region",
        "SRR",
        "models.mlp.validation_region: unknown region 'SRR'; did you mean 'SR'?",
    ),
    (
        "unknown evaluation region",
        "models",
        "evaluation_region",
        "zz",
        "evaluation_region: unknown region 'zz'; known are CR, SR",
    ),
    (
        "unknown signal class",
        "models",
        "signal_class",
        "bgk",
        "signal_class: unknown class 'bgk'; did you mean 'bkg'?",
    ),
    (
        "unknown region of a fit",
        "fits",
        "fits.score.regions",
        ["SR", "CRR"],
        "fits.score.regions: unknown region 'CRR'; did you mean 'CR'?",
    ),
    (
        "unknown parameter of interest",
        "fits",
        "fits.score.poi",
        "mu_",
        "fits.score.poi: unknown norm factor 'mu_'; did you mean 'mu'?",
    ),
    (
        "unknown sample of a norm factor",
        "fits",
        "norm_factors.mu.samples",
        ["back*", "signl"],
        "norm_factors.mu.samples: unknown sample 'signl'; did you mean 'signal'?",
    ),
    (
        "unknown model",
        "config",
        "models",
        ["mpl"],
        "models: unknown model 'mpl'; did you mean 'mlp'?",
    ),
    (
        "unknown fit",
        "config",
        "fits",
        ["score", "scores"],
        "fits: unknown fit 'scores'; did you mean 'score'?",
    ),
    (
        "unpublished fit",
        "config",
        "publish",
        "sore",
        "publish: 'sore' is not among the fits; did you mean 'score'?",
    ),
    (
        "unknown base",
        "inputs",
        "inputs.sig.base",
        "disc",
        "inputs.sig.base: unknown base 'disc'; did you mean 'disk'?",
    ),
    (
        "base that is no name",
        "config",
        "ntuples",
        {"../disk": "a"},
        "ntuples.../disk: '../disk' is no name: use letters, digits and underscores",
    ),
    (
        "region outside the preselection",
        "regions",
        "regions.SR.selection",
        "njets >= 4 && pt > 19e3",
        "regions.SR.selection: not contained in the preselection; nothing in it implies "
        "'pt > 20000': add that cut to the region, or loosen the preselection",
    ),
    (
        "class that nothing trains",
        "models",
        "classes",
        ["sig", "bkg", "top"],
        "classes: no sample has training_class 'top'; give it to one in samples.yaml, or leave the "
        "class out",
    ),
    (
        "class twice",
        "models",
        "classes",
        ["sig", "bkg", "sig"],
        "classes: 'sig' stands twice; keep one",
    ),
    (
        "region twice in a fit",
        "fits",
        "fits.score.regions",
        ["SR", "CR", "SR"],
        "fits.score.regions: 'SR' stands twice; keep one",
    ),
    (
        "unknown placeholder",
        "inputs",
        "inputs.sig.files",
        "{campain}/*.root",
        "inputs.sig.files: unknown placeholder '{campain}'; did you mean 'campaign'?",
    ),
    (
        "path outside the base",
        "inputs",
        "inputs.sig.files",
        "../*.root",
        "inputs.sig.files: '../*.root' must be a path below the base; give it relative to "
        "'ntuples'",
    ),
    (
        "sum of weights of one side only",
        "systematics",
        "systematics.scale.down",
        "weight_mc * 0.8",
        "systematics.scale: 'sum_up' and 'sum_down' belong together, or one side changes the "
        "rate and the other does not",
    ),
    (
        "variation that would overwrite the nominal table",
        "systematics",
        "systematics.jes.down",
        "nominal",
        "systematics.jes.down: 'nominal' is the name of another table of the skim, rename the tree",
    ),
    (
        "a category that is missing as well",
        "features",
        "features.charge.missing",
        [-1],
        "features.charge: -1 is in 'values' and in 'missing'; keep one",
    ),
    (
        "a category that float32 does not tell from the next",
        "features",
        "features.charge.values",
        [-1, 2**24],
        "features.charge.values.1: expected a number less than 16777216, got 16777216",
    ),
    (
        "more folds than a fold number holds",
        "models",
        "folds",
        200,
        "folds: expected a number less than or equal to 100, got 200",
    ),
]


@pytest.mark.parametrize(
    ("part", "key", "value", "message"), [row[1:] for row in MISTAKES], ids=[r[0] for r in MISTAKES]
)
def test_a_mistake_is_one_line_with_file_key_and_remedy(
    tiny: TinyAnalysis, part: str, key: str, value: Any, message: str
) -> None:
    tiny.change(part, key, value)
    refused(tiny, part, message)


def test_several_mistakes_are_counted(tiny: TinyAnalysis) -> None:
    tiny.change("samples", "samples.signal.kind", "sig")
    tiny.change("samples", "samples.background.coluor", "red")
    message = "samples.signal.kind: expected 'signal', 'background', 'data' or 'ghost', got 'sig'"
    refused(tiny, "samples", f"{message} (and 1 more)")
