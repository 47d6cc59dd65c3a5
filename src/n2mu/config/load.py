"""Reading the configuration: YAML to checked models, every mistake with file and key."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import ValidationError

from n2mu.config.base import Model
from n2mu.config.coherence import Configuration, check
from n2mu.config.features import Features
from n2mu.config.fits import Fits
from n2mu.config.inputs import Inputs
from n2mu.config.main import Main
from n2mu.config.models import Models
from n2mu.config.regions import Regions
from n2mu.config.samples import Samples
from n2mu.config.systematics import Systematics
from n2mu.errors import ConfigurationError, nearest

M = TypeVar("M", bound=Model)


_MERGE = "tag:yaml.org,2002:merge"


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML without silently overwritten keys."""


def _mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, int] = {}
    for key_node, _ in node.value:
        if key_node.tag == _MERGE:  # "<<: *anchor" gives defaults, which may be overwritten
            continue
        key = loader.construct_object(key_node)  # type: ignore[no-untyped-call]
        line = key_node.start_mark.line + 1
        if key in seen:
            raise ConfigurationError(
                f"key '{key}' stands twice, in lines {seen[key]} and {line}; keep one"
            )
        seen[key] = line
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))  # type: ignore[no-untyped-call]


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> Any:
    """Read a YAML file; duplicate keys are errors.

    Raises
    ------
    ConfigurationError
        Naming the file and the line.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file") from None
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f" line {place.line + 1}:" if place else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigurationError(f"{path}:{where} not valid YAML ({problem})") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def validate(model: type[M], value: Any, where: str) -> M:
    """Return a checked model; the first mistake becomes one line with its key."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = error.errors()
        first = problems[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = _fields_at(model, value, first["loc"][:-1])
            text = f"unknown key{nearest(str(first['loc'][-1]), known)}"
        elif first["type"] == "missing":
            text = "required key is missing"
        elif first["type"] == "value_error":
            text = str(first["ctx"]["error"])
        else:
            text = f"{first['msg']}, got {first['input']!r}"
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        prefix = f"{where}: {key}: " if key else f"{where}: "
        raise ConfigurationError(f"{prefix}{text}{more}") from None


def _fields_at(model: type[Model], value: Any, location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the models allow where an unknown key was found."""

    def models(annotation: Any) -> list[type[Model]]:
        if isinstance(annotation, type) and issubclass(annotation, Model):
            return [annotation]
        return [found for part in get_args(annotation) for found in models(part)]

    candidates: list[type[Model]] = [model]
    for part in location:
        deeper: list[type[Model]] = []
        for candidate in candidates:
            if part in candidate.model_fields:
                deeper += models(candidate.model_fields[str(part)].annotation)
        candidates = deeper or [c for c in candidates if part in _tags(c)] or candidates
    return sorted({name for candidate in candidates for name in candidate.model_fields})


def _tags(model: type[Model]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field is not None else ()


def load(config: Path | Mapping[str, Any], directory: Path | None = None) -> Configuration:
    """Read ``config.yaml`` and the folder of its analysis.

    Parameters
    ----------
    config
        Path of ``config.yaml``, or its content.
    directory
        Folder that holds the analysis folders; by default the one of
        ``config.yaml``.

    Raises
    ------
    ConfigurationError
        At the first mistake, naming file, key and the nearest valid name.
    """
    if isinstance(config, Path):
        where = str(config)
        directory = directory or config.parent
        content = read_yaml(config)
    else:
        where = "configuration"
        content = dict(config)
        directory = directory or Path("config")
    main = validate(Main, content, where)
    folder = directory / main.analysis
    if not folder.is_dir():
        existing = [p.name for p in directory.iterdir() if p.is_dir()] if directory.is_dir() else []
        raise ConfigurationError(
            f"{where}: analysis: no folder {folder}{nearest(main.analysis, existing)}"
        )

    def part(model: type[M], name: str) -> M:
        path = folder / name
        return validate(model, read_yaml(path), str(path))

    configuration = Configuration(
        main=main,
        inputs=part(Inputs, "inputs.yaml"),
        samples=part(Samples, "samples.yaml"),
        regions=part(Regions, "regions.yaml"),
        features=part(Features, "features.yaml"),
        systematics=part(Systematics, "systematics.yaml"),
        models=part(Models, "models.yaml"),
        fits=part(Fits, "fits.yaml"),
        directory=folder,
    )
    check(configuration, where)
    return configuration
