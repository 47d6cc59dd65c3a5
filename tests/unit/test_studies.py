"""Studies: variants of a model, what they stand for, how they are compared."""

import copy
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from benchmarks.studies import STUDIES, difference, verdict
from helpers_templates import hand_skim, identifiers
from plots_products import overlapping, texts
from plots_products import settings as plot_settings
from test_training import FOLDS, classifier, run, settings, skim, toy

from n2mu.commands.job import open_job
from n2mu.commands.report import _studies
from n2mu.config.load import load
from n2mu.config.measures import DEFAULT, Measure
from n2mu.config.survey import survey
from n2mu.data.folds import fold_of
from n2mu.demo.listing import configured_listing
from n2mu.errors import ConfigurationError, ProductError, TrainingError
from n2mu.evaluation.settings import EvaluationSample
from n2mu.evaluation.study import run_study
from n2mu.evaluation.study_settings import StudySettings
from n2mu.plots.numbers import MINUS
from n2mu.plots.study import curves_figure, study_figure
from n2mu.plots.study_figures import STUDY_FIGURES, run_plot_study
from n2mu.plots.study_table import study_latex, study_markdown, study_note
from n2mu.plots.style import save_figure
from n2mu.products import read_json, write_json
from n2mu.report.captions import Captions
from n2mu.report.settings import report_settings
from n2mu.report.study_contents import studies_category
from n2mu.statistics.auc import weighted_auc
from n2mu.training.checkpoint import load as load_model
from n2mu.validation.questions import asked_of_all
from n2mu.workflow.analysis import Analysis
from n2mu.workflow.paths import Paths

ROOT = Path(__file__).parents[2]
STUDY: dict[str, Any] = {
    "title": "Widths",
    "model": "mlp_small",
    "change": {"epochs": 3, "parameters.dropout": 0.0},
    "seeds": [4, 7],
    "variants": {
        "narrow": {"parameters.width": 8},
        "as_it_is": {},
        "trees": {"architecture": "xgboost", "parameters": {"depth": 2}},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path / "config"


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "tth/studies/widths.yaml"
    path.write_text(yaml.safe_dump({**STUDY, **changes}, sort_keys=False))
    return path


def test_a_study_stands_for_one_model_per_variant_and_seed(folder: Path) -> None:
    write(folder)
    made = load(folder / "config.yaml")
    base = made.models.models["mlp_small"]
    chosen = {n: m for n, m in made.models.models.items() if n.startswith("widths_")}
    assert list(chosen) == [
        f"widths_{variant}_seed{seed}" for variant in STUDY["variants"] for seed in (4, 7)
    ]
    assert chosen["widths_as_it_is_seed7"] == base.model_copy(
        update={"epochs": 3, "seed": 7, "parameters": base.parameters | {"dropout": 0.0}}
    )
    assert chosen["widths_narrow_seed4"].parameters == {"layers": 2, "width": 8, "dropout": 0.0}
    assert chosen["widths_trees_seed4"].parameters == {"depth": 2}
    assert made.studies["widths"].trainings("widths")["narrow"] == [
        "widths_narrow_seed4",
        "widths_narrow_seed7",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "mpl_small"}, r"widths.yaml: model: no model 'mpl_small'; did you mean"),
        ({"variants": {"one": {}}}, r"widths.yaml: variants: .*at least 2 items"),
        ({"variants": {"a b": {}, "c": {}}}, r"widths.yaml: .*'a b' is no name"),
        ({"change": {"epoch": 3}}, r"widths.yaml: variants.narrow: epoch: unknown key; did you"),
        (
            {"variants": {"a": {}, "b": {"weighting": "evnt"}}},
            r"widths.yaml: variants.b: weighting: .*got 'evnt'",
        ),
        ({"variants": {"a": {}, "b": {"seed": 3}}}, "'seed' belongs to the study as a whole"),
        ({"change": {"epochs.more": 3}}, "reaches into 'epochs', which has no keys"),
        ({"change": {"parameters.widht": 3}}, "parameters.widht: unknown parameter of architect"),
        ({"seeds": [1, 1]}, "'1' stands twice"),
        ({"fit": "fttt"}, "widths.yaml: fit: unknown fit 'fttt'; did you mean 'ftt'"),
        ({"fit": "ftt", "seeds": None, "trials": 2}, "'fit' needs a score of every event"),
        ({"fit": "ftt", "measures": {"a": {"kind": "auc"}}}, "of kind 'mu' belong together"),
        ({"fit": "mixed"}, "widths.yaml: fit: fit 'mixed' has data: mixed.*name a fit of data: a"),
    ],
)
def test_a_mistake_in_a_study_names_its_file_and_variant(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    write(folder, **changes)
    with pytest.raises(ConfigurationError, match=message):
        load(folder / "config.yaml")


def test_a_mistake_of_the_varied_model_is_one_of_models_yaml(folder: Path) -> None:
    write(folder)
    path = folder / "tth/models.yaml"
    path.write_text(path.read_text().replace("batch_size: 512", "batch_size: -1", 1))
    with pytest.raises(ConfigurationError, match=r"models.yaml: models.mlp_small: batch_size"):
        load(folder / "config.yaml")


def test_models_that_are_there_already_are_refused(folder: Path) -> None:
    path = folder / "tth/models.yaml"
    path.write_text(path.read_text().replace("  mlp_small:", "  widths_narrow_seed4:", 1))
    write(folder, model="ftt_small")
    with pytest.raises(ConfigurationError, match="make a model 'widths_narrow_seed4', which is"):
        load(folder / "config.yaml")


def test_all_mistakes_of_studies_are_found_at_once(folder: Path) -> None:
    write(folder, change={"epochs": 0})
    (folder / "tth/studies/weighting.yaml").write_text("model: ftt_small\n")
    found = [str(mistake) for mistake in survey(folder / "config.yaml").mistakes]
    assert [text.split("/")[-1].split(":")[0] for text in found] == [
        "weighting.yaml",
        "widths.yaml",
    ]


def test_another_variant_leaves_what_the_others_are_told_as_it_was(folder: Path) -> None:
    write(folder)
    before = open_job(str(folder / "config.yaml")).slices
    variants = {**STUDY["variants"], "narrow": {"parameters.width": 9}}
    write(folder, variants=variants)
    after = open_job(str(folder / "config.yaml")).slices
    assert after.train("widths_as_it_is_seed4", 0) == before.train("widths_as_it_is_seed4", 0)
    assert after.train("widths_narrow_seed4", 0) != before.train("widths_narrow_seed4", 0)
    assert after.study("widths") != before.study("widths")
    assert [after.skim(c) for c in after.chunks[:1]] == [before.skim(c) for c in before.chunks[:1]]


def test_a_fit_of_a_study_reads_scores_of_its_own_model_and_nothing_else_changes(
    folder: Path,
) -> None:
    write(folder)
    before = open_job(str(folder / "config.yaml"))
    write(folder, fit="ftt")
    after = open_job(str(folder / "config.yaml"))
    name, model = "ftt_widths_narrow_seed4", "widths_narrow_seed4"
    assert after.slices.study("widths").fits[model] == name
    chunk = after.slices.chunks[0]
    scored = after.slices.score(chunk, name)
    assert scored.models == [model]
    # the other regions have observables of their own
    assert scored.selections == [after.configuration.regions.regions["SR"].selection]
    told = after.slices.templates(name)
    assert told.scores == [f"{model}_ttH"] == [told.regions["SR"].observable]
    assert told.systematics == after.slices.templates("mlp").systematics
    assert after.scores_for(name) == [after.paths.scores(c, name) for c in after.slices.chunks]
    assert after.scores_for("ftt") == after.scores == before.scores
    for of in ("skim", "score"):
        assert getattr(after.slices, of)(chunk) == getattr(before.slices, of)(chunk)
    assert after.slices.templates("ftt") == before.slices.templates("ftt")
    assert before.slices.study("widths").fits == before.configuration.study_fits("widths") == {}


def test_a_variant_that_is_trained_anyway_needs_no_scores_of_its_own(folder: Path) -> None:
    write(folder, fit="ftt")
    main = folder / "config.yaml"
    main.write_text(main.read_text().replace("mlp_small,", "mlp_small, widths_as_it_is_seed4,"))
    made = load(main)
    fit = made.study_fits("widths")["widths_as_it_is_seed4"]
    assert fit == made.compared["widths_as_it_is_seed4"]
    assert made.scored(fit) == made.main.models


def test_scores_that_regions_name_are_made_for_a_fit_of_a_study_too(folder: Path) -> None:
    write(folder, fit="ftt")
    regions = folder / "tth/regions.yaml"
    regions.write_text(regions.read_text().replace("taus_pt_0 / 1e3", "mlp_small_tt", 1))
    made = load(folder / "config.yaml")
    assert made.scored("ftt_widths_narrow_seed4") == ["widths_narrow_seed4", "mlp_small"]
    asked = asked_of_all(Analysis(made, configured_listing(made.main)))
    assert all("widths_narrow_seed4_ttH" in data_set.scores for data_set in asked.values())


def test_a_fit_that_no_score_would_change_compares_nothing(folder: Path) -> None:
    regions = folder / "tth/regions.yaml"
    text = regions.read_text()
    regions.write_text(re.sub(r"(\n  SR:\n)", r"\1    observable: HT\n", text))
    assert regions.read_text() != text
    fits = folder / "tth/fits.yaml"
    said = "fit 'ftt' would be the same with the score of every model"
    with pytest.raises(ConfigurationError, match=rf"fits\.yaml: compare_models: {said}"):
        load(folder / "config.yaml")
    fits.write_text(fits.read_text().replace("compare_models: ftt", ""))
    with pytest.raises(ConfigurationError, match=rf"architectures\.yaml: fit: {said}"):
        load(folder / "config.yaml")


def trained(directory: Path, name: str, width: int, seed: int) -> dict[str, list[Path]]:
    """Train a model on all folds; return its products by their name."""
    parts = [directory / name / str(fold) for fold in range(FOLDS)]
    chosen = classifier(parameters={"layers": 1, "width": width}, seed=seed, epochs=2)
    for fold, part in enumerate(parts):
        run(part, skim(), settings(model=name, fold=fold, classifier=chosen))
    return {product: [part / product for part in parts] for product in ("model.pt", "history.json")}


def told(trainings: dict[str, list[str]], **changes: Any) -> StudySettings:
    base = {
        "study": "widths",
        "title": "Widths",
        "trainings": trainings,
        "changes": {variant: {} for variant in trainings},
        "folds": FOLDS,
        "region": "SR",
        "selection": "x > -3",
        "classes": {variant: ["ttH", "tt"] for variant in trainings},
        "all_classes": ["ttH", "tt"],
        "signal_class": "ttH",
        "options": {"bootstrap": 40, "significance": {"bins": 4}},
        "samples": [
            EvaluationSample(
                data_set=f"{name}.a",
                training_class=name,
                selection="1",
                luminosity=10.0,
                cross_section=2.0,
            )
            for name in ("ttH", "tt")
        ],
    }
    return StudySettings.model_validate({**base, **changes})


def tables() -> dict[str, dict[str, Any]]:
    events = {"ttH.a": toy(1, 1.0), "tt.a": toy(3, -1.0)}
    return {
        name: {"nominal": {**identifiers(0, 1500), **columns}} for name, columns in events.items()
    }


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """Return the skim, the products of the models and the study of a wide and a narrow network."""
    directory = tmp_path_factory.mktemp("study")
    path = hand_skim(directory / "skim", tables(), {n: {"nominal": 1500.0} for n in tables()})
    made = {
        f"{name}_seed{seed}": trained(directory, f"{name}_seed{seed}", width, seed)
        for name, width in (("wide", 16), ("narrow", 1))
        for seed in (1, 2)
    }
    names = {name: [f"{name}_seed1", f"{name}_seed2"] for name in ("wide", "narrow")}
    return path, made, compare(told({**names, "again": names["wide"]}), path, made)


def compare(
    chosen: StudySettings,
    path: Path,
    made: dict[str, dict[str, list[Path]]],
    fits: dict[str, Path] | None = None,
) -> dict[str, Any]:
    models, histories = ({n: m[p] for n, m in made.items()} for p in ("model.pt", "history.json"))
    output = path.parent / "study.json"
    run_study(chosen, [path], models, histories, fits or {}, output)
    content: dict[str, Any] = read_json(output)
    return content


def test_events_are_scored_by_the_model_of_their_own_fold(study: Any) -> None:
    _, made, result = study
    areas = []
    for seed in (1, 2):
        scores, labels, weights = [], [], []
        for label, name in ((1, "ttH.a"), (0, "tt.a")):
            columns = tables()[name]["nominal"]
            columns = {n: v[columns["x"] > -3] for n, v in columns.items()}
            fold = fold_of(columns["n2mu_event"], FOLDS)
            for k, model in enumerate(made[f"wide_seed{seed}"]["model.pt"]):
                own = {n: v[fold == k] for n, v in columns.items()}
                scores.append(load_model(model, "cpu").predict(own, (fold == k).sum())[:, 0])
                labels.append(np.full(scores[-1].size, label == 1))
                weights.append(own["n2mu_weight"])
        areas.append(weighted_auc(*map(np.concatenate, (scores, labels, weights))))
    wide = result["variants"][0]["measures"]["auc"]
    assert wide["value"] == pytest.approx(np.mean(areas), abs=1e-9)
    assert wide["error_training"] == pytest.approx(abs(areas[0] - areas[1]) / 2)
    assert 0 < wide["error_events"] < 0.02


def test_a_difference_is_known_better_than_the_values_since_the_events_are_the_same(
    study: Any,
) -> None:
    wide, narrow, again = study[2]["variants"]
    step = narrow["differences"]["wide"]["auc"]
    assert step["value"] == pytest.approx(
        narrow["measures"]["auc"]["value"] - wide["measures"]["auc"]["value"]
    )
    assert step["value"] < 0
    assert step["error_events"] < narrow["measures"]["auc"]["error_events"]
    nothing = {"value": 0.0, "error_events": 0.0, "error_training": 0.0}
    assert again["differences"]["wide"]["significance"] == nothing
    assert again["differences"]["narrow"]["auc"]["value"] == pytest.approx(-step["value"])


def test_uncertainties_on_mu_are_those_of_the_fits_with_errors_of_the_training(
    study: Any, tmp_path: Path
) -> None:
    path, made, without = study
    sides = {"wide_seed1": 0.5, "wide_seed2": 0.6, "narrow_seed1": 0.8, "narrow_seed2": 0.7}
    fits = {name: tmp_path / name for name in sides}
    for name, up in sides.items():
        interval = {"value": 1.0, "up": up, "down": up - 0.1}
        content = {"fit": {"name": name}, "mu": interval, "mu_stat_only": interval}
        fits[name].write_text(json.dumps(content | {"significance": {"expected": 2.0}}))
    names = {name: [f"{name}_seed1", f"{name}_seed2"] for name in ("wide", "narrow")}
    result = compare(told(names, measures=DEFAULT | {"mu": Measure(kind="mu")}), path, made, fits)
    wide, narrow = result["variants"]
    assert wide["measures"]["mu"] == pytest.approx(
        {"value": 0.5, "error_events": None, "error_training": 0.05}
    )
    step = {"value": 0.2, "error_events": None, "error_training": 0.1}
    assert narrow["differences"]["wide"]["mu"] == pytest.approx(step)
    assert (wide["mu"]["up"], narrow["mu"]["stat_down"]) == pytest.approx((0.55, 0.65))
    assert wide["measures"]["auc"] == without["variants"][0]["measures"]["auc"]
    header, _, first, second = study_markdown(result).splitlines()[:4]
    assert header.endswith(" difference to the first | up and down | statistical |")
    assert f"| 0.500 ± 0.050 |  | +0.550 / {MINUS}0.450 |" in first
    assert "| 0.700 ± 0.050 | +0.20 ± 0.10 |" in second
    assert r"Expected uncertainty on $\mu$" in texts(study_figure(result, plot_settings()))
    assert "uncertainty" not in study_markdown(without)
    assert "in quadrature. Of uncertainties on the signal strength the second" in study_note(result)
    assert study_note(without).endswith("spread of the training, in quadrature.")


def test_the_note_claims_no_error_of_the_training_where_there_is_one_seed(study: Any) -> None:
    path, made, _ = study
    one = compare(told({"one": ["wide_seed1"], "other": ["narrow_seed1"]}), path, made)
    assert one["variants"][0]["measures"]["auc"]["error_training"] is None
    assert study_note(one) == (
        "Errors: number of simulated events. How much a training scatters is not known."
    )


def test_classes_of_a_binary_variant_have_no_mean_area(study: Any) -> None:
    assert study[2]["variants"][0]["measures"]["mean_auc"]["value"] is None


def test_curves_are_means_over_folds_and_seeds(study: Any) -> None:
    _, made, result = study
    histories = [read_json(p) for n in (1, 2) for p in made[f"wide_seed{n}"]["history.json"]]
    first = [history["epochs"][0]["auc"] for history in histories]
    assert result["variants"][0]["curves"]["auc"][0] == pytest.approx(np.mean(first))


def test_models_of_other_folds_and_a_region_without_events_are_refused(study: Any) -> None:
    path, made, _ = study
    names = {"one": ["wide_seed1"], "other": ["narrow_seed1"]}
    with pytest.raises(ProductError, match="no event of any class is in region 'SR'"):
        compare(told(names, selection="x > 100"), path, made)
    turned = {name: {p: paths[::-1] for p, paths in m.items()} for name, m in made.items()}
    with pytest.raises(ProductError, match="is of fold 4 of 5 with fold_seed 0, expected fold 0"):
        compare(told(names), path, turned)


def test_events_of_two_samples_models_of_other_classes_and_weights_without_value_are_refused(
    study: Any, tmp_path: Path
) -> None:
    path, made, _ = study
    names = {"one": ["wide_seed1"], "other": ["narrow_seed1"]}
    samples = told(names).samples
    twice = samples[0].model_copy(update={"training_class": "tt", "selection": "x > 0"})
    with pytest.raises(ConfigurationError, match=r"events of ttH\.a are of several samples"):
        compare(told(names, samples=[*samples, twice]), path, made)
    classes = {name: ["ttH", "background"] for name in names}
    with pytest.raises(ProductError, match="tells apart ttH, tt, expected ttH, background"):
        compare(told(names, classes=classes), path, made)
    events = tables()
    events["tt.a"]["nominal"]["n2mu_weight"][:2] = np.nan
    made_skim = hand_skim(tmp_path / "skim", events, {n: {"nominal": 1500.0} for n in events})
    with pytest.raises(TrainingError, match=r"weight is NaN or infinite for 2 of [0-9]+ events"):
        compare(told(names), made_skim, made)


def test_figures_of_the_dictionary_and_tables_lie_beside_the_study(
    study: Any, tmp_path: Path
) -> None:
    product = tmp_path / "study.json"
    write_json(product, study[2])
    run_plot_study(plot_settings(), product)
    figures = {f"{name}.{suffix}" for name in STUDY_FIGURES for suffix in ("pdf", "png")}
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"study.json", "study.md", "study.tex"} | figures
    assert product.with_suffix(".md").read_text() == study_markdown(study[2])


def test_figures_and_tables_show_every_variant(study: Any) -> None:
    result = study[2]
    for figure in (study_figure(result, plot_settings()), curves_figure(result, plot_settings())):
        assert {"wide", "narrow", "again"} <= set(texts(figure))
        assert overlapping(figure) == []
    markdown = study_markdown(result).splitlines()
    assert [line.split("|")[1].strip() for line in markdown[2:5]] == ["wide", "narrow", "again"]
    latex = study_latex(result, plot_settings())
    assert r"AUC, $t\bar{t}H$" in latex
    assert MINUS not in latex


@pytest.mark.parametrize("form", ["paper", "talk"])
def test_figures_of_many_variants_and_long_names_are_readable(study: Any, form: str) -> None:
    result = copy.deepcopy(study[2])
    wide, narrow, _ = result["variants"]
    wide["variant"] = "a_name_of_a_variant_that_is_long"
    steps = {wide["variant"]: narrow["differences"]["wide"]}
    more = [{**narrow, "variant": f"variant_{i}", "differences": steps} for i in range(12)]
    result["variants"] = [wide, *more]
    style = plot_settings()
    labels = style.labels.model_copy(update={"format": form})
    style = style.model_copy(update={"labels": labels})
    figure = curves_figure(result, style)
    assert overlapping(figure) == overlapping(study_figure(result, style)) == []
    # colours come again with dashes
    lines = [line for line in figure.axes[0].lines if line.get_linewidth() == 2]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 13


def test_the_report_shows_tables_and_figures_of_studies(study: Any, tmp_path: Path) -> None:
    result = study[2]
    job = open_job(str(ROOT / "config/config.yaml"))
    paths = Paths(tmp_path, "tth")
    write_json(paths.study("widths", "study.json"), result)
    style = job.slices.plots()
    paths.study("widths", "study.tex").write_text(study_latex(result, style))
    save_figure(study_figure(result, style), paths.study("widths", "study"))
    save_figure(curves_figure(result, style), paths.study("widths", "curves"))
    settings = report_settings(job.configuration, job.slices)
    captions = Captions(ROOT / "workflow/report", settings.main)
    ((heading, exhibits),) = studies_category(settings, paths, captions, ["widths"]).parts.items()
    table, reached, trained_ = exhibits
    assert heading == "Widths"
    assert "<td>narrow</td>" in str(table.table)
    assert [d.name for d in table.downloads] == ["widths.tex", "widths.json"]
    assert reached.downloads[0].name == "widths_study.pdf"
    for exhibit in exhibits:
        assert f"{result['events']:,} simulated events" in exhibit.statistics
        assert "140 fb" in exhibit.statistics and "nJets_OR" in exhibit.statistics
    assert "epoch" in trained_.caption


@pytest.mark.parametrize(
    ("printed", "shown", "left_out"),
    [
        ("Nothing to be done (all requested files are present).", ["weighting"], ["former"]),
        ("MissingInputException", [], ["former", "weighting"]),
        (
            "\n[Sun Nov 22 10:00:00 2026]\nrule compare_study:\n    wildcards: study=weighting\n",
            [],
            ["former", "weighting"],
        ),
    ],
)
def test_only_studies_for_which_nothing_has_to_run_are_in_the_report(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    printed: str,
    shown: list[str],
    left_out: list[str],
) -> None:
    job = open_job(str(folder / "config.yaml"))
    made = replace(job, paths=Paths(folder / "results", "tth"))
    for name in ("weighting", "former"):
        write_json(made.paths.study(name, "study.json"), {})
    asked: list[str] = []

    def run(snakefile: Path, config: str, *arguments: str) -> tuple[bool, str]:
        asked.extend(arguments)
        return False, printed

    monkeypatch.setattr("n2mu.commands.report._snakemake", run)
    found, without = _studies(made, ROOT / "Snakefile", "config/config.yaml")
    assert found == shown
    assert sorted(one.path.parent.name for one in without) == left_out
    assert "--dry-run" in asked and asked[-1].endswith("studies/weighting/study.json")


def test_every_statement_of_the_thesis_is_on_variants_that_there_are() -> None:
    studies = load(ROOT / "config/config.yaml").studies
    assert studies.keys() == STUDIES.keys()
    for name, told in STUDIES.items():
        for statement in told.statements:
            assert {statement.variant, statement.other} <= studies[name].variants.keys()


@pytest.mark.parametrize(
    ("value", "expected", "said"),
    [
        (0.05, "higher", "agrees"),
        (0.05, "lower", "differs: higher"),
        (0.05, "the same", "differs: higher"),
        (-0.05, "lower", "agrees"),
        (0.01, "the same", "agrees"),
        (-0.05, "not higher", "agrees"),
        (0.05, "not higher", "differs: higher"),
        (0.01, "higher", "no difference seen"),
        (None, "higher", "not measured"),
    ],
)
def test_a_statement_holds_beyond_two_standard_deviations(
    value: float | None, expected: Any, said: str
) -> None:
    found = {"value": value, "error_events": 0.006, "error_training": 0.008}
    assert verdict(found, expected) == said


def test_a_difference_is_found_in_either_order(study: Any) -> None:
    there = difference(study[2], "narrow", "wide", "auc")
    back = difference(study[2], "wide", "narrow", "auc")
    assert back == {**there, "value": -there["value"]}
