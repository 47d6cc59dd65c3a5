"""The cluster profile plans the same jobs and asks for GPUs where they are used."""

import re
from pathlib import Path

from tests.workflow.snake import ROOT, copy_configuration, planned, snakemake


def test_the_profile_plans_the_same_jobs(tmp_path: Path) -> None:
    copy_configuration(tmp_path, "tiny")
    target = "results/mu_fit.json"
    local = planned(tmp_path, target)
    assert local["train ftt_small"] == 5
    assert planned(tmp_path, "--profile", "slurm-gpu", target) == local


def test_training_and_scoring_ask_for_one_gpu_and_nothing_else_does(tmp_path: Path) -> None:
    copy_configuration(tmp_path, "tiny")
    targets = ("results/mu_fit.json", "results/tth/studies/architectures/study.json")
    text = snakemake(tmp_path, "--dry-run", "--profile", "slurm-gpu", *targets)
    # they hold all that jobs are told, before and now
    assert "\n    jobid: " in text
    assert "\n    reason: " not in text
    asking = set()
    for block in re.split(r"\n(?=\[\w{3} \w{3} +\d+ )", text):
        rule = re.search(r"^(?:local)?rule (\w+):", block, re.MULTILINE)
        resources = re.search(r"^    resources: (.*)$", block, re.MULTILINE)
        if rule and resources and re.search(r"\bgpu=1\b", resources.group(1)):
            assert "slurm_partition=gpu" in resources.group(1)
            asking.add(rule.group(1))
    assert asking == {"train", "score", "score_for_fit"}


def test_the_profiles_are_found_through_links_that_git_keeps() -> None:
    for link, place in {"slurm-gpu": "profiles/slurm-gpu", "profiles": "profiles"}.items():
        assert (ROOT / link).is_symlink()
        assert (ROOT / link).resolve() == ROOT / "workflow" / place


def test_every_entry_of_the_profiles_has_a_comment() -> None:
    for name in ("slurm-gpu", "default"):
        text = (ROOT / f"workflow/profiles/{name}/profile.yaml").read_text()
        for paragraph in text.split("\n\n"):
            assert paragraph.startswith("#"), paragraph
