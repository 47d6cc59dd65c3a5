"""A configuration that is well formed but would give a wrong number is refused in one line."""

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import TinyAnalysis

from n2mu.config import architectures
from n2mu.config.load import load
from n2mu.errors import ConfigurationError
from n2mu.models.registry import ARCHITECTURES, parameters_of

ROOT = Path(__file__).parents[2]

NOT_THERE_YET = "which is not there yet when this is evaluated; use branches of the ntuples only"
RELATIVE = "is no relative shift between -1 and 1; write 0.08 for 8 %, not 1.08 or 8"

MISTAKES: list[tuple[str, str, str, Any, str]] = [
    (
        "weight of an input for a factor that is none",
        "inputs",
        "inputs.sig.weight",
        {"pile_up": "2"},
        "inputs.sig.weight: unknown weight factor 'pile_up'; did you mean 'pileup'?",
    ),
    (
        "background that the signal strength scales",
        "fits",
        "norm_factors.mu.samples",
        ["*"],
        "fits.score.poi: 'mu' acts on sample 'background', a background; the signal strength acts "
        "on signal only: change norm_factors or the sample's kind",
    ),
    (
        "Asimov data beyond the bounds",
        "fits",
        "fits.score.asimov_mu",
        11,
        "fits.score.asimov_mu: 11 is outside the bounds (-5, 10) of norm factor 'mu'; change one "
        "of them",
    ),
    (
        "shift as a factor",
        "systematics",
        "systematics.lumi.up",
        1.02,
        f"systematics.lumi.up: 1.02 {RELATIVE}",
    ),
    (
        "shift in per cent",
        "systematics",
        "systematics.lumi.down",
        -2,
        f"systematics.lumi.down: -2 {RELATIVE}",
    ),
    (
        "both sides up",
        "systematics",
        "systematics.lumi.down",
        0.03,
        "systematics.lumi: up 0.02 and down 0.03 shift the rate to the same side; give them "
        "opposite signs",
    ),
    (
        "one tree for both sides",
        "systematics",
        "systematics.jes.down",
        "JES_up",
        "systematics.jes: up and down are the same tree 'JES_up'; correct one, or leave out "
        "'down' if it is one-sided",
    ),
    (
        "one expression for both sides",
        "systematics",
        "systematics.pileup.down",
        "(weight_pileup_up)",
        "systematics.pileup: up and down are the same expression 'weight_pileup_up'; correct one, "
        "or leave out 'down' if it is one-sided",
    ),
    (
        "nominal weight for the upper side",
        "systematics",
        "systematics.pileup.up",
        "(weight_pileup)",
        "systematics.pileup.up: '(weight_pileup)' is the nominal weight factor 'pileup', no "
        "variation; give the varied one",
    ),
    (
        "nominal weight for the lower side",
        "systematics",
        "systematics.pileup.down",
        "weight_pileup",
        "systematics.pileup.down: 'weight_pileup' is the nominal weight factor 'pileup', no "
        "variation; give the varied one, or leave that side out",
    ),
    (
        "preselection on a score",
        "regions",
        "preselection",
        "pt > 20e3 && mlp_sig > 0.5",
        "preselection: 'mlp_sig' is a score of model 'mlp', " + NOT_THERE_YET,
    ),
    (
        "training set cut on a score",
        "regions",
        "training",
        "mlp_bkg > 0.5",
        "training: 'mlp_bkg' is a score of model 'mlp', " + NOT_THERE_YET,
    ),
    (
        "sample selection on a score",
        "samples",
        "samples.signal.selection",
        "mlp_sig > 0",
        "samples.signal.selection: 'mlp_sig' is a score of model 'mlp', " + NOT_THERE_YET,
    ),
    (
        "weight with a score",
        "inputs",
        "weight.correction",
        "1 + mlp_sig",
        "weight.correction: 'mlp_sig' is a score of model 'mlp', " + NOT_THERE_YET,
    ),
    (
        "varied weight with a score",
        "systematics",
        "systematics.scale.up",
        "1 + mlp_bkg",
        "systematics.scale.up: 'mlp_bkg' is a score of model 'mlp', " + NOT_THERE_YET,
    ),
    (
        "feature that is a score",
        "features",
        "features.mlp_sig",
        {},
        "features.mlp_sig: 'mlp_sig' is a score of model 'mlp', " + NOT_THERE_YET,
    ),
    (
        "unknown architecture",
        "models",
        "models.mlp.architecture",
        "mpl",
        "models.mlp.architecture: unknown architecture 'mpl'; did you mean 'mlp'?",
    ),
    (
        "unknown parameter of an architecture",
        "models",
        "models.mlp.parameters",
        {"widht": 3},
        "models.mlp.parameters.widht: unknown parameter of architecture 'mlp'; did you mean "
        "'width'?",
    ),
    (
        "systematic named as a norm factor",
        "systematics",
        "systematics.mu",
        {"kind": "norm", "up": 0.1, "down": -0.1, "group": "g"},
        "systematics.mu: a norm factor in fits.yaml has this name too, they would be one "
        "parameter; rename one of them",
    ),
    (
        "systematic named as the MC statistics",
        "systematics",
        "systematics.staterror_SR",
        {"kind": "norm", "up": 0.1, "down": -0.1, "group": "g"},
        "systematics.staterror_SR: this is the name of the MC statistics of region 'SR'; rename it",
    ),
    (
        "norm factor named as the MC statistics",
        "fits",
        "norm_factors.staterror_CR",
        {"samples": ["background"], "bounds": [0, 2]},
        "norm_factors.staterror_CR: this is the name of the MC statistics of region 'CR'; "
        "rename it",
    ),
    (
        "one input in two samples",
        "samples",
        "samples.more",
        {"kind": "background", "inputs": ["bkg"]},
        "samples.more.inputs: 'bkg' is in sample 'background' as well with the same selection "
        "'1', so that its events would count twice; give each sample a 'selection' of its own",
    ),
    (
        "input of no sample",
        "inputs",
        "inputs.top",
        {"files": "top.root", "cross_section": 1.0},
        "inputs.top: used by no sample in samples.yaml; remove it or add it",
    ),
    (
        "entries for weighted events",
        "inputs",
        "sum_of_weights",
        {"entries": True},
        "sum_of_weights: 'entries: true' counts every generated event as one, but 'weight' has "
        "generator, pileup; give 'tree' and 'branch', or 'histogram' and 'bin', with the sum of "
        "the generated weights, or the 'branch' to add up",
    ),
]


def refused(tiny: TinyAnalysis, part: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tiny.config)
    assert str(caught.value) == f"{tiny.path(part)}: {message}"


def misspell(tiny: TinyAnalysis, part: str, old: str, new: str) -> None:
    text = tiny.path(part).read_text()
    assert text.count(old) == 1
    tiny.path(part).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("part", "key", "value", "message"), [row[1:] for row in MISTAKES], ids=[r[0] for r in MISTAKES]
)
def test_what_would_give_a_wrong_number_is_one_line_with_a_remedy(
    tiny: TinyAnalysis, part: str, key: str, value: Any, message: str
) -> None:
    tiny.change(part, key, value)
    refused(tiny, part, message)


def test_normalised_weights_have_no_sum_of_a_variation_to_be_divided_by(
    tiny: TinyAnalysis,
) -> None:
    tiny.change("inputs", "sum_of_weights", {"normalised": True})
    with pytest.raises(ConfigurationError, match=r"scale\.sum_up: .*put the ratio of the sums"):
        load(tiny.config)


def test_varied_trees_need_the_event_number(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "event", ...)
    refused(
        tiny,
        "systematics",
        "systematics.jes: without 'event' in inputs.yaml an event has another entry number, so "
        "another fold, in each varied tree, and models would score events that trained them; name "
        "the branch with the event number there",
    )
    tiny.change("systematics", "systematics.jes", ...)
    assert load(tiny.config).inputs.event is None


def test_a_data_set_is_scaled_to_its_cross_section_once(tiny: TinyAnalysis) -> None:
    for name in ("sig", "bkg"):
        tiny.change("inputs", f"inputs.{name}.dsid", 410470)
    message = (
        "inputs.bkg.dsid: 410470 is that of input 'sig'{} as well, each would count as the whole "
        "cross-section; make them one input, and tell samples apart by 'selection'"
    )
    refused(tiny, "inputs", message.format(""))
    tiny.change("inputs", "luminosity", {"a": 1.0, "d": 2.0})
    for name in ("sig", "bkg"):
        tiny.change("inputs", f"inputs.{name}.campaigns", ["a", "d"])
    refused(tiny, "inputs", message.format(" in campaign 'a'"))


@pytest.fixture
def shared(tiny: TinyAnalysis) -> TinyAnalysis:
    """Two inputs that hold one campaign each of the background."""
    tiny.change("inputs", "luminosity", {"a": 1.0, "d": 2.0})
    tiny.change("inputs", "inputs.sig.campaigns", ["a", "d"])
    late = {
        "files": "late.root",
        "dsid": 5,
        "cross_section": 2.0,
        "campaigns": ["d"],
        "other_campaigns": ["bkg"],
    }
    tiny.change("inputs", "inputs.late", late)
    early = {**late, "files": "bkg.root", "campaigns": ["a"], "other_campaigns": ["late"]}
    tiny.change("inputs", "inputs.bkg", early)
    tiny.change("samples", "samples.background.inputs", ["bkg", "late"])
    return tiny


def test_inputs_may_share_the_campaigns(shared: TinyAnalysis) -> None:
    assert load(shared.config).inputs.inputs["late"].campaigns == ["d"]


def test_one_complete_input_does_not_hide_that_another_lacks_a_campaign(
    shared: TinyAnalysis,
) -> None:
    shared.change("inputs", "inputs.bkg.campaigns", ["a", "d"])
    shared.change("inputs", "inputs.late.dsid", 6)
    for name in ("bkg", "late"):
        shared.change("inputs", f"inputs.{name}.other_campaigns", ...)
    refused(
        shared,
        "inputs",
        "inputs.late.campaigns: 'a' is not there, so that its luminosity would be missing; add "
        "it, or name the inputs that hold it in 'other_campaigns'",
    )


def test_other_campaigns_are_those_of_an_input_in_the_same_sample(shared: TinyAnalysis) -> None:
    shared.change("inputs", "inputs.bkg.other_campaigns", ["latte"])
    key = "inputs.bkg.other_campaigns"
    refused(shared, "inputs", f"{key}: unknown input 'latte'; did you mean 'late'?")
    shared.change("inputs", "inputs.bkg.other_campaigns", ["late"])
    shared.change("samples", "samples.background.inputs", ["bkg"])
    shared.change("samples", "samples.signal.inputs", ["sig", "late"])
    message = "'bkg' without 'late', which holds its other campaigns; add it"
    refused(shared, "samples", f"samples.background.inputs: {message}")


def test_a_campaign_is_in_one_of_the_inputs_that_share_them(shared: TinyAnalysis) -> None:
    shared.change("inputs", "inputs.late.dsid", 6)
    shared.change("inputs", "inputs.late.campaigns", ["a", "d"])
    refused(
        shared,
        "inputs",
        "inputs.bkg.other_campaigns: campaign 'a' is in 'late' and in 'bkg' and would count "
        "twice; keep one",
    )


def test_a_validation_region_stays_out_of_the_likelihood(tiny: TinyAnalysis) -> None:
    tiny.change("regions", "regions.CR.role", "validation")
    refused(
        tiny,
        "fits",
        "fits.score.regions: 'CR' has role validation, and all regions here enter the "
        "likelihood; give it role control, or take it out of fit 'score'",
    )
    tiny.change("fits", "fits.score.regions", ["SR"])
    assert load(tiny.config).fits.fits["score"].regions == ["SR"]


def test_only_validation_regions_are_predicted(tiny: TinyAnalysis) -> None:
    tiny.change("fits", "fits.score.validation_regions", ["CR"])
    refused(
        tiny,
        "fits",
        "fits.score.validation_regions: 'CR' has role control; give it role validation, or put it "
        "under 'regions' of fit 'score'",
    )


@pytest.mark.parametrize("key", ["evaluation_region", "models.mlp.validation_region"])
def test_models_are_judged_where_no_score_is_needed(tiny: TinyAnalysis, key: str) -> None:
    cut = {
        "role": "control",
        "selection": "njets >= 2 && pt > 20e3 && mlp_bkg > 0.5",
        "binning": {"quantiles": 2},
    }
    tiny.change("regions", "regions.BR", cut)
    assert load(tiny.config)
    tiny.change("models", key, "BR")
    refused(
        tiny,
        "models",
        f"{key}: the selection of region 'BR': 'mlp_bkg' is a score of model 'mlp', "
        + NOT_THERE_YET,
    )


@pytest.mark.parametrize(
    ("part", "old", "new", "message"),
    [
        ("models", "models:", "modles:", "modles: unknown key; did you mean 'models'?"),
        (
            "inputs",
            "cross_section: 20.0",
            "cross_sektion: 20.0",
            "inputs.bkg.cross_sektion: unknown key; did you mean 'cross_section'?",
        ),
        (
            "systematics",
            "kind: norm",
            "knid: norm",
            "systematics.lumi: unknown key 'knid'; did you mean 'kind'?",
        ),
    ],
)
def test_a_misspelt_key_is_not_reported_as_missing(
    tiny: TinyAnalysis, part: str, old: str, new: str, message: str
) -> None:
    misspell(tiny, part, old, new)
    refused(tiny, part, message)


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_called_empty(tiny: TinyAnalysis, text: str) -> None:
    tiny.path("systematics").write_text(text)
    refused(tiny, "systematics", "is empty; its keys are systematics")
    tiny.path("config").write_text(text)
    with pytest.raises(ConfigurationError, match=r"config\.yaml: is empty; its keys are analysis"):
        load(tiny.config)


def test_the_training_set_is_the_preselection_unless_it_is_given(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    preselection = tiny.parts["regions"]["preselection"]
    assert tiny.list().slices.skim("c0000").training == "njets >= 1"
    tiny.change("regions", "training", ...)
    slices = tiny.job().slices
    assert slices.skim("c0000").training == preselection
    assert slices.train("mlp", 0).training_selection == preselection


def test_the_known_architectures_are_those_of_the_registry() -> None:
    signatures = {name: tuple(parameters_of(name)) for name in ARCHITECTURES}
    assert signatures == architectures.architectures()
