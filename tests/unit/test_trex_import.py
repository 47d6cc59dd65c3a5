"""From TRExFitter configurations to analysis folders: what is carried over, and what is said."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.config.configuration import Configuration
from n2mu.config.fits import FreeShape
from n2mu.config.load import load
from n2mu.errors import ConfigurationError
from n2mu.inputs.listing import ListedFile, Listing
from n2mu.interop.trex_import import FIT, REPORT, import_trex
from n2mu.interop.trex_ntuples import NtupleExport
from n2mu.interop.trex_options import CARRIED
from n2mu.interop.trex_report import Report
from n2mu.interop.trex_text import Block, read_blocks

CONFIGS = Path(__file__).with_name("trex")
NAMES = ["ntuples", "histograms", "tth"]


def imported(name: str, path: Path) -> tuple[Configuration, Report]:
    report = import_trex(CONFIGS / f"{name}.config", path / "config" / name)
    return load(path / f"config/{name}.yaml"), report


def changed(path: Path, name: str, old: str, new: str) -> Path:
    """Return a copy of a configuration with one change."""
    shutil.copy(CONFIGS / "paths.txt", path)
    text = (CONFIGS / f"{name}.config").read_text()
    assert old in text
    copy = path / f"{name}.config"
    copy.write_text(text.replace(old, new, 1))
    return copy


def losses(report: Report) -> set[tuple[str, str]]:
    """Return block and option of everything that may change the result."""
    return {(f.block, f.option) for s in ("result", "unknown") for f in report.of(s)}


def test_ntuples_are_weighed_as_trexfitter_does(tmp_path: Path) -> None:
    analysis, _ = imported("ntuples", tmp_path)
    inputs = analysis.inputs
    assert inputs.luminosity == 36100
    assert inputs.sum_of_weights.normalised
    assert [*inputs.weight][:4] == [
        "weight_normalise",
        "weight_pileup",
        "weight_mc",
        "weight_leptonSF",
    ]
    region = inputs.weight["weight_of_ljets_6j4b"]
    assert region == "((nJets>=4) && (nJets>=6 && nBTags>=4)) ? ((weight_bTagSF)) : 1"
    signal = [inputs.inputs[name] for name in analysis.samples.samples["ttH"].inputs]
    assert [entry.factors for entry in signal] == [1.1, 0.9]
    assert [entry.weight for entry in signal] == [{"sample_weight": "2.5*weight_br"}] * 2
    fakes = inputs.inputs["data1516_mm"]
    assert fakes.tree == "fakes"
    assert fakes.factors == pytest.approx(1 / 36100)
    assert {text for name, text in fakes.weight.items() if name != "sample_weight"} == {"1"}


def test_samples_regions_and_the_fit_are_carried_over(tmp_path: Path) -> None:
    analysis, _ = imported("ntuples", tmp_path)
    samples, regions = analysis.samples.samples, analysis.regions
    kinds = {name: sample.kind for name, sample in samples.items()}
    assert kinds == {
        "data": "data",
        "ttlight": "background",
        "ttb": "background",
        "fakes": "background",
        "ttH": "signal",
    }
    assert samples["ttlight"].inputs == samples["ttb"].inputs == ["tt_PP8"]
    assert "nJets==5" in samples["fakes"].selection
    assert regions.preselection == "nJets>=4"
    transformation = regions.regions["ljets_6j4b"].binning.transfo_d
    assert transformation is not None
    assert (transformation.signal, transformation.background) == (3, 5)
    fit = analysis.fits.fits[FIT]
    assert (fit.poi, fit.data, fit.asimov_mu) == ("mu_ttH", "asimov", 1)
    assert (fit.pruning.norm, fit.pruning.shape) == (0.005, 0.005)
    assert (fit.mc_statistics_threshold, fit.blinding_threshold) == (0.01, 0.1)


def test_systematics_of_the_usual_kinds_are_carried_over(tmp_path: Path) -> None:
    analysis, _ = imported("ntuples", tmp_path)
    systematics: dict[str, Any] = dict(analysis.systematics.systematics)
    assert {name: s.kind for name, s in systematics.items()} == {
        "lumi": "norm",
        "pileup": "weight",
        "jvt": "weight",
        "JES": "tree",
        "ttb_gen_ttb": "input",
    }
    assert systematics["lumi"].samples == ["ttlight", "ttb", "ttH"]
    assert systematics["jvt"].up == "weight_jvt_UP/weight_jvt"
    assert systematics["jvt"].symmetrisation == "two_sided"
    assert systematics["jvt"].smoothing == "max_variation"
    assert systematics["jvt"].group == "Weights"
    generator = systematics["ttb_gen_ttb"]
    assert (generator.effect, generator.parameter) == ("shape", "ttb_gen")
    assert analysis.inputs.inputs[generator.up[0]].weight == {"variation": "0.5"}


def test_systematics_of_the_other_kinds_are_carried_over(tmp_path: Path) -> None:
    analysis, _ = imported("tth", tmp_path)
    systematics: dict[str, Any] = dict(analysis.systematics.systematics)
    shower = systematics["shower"]
    assert (shower.up, shower.reference, shower.parameter) == ("tt_hw", "tt_af2", "tt_shower")
    scale = systematics["muR_up"]
    assert (scale.kind, scale.combine, len(scale.members)) == ("set", "envelope", 3)
    assert systematics["tau_fake_shape"].size == pytest.approx(0.1)
    assert systematics["xs_ttW"].decorrelate == ["regions"]
    # +150 % and +10 % are no shifts by number to opposite sides
    acceptance = systematics["acceptance"]
    assert (acceptance.kind, acceptance.up, acceptance.effect) == ("weight", "2.5", "norm")
    tau = {name: s for name, s in systematics.items() if name.startswith("TES")}
    assert all(s.up == "nominal_TES_up" for s in tau.values())
    shares = {
        (tuple(s.samples), tuple(s.regions), s.effect, s.parameter or n) for n, s in tau.items()
    }
    assert shares == {
        (("ttH", "tt_prompt"), ("*",), "norm", "TES_norm"),
        (("ttH", "tt_prompt"), ("*",), "shape", "TES_shape"),
        (("ttW",), ("CR_OS", "VR"), "norm", "TES_norm"),
        (("ttW",), ("CR_OS", "VR"), "shape", "TES_shape"),
        (("tt_fake",), ("*",), "shape", "TES_shape"),
    }


def test_factors_data_and_campaigns_are_carried_over(tmp_path: Path) -> None:
    analysis, report = imported("tth", tmp_path)
    factors = analysis.fits.norm_factors
    assert factors["k_prompt"].expression == "2-k_fake"
    assert factors["k_fake"].regions == ["SR", "CR_OS"]
    assert "k_fixed" not in factors
    assert ("NormFactor k_fixed", "Constant") in losses(report)
    fit = analysis.fits.fits[FIT]
    assert (fit.data, fit.data_regions) == ("mixed", ["CR_OS"])
    assert len(analysis.samples.samples["ttH"].inputs) == 9
    assert analysis.main.ntuples == {
        f"ntuples_{i}": f"v8/mc16{c}" for i, c in enumerate("ade", start=1)
    }
    # without MergeUnderOverFlow events outside are in no bin
    assert "BDT >= -1.0 && BDT < 1.0" in analysis.regions.regions["SR"].selection


def test_histograms_become_entries_to_fill_in_that_validate_names(tmp_path: Path) -> None:
    analysis, report = imported("histograms", tmp_path)
    assert analysis.fits.shape_factors["sf_bkg"].samples == ["Background"]
    bounds = analysis.fits.norm_factors["mu"].bounds
    assert bounds is not None
    assert list(bounds) == [0, 100]
    assert analysis.fits.fits[FIT].mc_statistics_threshold > 1e6
    filled = [f.text for f in report.of("fill_in")]
    assert sum("fill_in_selection" in text for text in filled) == 2
    main = tmp_path / "config/histograms.yaml"
    result = CliRunner().invoke(app, ["validate", "--config", str(main)])
    assert result.exit_code == 1
    problems = [line for line in result.output.splitlines() if line.startswith("problem: ")]
    assert len(problems) == 3  # files, without which no branch can be looked for
    assert all("no file matches fill_in/fill_in_" in line for line in problems)


@pytest.mark.parametrize("name", NAMES)
def test_no_option_is_lost_without_a_word(name: str, tmp_path: Path) -> None:
    """Every option is one that something is made of, or stands in the report with its line."""
    _, report = imported(name, tmp_path)
    said = {(f.block, f.option, f.line) for f in report.findings}
    page = (tmp_path / "config" / name / REPORT).read_text()
    assert all(f"| {f.line} | {f.block} | {f.option} |" in page for f in report.findings)
    for block in read_blocks(CONFIGS / f"{name}.config"):
        for option, value in block.options.items():
            known = set(CARRIED.get(block.kind, "").split())
            carried = option in known or option.removesuffix("s") in known
            plural = option.replace("sUp", "Up").replace("sDown", "Down") in known
            place = (f"{block.kind} {block.name}", option, value.line)
            assert carried or plural or place in said, place


def test_an_option_that_nobody_knows_is_listed_in_every_block(tmp_path: Path) -> None:
    source = CONFIGS / "tth.config"
    lines = []
    for line in source.read_text().splitlines():
        lines.append(line)
        if line[:1].isalpha():
            lines.append("  NoSuchOption: 1")
    copy = tmp_path / "tth.config"
    copy.write_text("\n".join(lines))
    report = import_trex(copy, tmp_path / "config/tth")
    unknown = {f.line for f in report.findings if f.option == "NoSuchOption"}
    expected = [n for n, line in enumerate(lines, start=1) if "NoSuchOption" in line]
    assert unknown == set(expected)


def test_the_program_lists_everything_and_ends_well(tmp_path: Path) -> None:
    folder = tmp_path / "config/ttH"
    arguments = ["import-trex", str(CONFIGS / "ntuples.config"), "-o", str(folder)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "line 23, Job lepjets, SpuriousOption: no option that n2mu knows" in result.output
    assert "line 11, Job lepjets, FriendPath: n2mu reads no friend trees" in result.output
    again = CliRunner().invoke(app, arguments)
    assert isinstance(again.exception, ConfigurationError)
    assert "exists already and is not overwritten" in str(again.exception)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('POI: "mu_ttH"', 'Label: "x"', "the Job has no POI"),
        ('Variable: "BDT",4,-1,1', "TexLabel: x", "region 'SR' has no Variable"),
        ("Type: SIGNAL\n  DataType", "Type: SIGNL\n  DataType", "Type of region 'SR' is 'SIGNL'"),
        ("Min: -5", "Min: low", "line [0-9]+: Min must be a number, got 'low'"),
        ('NtupleFile: "700168"', "Title: x", "sample 'ttW' has no NtupleFile"),
        ("FitRegion: SR,CR_OS", "FitRegion: SR2", "no region is fitted: FitRegion is 'SR2'"),
        ("Binning: 3.5,4.5", "Binning: low,4.5", "Binning must be numbers, got 'low, 4.5"),
        ('"BDT",4,-1,1', '"BDT",4.5,-1,1', "line 31: Variable must have a whole number of bins"),
        ("Rebin: 4", "Rebin: 0", "line 46: Rebin must be a whole number above 0, got '0'"),
        ('"BDT",4,-1,1', '"BDT",four,-1,1', "line 31: Variable must be numbers, got 'four, -1, 1'"),
        (
            "Binning: 3.5,4.5,5.5,8.5",
            'Binning: "AutoBin","TransfoD",few,3',
            "line 39: Binning must be numbers, got 'few, 3'",
        ),
        (
            'NtupleFile: "700168"',
            'NtupleFile: "700168"\n  NormFactor: k_W,1,low,3',
            "line 61: NormFactor must be numbers, got '1, low, 3'",
        ),
        (
            '"346343","346344"',
            '"346343"\n  LumiScales: 1,2\n  Title: "',
            "has 2 LumiScales for 3 files",
        ),
    ],
)
def test_what_no_analysis_can_be_made_of_is_one_line(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    copy = changed(tmp_path, "tth", old, new)
    with pytest.raises(ConfigurationError, match=message) as caught:
        import_trex(copy, tmp_path / "config/tth")
    assert str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("Decorrelate: REGION", "Decorrelate: BIN", ("Systematic xs_ttW", "Decorrelate")),
        (
            "Smoothing: 40",
            "Smoothing: 40\n  SmoothingOption: TCHANNEL",
            ("Systematic shower", "Smoothing"),
        ),
        ("CombineType: ENVELOPE", "CombineType: SUM", ("Systematic muR_up", "CombineType")),
        ("Samples: ttW\n  Decor", "Samples: ttW,ttX\n  Decor", ("Systematic xs_ttW", "Samples")),
        ("SampleUp: tt_hw", "SampleUp: tt_py", ("Systematic shower", "SampleUp")),
        ('Selection: "taus_isH', 'Selection: "2*taus_isH', ("Sample ttH", "Selection")),
        ("FitType: SPLUSB", "FitType: BONLY", ("Fit fit", "FitType")),
        ("FitRegion: SR,CR_OS", "FitRegion: SR,VR", ("Fit fit", "FitRegion")),
        (
            '"2-k_fake:k_fake[1,0,3]"',
            '"exp(k_fake):k_fake[1,0,3]"',
            ("NormFactor k_prompt", "Expression"),
        ),
        ("OverallDown: 0.1", "Title: x", ("Systematic acceptance", "OverallDown")),
        (
            "WeightSufUp: 1.1",
            "WeightSufUp: 1.1\n  WeightSufDown: 0.8",
            ("Systematic tau_fake_shape", "WeightSufDown"),
        ),
        (
            "WeightSufUp: 1+0.1*MET/1e5",
            "NtupleFileUp: x\n  ReferenceSample: tt_py",
            ("Systematic MET", "ReferenceSample"),
        ),
        (
            "KeepNormForSamples: tt_fake",
            "KeepNormForSamples: tt_fake+ttW",
            ("Systematic TES", "KeepNormForSamples"),
        ),
    ],
)
def test_values_that_cannot_be_carried_over_are_said_to_change_the_result(
    old: str, new: str, place: tuple[str, str], tmp_path: Path
) -> None:
    copy = changed(tmp_path, "tth", old, new)
    assert place in losses(import_trex(copy, tmp_path / "config/tth"))


def test_a_branch_may_be_called_as_the_factors_that_variations_replace(tmp_path: Path) -> None:
    copy = changed(tmp_path, "tth", "weight_mc*scale_nom*", "variation*sample_weight*")
    import_trex(copy, tmp_path / "config/tth")
    weight = load(tmp_path / "config/tth.yaml").inputs.weight
    assert (weight["variation_2"], weight["sample_weight_2"]) == ("variation", "sample_weight")
    assert weight["variation"] == "1"


def test_samples_that_share_a_file_keep_their_own_weights(tmp_path: Path) -> None:
    old = "UseMCstat: FALSE;TRUE"
    copy = changed(tmp_path, "tth", old, 'MCweight: "wf";"wp"\n  LumiScale: 2;1')
    import_trex(copy, tmp_path / "config/tth")
    analysis = load(tmp_path / "config/tth.yaml")
    entry = analysis.inputs.inputs["_410470"]
    fake, prompt = "!taus_isHadronicTau_0", "taus_isHadronicTau_0"
    expected = f"({fake}) ? (2.0 * (wf)) : (({prompt}) ? (wp) : (1))"
    assert entry.weight == {"sample_weight": expected}


def test_samples_that_nothing_tells_apart_cannot_have_weights_of_their_own(
    tmp_path: Path,
) -> None:
    copy = changed(tmp_path, "tth", 'NtupleFile: "410557"', 'NtupleFile: "410470"\n  MCweight: 2')
    report = import_trex(copy, tmp_path / "config/tth")
    assert any("nothing tells their events apart" in f.text for f in report.of("result"))


def test_an_expression_that_is_not_understood_has_to_be_filled_in(tmp_path: Path) -> None:
    copy = changed(tmp_path, "tth", 'Variable: "BDT"', 'Variable: "myFunction(BDT)"')
    report = import_trex(copy, tmp_path / "config/tth")
    (found,) = [f for f in report.of("fill_in") if f.option == "Variable"]
    assert "replace 'fill_in_observable_SR'" in found.text
    analysis = load(tmp_path / "config/tth.yaml")
    assert analysis.regions.regions["SR"].observable == "fill_in_observable_SR"


class Sums:
    """Sums of weights of ntuples that are normalised already."""

    def sum_of_weights(self, data_set: str, variation: str = "nominal") -> float:
        return 1.0


def exported(
    analysis: Configuration, path: Path, cuts: Mapping[str, str] | None = None
) -> list[Block]:
    """Return the blocks of an analysis that was exported for TRExFitter.

    Parameters
    ----------
    cuts
        What tells regions apart that are parts of one.
    """
    files = [
        ListedFile(
            base=entry.base or next(iter(analysis.main.ntuples)),
            path=entry.files.replace("*", "all"),
            bytes=1,
            modified=None,
            content="sample:0",
            entries={},
            chunk="c0000",
            data_sets=[name],
        )
        for name, entry in analysis.inputs.inputs.items()
    ]
    edges = {name: [0.0, 0.5, 1.0] for name in analysis.regions.regions}
    skim: Any = Sums()
    bases = dict(analysis.main.ntuples)
    export = NtupleExport(
        analysis, FIT, edges, Listing(files=files), skim, bases, "friends", cuts or {}
    ).export()
    (path / "out.config").write_text(export.text("A fit."))
    return read_blocks(path / "out.config")


def options(blocks: list[Block], kind: str, name: str) -> dict[str, str]:
    (found,) = (b for b in blocks if (b.kind, b.name) == (kind, name))
    return {key: option.text for key, option in found.options.items()}


def test_parts_projections_and_free_shapes_are_exported_or_named(tmp_path: Path) -> None:
    analysis, _ = imported("ntuples", tmp_path)
    region, *_ = analysis.regions.regions
    plain = options(exported(analysis, tmp_path, {region: "(score) < 0.5"}), "Region", region)
    assert plain["Selection"].endswith('&& (score) < 0.5"')
    total = analysis.inputs.total_luminosity
    fit = analysis.fits.fits[FIT].model_copy(update={"luminosity": 2 * total})
    background, *_ = [n for n, s in analysis.samples.samples.items() if s.kind == "background"]
    shape = FreeShape(samples=[background], degree=2)
    fits = {"fits": {FIT: fit}, "free_shapes": {"smooth": shape}}
    projected = replace(analysis, fits=analysis.fits.model_copy(update=fits))
    before = options(exported(analysis, tmp_path), "Sample", background)
    after = options(exported(projected, tmp_path), "Sample", background)
    scales = [float(o["LumiScale"].strip('"').split(",")[0]) for o in (before, after)]
    assert scales[1] == pytest.approx(2 * scales[0])
    text = (tmp_path / "out.config").read_text()
    assert f'LumiLabel: "projection to {2 * total / 1e3:g} fb^{{-1}}"' in text
    assert "free shape 'smooth': no factor of TRExFitter is a polynomial" in text


def test_what_was_imported_is_exported_in_the_words_of_trexfitter(tmp_path: Path) -> None:
    analysis, _ = imported("ntuples", tmp_path)
    blocks = exported(analysis, tmp_path)
    assert options(blocks, "Job", "ntuples_trex")["NtuplePath"] == '"/data/ntuples"'
    assert options(blocks, "Sample", "data")["NtupleFiles"] == '"data15","data16"'
    generator = options(blocks, "Systematic", "ttb_gen_ttb")
    assert generator["NtupleFilesUp"] == '"tt_aMC"'
    assert "(0.5)" in generator["WeightUp"]
    assert (generator["DropNorm"], generator["Symmetrisation"]) == ("all", "ONESIDED")
    assert generator["NuisanceParameter"] == "ttb_gen"
    assert options(blocks, "Systematic", "jvt")["Smoothing"] == "40"
    assert options(blocks, "Systematic", "JES")["NtupleNameUp"] == '"JES_1up_Loose"'


def test_the_free_factors_of_an_expression_are_listed_and_nothing_else(tmp_path: Path) -> None:
    copy = changed(tmp_path, "tth", '"2-k_fake:k_fake[1,0,3]"', '"2e0-k_fake:k_fake[1,0,3]"')
    import_trex(copy, tmp_path / "config/tth")
    blocks = exported(load(tmp_path / "config/tth.yaml"), tmp_path)
    formula = options(blocks, "NormFactor", "k_prompt")["Expression"]
    assert formula == '"2e0-k_fake:k_fake[1.0,0.0,3.0]"'


def test_an_exported_analysis_is_the_same_after_another_import(tmp_path: Path) -> None:
    analysis, _ = imported("tth", tmp_path)
    exported(analysis, tmp_path)
    report = import_trex(tmp_path / "out.config", tmp_path / "config/again")
    assert not report.of("unknown")
    again = load(tmp_path / "config/again.yaml")
    assert again.fits.norm_factors.keys() == analysis.fits.norm_factors.keys()
    for name, factor in analysis.fits.norm_factors.items():
        back = again.fits.norm_factors[name]
        assert (back.bounds, back.expression) == (factor.bounds, factor.expression)
    assert again.fits.fits[FIT].data_regions == analysis.fits.fits[FIT].data_regions
    for name in ("xs_ttW", "shower", "tau_fake_shape"):
        before: Any = analysis.systematics.systematics[name]
        after: Any = again.systematics.systematics[name]
        for key in ("kind", "samples", "regions", "parameter", "decorrelate", "group"):
            assert getattr(after, key) == getattr(before, key), (name, key)
