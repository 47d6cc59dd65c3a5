"""What users do wrong, and what n2mu says: the table of ``docs/errors.md``."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import awkward as ak
import numpy as np
import pytest
import uproot
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple
from typer.testing import CliRunner

from n2mu.commands.app import app, shown_of
from n2mu.config.survey import survey
from n2mu.skim.stage import run_skim
from n2mu.validation.stage import validate

PAGE = Path(__file__).parents[2] / "docs/errors.md"


class Mistake(NamedTuple):
    """Something done wrong.

    Attributes
    ----------
    area
        Heading of the page.
    what
        What was done, for the page.
    make
        Does it to an analysis.
    command
        What is called then, as words.
    system
        Number of the error by which the operating system refuses to write.
    """

    area: str
    what: str
    make: Callable[[TinyAnalysis], object]
    command: str = "validate"
    system: int = 0


def key(part: str, path: str, value: Any) -> Callable[[TinyAnalysis], None]:
    """Return what sets a key of a file; ``...`` removes it."""
    return lambda tiny: tiny.change(part, path, value)


def keys(*changes: tuple[str, str, Any]) -> Callable[[TinyAnalysis], None]:
    """Return what sets several keys."""

    def make(tiny: TinyAnalysis) -> None:
        for change in changes:
            tiny.change(*change)

    return make


def text(part: str, old: str, new: str) -> Callable[[TinyAnalysis], None]:
    """Return what changes the text of a file."""

    def make(tiny: TinyAnalysis) -> None:
        content = tiny.path(part).read_text()
        assert old in content
        tiny.path(part).write_text(content.replace(old, new, 1))

    return make


def branch(name: str, values: Any) -> Callable[[TinyAnalysis], None]:
    """Return what writes a branch of one ntuple anew; None leaves it out."""

    def make(tiny: TinyAnalysis) -> None:
        trees = tiny_trees(2)
        if values is None:
            del trees["nominal"][name]
        else:
            trees["nominal"][name] = values
        write_ntuple(tiny.ntuple("sig_2.root"), trees)
        tiny.list()

    return make


def rntuple(tiny: TinyAnalysis) -> None:
    """Write the events of one ntuple as an RNTuple."""
    with uproot.recreate(tiny.ntuple("sig_2.root")) as target:
        target.mkrntuple("nominal", {"pt": np.dtype(np.float64)})


def first(change: Callable[[dict[str, Any]], object]) -> Callable[[TinyAnalysis], None]:
    """Return what changes the trees of the ntuple that is looked at."""

    def make(tiny: TinyAnalysis) -> None:
        trees = tiny_trees(1)
        change(trees)
        write_ntuple(tiny.ntuple("sig_1.root"), trees)

    return make


def doubled(trees: dict[str, Any]) -> None:
    """Write every event of a tree twice."""
    for name, values in trees["nominal"].items():
        join = np.concatenate if isinstance(values, np.ndarray) else ak.concatenate
        trees["nominal"][name] = join([values, values])


def file(change: Callable[[Path], object]) -> Callable[[TinyAnalysis], None]:
    """Return what does something to one listed ntuple."""

    def make(tiny: TinyAnalysis) -> None:
        tiny.list()
        change(tiny.ntuple("sig_2.root"))

    return make


def nothing(tiny: TinyAnalysis) -> None:
    """Do nothing: the command is the mistake."""


def listed(tiny: TinyAnalysis) -> None:
    """List the ntuples: the command is the mistake."""
    tiny.list()


def skimmed(tiny: TinyAnalysis) -> None:
    """Skim all chunks."""
    job = tiny.list()
    for chunk in job.slices.chunks:
        run_skim(job.slices.skim(chunk), job.bases, job.paths.skim(chunk))


def after(
    first: Callable[[TinyAnalysis], object], then: Callable[[TinyAnalysis], object]
) -> Callable[[TinyAnalysis], object]:
    """Return what does one thing after another."""
    return lambda tiny: (first(tiny), then(tiny))


CONFIGURATION = "In the configuration"
EXPRESSIONS = "In expressions"
NTUPLES = "In the ntuples"
RUNNING = "When something runs"

ABOVE = {
    "preselection": "njets >= 2",
    "regions.SR.selection": "njets >= 4",
    "regions.CR.selection": "njets >= 2 && njets < 4",
}

MISTAKES = [
    Mistake(CONFIGURATION, "a misspelt key", key("features", "features.x.knid", "continuous")),
    Mistake(CONFIGURATION, "a key is missing", key("fits", "fits.score.poi", ...)),
    Mistake(
        CONFIGURATION, "a key stands twice", text("fits", "    poi: mu", "    poi: mu\n    poi: mu")
    ),
    Mistake(CONFIGURATION, "a tab in place of spaces", text("fits", "    poi", "\tpoi")),
    Mistake(CONFIGURATION, "a tab before the first key", text("fits", "fits:\n  ", "fits:\n\t")),
    Mistake(
        CONFIGURATION,
        "a text with braces or a colon without quotes",
        text("config", "luminosity: 10 pb", "luminosity: {10 pb"),
    ),
    Mistake(CONFIGURATION, "an empty file", lambda tiny: tiny.path("fits").write_text("")),
    Mistake(CONFIGURATION, "a file is missing", lambda tiny: tiny.path("fits").unlink()),
    Mistake(CONFIGURATION, "a misspelt folder", key("config", "analysis", "tyni")),
    Mistake(CONFIGURATION, "a misspelt main file", nothing, "plan --config config/confg.yaml"),
    Mistake(
        CONFIGURATION, "a directory in place of the main file", nothing, "plan --config config/tiny"
    ),
    Mistake(
        CONFIGURATION,
        "a main file without its option",
        nothing,
        "validate config/config.yaml",
    ),
    Mistake(CONFIGURATION, "a main file without option and ending", nothing, "list config/config"),
    Mistake(
        CONFIGURATION,
        "a command in another directory",
        lambda tiny: os.chdir(tiny.path("fits").parent),
        "list",
    ),
    Mistake(
        CONFIGURATION,
        "no value behind a key",
        keys(
            ("inputs", "inputs.bkg.cross_section", None),
            ("systematics", "systematics.lumi.samples", ["background"]),
        ),
    ),
    Mistake(CONFIGURATION, "a number with a unit", key("inputs", "luminosity", "140 fb")),
    Mistake(CONFIGURATION, "a decimal comma", key("systematics", "systematics.lumi.up", "0,02")),
    Mistake(
        CONFIGURATION,
        "a decimal comma between braces",
        lambda tiny: tiny.path("systematics").write_text(
            "systematics:\n  lumi: {kind: norm, up: 0,02, group: x}\n"
        ),
    ),
    Mistake(CONFIGURATION, "a comma between thousands", key("inputs", "luminosity", "140,000")),
    Mistake(CONFIGURATION, "a value too many", key("fits", "norm_factors.mu.bounds", [-5, 0, 10])),
    Mistake(CONFIGURATION, "a value too few", key("fits", "norm_factors.mu.bounds", [10])),
    Mistake(CONFIGURATION, "a number in per cent", key("systematics", "systematics.lumi.up", "2%")),
    Mistake(
        CONFIGURATION, "1.08 in place of 0.08", key("systematics", "systematics.lumi.up", 1.08)
    ),
    Mistake(
        CONFIGURATION, "both sides with one sign", key("systematics", "systematics.lumi.down", 0.02)
    ),
    Mistake(CONFIGURATION, "a misspelt kind", key("systematics", "systematics.lumi.kind", "nrom")),
    Mistake(
        CONFIGURATION,
        "a kind with a capital letter",
        key("samples", "samples.signal.kind", "Signal"),
    ),
    Mistake(CONFIGURATION, "a misspelt sample", key("fits", "norm_factors.mu.samples", ["singal"])),
    Mistake(CONFIGURATION, "a misspelt region", key("fits", "fits.score.regions", ["SR", "CRR"])),
    Mistake(
        CONFIGURATION,
        "a misspelt factor of the weight",
        key("systematics", "systematics.pileup.factor", "pielup"),
    ),
    Mistake(CONFIGURATION, "a fit that does not exist", key("config", "fits", ["score", "scoer"])),
    Mistake(CONFIGURATION, "the published fit is not run", key("config", "publish", "mixed")),
    Mistake(
        CONFIGURATION,
        "the score of a model that is not trained",
        keys(
            (
                "models",
                "models.wide",
                {"architecture": "mlp", "validation_region": "SR", "epochs": 1},
            ),
            ("fits", "fits.score.observable", "wide_sig"),
        ),
    ),
    Mistake(
        CONFIGURATION, "an unknown architecture", key("models", "models.mlp.architecture", "mpl")
    ),
    Mistake(
        CONFIGURATION,
        "an option of another architecture",
        key("models", "models.mlp.parameters", {"blocks": 3}),
    ),
    Mistake(
        CONFIGURATION,
        "a category without values",
        key("features", "features.charge", {"kind": "categorical"}),
    ),
    Mistake(
        CONFIGURATION,
        "two binnings",
        key("regions", "regions.SR.binning", {"quantiles": 3, "edges": [0, 1]}),
    ),
    Mistake(
        CONFIGURATION,
        "edges that do not increase",
        key("regions", "regions.CR.binning", {"edges": [0, 3, 2]}),
    ),
    Mistake(
        CONFIGURATION,
        "a signal strength on a background",
        key("fits", "norm_factors.mu.samples", ["*"]),
    ),
    Mistake(
        CONFIGURATION,
        "a signal strength beyond its bounds",
        key("fits", "fits.score.asimov_mu", 20),
    ),
    Mistake(
        CONFIGURATION,
        "bounds the wrong way round",
        key("fits", "norm_factors.mu.bounds", [10, -5]),
    ),
    Mistake(
        CONFIGURATION,
        "a region outside of the preselection",
        key("regions", "regions.CR.selection", "njets >= 1"),
    ),
    Mistake(
        CONFIGURATION,
        "a validation region in the likelihood",
        key("regions", "regions.CR.role", "validation"),
    ),
    Mistake(CONFIGURATION, "a fit to data without data", key("fits", "fits.score.data", "data")),
    Mistake(CONFIGURATION, "demo and listing", key("config", "demo", "small")),
    Mistake(
        CONFIGURATION,
        "events in two samples",
        key("samples", "samples.copy", {"kind": "background", "inputs": ["bkg"]}),
    ),
    Mistake(
        CONFIGURATION,
        "an input in no sample",
        key("inputs", "inputs.ttZ", {"files": "ttZ.root", "cross_section": 1.0}),
    ),
    Mistake(
        CONFIGURATION,
        "two inputs with one data set",
        keys(("inputs", "inputs.sig.dsid", 7), ("inputs", "inputs.bkg.dsid", 7)),
    ),
    Mistake(
        CONFIGURATION,
        "a campaign without luminosity",
        keys(
            ("inputs", "luminosity", {"run2": 1.0}),
            ("inputs", "inputs.sig.campaigns", ["run3"]),
            ("inputs", "inputs.bkg.campaigns", ["run2"]),
        ),
    ),
    Mistake(
        CONFIGURATION,
        "the nominal weight as variation",
        key("systematics", "systematics.pileup.up", "weight_pileup"),
    ),
    Mistake(
        CONFIGURATION,
        "two sides without `down`",
        key("systematics", "systematics.scale.symmetrisation", "two_sided"),
    ),
    Mistake(
        CONFIGURATION,
        "a systematic with the name of a factor",
        key(
            "systematics", "systematics.mu", {"kind": "norm", "up": 0.1, "down": -0.1, "group": "x"}
        ),
    ),
    Mistake(
        CONFIGURATION,
        "entries counted although events have weights",
        key("inputs", "sum_of_weights", {"entries": True}),
    ),
    Mistake(
        CONFIGURATION,
        "a luminosity in the labels that is not that of the inputs",
        keys(
            ("config", "labels.luminosity", "140 fb$^{-1}$"), ("config", "labels.energy", "13 TeV")
        ),
    ),
    Mistake(
        CONFIGURATION,
        "a sign that figures cannot show",
        key("samples", "samples.signal.title", "W\N{PRIME} → tb"),
    ),
    Mistake(
        CONFIGURATION,
        "LaTeX that figures do not know",
        key("samples", "samples.signal.title", r"$\mathem{W}$"),
    ),
    Mistake(
        CONFIGURATION,
        "a misspelt colour",
        key("samples", "samples.signal.colour", "stealblue"),
    ),
    Mistake(
        EXPRESSIONS, "`=` in place of `==`", key("regions", "regions.SR.selection", "njets = 4")
    ),
    Mistake(
        EXPRESSIONS,
        "a bracket is missing",
        key("regions", "regions.SR.selection", "(njets >= 4 && pt > 20e3"),
    ),
    Mistake(
        EXPRESSIONS,
        "`and` in place of `&&`",
        key("regions", "regions.SR.selection", "njets >= 4 and pt > 20e3"),
    ),
    Mistake(
        EXPRESSIONS,
        "`NOT` in place of `!`",
        key("regions", "regions.SR.selection", "njets >= 4 && NOT tight"),
    ),
    Mistake(
        EXPRESSIONS,
        "`≥` in place of `>=`",
        key("regions", "regions.SR.selection", "njets ≥ 4 && pt > 20e3"),
    ),
    Mistake(
        EXPRESSIONS,
        "a decimal comma in a cut",
        key("regions", "regions.SR.selection", "njets >= 4 && abs(x) < 2,5"),
    ),
    Mistake(
        EXPRESSIONS,
        "cuts with a comma between them",
        key("regions", "regions.SR.selection", "njets >= 4, pt > 20e3"),
    ),
    Mistake(
        EXPRESSIONS,
        "a unit in a cut",
        key("regions", "regions.SR.selection", "njets >= 4 && pt > 20 GeV"),
    ),
    Mistake(
        EXPRESSIONS,
        "a number in quotes",
        key("regions", "regions.SR.selection", "njets >= '4'"),
    ),
    Mistake(
        EXPRESSIONS,
        "a chain of comparisons",
        key("regions", "regions.SR.selection", "2 < njets < 5"),
    ),
    Mistake(
        EXPRESSIONS,
        "a function that is not understood",
        key("features", "features.x.expression", "TMath::Gaus(pt)"),
    ),
    Mistake(
        EXPRESSIONS,
        "a misspelt function",
        key("features", "features.x.expression", "TMath::Abz(pt)"),
    ),
    Mistake(
        EXPRESSIONS,
        "a score where there is none yet",
        key("samples", "samples.signal.selection", "mlp_sig > 0.5"),
    ),
    Mistake(
        EXPRESSIONS,
        "an alias that is defined by itself",
        key("regions", "aliases", {"good": "good && pt > 1"}),
    ),
    Mistake(EXPRESSIONS, "a misspelt branch", key("features", "features.x.expression", "log(pt_)")),
    Mistake(
        EXPRESSIONS,
        "a list where one value is needed",
        key("features", "features.x.expression", "jets_pt / 1000"),
    ),
    Mistake(
        NTUPLES,
        "a directory that is not there",
        key("config", "ntuples.disk", "ntupels"),
        "list --workers 1",
    ),
    Mistake(
        NTUPLES,
        "a pattern that matches no file",
        key("inputs", "inputs.sig.files", "sgi_*.root"),
        "list --workers 1",
    ),
    Mistake(NTUPLES, "the ntuples were never listed", nothing, "skim c0000"),
    Mistake(
        NTUPLES,
        "an input came after the listing",
        after(
            listed,
            keys(
                ("inputs", "inputs.new", {"files": "bkg_1.root", "cross_section": 1.0}),
                ("samples", "samples.new", {"kind": "background", "inputs": ["new"]}),
            ),
        ),
        "skim c0000",
    ),
    Mistake(
        NTUPLES,
        "a file was replaced",
        file(lambda path: write_ntuple(path, tiny_trees(9))),
        "skim c0000",
    ),
    Mistake(NTUPLES, "a file was removed", file(lambda path: path.unlink()), "skim c0000"),
    Mistake(
        NTUPLES,
        "a transfer ended early",
        lambda tiny: tiny.ntuple("sig_2.root").write_bytes(
            tiny.ntuple("sig_2.root").read_bytes()[:5000]
        ),
        "list --workers 1",
    ),
    Mistake(
        NTUPLES,
        "no ROOT file",
        lambda tiny: tiny.ntuple("sig_2.root").write_text("<html>" * 999) and None,
        "list --workers 1",
    ),
    Mistake(NTUPLES, "a misspelt tree", key("inputs", "tree", "nominl")),
    Mistake(NTUPLES, "an RNTuple in place of a tree", rntuple, "list --workers 1"),
    Mistake(NTUPLES, "a branch is missing in one file", branch("pt", None), "skim c0000"),
    Mistake(
        NTUPLES,
        "a weight is NaN",
        branch("weight_pileup", np.full(60, np.nan)),
        "skim c0000",
    ),
    Mistake(
        NTUPLES, "a category that is not listed", key("features", "features.charge.values", [0, 1])
    ),
    Mistake(NTUPLES, "a misspelt sum of weights", key("inputs", "sum_of_weights.branch", "totl")),
    Mistake(
        NTUPLES, "a varied tree is missing", key("systematics", "systematics.jes.up", "JES_upp")
    ),
    Mistake(
        NTUPLES,
        "a sum of weights that is negative",
        first(lambda trees: trees["sumWeights"]["total"].fill(-1000.0)),
    ),
    Mistake(
        NTUPLES,
        "a sum of weights that is not that of all generated events",
        first(lambda trees: trees["sumWeights"]["total"].fill(7.0)),
    ),
    Mistake(
        NTUPLES,
        "weights that are zero",
        first(lambda trees: trees["nominal"]["weight_mc"].fill(0.0)),
    ),
    Mistake(
        NTUPLES,
        "weights that are negative",
        first(lambda trees: trees["nominal"]["weight_mc"].fill(-2.0)),
    ),
    Mistake(NTUPLES, "a weight that stands twice", key("inputs", "weight.pileup", "weight_mc")),
    Mistake(
        NTUPLES,
        "a feature that is the event number",
        key("features", "features.number", {"expression": "event"}),
    ),
    Mistake(NTUPLES, "every event is written twice", first(doubled)),
    Mistake(NTUPLES, "a branch that is no event number", key("inputs", "event", "njets")),
    Mistake(
        NTUPLES,
        "a cut in MeV on a branch in GeV",
        keys(*(("regions", name, f"{cut} && pt > 20e6") for name, cut in ABOVE.items())),
    ),
    Mistake(
        NTUPLES,
        "edges in GeV for a branch in MeV",
        key("regions", "regions.CR.binning.edges", [20, 40, 80]),
    ),
    Mistake(
        NTUPLES,
        "edges in MeV for a branch in GeV",
        key("regions", "regions.CR.binning.edges", [0, 20e6, 40e6, 80e6]),
    ),
    Mistake(
        NTUPLES,
        "one data set in GeV, all others in MeV",
        first(lambda trees: trees["nominal"].update(pt=trees["nominal"]["pt"] / 1000)),
    ),
    Mistake(
        RUNNING,
        "events that are written twice come to the workflow",
        after(first(doubled), skimmed),
        "gather skims -o skims.json",
    ),
    Mistake(
        RUNNING,
        "no event passes the preselection",
        after(
            keys(*(("regions", name, f"{cut} && pt > 20e6") for name, cut in ABOVE.items())),
            skimmed,
        ),
        "gather skims -o skims.json",
    ),
    Mistake(RUNNING, "a chunk that does not exist", listed, "skim c0009"),
    Mistake(RUNNING, "a model that does not exist", listed, "train mpl 0"),
    Mistake(RUNNING, "a stage before the one that it needs", listed, "templates score"),
    Mistake(RUNNING, "a fit before its templates", listed, "workspace score"),
    Mistake(RUNNING, "the report before a fit", listed, "report"),
    Mistake(
        RUNNING,
        "the configuration changed while the workflow ran",
        listed,
        "skim c0000 --slice 0123456789abcdef",
    ),
    Mistake(RUNNING, "the disk is full", listed, "skim c0000", errno.ENOSPC),
    Mistake(RUNNING, "the quota is used up", listed, "skim c0000", errno.EDQUOT),
    Mistake(RUNNING, "no right to write", listed, "skim c0000", errno.EACCES),
    Mistake(RUNNING, "a workspace with another name", nothing, "fit workspce.json -o mu_fit.json"),
    Mistake(RUNNING, "no workspace", nothing, "fit config/config.yaml -o mu_fit.json"),
]


def message(mistake: Mistake, tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what n2mu prints for a mistake."""
    tiny.change("config", "labels.luminosity", "10 pb$^{-1}$")
    mistake.make(tiny)

    def fail(path: Path, *_: object, **__: object) -> None:
        raise OSError(mistake.system, os.strerror(mistake.system), str(path))

    if mistake.system:
        monkeypatch.setattr(Path, "mkdir", fail)
    if mistake.command != "validate":
        error = CliRunner().invoke(app, mistake.command.split()).exception
        assert error is not None
        line = (shown_of(error) or f"a defect: {error!r}").split("\n")[0]
        line = line.replace(str(tiny.directory.resolve()), "/home/me/analysis")
        # ROOT files hold their time of writing
        return re.sub(r"sample:[0-9a-f]{32}", "sample:...", line)
    config = Path("config/config.yaml")
    mistakes = [str(error) for error in survey(config).mistakes]
    # the ntuples are opened only where they matter
    lines = [f"problem: {m}" for m in mistakes] or validate(config, 60).lines()
    return "\n".join(line for line in lines if line.startswith("problem: "))


ENDINGS = "## When the workflow ends early"


def rows_of(page: str) -> dict[str, str]:
    """Return what tables of the page say of each row."""
    rows = re.findall(r"^\| (.+?) \| `` (.+) `` \|$", page, re.MULTILINE)
    return {what: said.replace("\\|", "|") for what, said in rows}


def table() -> dict[str, str]:
    """Return what the page says of each mistake."""
    return rows_of(PAGE.read_text().split(ENDINGS)[0])


def table_of_endings() -> dict[str, str]:
    """Return what the page says of each way in which a workflow ends early."""
    return rows_of(PAGE.read_text().split(ENDINGS)[1])


def row(mistake: Mistake, said: str) -> str:
    """Return the row of the page about a mistake."""
    return f"| {mistake.what} | `` {said.replace('|', chr(92) + '|')} `` |"
