"""What docs/extending.md shows is added to a copy of the package, and used there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import n2mu

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs/extending.md").read_text()

USE = """
import json
import sys
from pathlib import Path

from n2mu.config.learning import Loss
from n2mu.config.architectures import architectures
from n2mu.registries import caption, registered

assert architectures()["linear"] == ("bias",)
assert Loss(kind="hinge").kind == "hinge"
assert "rate_effects" in registered("n2mu.plots.fit_figures", "FIT_FIGURES")
said = caption("n2mu.plots.fit_figures", "FIT_FIGURES", "rate_effects")
assert said == "Relative changes of the rate by all systematics, of all samples and regions."
said = caption("n2mu.plots.model_figures", "MODEL_FIGURES", "areas")
assert said == "Area under the ROC curve of the model, in percent."

assert not {"torch", "matplotlib"} & set(sys.modules)

import torch
from plots_products import evaluation, settings, write_fit

from n2mu.losses.registry import LOSSES
from n2mu.models.registry import ARCHITECTURES, parameters_of
from n2mu.plots.fit_settings import PlotFitSettings
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.model_figures import (
    ALL_MODELS_FIGURES,
    CORRELATION_FIGURES,
    TRAINING_FIGURES,
    AllModels,
)
from n2mu.plots.models_stage import _figures
from n2mu.plots.stage import run_plot_fit
from n2mu.plots.study_figures import STUDY_FIGURES, run_plot_study

assert parameters_of("linear") == ["bias"]
model = ARCHITECTURES["linear"](3, [2], 4, bias=False)
assert model(torch.randn(5, 3), torch.zeros(5, 1, dtype=torch.long)).shape == (5, 4)
signal = torch.tensor([True, False])
assert LOSSES["hinge"](torch.tensor([0.5, 0.5]), signal).tolist() == [0.5, 1.5]
here = Path(sys.argv[1])
run_plot_fit(PlotFitSettings(style=settings(3)), *write_fit(here), output=here / "plots")
assert (here / "plots/rate_effects.png").stat().st_size > 1000
for name in (
    "rate_effects",
    "new_fit",
    "new_stage_prefit",
    "new_stage_postfit",
    "new_region/SR",
    "new_region_stage/CR_ttZ_postfit",
    "new_systematic/SR/ttH/np_0",
):
    assert (here / f"plots/{name}.pdf").exists(), name
told = PlotModelsSettings(style=settings(), architectures={"worse": "mlp"}, fits={})
ALL_MODELS_FIGURES.pop("models")
TRAINING_FIGURES.pop("history")
evaluated = [evaluation()[0] | {"correlations": {"HT": {}}}]
CORRELATION_FIGURES.pop("correlation")
drawn = {name for name, _ in _figures(AllModels(evaluated, {}, told), {"m": {}})}
added = {"new_all_models", "new_training_m", "new_correlation_HT_worse", "new_model_worse"}
assert added | {"areas_worse"} <= drawn
STUDY_FIGURES.pop("study"), STUDY_FIGURES.pop("curves")
variant = {"variant": "a", "differences": {}, "parameters": None, "measures": {}}
told = {"signal_class": "ttH", "measures": {}, "published": None, "random": False}
told |= {"seeds": 1, "trials": None}
(here / "study.json").write_text(json.dumps(told | {"variants": [variant]}))
run_plot_study(settings(), here / "study.json")
assert (here / "new_study.png").exists()
"""


def shown() -> dict[str, str]:
    """The files that the page shows, by path."""
    blocks = re.findall(
        r"^( *)```python\n\1# (src/\S+)\n(.*?)^\1```\n", PAGE, flags=re.DOTALL | re.MULTILINE
    )
    return {path: dedent(text) for _, path, text in blocks}


BLANK = '''
from matplotlib.figure import Figure


def blank_figure(*of: object) -> Figure:
    """Nothing at all."""
    return Figure(figsize=(1, 1))
'''


def add(registry: Path, entry: str, module: str, dictionary: str = "[A-Z_]+") -> None:
    """Add an entry to a dictionary, by default the first one, and import what it names."""
    name = entry.split(": ")[1]
    text = registry.read_text()
    start = re.search(rf"^{dictionary}: dict\[[^{{}}]*\] = \{{\n", text, flags=re.MULTILINE)
    assert start is not None
    text = f"{text[: start.end()]}    {entry},\n{text[start.end() :]}"
    first = text.index("\nfrom n2mu.")
    registry.write_text(f"{text[:first]}\nfrom {module} import {name}{text[first:]}")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with all that the page shows."""
    directory = tmp_path_factory.mktemp("package")
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(n2mu.__file__).parent, directory / "src/n2mu", ignore=skip)
    files = shown()
    for path, text in files.items():
        assert not (directory / path).exists()
        (directory / path).write_text(text)
    entries = re.findall(r"entry (?:is )?in (?:`([A-Z_]+)`\s+of\s+)?`(src/\S+)`: `([^`]+)`", PAGE)
    assert len(entries) == len(files) == 8
    for (dictionary, registry, entry), path in zip(entries, files, strict=True):
        module = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        add(directory / registry, entry, module, dictionary or "[A-Z_]+")
    plots = directory / "src/n2mu/plots"
    (plots / "blank.py").write_text(BLANK)
    dictionaries = re.findall(
        r"^\| (?:`(\w+\.py)`: )?`([A-Z_]+_FIGURES)` \|", PAGE, flags=re.MULTILINE
    )
    assert len(dictionaries) == 12
    registry = ""
    for file, dictionary in dictionaries:
        registry = file or registry
        entry = f'"new_{dictionary.removesuffix("_FIGURES").lower()}": blank_figure'
        add(plots / registry, entry, "n2mu.plots.blank", dictionary)
    return directory


def run(package: Path, *arguments: str) -> None:
    """Run Python with the copy of the package."""
    paths = [package / "src", HERE, HERE.parents[1]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_model_a_loss_and_figures_are_each_one_file_and_one_entry(
    package: Path, tmp_path: Path
) -> None:
    run(package, "-c", USE, str(tmp_path))


def test_a_kind_of_systematic_and_a_treatment_are_each_one_file_and_one_entry(
    package: Path, tmp_path: Path
) -> None:
    run(package, str(HERE / "added_systematics.py"), str(tmp_path))
