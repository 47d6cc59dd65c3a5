"""What the workflow would run, why, and how long it takes by earlier runs."""

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_JOB = re.compile(r"\n(?=\[\w{3} \w{3} +\d+ )")
_SHOWN = 3  # changed keys of one job that are named


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
    found = re.search(r"before: (.*?) ?now: (.*?)(?:; |$)", reason, re.DOTALL)
    if found is None:
        return ["settings"]
    before, now = (_texts(part) for part in found.groups())
    old, new = _settings(before), _settings(now)
    if old is None or new is None:
        # what remains are digests: of code, or of what made the inputs
        return ["code of n2mu, or what made the inputs"]
    keys = list(differences(old, new))
    named = keys[:_SHOWN]
    if len(keys) > _SHOWN:
        named.append(f"{len(keys) - _SHOWN} more keys")
    return named


def _texts(part: str) -> list[str]:
    """Return the texts of a printed list of Python literals."""
    try:
        values = ast.literal_eval(f"[{part.strip().rstrip(',')}]")
    except (SyntaxError, ValueError):
        return []
    return [value for value in values if isinstance(value, str)]


def _settings(texts: Iterable[str]) -> Any:
    """Return the settings among texts; none if there are none."""
    for text in texts:
        if text.startswith(("{", "[")):
            try:
                return json.loads(text)
            except json.JSONDecodeError:
                continue
    return None


def differences(old: Any, new: Any, where: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the keys at which two JSON values differ, with both values.

    Entries of lists that have a name are compared by it.
    """
    if isinstance(old, list) and isinstance(new, list):
        old, new = _by_name(old), _by_name(new)
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return {} if old == new else {where: (old, new)}
    found: dict[str, tuple[Any, Any]] = {}
    for key in dict.fromkeys([*old, *new]):
        place = f"{where}.{key}" if where else str(key)
        if key not in old or key not in new:
            found[place] = (old.get(key), new.get(key))
        else:
            found |= differences(old[key], new[key], place)
    return found


def _by_name(entries: Sequence[Any]) -> dict[str, Any]:
    for name in ("name", "path", "data_set"):
        if entries and all(isinstance(e, Mapping) and name in e for e in entries):
            named = {str(entry[name]): entry for entry in entries}
            if len(named) == len(entries):
                return named
    return {str(number): entry for number, entry in enumerate(entries)}
