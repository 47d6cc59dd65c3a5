"""Studies for tests: configurations, trainings, comparisons."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers_templates import identifiers
from test_training import FOLDS, classifier, run, settings, skim, toy

from n2mu.evaluation.settings import EvaluationSample
from n2mu.evaluation.study import run_study
from n2mu.evaluation.study_settings import StudySettings
from n2mu.products import read_json

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
