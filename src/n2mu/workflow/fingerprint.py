"""Fingerprints of code: what a job computes with, as far as this project wrote it.

A stage reruns when the syntax tree of its module, or of anything of n2mu that
it imports directly or indirectly, changes.  Comments, formatting and docstrings
are no part of it.
"""

import ast
from functools import cache
from pathlib import Path

from n2mu.products import digest

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGE = _ROOT.name


@cache
def fingerprint(module: str) -> str:
    """Return the fingerprint of a module and of its imports within the package.

    Parameters
    ----------
    module
        Full name, such as ``n2mu.skim.stage``.
    """
    return digest("\n".join(f"{name} {_tree_digest(name)}" for name in sorted(imported(module))))


@cache
def imported(module: str) -> frozenset[str]:
    """Return a module and every module of the package that it imports, also lazily."""
    found: set[str] = set()
    pending = [module]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.add(name)
        pending += _direct_imports(name)
    return frozenset(found)


@cache
def _source(module: str) -> Path | None:
    """Return the file of a module of the package; none if there is no such module."""
    path = _ROOT.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _parsed(module: str) -> ast.Module:
    source = _source(module)
    if source is None:
        raise ModuleNotFoundError(f"no module {module} in {_ROOT}", name=module)
    return ast.parse(source.read_text())


@cache
def _direct_imports(module: str) -> frozenset[str]:
    parents = {module.rsplit(".", depth)[0] for depth in range(1, module.count(".") + 1)}
    names = parents - {_PACKAGE}
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            # "from package import name" may import a module of that name
            candidates = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        names |= {
            name
            for name in candidates
            if name.startswith(f"{_PACKAGE}.") and _source(name) is not None
        }
    return frozenset(names)


@cache
def _tree_digest(module: str) -> str:
    return digest(ast.dump(_WithoutTexts().visit(_parsed(module))))


class _WithoutTexts(ast.NodeTransformer):
    """Removes statements that are a text alone: docstrings, of variables as well."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else node
