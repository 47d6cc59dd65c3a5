"""``n2mu validate``: the configuration, its files, and a look into one file per data set."""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from n2mu.config.configuration import Configuration
from n2mu.config.inputs import DataSet, data_sets
from n2mu.config.survey import survey
from n2mu.errors import N2muError, excerpt_of
from n2mu.inputs.listing import ListedFile, Listing
from n2mu.inputs.location import location
from n2mu.inputs.workers import in_order
from n2mu.validation.files import Chosen, choose_files
from n2mu.validation.look import Look, Seen, look
from n2mu.validation.questions import asked_of_all
from n2mu.validation.report import Report
from n2mu.validation.scales import Scales
from n2mu.validation.texts import refused_texts
from n2mu.validation.units import other_units
from n2mu.validation.weights import missing_weight, odd_features, repeated_factors
from n2mu.workflow.analysis import Analysis

_SAME_LUMINOSITY = 0.02
_LUMINOSITY = re.compile(
    r"(\d[\d,]*\.?\d*)\s*\\?[,~ ]*(?:1?\s*/|inv\.?)?\s*(?:\$?\\?(?:mathrm|text)?\{?)?\s*([pfa]b)"
)
_UNITS = {"pb": 1.0, "fb": 1e3, "ab": 1e6}


def validate(config: Path | Mapping[str, Any], entries: int = 2000, workers: int = 1) -> Report:
    """Check a whole configuration against the ntuples.

    Parameters
    ----------
    config
        Path of ``config.yaml``, or its content.
    entries
        How many are read of one file per data set.
    workers
        Processes that open files.

    Returns
    -------
    Report
        All problems, not only the first.
    """
    start = time.monotonic()
    report = Report()
    configuration, mistakes = survey(config)
    for mistake in mistakes:
        report.add(str(mistake), excerpt=excerpt_of(mistake))
    if configuration is None:
        report.unchecked.append(
            "the ntuples, and what the files say of each other: correct the problems first"
        )
        return report
    _compare_luminosity(configuration, report)
    for what in (refused_texts, repeated_factors, odd_features):
        for key, text in what(configuration):
            report.add(text, key=key)
    report.notes += missing_weight(configuration)
    sets = {d.name: d for d in data_sets(configuration.inputs)}
    bases = {name: location(path) for name, path in configuration.main.ntuples.items()}
    try:
        chosen = choose_files(configuration.main, sets, bases, report)
        looks = _looks(configuration, sets, chosen, entries)
    except N2muError as error:
        report.add(str(error))
        return report
    with closing(in_order(look, looks, min(workers, max(len(looks), 1)))) as results:
        seen = [result() for result in results]
    _collect(seen, report)
    scales = Scales(compared for one in seen for compared in one.compared)
    wrong = list(scales.problems())
    # simulation may hide that no observed event passes
    observed = [one for one in seen if sets[one.data_set].data]
    theirs = Scales((c for one in observed for c in one.compared), "observed events")
    wrong += [(key, text) for key, text in theirs.problems() if key not in dict(wrong)]
    for key, text in wrong:
        report.add(text, key=key)
    for text in other_units({one.data_set: one.typical for one in seen}):
        report.add(text)
    report.notes += scales.notes()
    _count(seen, bool(mistakes), scales, report)
    report.notes += _regions_without_data(observed, seen, theirs)
    report.looked_at = {
        "data sets": len(sets),
        "files opened": len(looks),
        "entries read": sum(s.events.read for s in seen if s.events is not None),
        "seconds": round(time.monotonic() - start, 1),
    }
    return report


def _looks(
    configuration: Configuration,
    sets: Mapping[str, DataSet],
    chosen: Mapping[str, Chosen],
    entries: int,
) -> list[Look]:
    # what a data set is asked does not depend on its files: one stands for all
    stand_in = ListedFile(
        base="",
        path="",
        bytes=0,
        modified=None,
        content="",
        entries=None,
        chunk="c0000",
        data_sets=list(sets),
    )
    asked = asked_of_all(Analysis(configuration, Listing(files=[stand_in])))
    inputs: set[str] = set()
    looks = []
    for name, file in ((name, chosen[name]) for name in sets if name in chosen):
        # campaigns of an input are made alike
        first = sets[name].input not in inputs
        inputs.add(sets[name].input)
        source = configuration.inputs.sum_of_weights
        looks.append(Look(asked[name], file.path, file.listed, source, first, entries))
    return looks


def _collect(seen: Iterable[Seen], report: Report) -> None:
    for one in seen:
        for key, text, excerpt, detail in one.findings:
            seen_in = {"data_set": one.data_set, "example": one.path}
            report.add(text, key=key, excerpt=excerpt, detail=detail, **seen_in)


def _count(seen: Iterable[Seen], incomplete: bool, scales: Scales, report: Report) -> None:
    """Report what counts of events say of regions and samples."""
    in_regions: dict[tuple[str, str], int] = defaultdict(int)
    regions: dict[str, int] = defaultdict(int)
    samples: dict[str, int] = defaultdict(int)
    entries: dict[str, int] = defaultdict(int)
    passed: dict[str, int] = defaultdict(int)
    codes: dict[tuple[str, float], int] = defaultdict(int)
    homeless: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    read = preselected = 0
    for one in (one for one in seen if one.events is not None):
        events = one.events
        assert events is not None
        read += events.read
        preselected += events.preselected
        for pair, number in events.shared_regions.items():
            in_regions[pair] += number
        for (a, b), number in events.shared_samples.items():
            if number:
                report.add(
                    f"samples '{a}' and '{b}' share events of an input, which would count twice; "
                    "make their selections disjoint",
                    key=f"samples.yaml: samples.{b}.selection",
                    data_set=one.data_set,
                )
        for name, number in events.regions.items():
            regions[name] += number
        for name, number in events.samples.items():
            samples[name] += number
            entries[name] += events.read
            passed[name] += events.preselected
        for name, (code, number) in events.codes.items():
            codes[name, code] += number
        if events.homeless and not incomplete:
            entry = one.data_set.partition(".")[0]
            outside, inside = homeless[entry]
            homeless[entry] = (outside + events.homeless, inside + events.preselected)
    for entry, (outside, inside) in homeless.items():
        report.notes.append(
            f"samples.yaml: {outside} of {inside} events of {entry} that were read and pass the "
            "preselection are in no sample"
        )
    for (a, b), number in in_regions.items():
        if number:
            report.add(
                f"regions '{a}' and '{b}' of one fit share {number} of the events that were read, "
                "which would count twice; make their selections disjoint",
                key=f"regions.yaml: regions.{b}.selection",
            )
    if read and not preselected:
        why = scales.why_none("regions.yaml: preselection")
        report.unchecked.append(
            f"regions and samples: none of the {read} events that were read passes the "
            f"preselection{why}; if it is meant to be so rare, read more with --entries"
        )
        return
    told = f"none of the {preselected} events that were read and pass the preselection is in it"
    for name, number in regions.items():
        if not number:
            why = scales.why_none(f"regions.yaml: regions.{name}.selection")
            report.notes.append(f"regions.yaml: regions.{name}: {told}{why}")
    for name, number in samples.items():
        if not number:
            told = f"none of the {passed[name]} events of its inputs that were read and pass the"
            empty = "the files of its inputs that were looked at hold no event"
            if entries[name] and not passed[name]:
                empty = f"none of the {entries[name]} events of its inputs that were read passes "
                empty += "the preselection"
            said = f"{told} preselection is in it" if passed[name] else empty
            report.notes.append(f"samples.yaml: samples.{name}: {said}")
    for (name, code), number in codes.items():
        report.notes.append(
            f"features.yaml: features.{name}: is {code:g} in {number} events, far from all other "
            "values; add it to 'missing' if it means that"
        )


def _regions_without_data(
    observed: Iterable[Seen], seen: Iterable[Seen], scales: Scales
) -> Iterator[str]:
    """Yield lines on selections that only simulated events pass, with the cut that is why."""
    counts = [one.events for one in observed if one.events is not None]
    every = [one.events for one in seen if one.events is not None]
    read, preselected = sum(c.read for c in counts), sum(c.preselected for c in counts)
    if read and not preselected and any(events.preselected for events in every):
        why = scales.why_none("regions.yaml: preselection")
        yield (
            f"regions.yaml: preselection: none of the {read} observed events that were read passes "
            f"it, simulated ones do{why}"
        )
        return
    for name in dict.fromkeys(name for events in counts for name in events.regions):
        why = scales.why_none(f"regions.yaml: regions.{name}.selection")
        simulated = any(events.regions.get(name) for events in every)
        # without a cut that explains it, the region may be rare
        if why and simulated and not any(events.regions.get(name) for events in counts):
            yield (
                f"regions.yaml: regions.{name}: none of the {preselected} observed events that "
                f"were read and pass the preselection is in it, simulated ones are{why}"
            )


def _compare_luminosity(configuration: Configuration, report: Report) -> None:
    """Compare what figures say with what events are normalised to."""
    label = configuration.main.labels.luminosity
    # weights that are normalised already may hold the luminosity themselves
    if configuration.inputs.sum_of_weights.normalised or not label.strip():
        return
    total = configuration.inputs.total_luminosity
    found = _LUMINOSITY.search(label)
    if found is None:
        report.notes.append(
            f"labels.luminosity: '{label}' is not understood, and not compared with the "
            f"{total / 1e3:g} fb^-1 of the campaigns in inputs.yaml; write a number and pb^-1, "
            "fb^-1 or ab^-1"
        )
        return
    stated = float(found[1].replace(",", "")) * _UNITS[found[2]]
    if abs(stated - total) > _SAME_LUMINOSITY * total:
        report.add(
            f"'{label}' is {stated / 1e3:g} fb^-1, but the campaigns in inputs.yaml have "
            f"{total / 1e3:g} fb^-1; correct one of them",
            key="labels.luminosity",
        )
