"""What a change reruns, and that it reruns nothing else."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.page import follow
from tests.workflow.snake import ROOT, edit, planned

PUBLISHED = Counter({"publish": 2, "publish_figure": 1, "all": 1})


def of_fit(*stages: str, fits: tuple[str, ...]) -> Counter[str]:
    return Counter(f"{stage} {fit}" for stage in stages for fit in fits)


FITS = ("ftt", "mixed")
# the last one only compares its model with the other
COMPARED = (*FITS, "mlp")
COMPARISON = Counter({"plot_models": 1})
RANKED = of_fit("rank_parameters", "plot_fit", fits=FITS)
FITTED = of_fit("fit", fits=COMPARED) + RANKED + COMPARISON + PUBLISHED
FILLED = of_fit("fill_templates", "build_workspace", fits=COMPARED) + FITTED
EVALUATED = Counter({f"evaluate_model {m}": 1 for m in ("mlp_small", "ftt_small")})
SCORED = Counter({"score": 2, "gather_scores": 1}) + EVALUATED + FILLED
MODELLED = Counter({"gather_models": 1}) + SCORED
TRAINED_MLP = Counter({"train mlp_small": 5}) + MODELLED
TRAINED = Counter({"train ftt_small": 5}) + TRAINED_MLP
COUNTED = Counter({"tabulate_cutflow": 1}) + TRAINED
SKIMMED = Counter({"skim": 2, "gather_skims": 1}) + COUNTED
FITTED_FTT = of_fit("fit", "rank_parameters", "plot_fit", fits=("ftt",)) + COMPARISON + PUBLISHED
BUILT_FTT = of_fit("build_workspace", fits=("ftt",)) + FITTED_FTT
FILLED_FTT = of_fit("fill_templates", fits=("ftt",)) + BUILT_FTT
BUILT = FILLED - of_fit("fill_templates", fits=COMPARED)
DRAWN = of_fit("plot_fit", fits=FITS) + COMPARISON + Counter({"publish_figure": 1, "all": 1})


def one_more(fit: str) -> Counter[str]:
    """Return the jobs of a fit that compares a model: none is done like it."""
    return of_fit("fill_templates", "build_workspace", "fit", fits=(fit,))


FILLED_LIKE_FTT = FILLED_FTT + one_more("ftt_mlp_small")

CONFIGURATION: list[tuple[str, str, str, str, Counter[str]]] = [
    ("learning rate of one model", "models", "2.0e-3", "1.0e-3", TRAINED_MLP),
    ("binning", "regions", "{quantiles: 6}", "{quantiles: 5}", FILLED),
    (
        "cut of a region that no training uses",
        "regions",
        "two_leptons && opposite_sign &&",
        "two_leptons && opposite_sign && nJets_OR >= 5 &&",
        FILLED,
    ),
    (
        "cut of the region that training validates in",
        "regions",
        "two_leptons && same_sign && good_lepton_0",
        "two_leptons && same_sign && nJets_OR >= 5 && good_lepton_0",
        TRAINED,
    ),
    (
        "preselection",
        "regions",
        "  dilep_type && lep_Pt_0 >= 10e3",
        "  dilep_type && lep_Pt_0 >= 9e3",
        SKIMMED,
    ),
    (
        "fit option",
        "fits",
        "    blinding_threshold: 0.3\n  mlp:",
        "    blinding_threshold: 0.3\n    check: false\n  mlp:",
        FITTED_FTT,
    ),
    (
        "size of a rate uncertainty",
        "systematics",
        "0.0083",
        "0.0084",
        FILLED,  # which decides what is pruned
    ),
    ("title of a region", "regions", "t}H$ score", "t}H$ output", DRAWN),
    ("comment in a configuration file", "regions", "# Selections.", "# The selections.", Counter()),
    (
        "alias of a cut that every region uses",
        "regions",
        "tight_0 > 0.7",
        "tight_0 > 0.75",
        TRAINED,
    ),
    (
        "alias that nothing uses",
        "regions",
        "aliases:\n",
        "aliases:\n  unused: nJets_OR > 5\n",
        Counter(),
    ),
    ("unused model", "models", "epochs: 50", "epochs: 60", Counter()),
    (
        "one more model",
        "../config",
        "models: [mlp_small, ftt_small]",
        "models: [mlp_small, ftt_small, mlp]",
        Counter({"train mlp": 5, "evaluate_model mlp": 1}) + one_more("ftt_mlp") + MODELLED,
    ),
    ("code that means missing", "features", "missing: [-1]", "missing: [-2]", TRAINED),
    ("factor of the weight", "inputs", "weight_pileup", "2 * weight_pileup", SKIMMED),
    ("cross-section", "inputs", "0.23082", "0.23083", COUNTED),
    ("luminosity", "inputs", "44630.6", "44630.7", COUNTED),
    ("weight of a variation", "systematics", "weight_mc_MUR_UP", "2 * weight_mc_MUR_UP", SKIMMED),
    ("sum of a variation", "systematics", "Weighted_MUR_UP", "Weighted_MUF_UP", SKIMMED),
    (
        "smoothing of a systematic",
        "systematics",
        "factor: pileup,",
        "factor: pileup, smoothing: 353QH,",
        FILLED,
    ),
    ("group of a systematic", "systematics", "group: luminosity", "group: beam", FITTED | DRAWN),
    ("title of a systematic", "systematics", "title: Luminosity", "title: Lumi", DRAWN),
    ("colour of a sample", "samples", "#bd1f01", "#bd1f02", DRAWN),
    ("label of all figures", "../config", "13 TeV", "13.6 TeV", DRAWN),
    ("bounds of a free factor", "fits", "bounds: [0, 5]", "bounds: [0, 6]", BUILT),
    ("expected signal of a fit", "fits", "asimov_mu: 1.0", "asimov_mu: 2.0", FILLED_LIKE_FTT),
    (
        "blinding of a fit",
        "fits",
        "blinding_threshold: 0.3",
        "blinding_threshold: 0.2",
        FILLED_LIKE_FTT,
    ),
    (
        "observable of a fit",
        "fits",
        "ftt_small_ttH",
        "ftt_small_ttW",
        FILLED_FTT + one_more("ftt_ftt_small"),
    ),
    ("published fit", "../config", "publish: ftt", "publish: mixed", PUBLISHED),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [row[1:] for row in CONFIGURATION],
    ids=[row[0] for row in CONFIGURATION],
)
def test_a_changed_key_reruns_what_depends_on_it_and_nothing_else(
    replanned: Path, file: str, old: str, new: str, expected: Counter[str]
) -> None:
    edit(replanned / f"config/tth/{file}.yaml", old, new)
    assert planned(replanned) == expected


def test_the_page_about_changes_says_what_is_planned(replanned: Path) -> None:
    follow("changes.md", replanned)
    assert planned(replanned) == {}


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def document(path: Path) -> None:
    edit(path, '"""', '"""Said otherwise: ')


CODE: list[tuple[str, str, Callable[[Path], None], Counter[str]]] = [
    ("comment", "skim/stage.py", lambda path: append(path, "# a comment\n"), Counter()),
    ("docstring", "skim/stage.py", document, Counter()),
    (
        "helper of the templates",
        "templates/mend.py",
        lambda path: edit(path, "FLOOR = 1e-6", "FLOOR = 1e-7"),
        FILLED,
    ),
    (
        "helper of the minimiser",
        "fit/minimise.py",
        lambda path: append(path, "\n_CHANGED = True\n"),
        of_fit("build_workspace", fits=COMPARED) + FITTED,  # which fits the control regions
    ),
    (
        "architecture of a model",
        "models/mlp.py",
        lambda path: append(path, "\n_CHANGED = True\n"),
        TRAINED,
    ),
    (
        "loss",
        "losses/cross_entropy.py",
        lambda path: append(path, "\n_CHANGED = True\n"),
        TRAINED,
    ),
    (
        "writing of friend trees",
        "scoring/friends.py",
        lambda path: append(path, "\n_CHANGED = True\n"),
        SCORED,
    ),
    (
        "a figure",
        "plots/ranking.py",
        lambda path: append(path, "\n_CHANGED = True\n"),
        DRAWN - COMPARISON,
    ),
]


@pytest.mark.parametrize(
    ("module", "change", "expected"), [row[1:] for row in CODE], ids=[row[0] for row in CODE]
)
def test_changed_code_reruns_its_users_and_nothing_else(
    touched: Path,
    tmp_path: Path,
    module: str,
    change: Callable[[Path], None],
    expected: Counter[str],
) -> None:
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src", source)
    change(source / "n2mu" / module)
    assert planned(touched, source=source) == expected


def test_results_that_were_moved_or_copied_are_still_results(touched: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(touched, copy, symlinks=True)
    assert planned(copy) == {}
