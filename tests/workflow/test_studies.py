"""Studies: a target of their own, a job per training, and only what changed again."""

from collections import Counter
from pathlib import Path

import pytest

from n2mu.config.load import load
from n2mu.products import read_json
from tests.workflow.snake import edit, planned, snakemake

QUICK = """\
title: Formulation
model: mlp_small
fit: mlp
variants:
  as_it_is: {}
  binary: {formulation: binary, weighting: none, epochs: 1, max_events: 2000}
"""

CHUNKS = 2
"""Of the size tiny."""


def test_each_study_plans_a_training_per_variant_seed_and_fold(touched: Path) -> None:
    studies = load(touched / "config/config.yaml").studies
    jobs = Counter({"compare_study": len(studies), "studies": 1})
    for name, study in studies.items():
        for models in study.trainings(name).values():
            jobs += Counter({f"train {model}": 5 for model in models})
        if study.fit is not None:
            for model in study.models(name):
                jobs += to_mu(f"{study.fit}_{model}")
    assert planned(touched, "studies") == jobs


def test_trials_plan_one_training_each(replanned: Path) -> None:
    told = QUICK.replace("fit: mlp\n", "trials: 3\n")
    (replanned / "config/tth/studies/trials.yaml").write_text(told)
    trainings = [f"train trials_{v}_trial{n}" for v in ("as_it_is", "binary") for n in (1, 2, 3)]
    expected = {"compare_study": 1, **dict.fromkeys(trainings, 1)}
    assert planned(replanned, "results/tth/studies/trials/study.json") == expected


def to_mu(fit: str) -> Counter[str]:
    """Return the jobs that take one model of a study as far as mu."""
    rules = ("gather_scores_for_fit", "fill_templates", "build_workspace", "fit")
    return Counter({f"score_for_fit {fit}": CHUNKS} | {f"{rule} {fit}": 1 for rule in rules})


def test_a_study_compares_its_variants_and_trains_only_those_that_change(changed: Path) -> None:
    file = changed / "config/tth/studies/quick.yaml"
    file.write_text(QUICK)
    product = "results/tth/studies/quick/study.json"
    snakemake(changed, "--cores", "2", "--show-failed-logs", product)
    study = read_json(changed / product)
    for variant in study["variants"]:
        assert variant["measures"]["auc"]["error_events"] > 0
    assert [v["variant"] for v in study["variants"]] == ["as_it_is", "binary"]
    # the same model and fit, by way of the scores of all models and events
    trained = read_json(changed / "results/tth/fits/mlp/mu_fit.json")["mu"]
    found = study["variants"][0]["mu"]
    assert {side: found[side] for side in ("up", "down")} == pytest.approx(
        {side: trained[side] for side in ("up", "down")}, rel=1e-4
    )
    for name in ("study.png", "curves.pdf", "study.md", "study.tex"):
        assert (changed / product).with_name(name).stat().st_size
    assert planned(changed, product) == {}
    assert planned(changed) == {}
    edit(file, "weighting: none", "weighting: class_raw")
    again = {"train quick_binary": 5, "compare_study": 1}
    assert planned(changed, product) == again | to_mu("mlp_quick_binary")
