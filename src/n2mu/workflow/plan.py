"""What the workflow would run, why, and how long it takes by earlier runs."""

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\bnow:""")
_JOB = re.compile(r"\n(?=\[\w{3} \w{3} +\d+ )")


@dataclass(frozen=True)
class PlannedJob:
    """One job of a dry run.

    Attributes
    ----------
    benchmark
        Path of its benchmark; none for jobs that have none.
    causes
        What it runs for, in words; none if only since its inputs are made again.
    """

    rule: str
    wildcards: dict[str, str]
    benchmark: str | None
    causes: list[str]


def read_plan(printed: str) -> list[PlannedJob]:
    """Return the jobs of a dry run from what Snakemake prints."""
    jobs = []
    for block in _JOB.split(printed):
        rule = re.search(r"^(?:local)?rule (\w+):", block, re.MULTILINE)
        if rule is None:
            continue
        entries = dict(re.findall(r"^    (\w+): (.*)$", block, re.MULTILINE))
        pairs = entries.get("wildcards", "").split(", ") if "wildcards" in entries else []
        jobs.append(
            PlannedJob(
                rule=rule.group(1),
                wildcards=dict(pair.split("=", 1) for pair in pairs),
                benchmark=entries.get("benchmark"),
                causes=_causes(entries.get("reason", "")),
            )
        )
    return jobs


def read_products(printed: str) -> list[str]:
    """Return the products of all jobs of a dry run from what Snakemake prints."""
    lines = re.findall(r"^    output: (.*)$", printed, re.MULTILINE)
    return [product for line in lines for product in line.split(", ")]


def _causes(reason: str) -> list[str]:
    """Return in words why a job runs, besides that its inputs are made again."""
    causes = []
    for start, cause in {
        "Missing output files": "not made yet",
        "Incomplete output files": "was interrupted",
        "Forced execution": "asked for",
        "Code has changed": "command of the rule",
        "Set of input files has changed": "other inputs",
        "Updated input files": "newer inputs",
    }.items():
        if start in reason:
            causes.append(cause)
    if "Params have changed" in reason:
        causes += _changed(reason)
    return list(dict.fromkeys(causes))


def _changed(reason: str) -> list[str]:
    """Return which keys of the settings differ between the last run and now."""
    before, now = _texts(reason)
    old, new = _settings(before), _settings(now)
    if old is None or new is None:
        # what remains are digests: of code, or of what made the inputs
        return ["code of n2mu, or what made the inputs"]
    # the files of the demo are a list without keys
    return [f"{key or 'its files'} changed" for key in differences(old, new)]


def _texts(reason: str) -> tuple[list[str], list[str]]:
    """Return the parameters of the last run and of this one, which stand there as literals."""
    sides: tuple[list[str], list[str]] = [], []
    side = 0
    for part in _LITERAL.findall(reason.partition("before: ")[2]):
        if part == "now:":
            side = 1
        else:
            sides[side].append(ast.literal_eval(part))
    return sides


def _settings(texts: Iterable[str]) -> Any:
    """Return the settings among texts; none if there are none."""
    for text in texts:
        if text.startswith(("{", "[")):
            try:
                return json.loads(text)
            except json.JSONDecodeError:
                continue
    return None


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """Return the keys at which two JSON values differ.

    Entries of lists are compared by their name, if they have one; which entry it
    is does not show.
    """
    if isinstance(old, list) and isinstance(new, list):
        before, after = _by_name(old), _by_name(new)
        if before is None or after is None or before.keys() != after.keys():
            return [] if old == new else [where]
        pairs = [(where, before[name], after[name]) for name in before]
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        places = {key: f"{where}.{key}" if where else str(key) for key in [*old, *new]}
        pairs = [(place, old.get(key), new.get(key)) for key, place in places.items()]
    else:
        return [] if old == new else [where]
    return list(dict.fromkeys(key for place, a, b in pairs for key in differences(a, b, place)))


def _by_name(entries: Sequence[Any]) -> dict[str, Any] | None:
    """Return entries by their name; none if they have none, or share one."""
    for name in ("name", "path", "data_set"):
        if entries and all(isinstance(e, Mapping) and name in e for e in entries):
            named = {str(entry[name]): entry for entry in entries}
            if len(named) == len(entries):
                return named
    return None
