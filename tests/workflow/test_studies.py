"""Studies: a target of their own, a job per training, and only what changed again."""

from collections import Counter
from pathlib import Path

from n2mu.config.load import load
from n2mu.products import read_json
from tests.workflow.snake import edit, planned, snakemake

QUICK = """\
title: Formulation
model: mlp_small
change: {epochs: 1, max_events: 2000}
variants:
  multi_class: {}
  binary: {formulation: binary, weighting: none}
"""


def test_each_study_plans_a_training_per_variant_seed_and_fold(touched: Path) -> None:
    studies = load(touched / "config/config.yaml").studies
    jobs = Counter({"compare_study": len(studies), "studies": 1})
    for name, study in studies.items():
        for models in study.trainings(name).values():
            jobs += Counter({f"train {model}": 5 for model in models})
    assert planned(touched, "studies") == jobs


def test_a_study_compares_its_variants_and_trains_only_those_that_change(changed: Path) -> None:
    file = changed / "config/tth/studies/quick.yaml"
    file.write_text(QUICK)
    product = "results/tth/studies/quick/study.json"
    snakemake(changed, "--cores", "2", "--show-failed-logs", product)
    study = read_json(changed / product)
    for variant in study["variants"]:
        assert variant["measures"]["auc"]["error_events"] > 0
    assert [v["variant"] for v in study["variants"]] == ["multi_class", "binary"]
    for name in ("study.png", "curves.pdf", "study.md", "study.tex"):
        assert (changed / product).with_name(name).stat().st_size
    assert planned(changed, product) == {}
    assert planned(changed) == {}
    edit(file, "weighting: none", "weighting: class_raw")
    assert planned(changed, product) == {"train quick_binary": 5, "compare_study": 1}
