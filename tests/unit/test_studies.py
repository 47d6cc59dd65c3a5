"""Studies: what they stand for, and mistakes in them."""

import re
from pathlib import Path
from typing import Any

import pytest
from helpers_studies import STUDY, folder, write

from n2mu.commands.job import open_job
from n2mu.config.load import load
from n2mu.config.survey import survey
from n2mu.demo.listing import configured_listing
from n2mu.errors import ConfigurationError
from n2mu.validation.questions import asked_of_all
from n2mu.workflow.analysis import Analysis

__all__ = ["folder"]


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
        ({"variants": {"one": {}}}, r"widths.yaml: variants: .*at least 2 values"),
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
