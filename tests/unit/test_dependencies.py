"""What the package imports is what it asks for."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = {
    "PIL": "pillow",
    "yaml": "pyyaml",
    "pydantic_core": "pydantic",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost-cpu",
}
USED_BY_UPROOT: set[str] = set()
# imported only where an extra was installed
OPTIONAL = {"pythia8mc"}


def name_of(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert match
    return match.group().lower().replace("_", "-")


def imported() -> set[str]:
    modules = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.split(".")[0])
    own = {"n2mu", *sys.stdlib_module_names}
    return {DISTRIBUTIONS.get(m, m).lower().replace("_", "-") for m in modules - own}


def test_every_import_is_declared_and_every_declaration_is_imported() -> None:
    declared = {name_of(requirement) for requirement in PROJECT["dependencies"]}
    assert (imported() - OPTIONAL) | USED_BY_UPROOT == declared


def test_what_is_imported_only_at_times_is_asked_for_by_an_extra() -> None:
    extras = PROJECT["optional-dependencies"]
    assert {name_of(requirement) for extra in extras.values() for requirement in extra} >= OPTIONAL
    assert imported() >= OPTIONAL


def test_the_conda_environment_asks_for_the_same() -> None:
    environment = yaml.safe_load((ROOT / "envs/n2mu.yaml").read_text())
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    extras = PROJECT["optional-dependencies"]
    assert sorted(pip) == sorted(PROJECT["dependencies"] + extras["demo"])
    assert f"python{PROJECT['requires-python']}" in environment["dependencies"]


def test_every_requirement_is_locked_and_the_lock_allows_it() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    locked = {name_of(line) for line in lines if "==" in line}
    extras = PROJECT["optional-dependencies"]
    asked = PROJECT["dependencies"] + [r for extra in extras.values() for r in extra]
    assert {name_of(requirement) for requirement in asked} <= locked
    assert "torch==2.13.0" in lines
