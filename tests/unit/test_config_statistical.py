"""Samples, binnings, systematics and factors: what would give a wrong number is refused."""

from typing import Any

import pytest
from tests.conftest import TinyAnalysis

from n2mu.config.load import load
from n2mu.errors import ConfigurationError
from n2mu.fit.settings import FitSettings
from n2mu.templates.settings import TemplateSettings, WorkspaceSettings
from n2mu.workflow.statistical import FitSlices

SET = {"kind": "set", "factor": "pileup", "group": "pdf", "combine": "hessian"}

MISTAKES: list[tuple[str, str, str, Any, str]] = [
    (
        "ghosts train nothing",
        "samples",
        "samples.signal.kind",
        "ghost",
        "samples.signal: kind 'ghost' with training_class 'sig': classifiers learn from signal and "
        "background only; leave out training_class",
    ),
    (
        "two ways to bin",
        "regions",
        "regions.SR.binning",
        {"quantiles": 3, "edges": [0, 1]},
        "regions.SR.binning: give exactly one of edges, uniform, quantiles, transfo_d, transfo_f, "
        "got edges and quantiles",
    ),
    (
        "no way to bin",
        "regions",
        "regions.SR.binning",
        {"least_effective_events": 5},
        "regions.SR.binning: give exactly one of edges, uniform, quantiles, transfo_d, transfo_f",
    ),
    (
        "uniform bins of no width",
        "regions",
        "regions.SR.binning",
        {"uniform": {"bins": 3, "low": 1, "high": 1}},
        "regions.SR.binning.uniform: low 1 must be below high 1",
    ),
    (
        "no bins for signal nor background",
        "regions",
        "regions.SR.binning",
        {"transfo_d": {"signal": 0, "background": 0}},
        "regions.SR.binning.transfo_d: signal and background are both 0; give at least one bin",
    ),
    (
        "a symmetrisation without second side",
        "systematics",
        "systematics.scale.symmetrisation",
        "maximum",
        "systematics.scale: symmetrisation 'maximum' needs two sides; give 'down', or leave it out",
    ),
    (
        "a second side that would not be used",
        "systematics",
        "systematics.jes.symmetrisation",
        "one_sided",
        "systematics.jes: symmetrisation 'one_sided' mirrors the up side, but 'down' is given; "
        "leave out one",
    ),
    (
        "smoothing of a number",
        "systematics",
        "systematics.lumi.smoothing",
        "353QH",
        "systematics.lumi.smoothing: unknown key; known are decorrelate, down, exclude_regions, "
        "exclude_samples, group, kind, parameter, regions, samples, title, up",
    ),
    (
        "unknown region",
        "systematics",
        "systematics.jes.regions",
        ["SRR"],
        "systematics.jes.regions: unknown region 'SRR'; did you mean 'SR'?",
    ),
    (
        "all samples excluded",
        "systematics",
        "systematics.jes.exclude_samples",
        ["*"],
        "systematics.jes.exclude_samples: excludes every sample that 'samples' names; leave one",
    ),
    (
        "a sample that takes the place of several",
        "systematics",
        "systematics.generator",
        {"kind": "sample", "up": "signal", "group": "theory"},
        "systematics.generator: 'signal' would take the place of each of signal, background; name "
        "one of them in 'samples', or give the 'reference' it is compared to",
    ),
    (
        "a sample in place of itself",
        "systematics",
        "systematics.generator",
        {"kind": "sample", "samples": ["signal"], "up": "signal", "group": "theory"},
        "systematics.generator.up: 'signal' is the sample that is varied, no variation; name "
        "another",
    ),
    (
        "unknown inputs",
        "systematics",
        "systematics.shower",
        {"kind": "input", "samples": ["signal"], "up": ["sgi"], "group": "theory"},
        "systematics.shower.up: unknown input 'sgi'; did you mean 'sig'?",
    ),
    (
        "members that are the same",
        "systematics",
        "systematics.pdf",
        {**SET, "members": ["a * b", "a*b"]},
        "systematics.pdf: members 0 and 1 are the same, 'a*b'; keep one",
    ),
    (
        "sums for some members",
        "systematics",
        "systematics.pdf",
        {**SET, "members": ["a", "b"], "sums": ["x"]},
        "systematics.pdf: 1 sum for 2 members; give one for each",
    ),
    (
        "one parameter twice on the same yields",
        "systematics",
        "systematics.jes.parameter",
        "pileup",
        "systematics.jes.parameter: 'pileup' varies the rate of sample 'signal' in region 'SR' by "
        "systematic 'pileup' already; a parameter does that once: choose other samples or regions, "
        "or another parameter",
    ),
    (
        "parameters that are one by accident",
        "systematics",
        "systematics.jes_SR",
        {"kind": "norm", "up": 0.1, "down": -0.1, "group": "detector", "regions": ["CR"]},
        "systematics.jes_SR: its parameter 'jes_SR' in region 'CR' has the name of one of "
        "systematic 'jes', they would be one; rename one of them, or say 'parameter' in both",
    ),
    (
        "neither free nor an expression",
        "fits",
        "norm_factors.k",
        {"samples": ["background"]},
        "norm_factors.k: give either 'bounds' (a free factor) or 'expression'",
    ),
    (
        "no polynomial",
        "fits",
        "norm_factors.k",
        {"samples": ["background"], "expression": "1 / mu"},
        "norm_factors.k.expression: '1 / mu': only a number other than zero can divide, since a "
        "likelihood multiplies factors and cannot divide by them",
    ),
    (
        "an expression of what does not exist",
        "fits",
        "norm_factors.k",
        {"samples": ["background"], "expression": "1 - mmu"},
        "norm_factors.k.expression: unknown norm factor 'mmu'; did you mean 'mu'?",
    ),
    (
        "the square of a factor",
        "fits",
        "norm_factors.k",
        {"samples": ["signal"], "expression": "0.5 + 0.5 * mu"},
        "norm_factors.k: sample 'signal' in region 'SR' would be multiplied by 'mu' 2 times "
        "(factors mu, k), which a HistFactory workspace cannot hold; name it once",
    ),
    (
        "a negative yield",
        "fits",
        "norm_factors.k",
        {"samples": ["background"], "expression": "0.5 - mu"},
        "norm_factors.k: sample 'background' in region 'SR' is multiplied by -0.5 before the fit; "
        "its factors (k) must not be negative together, nor cancel",
    ),
    (
        "a fit of data that are not there",
        "fits",
        "fits.score.data",
        "data",
        "fits.score.data: 'data', but no sample in samples.yaml is of kind data; add it",
    ),
    (
        "regions of data that are Asimov data",
        "fits",
        "fits.score.data_regions",
        ["CR"],
        "fits.score: 'data_regions' says which regions of mixed data are observed, but data is "
        "'asimov'; set 'data: mixed' or leave it out",
    ),
    (
        "a signal strength without its sample",
        "fits",
        "fits.score.exclude_samples",
        ["signal"],
        "fits.score.poi: 'mu' acts on none of the samples of this fit (background); change "
        "norm_factors or the fit's samples",
    ),
]


@pytest.mark.parametrize(
    ("part", "key", "value", "message"), [row[1:] for row in MISTAKES], ids=[r[0] for r in MISTAKES]
)
def test_a_mistake_is_one_line_with_file_key_and_remedy(
    tiny: TinyAnalysis, part: str, key: str, value: Any, message: str
) -> None:
    tiny.parts["systematics"]["systematics"]["jes"]["decorrelate"] = ["regions"]
    if key == "systematics.jes.parameter":
        del tiny.parts["systematics"]["systematics"]["jes"]["decorrelate"]
    tiny.change(part, key, value)
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert str(error.value) == f"{tiny.path(part)}: {message}"


def test_a_variation_takes_the_place_of_one_nominal_factor_only(tiny: TinyAnalysis) -> None:
    tiny.change("inputs", "inputs.bkg.weight", {"pileup": "0.5 * weight_pileup"})
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert str(error.value) == (
        f"{tiny.path('systematics')}: systematics.pileup.factor: 'pileup' is 'weight_pileup' for "
        "input 'sig' and '0.5 * weight_pileup' for 'bkg', and the variation would take the place "
        "of both; exclude the sample with one of them, or make what differs a factor of its own in "
        "inputs.yaml"
    )
    tiny.change("systematics", "systematics.pileup.samples", ["background"])
    load(tiny.config)


def test_parameters_of_different_places_never_have_one_name(tiny: TinyAnalysis) -> None:
    parts = tiny.parts
    parts["regions"]["regions"]["SR_high"] = {**parts["regions"]["regions"]["SR"]}
    parts["samples"]["samples"]["high_signal"] = {
        "kind": "background",
        "inputs": ["sig"],
        "selection": "charge > 0",
    }
    parts["samples"]["samples"]["signal"]["selection"] = "charge < 0"
    parts["systematics"]["systematics"]["jes"]["decorrelate"] = ["regions", "samples"]
    tiny.save()
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert str(error.value) == (
        f"{tiny.path('systematics')}: systematics.jes.decorrelate: parameter 'jes_SR_high_signal' "
        "would be that of sample 'high_signal' in region 'SR' and of sample 'signal' in region "
        "'SR_high', which are to have one each; rename a region, a sample or the parameter"
    )


def told(tiny: TinyAnalysis) -> tuple[TemplateSettings, WorkspaceSettings, FitSettings]:
    tiny.write_ntuples()
    slices = FitSlices(tiny.list().slices._analysis, "score")
    return slices.templates(), slices.workspace(), slices.fit()


def test_parameters_are_split_by_region_and_sample_or_shared(tiny: TinyAnalysis) -> None:
    systematics = tiny.parts["systematics"]["systematics"]
    systematics["jes"]["decorrelate"] = ["regions", "samples"]
    systematics["pileup"] |= {"decorrelate": ["samples"], "regions": ["CR"]}
    systematics["one"] = {"kind": "norm", "samples": ["signal"], "up": 0.1, "down": -0.1}
    systematics["two"] = {**systematics["one"], "samples": ["background"]}
    for name in ("one", "two"):
        systematics[name] |= {"group": "rate", "parameter": "rate"}
    systematics["stat"] = {"kind": "bins", "size": 0.1, "group": "rate", "regions": ["SR"]}
    tiny.save()
    templates, _, fit = told(tiny)
    assert templates.systematics["jes"].parameters == {
        region: {sample: f"jes_{region}_{sample}" for sample in ("signal", "background")}
        for region in ("SR", "CR")
    }
    assert templates.systematics["pileup"].parameters == {
        "CR": {"signal": "pileup_signal", "background": "pileup_background"}
    }
    assert templates.numbers["one"].parameters["SR"] == {"signal": "rate"}
    assert templates.numbers["two"].parameters["CR"] == {"background": "rate"}
    assert fit.groups == {
        "lumi": ["lumi"],
        "detector": [
            "pileup_signal",
            "pileup_background",
            "jes_SR_signal",
            "jes_SR_background",
            "jes_CR_signal",
            "jes_CR_background",
        ],
        "theory": ["scale"],
        "rate": ["rate", "stat_SR_bin_*"],
    }


def test_a_data_set_of_a_variation_is_skimmed_with_what_the_sample_needs(
    tiny: TinyAnalysis,
) -> None:
    tiny.parts["inputs"]["inputs"]["herwig"] = {"files": "bkg_1.root", "cross_section": 2.0}
    tiny.parts["inputs"]["inputs"]["bkg"]["files"] = "sig_2.root"
    tiny.parts["inputs"]["inputs"]["sig"]["files"] = "sig_1.root"
    tiny.parts["samples"]["samples"]["background"]["selection"] = "quality > 3"
    tiny.parts["systematics"]["systematics"]["shower"] = {
        "kind": "input",
        "samples": ["background"],
        "up": ["herwig"],
        "group": "theory",
    }
    tiny.save()
    templates, _, _ = told(tiny)
    assert templates.systematics["shower"].filled["up"].data_sets == ["herwig"]
    assert templates.systematics["shower"].definition.one_sided
    assert "herwig" in templates.data_sets
    slices = tiny.job().slices
    skimmed = {d.name: d for chunk in slices.chunks for d in slices.skim(chunk).data_sets}
    assert "quality" in skimmed["herwig"].columns
    assert skimmed["herwig"].weight_variations == []
    assert skimmed["herwig"].tree_variations == []


def test_members_of_a_set_are_columns_of_the_skim(tiny: TinyAnalysis) -> None:
    members = ["weight_pileup_up", "weight_pileup_down"]
    tiny.change("systematics", "systematics.pdf", {**SET, "members": members})
    templates, _, _ = told(tiny)
    columns = [f.column for f in templates.systematics["pdf"].filled.values()]
    assert columns == ["n2mu_weight_pdf_0", "n2mu_weight_pdf_1"]
    slices = tiny.job().slices
    for chunk in slices.chunks:
        for data_set in slices.skim(chunk).data_sets:
            found = {f"n2mu_weight_{v.name}": v.expression for v in data_set.weight_variations}
            assert [found[str(column)] for column in columns] == members


def test_factors_act_where_they_say(tiny: TinyAnalysis) -> None:
    tiny.parts["fits"]["norm_factors"] |= {
        "k": {"samples": ["background"], "regions": ["CR"], "bounds": [0, 5], "nominal": 1.5},
        "inverse": {"samples": ["background"], "regions": ["SR"], "expression": "2 - k"},
    }
    tiny.parts["fits"]["shape_factors"] = {"free": {"samples": ["background"], "regions": ["SR"]}}
    tiny.parts["fits"]["fits"]["score"]["asimov_mu"] = 3
    tiny.save()
    templates, workspace, fit = told(tiny)
    scaling = {r: {s: e.polynomial for s, e in v.items()} for r, v in workspace.scaling.items()}
    assert scaling == {
        "SR": {"signal": [(("mu",), 1.0)], "background": [((), 2.0), (("k",), -1.0)]},
        "CR": {"signal": [(("mu",), 1.0)], "background": [(("k",), 1.0)]},
    }
    assert workspace.scaling["SR"]["background"].shape_factors == ["free"]
    assert fit.parts == {"background__k": "background"}
    assert fit.kinds["background__k"] == "background"
    assert templates.scaling == {}


def test_signals_that_a_fit_leaves_out_count_for_blinding(tiny: TinyAnalysis) -> None:
    samples = tiny.parts["samples"]["samples"]
    samples["signal"]["selection"] = "charge > 0"
    samples["other"] = {"kind": "signal", "inputs": ["sig"], "selection": "charge < 0"}
    tiny.parts["fits"]["fits"]["score"]["exclude_samples"] = ["other"]
    tiny.save()
    assert told(tiny)[0].other_signals == []  # without data nothing is blinded
    tiny.parts["inputs"]["inputs"]["data"] = {"files": "sig_1.root", "data": True}
    tiny.parts["inputs"]["inputs"]["sig"]["files"] = "sig_2.root"
    samples["observed"] = {"kind": "data", "inputs": ["data"]}
    tiny.save()
    templates, workspace, _ = told(tiny)
    assert templates.other_signals == ["other"]
    assert templates.samples["other"].kind == "ghost"
    assert list(workspace.samples) == ["signal", "background"]
    drawn = tiny.list().slices.features(["x"], "SR", "score")
    assert drawn.blinded_by == tiny.list().configuration.main.fits == ["score"]
    assert {name: sample.kind for name, sample in drawn.samples.items()} == {
        "signal": "signal",
        "background": "background",
        "other": "ghost",
        "observed": "data",
    }


def test_samples_of_a_fit_are_those_it_names(tiny: TinyAnalysis) -> None:
    tiny.parts["samples"]["samples"]["other"] = {
        "kind": "background",
        "inputs": ["bkg"],
        "selection": "njets > 5",
    }
    tiny.parts["samples"]["samples"]["background"]["selection"] = "njets <= 5"
    tiny.parts["fits"]["fits"]["score"]["exclude_samples"] = ["other"]
    tiny.parts["systematics"]["systematics"]["rate"] = {
        "kind": "norm",
        "samples": ["other"],
        "up": 0.1,
        "down": -0.1,
        "group": "rate",
    }
    tiny.save()
    templates, workspace, fit = told(tiny)
    assert list(templates.samples) == list(workspace.samples) == ["signal", "background"]
    assert "rate" not in templates.numbers
    assert "rate" not in fit.groups
