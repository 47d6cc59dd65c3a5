"""The layout of the package: who imports whom, and what is loaded when."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import n2mu

SOURCE = Path(n2mu.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))

# a package imports only from those before it
ORDER = [
    "errors",
    "products",
    "progress",
    "cores",
    "registries",
    "expressions",
    "config",
    "inputs",
    "data",
    "statistics",
    "skim",
    "models",
    "losses",
    "training",
    "scoring",
    "evaluation",
    "templates",
    "fit",
    "plots",
    "interop",
    "workflow",
    "demo",
    "validation",
    "report",
    "commands",
]
HEAVY = [
    "awkward",
    "boost_histogram",
    "hist",
    "iminuit",
    "matplotlib",
    "mplhep",
    "numpy",
    "pyarrow",
    "pyhf",
    "pythia8mc",
    "scipy",
    "sklearn",
    "torch",
    "uproot",
    "xgboost",
]
LONGEST = 400


def place(path: Path) -> str:
    """Return the package of a module, or its own name at the top level."""
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[str]:
    """Yield the names of all imported modules, lazily imported ones as well."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: the fingerprint does not follow relative imports"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_package_has_its_place_in_the_order() -> None:
    found = {place(path) for path in MODULES} - {"__init__"}
    assert found <= set(ORDER)


def test_a_package_imports_only_from_those_above_it() -> None:
    rank = {name: number for number, name in enumerate(ORDER)}
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in MODULES
        for name in imports(path)
        if name.startswith("n2mu.") and rank.get(name.split(".")[1], 0) > rank.get(place(path), 0)
    ]
    assert wrong == []


def test_the_fingerprint_can_follow_every_import() -> None:
    dynamic = [path for path in MODULES if any("importlib" in name for name in imports(path))]
    assert dynamic == []


def test_no_module_is_too_long() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in MODULES}
    assert [path for path, length in lengths.items() if length >= LONGEST] == []


def loaded(code: str) -> set[str]:
    """Return the packages that a new process has imported after running some code."""
    report = "import json, sys; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from n2mu.commands.app import main; sys.argv = ['n2mu', '--help']\n"
        "try: main()\nexcept SystemExit: pass"
    )
    assert loaded(code) & set(HEAVY) == set()


def test_what_the_workflow_is_planned_with_loads_nothing_heavy() -> None:
    code = (
        "from n2mu.commands.job import open_job\n"
        f"job = open_job({str(SOURCE.parents[1] / 'config/config.yaml')!r})\n"
        "from n2mu.commands.job import slice_json\n"
        "from n2mu.workflow.fingerprint import fingerprint\n"
        "fingerprint('n2mu.skim.stage')\n"
        "[slice_json(job.slices.skim(chunk)) for chunk in job.slices.chunks]"
    )
    assert loaded(code) & set(HEAVY) == set()
