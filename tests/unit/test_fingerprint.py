"""The fingerprint of code: it sees what computes, directly or not, and nothing else."""

import ast
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import n2mu
from n2mu.workflow import fingerprint as module
from n2mu.workflow.fingerprint import fingerprint, imported

SOURCE = Path(n2mu.__file__).parent
STAGES = ("skim", "templates", "plots")


def forget() -> None:
    for function in (
        module.fingerprint,
        module.imported,
        module._direct_imports,
        module._source,
        module._parsed,
        module._tree_digest,
    ):
        function.cache_clear()


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package, whose fingerprints are taken."""
    shutil.copytree(SOURCE, tmp_path / "n2mu", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "_ROOT", tmp_path / "n2mu")
    forget()
    yield tmp_path / "n2mu"
    forget()


def prints() -> dict[str, str]:
    forget()
    return {stage: fingerprint(f"n2mu.{stage}.stage") for stage in STAGES}


def changed(before: dict[str, str]) -> list[str]:
    return [stage for stage, value in prints().items() if value != before[stage]]


def comment_and_space(text: str) -> str:
    return "# a comment\n" + text.replace("\n\n\n", "\n\n\n\n# another\n") + "\n# the last\n"


def other_docstrings(text: str) -> str:
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines[node.lineno - 1] = lines[node.lineno - 1].replace('"""', '"""Otherwise: ', 1)
    assert lines != text.splitlines(keepends=True)
    return "".join(lines)


def no_docstring_of_the_module(text: str) -> str:
    return text.split('"""', 2)[2]


@pytest.mark.parametrize("path", ["skim/stage.py", "config/names.py", "products.py"])
@pytest.mark.parametrize(
    "change", [comment_and_space, other_docstrings, no_docstring_of_the_module]
)
def test_comments_formatting_and_docstrings_change_nothing(
    source: Path, path: str, change: Callable[[str], str]
) -> None:
    before = prints()
    text = (source / path).read_text()
    (source / path).write_text(change(text))
    assert (source / path).read_text() != text
    assert changed(before) == []


@pytest.mark.parametrize(
    ("path", "stages"),
    [
        ("skim/stage.py", ["skim"]),
        ("skim/read.py", ["skim", "templates", "plots"]),
        ("plots/style.py", ["plots"]),
        ("products.py", ["skim", "templates", "plots"]),
        # reached by way of n2mu.expressions only
        ("expressions/functions.py", ["skim", "templates", "plots"]),
        # imported inside a function of n2mu.expressions.expression
        ("expressions/evaluation.py", ["skim", "templates", "plots"]),
    ],
)
def test_a_change_is_seen_by_the_stages_that_use_the_code(
    source: Path, path: str, stages: list[str]
) -> None:
    before = prints()
    (source / path).write_text(f"{(source / path).read_text()}\n_CHANGED = True\n")
    assert changed(before) == stages


def test_a_new_lazy_import_is_followed(source: Path) -> None:
    (source / "helper.py").write_text("from n2mu import deeper\n")
    (source / "deeper.py").write_text("VALUE = 1\n")
    path = source / "skim/stage.py"
    path.write_text(f"{path.read_text()}\n\ndef late():\n    import n2mu.helper\n")
    before = prints()
    assert {"n2mu.helper", "n2mu.deeper"} <= imported("n2mu.skim.stage")
    (source / "deeper.py").write_text("VALUE = 2\n")
    assert changed(before) == ["skim"]


def test_what_a_stage_does_not_use_is_no_part_of_it() -> None:
    used = imported("n2mu.skim.stage")
    assert {"n2mu.inputs.ntuple", "n2mu.products", "n2mu.expressions.parser"} <= used
    for package in ("commands", "fit", "models", "plots", "templates", "training", "workflow"):
        assert not any(name.startswith(f"n2mu.{package}") for name in used)
    # how a configuration is read and checked decides nothing about events
    reading = {f"n2mu.config.{name}" for name in ("load", "configuration", "coherence")}
    assert not used & {*reading, "n2mu.inputs.listing"}


def test_an_unknown_module_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"n2mu\.skimm\.stage"):
        fingerprint("n2mu.skimm.stage")
