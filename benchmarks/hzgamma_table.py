"""Table 1 of the H -> Z gamma analysis beside what is expected of it.

``python -m benchmarks.hzgamma_table results/hzgamma/studies/table_1`` prints the end of
docs/hzgamma.md, from "Table 1" on, of a study that Snakemake has made.
"""

import sys
from collections.abc import Mapping
from math import hypot
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.studies import SIGMAS, difference
from n2mu.products import read_json

NETWORKS = ("fnn", "dfnn", "etn")
LOSSES = ("bce", "ext")


def measures(study: Mapping[str, Any], measure: str) -> dict[str, tuple[float, float]]:
    """Return a measure of every variant with both errors in quadrature."""
    found = {}
    for variant in study["variants"]:
        number = variant["measures"][measure]
        error = hypot(number["error_events"] or 0.0, number["error_training"] or 0.0)
        found[variant["variant"]] = (number["value"], error)
    return found


def of_random(study: Mapping[str, Any]) -> list[str]:
    """Return whether scores that know nothing have the significance of the paper."""
    value, error = measures(study, "significance")["random"]
    theirs = study["variants"][0]["published"]["significance"]
    text = f"{value:.3f} ± {error:.3f}"
    return ["Random scores: about 0.50", text, _said(abs(value / theirs - 1) <= 0.2)]


def of_areas(study: Mapping[str, Any]) -> list[str]:
    """Return whether the areas are near 75 %."""
    areas = {name: 100 * value for name, (value, _) in measures(study, "auc").items()}
    del areas["random"]
    low, high = min(areas, key=areas.__getitem__), max(areas, key=areas.__getitem__)
    text = f"{areas[low]:.1f} % (`{low}`) to {areas[high]:.1f} % (`{high}`)"
    said = _said(areas[low] >= 73 and areas[high] <= 77)
    return ["AUC near 75 %: between 73 and 77 %", text, said]


def of_disco(study: Mapping[str, Any]) -> list[list[str]]:
    """Return what the distance correlation takes off the correlation and the significance."""
    pairs = [(f"{n}_{loss}", f"{n}_{loss}_disco") for n in NETWORKS for loss in LOSSES]
    rows = []
    for measure, what in (("correlation", "as it is"), ("beyond_chance", "beyond chance")):
        found = measures(study, measure)
        sides = []
        for side in (0, 1):
            numbers = [found[pair[side]] for pair in pairs]
            mean = fmean(value for value, _ in numbers)
            # of the same events, so that errors may not get smaller in a mean
            sides.append((mean, fmean(error for _, error in numbers)))
        (without, error), (with_, other) = sides
        text = f"{1e3 * without:.1f} ± {1e3 * error:.1f} to {1e3 * with_:.1f} ± {1e3 * other:.1f}"
        far = without >= 2 * with_
        statement = f"DisCo divides the correlation by two at least, mean of six pairs, {what}"
        rows.append([statement, f"{text} (10⁻³)", _said(far)])
    losses = [difference(study, with_, without, "significance") for without, with_ in pairs]
    significances = measures(study, "significance")
    before = fmean(significances[without][0] for without, _ in pairs)
    change = fmean(loss["value"] for loss in losses)
    error = fmean(hypot(loss["error_events"], loss["error_training"] or 0.0) for loss in losses)
    text = f"{change:+.3f} ± {error:.3f} of {before:.3f}, {100 * change / before:+.0f} %"
    near = abs(change) <= max(0.05 * before, SIGMAS * error)
    rows.append(["at nearly equal significance: within 5 %, or two errors", text, _said(near)])
    return rows


def of_transformer(study: Mapping[str, Any]) -> list[list[str]]:
    """Return how the event classifier transformer does beside the feed-forward network."""
    rows = []
    for loss in (*LOSSES, *(f"{loss}_disco" for loss in LOSSES)):
        found = difference(study, f"etn_{loss}", f"fnn_{loss}", "significance")
        error = hypot(found["error_events"], found["error_training"] or 0.0)
        text = f"{found['value']:+.3f} ± {error:.3f}"
        statement = f"ETN not below FNN by two errors, `{loss}`"
        rows.append([statement, text, _said(found["value"] >= -SIGMAS * error)])
    return rows


def _said(holds: bool) -> str:
    return "yes" if holds else "**no**"


def section(study: Mapping[str, Any], table: str) -> str:
    """Return the part of the page in Markdown.

    Parameters
    ----------
    study
        Contents of ``study.json``.
    table
        Contents of ``study.md``.
    """
    rows = [of_random(study), of_areas(study), *of_disco(study), *of_transformer(study)]
    lines = [
        f"{study['events']} simulated events in the signal region, {study['trials']} trials.",
        "",
        table.strip(),
        "",
        "| expected | here | |",
        "| --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    made = Path(sys.argv[1])
    print(section(read_json(made / "study.json"), (made / "study.md").read_text()))
