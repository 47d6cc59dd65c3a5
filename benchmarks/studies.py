"""The studies of the demonstration beside what the thesis says of its own.

``python -m benchmarks.studies results/tth`` reads the studies that ``snakemake studies`` made and
prints the end of docs/studies.md, from "Beside the thesis" on.
"""

import sys
from collections.abc import Mapping, Sequence
from math import hypot
from pathlib import Path
from typing import Any, Literal, NamedTuple

from n2mu.plots.numbers import signed
from n2mu.products import read_json

SIGMAS = 2.0
"""Standard deviations beyond which two variants differ."""

Expected = Literal["higher", "lower", "not higher", "the same"]


class Statement(NamedTuple):
    """What the thesis says of one variant beside another."""

    text: str
    variant: str
    other: str
    expected: Expected


class Comparison(NamedTuple):
    """A study and its place in the thesis."""

    figure: str
    statements: list[Statement]


STUDIES = {
    "missing_resnet": Comparison(
        "2.6",
        [
            Statement("Zero does as well for missing values", "zero", "learnable", "the same"),
            Statement(
                "Embedding categories changes nothing",
                "learnable_embedded",
                "learnable",
                "the same",
            ),
        ],
    ),
    "missing_ftt": Comparison(
        "2.7",
        [Statement("Zero for missing values is worse", "zero", "learnable", "lower")],
    ),
    "training_set": Comparison(
        "2.10",
        [
            Statement("Half of the extended set does as well as all", "half", "all", "the same"),
            Statement("A tenth of it is worse", "tenth", "all", "lower"),
            Statement("A twentieth of it is worse", "twentieth", "all", "lower"),
            Statement(
                "A twentieth is better than the standard set", "twentieth", "standard", "higher"
            ),
        ],
    ),
    "weighting": Comparison(
        "2.11",
        [
            Statement(f"`{name}` gains nothing over no weights", name, "none", "not higher")
            for name in (
                "event_batch",
                "event",
                "class_raw",
                "class_weighted",
                "class_raw_event",
                "class_weighted_event",
            )
        ],
    ),
    "formulations": Comparison(
        "2.12",
        [
            Statement("All classes do better than binary", "multi_class", "binary", "higher"),
            Statement(
                "Two phases may do better still (a hypothesis)",
                "two_phase",
                "multi_class",
                "higher",
            ),
        ],
    ),
    "architectures": Comparison(
        "2.13",
        [
            Statement("A residual network is better than an MLP", "resnet", "mlp", "higher"),
            Statement("The staged network does as an MLP", "staged", "mlp", "the same"),
            Statement("An FT-Transformer is the best", "ftt_2_blocks", "resnet", "higher"),
            Statement("It is better than trees", "ftt_2_blocks", "xgboost", "higher"),
            Statement("Dropout improves it", "ftt_2_blocks_dropout", "ftt_2_blocks", "higher"),
            Statement(
                "The extended training set improves a model",
                "resnet_binary",
                "resnet_binary_standard",
                "higher",
            ),
        ],
    ),
}


def difference(study: Mapping[str, Any], variant: str, other: str, measure: str) -> dict[str, Any]:
    """Return how much larger a measure of a variant is than that of another, with its errors."""
    variants = {entry["variant"]: entry for entry in study["variants"]}
    if other in variants[variant]["differences"]:
        return dict(variants[variant]["differences"][other][measure])
    found = dict(variants[other]["differences"][variant][measure])
    return found | {"value": None if found["value"] is None else -found["value"]}


def verdict(found: Mapping[str, float | None], expected: Expected) -> str:
    """Return whether a difference is what was said, beyond or within its errors."""
    value, events = found["value"], found["error_events"]
    if value is None or events is None:
        return "not measured"
    reach = SIGMAS * hypot(events, found["error_training"] or 0.0)
    if abs(value) <= reach:
        return "agrees" if expected in ("the same", "not higher") else "no difference seen"
    seen = "higher" if value > 0 else "lower"
    if seen == expected or (seen, expected) == ("lower", "not higher"):
        return "agrees"
    return f"differs: {seen}"


def section(study: Mapping[str, Any], table: str, told: Comparison) -> str:
    """Return the part of one study in Markdown.

    Parameters
    ----------
    study
        Contents of ``study.json``.
    table
        Contents of ``study.md``.
    """
    lines = [
        f"### {study['title']} (figure {told.figure})",
        "",
        f"`{study['study']}`, {study['events']} simulated events, seeds: {study['seeds']}.",
        "",
        table.strip(),
        "",
    ]
    fitted = "mu" in study["measures"]
    header = ["the thesis", "AUC here", "", "significance here", ""]
    header += ["uncertainty on μ here"] if fitted else []
    lines += [_row(header), _row(["---"] * len(header))]
    for statement in told.statements:
        cells = [statement.text]
        for measure, digits in (("auc", 4), ("significance", 3)):
            found = difference(study, statement.variant, statement.other, measure)
            error = hypot(found["error_events"] or 0.0, found["error_training"] or 0.0)
            shown = "" if found["value"] is None else signed(found["value"], digits)
            cells += [f"{shown} ± {error:.{digits}f}", verdict(found, statement.expected)]
        if fitted:
            # of which no error is known where there is one seed, and so no verdict
            found = difference(study, statement.variant, statement.other, "mu")
            cells.append("" if found["value"] is None else signed(found["value"], 3))
        lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(results: Path) -> None:
    """Print the sections of all studies that there are."""
    print("## Beside the thesis\n")
    for name, told in STUDIES.items():
        path = results / "studies" / name / "study.json"
        if path.exists():
            print(section(read_json(path), path.with_suffix(".md").read_text(), told))
        else:
            print(f"### Figure {told.figure}\n\n`{name}` has not been run.\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
