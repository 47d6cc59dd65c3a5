"""ARCHITECTURE.md is short and true."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text()


def test_every_path_that_it_names_exists() -> None:
    named = re.findall(r"`((?:src|tests|workflow|config|docs)/[^`\s]*|Snakefile)`", PAGE)
    linked = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", PAGE)]
    assert len(named) > 40
    for path in [*named, *linked]:
        assert (ROOT / path).exists(), path


def test_every_package_is_there() -> None:
    packages = [path.parent for path in (ROOT / "src/n2mu").glob("*/__init__.py")]
    modules = [path for path in (ROOT / "src/n2mu").glob("*.py") if path.stem != "__init__"]
    for path in [*packages, *modules]:
        assert f"`{path.relative_to(ROOT)}`" in PAGE, path.name


def test_it_is_short() -> None:
    assert len(PAGE.splitlines()) <= 150
