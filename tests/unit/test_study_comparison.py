"""Studies: how variants are compared, drawn and reported."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.studies import difference
from helpers_studies import ROOT, compare, folder, tables, told, trained
from helpers_templates import hand_skim
from plots_products import overlapping, texts
from plots_products import settings as plot_settings
from test_training import FOLDS

from n2mu.commands.job import open_job
from n2mu.commands.report import _studies
from n2mu.config.measures import DEFAULT, Measure
from n2mu.data.folds import fold_of
from n2mu.errors import ConfigurationError, ProductError, TrainingError
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
from n2mu.workflow.paths import Paths

__all__ = ["folder"]


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
    trees = copy.deepcopy(result)
    trees["variants"][0]["parameters"] = 0
    counts = [line.split("|")[2].strip() for line in study_markdown(trees).splitlines()[2:5]]
    assert counts[0] == "" and all(int(count) > 0 for count in counts[1:])
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


def test_a_difference_is_found_in_either_order(study: Any) -> None:
    there = difference(study[2], "narrow", "wide", "auc")
    back = difference(study[2], "wide", "narrow", "auc")
    assert back == {**there, "value": -there["value"]}
