"""The architectures that ``models.yaml`` may name, known without loading torch."""

import ast
from functools import cache

from n2mu.registries import registered

FROM_DATA = ("collections", "labelled", "signal")
"""Parameters that are not set in the configuration: what the events are made of."""


@cache
def _classes() -> dict[str, ast.ClassDef]:
    entries = registered("n2mu.models.registry", "ARCHITECTURES")
    return {name: entry for name, entry in entries.items() if isinstance(entry, ast.ClassDef)}


@cache
def architectures() -> dict[str, tuple[str, ...]]:
    """Return the parameters of each architecture in the registry of models."""
    return {name: _parameters(entry) for name, entry in _classes().items()}


@cache
def per_object() -> tuple[str, ...]:
    """Return the architectures that have an output for each object of a collection."""
    return tuple(name for name, entry in _classes().items() if _is_per_object(entry))


@cache
def grown() -> tuple[str, ...]:
    """Return the architectures that are trees, which are grown and not trained by gradients."""
    return tuple(name for name, entry in _classes().items() if _is_grown(entry))


def _parameters(entry: ast.ClassDef) -> tuple[str, ...]:
    made = next(n for n in entry.body if isinstance(n, ast.FunctionDef) and n.name == "__init__")
    return tuple(a.arg for a in made.args.kwonlyargs if a.arg not in FROM_DATA)


def _is_per_object(entry: ast.ClassDef) -> bool:
    return any(
        isinstance(node, ast.Assign) and ast.unparse(node) == "per_object = True"
        for node in entry.body
    )


def _is_grown(entry: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "BoostedTrees" for base in entry.bases)
