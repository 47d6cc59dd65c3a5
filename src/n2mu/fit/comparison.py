"""Fits side by side: signal strengths, pulls, impacts."""

import logging
from collections.abc import Mapping, Sequence
from math import isclose
from pathlib import Path
from typing import Any

from n2mu.errors import ConfigurationError, ProductError, counted
from n2mu.fit.inference_settings import ComparisonSettings
from n2mu.products import read_json, write_json

logger = logging.getLogger(__name__)

Json = dict[str, Any]

_FITTED = ("value", "uncertainty", "pull", "constraint")
_RANKED = ("status", "impact_prefit", "impact_postfit")


def run_compare(
    settings: ComparisonSettings,
    mu_fits: Sequence[Path],
    rankings: Sequence[Path],
    output: Path,
    provenance: Json,
) -> None:
    """Write what several fits found, parameter by parameter.

    Parameters
    ----------
    settings
        What the fits are called.
    mu_fits
        ``mu_fit.json`` of each fit.
    rankings
        ``ranking.json`` of each fit, in the same order; without any, the ``ranking.json`` beside
        each ``mu_fit.json`` is taken where it exists and belongs to it.
    output
        Path of the product.
    provenance
        Written into the product.

    Raises
    ------
    ConfigurationError
        If there are fewer than two fits, or not as many labels or rankings as fits.
    ProductError
        If a product is damaged, or a given ranking belongs to another fit.
    """
    if len(mu_fits) < 2:
        raise ConfigurationError(f"a comparison needs two or more mu_fit.json, got {len(mu_fits)}")
    for what, given in (("--label", settings.labels), ("--ranking", rankings)):
        if given and len(given) != len(mu_fits):
            raise ConfigurationError(
                f"{counted(len(mu_fits), 'fit')}, but {what} is given "
                f"{counted(len(given), 'time')}; give it once per fit"
            )
    fits = [
        _product(
            path, ("fit", "dataset", "blinding", "mu", "mu_stat_only", "parameters", "provenance")
        )
        for path in mu_fits
    ]
    ranked = [
        _ranking(fit, path, i, rankings)
        for i, (fit, path) in enumerate(zip(fits, mu_fits, strict=True))
    ]
    names = settings.labels or _labels(fits, mu_fits)
    if len(set(names)) < len(names):
        raise ConfigurationError(f"two fits are called {sorted(names)}; give each its own --label")
    content = {
        "kind": "compare",
        "fits": [
            {
                "label": name,
                "path": str(path),
                **{key: fit[key] for key in ("dataset", "blinding", "mu", "mu_stat_only")},
                "data": {"data_regions": fit["provenance"].get("data_regions", [])},
            }
            for name, path, fit in zip(names, mu_fits, fits, strict=True)
        ],
        "parameters": side_by_side([fit["parameters"] for fit in fits], _FITTED),
        "ranking": _by_impact(side_by_side(ranked, _RANKED)) if any(ranked) else [],
        "provenance": provenance,
    }
    write_json(output, content)


def side_by_side(
    fits: Sequence[Sequence[Mapping[str, Any]]], keys: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the entries of each parameter in all fits; None where a fit does not have it."""
    known = [{str(entry["name"]): entry for entry in fit} for fit in fits]
    kinds: dict[str, str] = {}
    for entries in known:
        for name, entry in entries.items():
            kinds.setdefault(name, str(entry["kind"]))
    return [
        {
            "name": name,
            "kind": kind,
            "fits": [
                {key: entries[name][key] for key in keys} if name in entries else None
                for entries in known
            ],
        }
        for name, kind in kinds.items()
    ]


def impact_size(entry: Mapping[str, Any]) -> float:
    """Return the largest absolute post-fit impact of a parameter in any of the fits."""
    return max(
        (
            abs(side)
            for fit in entry["fits"]
            if fit is not None
            for side in fit["impact_postfit"].values()
            if side is not None
        ),
        default=0.0,
    )


def _by_impact(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: (-impact_size(entry), entry["name"]))


def _labels(fits: Sequence[Json], paths: Sequence[Path]) -> list[str]:
    names = [str(fit["fit"]["name"]) for fit in fits]
    if all(names) and len(set(names)) == len(names):
        return names
    # what tells the paths apart: their stems, else their directories
    for labels in ([path.stem for path in paths], [str(path.parent.name) for path in paths]):
        if len(set(labels)) == len(labels):
            return labels
    return [str(path) for path in paths]


def _ranking(
    fit: Json, mu_fit: Path, position: int, rankings: Sequence[Path]
) -> list[Mapping[str, Any]]:
    path = rankings[position] if rankings else mu_fit.with_name("ranking.json")
    if not rankings and not path.is_file():
        return []
    entries: list[Mapping[str, Any]] = _product(path, ("parameters",))["parameters"]
    if _belongs(fit["parameters"], entries):
        return entries
    message = f"{path}: its pulls are not those of {mu_fit}; it is the ranking of another fit"
    if rankings:
        raise ProductError(message)
    logger.warning("%s and left out", message)
    return []


def _belongs(fitted: Sequence[Mapping[str, Any]], ranked: Sequence[Mapping[str, Any]]) -> bool:
    pulls = {entry["name"]: (entry["pull"], entry["constraint"]) for entry in fitted}
    for entry in ranked:
        for found, expected in zip(
            (entry["pull"], entry["constraint"]),
            pulls.get(entry["name"], (float("inf"),) * 2),
            strict=True,
        ):
            if (found is None) != (expected is None):
                return False
            if found is not None and not isclose(found, expected, rel_tol=1e-3, abs_tol=1e-4):
                return False
    return True


def _product(path: Path, keys: Sequence[str]) -> Json:
    content = read_json(path)
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            raise ProductError(f"{path}: no '{key}'; run the stage that writes it again")
    return dict(content)
