"""Ensembles of seeds and grid searches."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plots_products import overlapping, texts
from plots_products import settings as plot_settings
from pydantic import ValidationError
from test_training import run, settings, skim, toy

from n2mu.config.models import Models
from n2mu.errors import ProductError
from n2mu.plots.grid import grid_figure
from n2mu.training.checkpoint import load
from n2mu.training.ensemble import run_combine
from n2mu.training.grid import GridSettings, run_grid
from n2mu.training.settings import TrainSettings

MLP: dict[str, Any] = {"architecture": "mlp", "validation_region": "SR", "epochs": 3}


def models(**changes: Any) -> Models:
    base = {
        "classes": ["ttH", "tt"],
        "signal_class": "ttH",
        "evaluation_region": "SR",
        "models": {"mlp": MLP},
    }
    return Models.model_validate({**base, **changes})


def test_an_ensemble_stands_for_one_model_per_seed() -> None:
    made = models(models={"mlp": {**MLP, "seeds": [4, 7]}})
    assert list(made.models) == ["mlp", "mlp_seed4", "mlp_seed7"]
    assert made.members_of("mlp") == ["mlp_seed4", "mlp_seed7"]
    assert made.members_of("mlp_seed4") == []
    assert made.models["mlp_seed7"] == made.models["mlp"].member(7)


def test_a_grid_stands_for_one_model_per_combination() -> None:
    vary = {"learning_rate": [0.1, 0.2], "parameters.width": [8, 16]}
    made = models(grids={"sizes": {"model": "mlp", "vary": vary}})
    assert list(made.models) == ["mlp", *(f"sizes_{i}" for i in range(4))]
    assert [m.learning_rate for m in made.models.values()][1:] == [0.1, 0.1, 0.2, 0.2]
    assert [m.parameters for m in made.models.values()][1:] == [{"width": 8}, {"width": 16}] * 2
    assert made.models["mlp"].parameters == {}
    assert made.points_of("sizes")["sizes_2"] == {"learning_rate": 0.2, "parameters.width": 8}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grids": {"g": {"model": "mpl", "vary": {"epochs": [1]}}}}, "no model 'mpl'; did you"),
        ({"grids": {"g": {"model": "mlp", "vary": {"epoch": [1]}}}}, "models.g_0.epoch"),
        ({"grids": {"g": {"model": "mlp", "vary": {"epochs": []}}}}, "grids.g.vary.epochs"),
        ({"grids": {"g": {"model": "mlp", "vary": {"epochs": [-1]}}}}, "models.g_0.epochs"),
        ({"models": {"mlp": {**MLP, "seeds": [1]}}}, "at least 2 items"),
        ({"models": {"mlp": {**MLP, "seeds": [1, 1]}}}, "'1' stands twice"),
        (
            {"models": {"mlp": {**MLP, "seeds": [1, 2]}, "mlp_seed1": MLP}},
            "would make a model 'mlp_seed1', which is there already",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        models(**changes)


def ensemble() -> TrainSettings:
    return settings(
        model="both", classifier=settings().classifier.model_copy(update={"seeds": [3, 5]})
    )


def train_members(directory: Path) -> list[Path]:
    told = ensemble()
    for seed in (3, 5):
        member = told.model_copy(
            update={"model": f"both_seed{seed}", "classifier": told.classifier.member(seed)}
        )
        run(directory / str(seed), skim(), member)
    return [directory / str(seed) for seed in (3, 5)]


def test_an_ensemble_scores_the_mean_of_its_members(tmp_path: Path) -> None:
    members = train_members(tmp_path)
    output, history = tmp_path / "model.pt", tmp_path / "history.json"
    models, histories = ([d / n for d in members] for n in ("model.pt", "history.json"))
    run_combine(ensemble(), models, histories, output, history)
    events = toy(8, 0.3)
    model = load(output, "cpu")
    scores = [load(d / "model.pt", "cpu").predict(events, 1500) for d in members]
    assert np.abs(scores[0] - scores[1]).max() > 0.01
    assert model.predict(events, 1500) == pytest.approx(np.mean(scores, axis=0), abs=1e-6)
    content = json.loads(history.read_text())
    assert [member["seed"] for member in content["members"]] == [3, 5]
    assert (model.name, content["model"]) == ("both", "both")


def test_members_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    members = train_members(tmp_path)
    outputs = (tmp_path / "model.pt", tmp_path / "history.json")
    histories = [d / "history.json" for d in members]
    with pytest.raises(ProductError, match="other settings than model 'both' has; train model"):
        run_combine(ensemble(), [members[1] / "model.pt"] * 2, histories, *outputs)
    events = skim()
    events.tables["tt.a"]["nominal"]["x"] += 1.0
    told = ensemble()
    other = told.model_copy(update={"model": "both_seed5", "classifier": told.classifier.member(5)})
    run(members[1], events, other)
    with pytest.raises(ProductError, match="was trained on other events than"):
        run_combine(ensemble(), [d / "model.pt" for d in members], histories, *outputs)
    assert not outputs[0].exists()


def grid_products(directory: Path) -> tuple[GridSettings, dict[str, list[Path]]]:
    points = {f"g_{i}": {"parameters.width": 8 * 2**i, "epochs": 3} for i in range(3)}
    histories: dict[str, list[Path]] = {}
    for i, name in enumerate(points):
        for fold in range(2):
            epoch = {
                "validation_loss": 0.5 + 0.01 * i + 0.02 * fold,
                "auc": 0.8 + 0.01 * i,
                "significance": None if (i, fold) == (1, 1) else 2.0 - 0.1 * i,
            }
            worse = {"validation_loss": 9.0, "auc": 0.1, "significance": 0.1}
            content = {
                "epochs": [worse, epoch],
                "best_epoch": 1,
                "parameters": 100 * i,
                "timing": {"seconds": 1.0 + fold},
            }
            path = directory / f"{name}_{fold}.json"
            path.write_text(json.dumps(content))
            histories.setdefault(name, []).append(path)
    return GridSettings(grid="g", points=points, best_epoch="loss"), histories


def test_a_grid_is_compared_by_what_chose_its_epochs(tmp_path: Path) -> None:
    told, histories = grid_products(tmp_path)
    output = tmp_path / "grid.json"
    for by, first in (("loss", "g_0"), ("auc", "g_2"), ("significance", "g_0")):
        chosen = told.model_copy(update={"best_epoch": by})
        result = run_grid(chosen, histories, output, tmp_path / "grid.csv")
        assert result == json.loads(output.read_text())
        assert result["points"][0]["model"] == first
    point = {p["model"]: p for p in result["points"]}["g_1"]
    assert point["loss"]["mean"] == pytest.approx(0.52)
    assert point["loss"]["error"] == pytest.approx(0.01)
    assert point["significance"] == {"mean": None, "error": None}
    assert result["points"][-1]["model"] == "g_1"
    with (tmp_path / "grid.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [row["parameters.width"] for row in rows] == ["8", "32", "16"]
    assert float(rows[0]["loss"]) == pytest.approx(0.51)


def test_a_grid_is_drawn_without_overlaps(tmp_path: Path) -> None:
    told, histories = grid_products(tmp_path)
    result = run_grid(told, histories, tmp_path / "grid.json", tmp_path / "grid.csv")
    figure = grid_figure(result, plot_settings())
    assert "width = 8, epochs = 3" in texts(figure)
    assert overlapping(figure) == []
