"""All mistakes of a configuration at once, where `load` stops at the first."""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from n2mu.config.base import Model
from n2mu.config.coherence import check
from n2mu.config.comparison import add_comparisons
from n2mu.config.configuration import Configuration
from n2mu.config.expression import ALIASES
from n2mu.config.features import Features
from n2mu.config.fits import Fits
from n2mu.config.inputs import Inputs
from n2mu.config.load import (
    add_studies,
    aliases_of,
    folder_of,
    main_content,
    read_yaml,
    validate,
)
from n2mu.config.main import Main
from n2mu.config.meaning import check_meaning
from n2mu.config.mistakes import empty, mistakes
from n2mu.config.models import Models
from n2mu.config.problems import collected, independent, report
from n2mu.config.regions import Regions
from n2mu.config.samples import Samples
from n2mu.config.splitting import with_parts, with_parts_fitted
from n2mu.config.systematics import Systematics
from n2mu.errors import ConfigurationError
from n2mu.expressions import Aliases

_PARTS: dict[str, type[Model]] = {
    "inputs": Inputs,
    "samples": Samples,
    "regions": Regions,
    "features": Features,
    "systematics": Systematics,
    "models": Models,
    "fits": Fits,
}


class Survey(NamedTuple):
    """What was found in a configuration.

    Attributes
    ----------
    configuration
        Without the entries that have mistakes; None if there is too little left of it.
    mistakes
        Every one of them, in the order of the files.
    """

    configuration: Configuration | None
    mistakes: list[ConfigurationError]


def survey(config: Path | Mapping[str, Any], directory: Path | None = None) -> Survey:
    """Read a configuration and go on after mistakes as far as that makes sense.

    An entry that cannot be read (a sample, a region, a systematic ...) is left
    out, and what other files say of it is not counted as a mistake.

    Parameters
    ----------
    config, directory
        As of `n2mu.config.load.load`.
    """
    with collected() as found:
        left_out: set[str] = set()
        configuration = None
        with independent():
            configuration = _read(config, directory, left_out)
        kept = list(found)
        if configuration is not None:
            where = str(config) if isinstance(config, Path) else "configuration"
            configuration = _coherent(configuration, where, left_out, kept)
        if configuration is not None:
            with collected() as unclear, independent():
                check_meaning(configuration)
            kept += [e for e in unclear if not _follows(str(e), left_out)]
    return Survey(configuration, list({str(error): error for error in kept}.values()))


def _coherent(
    configuration: Configuration,
    where: str,
    left_out: set[str],
    kept: list[ConfigurationError],
) -> Configuration | None:
    """Return the configuration without what refers to nothing, which has no meaning to be checked.

    What is left out can be referred to itself.
    """
    known: set[str] = set()
    while True:
        with collected() as references, independent():
            check(configuration, where)
        if {str(error) for error in references} <= known:
            return configuration
        kept += [error for error in references if not _follows(str(error), left_out)]
        known |= {str(error) for error in references}
        remaining = _without(configuration, references, left_out)
        if remaining is None:
            return None
        configuration = remaining


def _follows(message: str, left_out: set[str]) -> bool:
    """Tell whether a mistake is there only because entries were left out."""
    lacking = "used by no sample" in message or "no sample has training_class" in message
    return bool(left_out) and (lacking or any(f"'{name}'" in message for name in left_out))


def _without(
    configuration: Configuration, errors: Sequence[ConfigurationError], left_out: set[str]
) -> Configuration | None:
    """Return the configuration without what errors name; None if too little would be left."""
    parts = {name: getattr(configuration, name) for name in _PARTS}
    for error in errors:
        # every message begins with the file and the keys that lead to the mistake
        keys = re.match(r".*?/(\w+)\.yaml: (\w+)(?:\.(\w+))?(?:\.(\w+))?", str(error))
        if keys is None or keys[1] not in parts:
            continue  # in the main configuration, which only chooses
        part, section, name, field = keys.groups()
        entries = getattr(parts[part], section, None)
        if part == "models" and (name is None or field == "validation_region"):
            parts[part] = _with_known(parts[part], section, name, configuration)
            continue
        if not isinstance(entries, dict) or name not in entries:
            return None
        left = {key: entry for key, entry in entries.items() if key != name}
        rest = _members_left(entries[name], field, str(error))
        if rest:
            left = entries | {name: entries[name].model_copy(update={field: rest})}
        elif not left:
            return None
        else:
            left_out.add(name)
        parts[part] = parts[part].model_copy(update={section: left})
    return replace(configuration, **parts)


def _with_known(
    models: Models, key: str, model: str | None, configuration: Configuration
) -> Models:
    """Return the models with the nearest class or region in place of one that does not exist."""
    regions = list(configuration.regions.regions)
    if model is not None:
        classifier = models.models[model]
        known = _nearest(classifier.validation_region, regions)
        chosen = classifier.model_copy(update={"validation_region": known})
        return models.model_copy(update={"models": models.models | {model: chosen}})
    names = {"signal_class": models.classes, "evaluation_region": regions}.get(key)
    if names is None:
        return models
    return models.model_copy(update={key: _nearest(getattr(models, key), names)})


def _nearest(name: str, known: list[str]) -> str:
    return (get_close_matches(name, known, n=1) or known)[0]


def _members_left(entry: object, field: str | None, message: str) -> list[str]:
    """Return what is left of a list in an entry without the members that a message quotes."""
    members = getattr(entry, field or "", None)
    if not isinstance(members, list):
        return []
    left = [member for member in members if f"'{member}'" not in message]
    return left if len(left) < len(members) else []


def _read(
    config: Path | Mapping[str, Any], directory: Path | None, left_out: set[str]
) -> Configuration | None:
    content, where, directory = main_content(config, directory)
    parts: dict[str, Any] = {}
    with independent():
        parts["main"] = validate(Main, content, where)
    analysis = parts["main"].analysis if "main" in parts else str(content.get("analysis"))
    folder = folder_of(analysis, where, directory)
    regions = read_yaml(folder / "regions.yaml")
    aliases = aliases_of(regions, f"{folder}/regions.yaml")
    for name, model in _PARTS.items():
        path = folder / f"{name}.yaml"
        with independent():
            content = read_yaml(path)
            if model is Models:
                parts["studies"], content = add_studies(folder, content, aliases)
            parts[name] = _pruned(model, content, str(path), aliases, left_out)
    if any(parts.get(name) is None for name in ("main", *_PARTS)):
        return None
    parts["regions"] = with_parts(parts["regions"], f"{folder}/regions.yaml")
    parts["fits"] = with_parts_fitted(parts["fits"], parts["regions"], f"{folder}/fits.yaml")
    with independent():
        compared = (parts["fits"], parts["regions"], parts["models"], parts["main"].models)
        parts["fits"] = add_comparisons(*compared, parts.get("studies", {}), str(folder))
    return Configuration(**parts, directory=folder)


def _pruned(
    model: type[Model], value: Any, where: str, aliases: Aliases, left_out: set[str]
) -> Model | None:
    """Return a part without its entries that are refused; None if it cannot be used at all."""
    if value is None:
        report(empty(model, where))
        return None
    value = copy.deepcopy(value)
    emptied: set[int | str] = set()
    while True:
        try:
            return model.model_validate(value, context={ALIASES: aliases})
        except ValidationError as error:
            found = mistakes(model, value, error)
        if any(mistake.key in emptied for mistake in found):
            return None
        for mistake in found:
            report(mistake.error(where))
        entries = {mistake.location[:2] for mistake in found if len(mistake.location) > 1}
        whole = any(len(mistake.location) < 2 for mistake in found)
        if whole or not all(_is_entry(value, entry) for entry in entries):
            return None
        for section, name in entries:
            del value[section][name]
            left_out.add(str(name))
        emptied = {section for section, _ in entries if not value[section]}


def _is_entry(value: Any, location: tuple[int | str, ...]) -> bool:
    section, name = location
    entries = value.get(section) if isinstance(value, dict) else None
    return isinstance(entries, dict) and name in entries
