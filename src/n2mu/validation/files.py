"""Which files a configuration means, and which of them are there as listed."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from n2mu.config.inputs import DataSet
from n2mu.config.main import Main
from n2mu.demo.listing import planned_listing
from n2mu.errors import N2muError
from n2mu.inputs.identity import NtupleFile
from n2mu.inputs.listing import ListedFile, Listing, read_listing, require_current, source_of
from n2mu.inputs.location import Location, matching_files, nearest_path
from n2mu.validation.report import Report


class Chosen(NamedTuple):
    """The file of a data set that is looked into."""

    path: Location
    listed: NtupleFile | None


def choose_files(
    main: Main,
    data_sets: Mapping[str, DataSet],
    bases: Mapping[str, Location],
    report: Report,
) -> dict[str, Chosen]:
    """Return a file with events for every data set that has one, and report what is missing.

    Parameters
    ----------
    bases
        Directories of the ntuples by name.
    """
    if main.demo is not None:
        return _planned(main, data_sets, bases, report)
    assert main.listing is not None
    path = Path(main.listing)
    if not path.exists():
        report.notes.append(f"{path}: no such listing yet; run 'n2mu list' before the workflow")
        return _found(data_sets, bases, report)
    listing = read_listing(path)
    current: dict[str, DataSet] = {}
    for name, data_set in data_sets.items():
        try:
            require_current(listing, [data_set], list(bases), str(path))
            current[name] = data_set
        except N2muError as error:
            report.add(str(error))
    others = {name: data_set for name, data_set in data_sets.items() if name not in current}
    return _listed(listing, current, bases, report) | _found(others, bases, report)


def _planned(
    main: Main, data_sets: Mapping[str, DataSet], bases: Mapping[str, Location], report: Report
) -> dict[str, Chosen]:
    """Return files of the demo as far as they are made; that others are not is no problem."""
    assert main.demo is not None
    base = next(iter(bases))
    chosen: dict[str, Chosen] = {}
    planned: set[str] = set()
    for file in planned_listing(main.analysis, main.demo, base).files:
        path = bases[base] / file.path
        for name in file.data_sets:
            planned.add(name)
            if name in data_sets and name not in chosen and path.exists():
                chosen[name] = Chosen(path, None)
    for name in sorted(data_sets.keys() - planned):
        report.add("no data set of the built-in Monte Carlo", key=f"inputs.yaml: '{name}'")
    missing = sorted((data_sets.keys() & planned) - chosen.keys())
    if missing:
        report.unchecked.append(
            f"ntuples of {len(missing)} of {len(data_sets)} data sets, which the demo makes later: "
            "trees, branches, sums of weights and events; run 'n2mu demo' for its chunks, or "
            "'snakemake', and validate again"
        )
    return chosen


def _listed(
    listing: Listing,
    data_sets: Mapping[str, DataSet],
    bases: Mapping[str, Location],
    report: Report,
) -> dict[str, Chosen]:
    chosen: dict[str, Chosen] = {}
    known: dict[str, set[str]] = {name: set() for name in data_sets}
    for file in listing.files:
        names = [name for name in file.data_sets if name in data_sets]
        path = bases[file.base] / file.path
        for name in names:
            known[name].add(file.path)
            text = _changed(path, file) if isinstance(path, Path) else None
            if text is not None:
                report.add(f"{path}: {text}", data_set=name)
            elif name not in chosen and (file.entries or {}).get(data_sets[name].tree, 0):
                identity = NtupleFile(
                    base=file.base, path=file.path, identity=file.content, entries=file.entries
                )
                chosen[name] = Chosen(path, identity)
    for name, data_set in data_sets.items():
        base = bases[source_of(data_set, list(bases)).base]
        new = [path for path in matching_files(base, data_set.files) if path not in known[name]]
        if new:
            report.add(
                f"{base}/{new[0]}: is not listed ({len(new)} such files), its events would be "
                "missing; run 'n2mu list'",
                data_set=name,
            )
        if name not in chosen:
            report.notes.append(f"{name}: no listed file has an event in '{data_set.tree}'")
    return chosen


def _changed(path: Path, file: ListedFile) -> str | None:
    """Say how a file differs from its listing, without reading it."""
    try:
        size = path.stat().st_size
    except OSError:
        return "is listed, but there is no such file; restore it, or run 'n2mu list'"
    if size != file.bytes:
        return f"has {size} bytes, listed are {file.bytes}; run 'n2mu list'"
    return None


def _found(
    data_sets: Mapping[str, DataSet], bases: Mapping[str, Location], report: Report
) -> dict[str, Chosen]:
    chosen = {}
    for name, data_set in data_sets.items():
        source = source_of(data_set, list(bases))
        if source.base not in bases:
            continue  # a mistake of the configuration
        base = bases[source.base]
        try:
            files = matching_files(base, data_set.files)
        except N2muError as error:
            report.add(str(error), data_set=name)
            continue
        if files:
            chosen[name] = Chosen(base / files[0], None)
        else:
            hint = nearest_path(base, data_set.files) if isinstance(base, Path) else ""
            key = f"inputs.yaml: inputs.{data_set.input}.files"
            report.add(f"no file matches {base}/{data_set.files}{hint}", key=key, data_set=name)
    return chosen
