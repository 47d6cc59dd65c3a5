"""What the dictionaries of models, losses, treatments and figures hold, without importing them.

Planning and checking know these names without loading torch or matplotlib, so they
are read from the syntax tree: a dictionary in a module, from texts to names that the module
imports.
"""

import ast
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent


@cache
def registered(module: str, dictionary: str) -> dict[str, ast.ClassDef | ast.FunctionDef | None]:
    """Return the entries of a dictionary, each with the class or function that it names.

    Parameters
    ----------
    module
        Full name, such as ``n2mu.models.registry``.
    dictionary
        Its name there.

    Returns
    -------
    dict
        In the order of the dictionary; none for an entry that is no imported name.
    """
    tree = _parsed(module)
    found = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == dictionary
    )
    assert isinstance(found, ast.Dict)
    origins = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }
    result: dict[str, ast.ClassDef | ast.FunctionDef | None] = {}
    for key, value in zip(found.keys, found.values, strict=True):
        assert isinstance(key, ast.Constant)
        name = value.id if isinstance(value, ast.Name) else ""
        result[str(key.value)] = _defined(origins[name], name) if name in origins else None
    return result


def caption(module: str, dictionary: str, name: str) -> str | None:
    """Return the docstring of an entry up to its sections; none if it has none."""
    entry = registered(module, dictionary).get(name)
    text = None if entry is None else ast.get_docstring(entry)
    return None if text is None else text.partition("\n\nParameters\n")[0]


def _defined(module: str, name: str) -> ast.ClassDef | ast.FunctionDef:
    return next(
        node
        for node in _parsed(module).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name
    )


@cache
def _parsed(module: str) -> ast.Module:
    path = _ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))
