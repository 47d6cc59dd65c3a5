"""Writes the reference of all keys of the configuration, ``docs/reference.md``.

What a key means is the docstring of its pydantic model, its type and default are the model's own.
What runs again is found out: the example of ``reference.yaml`` is put into a small analysis, and
what all jobs are told is compared.
"""

import copy
import inspect
import json
import re
import sys
import tempfile
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from annotated_types import Ge, Gt, Le

from n2mu.config import (
    evaluation,
    features,
    fits,
    inputs,
    learning,
    main,
    measures,
    models,
    object_labels,
    regions,
    samples,
    studies,
    systematics,
)
from n2mu.config.architectures import architectures
from n2mu.config.base import Model
from n2mu.config.configuration import Configuration
from n2mu.config.expression import Expression, ExpressionText
from n2mu.config.kinds import systematic, varied
from n2mu.config.kinds.by_number import ByNumber
from n2mu.config.kinds.registry import KINDS
from n2mu.config.load import load
from n2mu.inputs.listing import ListedFile, Listing
from n2mu.workflow.slices import Slices

DOCS = Path(__file__).parent
GIVEN = yaml.safe_load((DOCS / "reference.yaml").read_text())


def _kinds(family: type) -> list[types.ModuleType]:
    """Return the modules of the kinds of a family."""
    return [sys.modules[kind.__module__] for kind in KINDS.values() if issubclass(kind, family)]


FILES = {
    "config.yaml": [main],
    "inputs.yaml": [inputs],
    "samples.yaml": [samples],
    "regions.yaml": [regions],
    "features.yaml": [features],
    "systematics.yaml": [
        systematics,
        systematic,
        *_kinds(ByNumber),
        varied,
        *_kinds(varied.Varied),
    ],
    "models.yaml": [models, learning, object_labels, evaluation],
    "studies/<study>.yaml": [studies, measures],
    "fits.yaml": [fits],
}
WHOLE = ("Main", "Inputs", "Samples", "Regions", "Features", "Systematics", "Models", "Fits")
PLACES = {
    "Labels": "`labels`",
    "SumOfWeights": "`sum_of_weights`",
    "Input": "`inputs.<input>`",
    "Sample": "`samples.<sample>`",
    "Region": "`regions.<region>`",
    "Split": "`regions.<region>.split`",
    "SplitQuantiles": "`regions.<region>.split.quantiles`",
    "Binning": "`regions.<region>.binning`",
    "Uniform": "`binning.uniform`",
    "Transformation": "`binning.transfo_d`, `binning.transfo_f`",
    "Feature": "`features.<feature>`",
    "Systematic": "`systematics.<systematic>`, of every kind",
    "Varied": "`systematics.<systematic>`, of every kind but `norm` and `bins`",
    "Classifier": "`models.<model>`",
    "ObjectLabels": "`models.<model>.labels`",
    "Loss": "`models.<model>.loss`",
    "Decorrelation": "`models.<model>.loss.decorrelation`",
    "Schedule": "`models.<model>.schedule`",
    "Later": "`models.<model>.validate_later`",
    "Significance": "`models.<model>.significance`, `evaluation.significance`",
    "Correlation": "`evaluation.correlations.<name>`",
    "Evaluation": "`evaluation`",
    "Grid": "`grids.<grid>`",
    "Measure": "`measures.<measure>`",
    "Published": "`published`",
    "NormFactor": "`norm_factors.<factor>`",
    "ShapeFactor": "`shape_factors.<factor>`",
    "FreeShape": "`free_shapes.<shape>`",
    "Pruning": "`fits.<fit>.pruning`",
    "Fit": "`fits.<fit>`",
}
# models that no file gives, by module
MADE = {"n2mu.config.splitting": ["RegionPart"]}
# what a stage is called, and the stages that run again with it
STAGES = {
    "skim": ("skim and all after it", {"cutflow", "train", "score", "evaluate", "templates"}),
    "train": ("training and all after it", {"score", "evaluate", "templates"}),
    "score": ("scores and all after them", {"evaluate", "templates"}),
    "evaluate": ("evaluation", set[str]()),
    "templates": ("templates and fits", {"workspace"}),
    "workspace": ("workspace and fits", {"fit"}),
    "fit": ("fits", {"figures"}),
    "cutflow": ("cutflow", set[str]()),
    "grid": ("the comparison of the grid", set[str]()),
    "figures": ("figures", set[str]()),
}


def kind_of(model: type[Model]) -> str | None:
    """Return the value of ``kind`` that tells a model from others; None if there is no such."""
    field = model.model_fields.get("kind")
    kinds = get_args(field.annotation) if field is not None and field.is_required() else ()
    return str(kinds[0]) if len(kinds) == 1 else None


def own_keys(model: type[Model]) -> list[str]:
    """Return the keys that a model itself defines, but for the kind that tells it from others."""
    own = [key for key in model.__annotations__ if key in model.model_fields]
    return [key for key in own if key != "kind" or kind_of(model) is None]


def described(file: str) -> list[type[Model]]:
    """Return the models of a file that people write, from the whole to its parts."""
    found = [
        model
        for module in FILES[file]
        for model in vars(module).values()
        if inspect.isclass(model) and issubclass(model, Model)
        if model.__module__ == module.__name__ and model is not inputs.DataSet
    ]
    return sorted(found, key=lambda model: model.__name__ not in WHOLE)


def descriptions(model: type[Model]) -> dict[str, str]:
    """Return what the docstring of a model says of its keys."""
    _, _, attributes = (inspect.getdoc(model) or "").partition("Attributes\n----------\n")
    result = {}
    for names, text in re.findall(r"^(\w.*)\n((?:    .*\n?|\n)+)", attributes, re.MULTILINE):
        for name in names.split(", "):
            result[name] = " ".join(text.split()).replace("``", "`")
    return result


def summary(model: type[Model]) -> str:
    """Return what the docstring of a model says before its keys."""
    text = (inspect.getdoc(model) or "").partition("Attributes\n----------\n")[0]
    return re.sub(r"``", "`", text).strip()


def type_of(hint: Any) -> str:
    """Return in words what a key takes."""
    if hint in (Expression, ExpressionText):
        return "expression"
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        limits = [*arguments[1:], *(m for a in arguments[1:] for m in getattr(a, "metadata", []))]
        words = [f"> {m.gt}" for m in limits if isinstance(m, Gt)]
        words += [f"≥ {m.ge}" for m in limits if isinstance(m, Ge)]
        words += [f"≤ {m.le}" for m in limits if isinstance(m, Le)]
        inner = type_of(arguments[0])
        return f"{inner} {' and '.join(words)}" if words else inner
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(type_of(a) for a in arguments if a is not types.NoneType))
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"list of {type_of(arguments[0])}"
    if origin is tuple:
        return f"{len(arguments)} {type_of(arguments[0])}s"
    if origin is dict:
        return f"{type_of(arguments[1])} by name"
    if inspect.isclass(hint) and issubclass(hint, Model):
        return "keys below" if hint.__name__ in PLACES else "entry"
    return {str: "text", bool: "`true`, `false`", int: "whole number", float: "number"}.get(
        hint, "value"
    )


def default_of(model: type[Model], key: str) -> str:
    """Return the default of a key as it would be written."""
    field = model.model_fields[key]
    if field.is_required():
        return "required"
    if field.default is None:
        return ""
    if isinstance(field.default, Model):
        return "as below"
    return f"`{as_yaml(field.default)}`"


def as_yaml(value: Any) -> str:
    """Return a value in one line of YAML."""
    value = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...").replace("|", "\\|")


Parts = dict[str, Any]


def changed(parts: Parts, changes: Mapping[str, Any]) -> Parts:
    """Return the analysis with other values of keys; None removes one."""
    result = copy.deepcopy(parts)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = result
        for name in parents:
            place = place.setdefault(name, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)
    return result


def jobs(parts: Parts) -> dict[str, str]:
    """Return what each job of an analysis is told."""
    with tempfile.TemporaryDirectory() as directory:
        for name, content in parts.items():
            folder = Path(directory) / ("" if name == "config" else parts["config"]["analysis"])
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.yaml").write_text(json.dumps(content))
        configuration = load(Path(directory) / "config.yaml")
    return dict(told(configuration))


def told(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield what each job is told, by its stage and name."""
    sets = [data_set.name for data_set in inputs.data_sets(configuration.inputs)]
    file = ListedFile(
        base="disk",
        path="file.root",
        bytes=1,
        modified=None,
        content="",
        entries=None,
        chunk="c0000",
        data_sets=sets,
    )
    slices = Slices(configuration, Listing(files=[file]))
    yield "skim", slices.skim("c0000").model_dump_json()
    yield "cutflow", slices.cutflow().model_dump_json()
    for model in configuration.main.models:
        if not configuration.models.members_of(model):
            yield f"train {model}", slices.train(model, 0).model_dump_json()
        yield f"evaluate {model}", slices.evaluate(model).model_dump_json()
    yield "score", slices.score("c0000").model_dump_json()
    for grid in configuration.models.grids:
        yield f"grid {grid}", slices.grid(grid).model_dump_json()
    for fit in configuration.main.fits:
        yield f"templates {fit}", slices.templates(fit).model_dump_json()
        yield f"workspace {fit}", slices.workspace(fit).model_dump_json()
        yield f"fit {fit}", slices.fit(fit).model_dump_json()
        yield f"figures {fit}", slices.plot_fit(fit).model_dump_json()


def reruns(place: str, key: str, entry: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return in words what runs again when a key changes."""
    if entry.get("reruns") is not None:
        return str(entry["reruns"])
    before = changed(GIVEN["analysis"], {**given, **entry.get("given", {})})
    value = entry.get("value", entry["example"])
    path = f"{entry.get('at', place)}.{key}"
    after = changed(changed(before, entry.get("also", {})), {path: value})
    old, new = jobs(before), jobs(after)
    stages = {job.split()[0] for job in {*old, *new} if old.get(job) != new.get(job)}
    follow: set[str] = set()
    for stage in STAGES:
        if stage in stages | follow:
            follow |= STAGES[stage][1]
    words = [STAGES[stage][0] for stage in STAGES if stage in stages - follow]
    return "; ".join(words) or "nothing"


def entry_of(value: Any) -> dict[str, Any]:
    """Return an example with what it needs."""
    return value if isinstance(value, dict) and "example" in value else {"example": value}


def rows(model: type[Model]) -> Iterator[str]:
    """Yield the rows of the table of a model."""
    section = GIVEN["sections"][model.__name__]
    texts = descriptions(model)
    hints = get_type_hints(model, include_extras=True)
    for key in own_keys(model):
        entry = entry_of(section["keys"][key])
        again = reruns(section["at"], key, entry, section.get("given", {}))
        example = as_yaml({key: entry["example"]}).removeprefix("{").removesuffix("}")
        cells = [f"`{key}`", type_of(hints[key]), default_of(model, key), texts[key]]
        yield f"| {' | '.join(cells)} | `{example}` | {again} |"


def page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield "# Every key of the configuration\n"
    yield (
        "Made from the code: meaning, type and default of each key, an example, and what runs "
        "again\nwhen it changes. Write it anew with `python docs/reference.py`. `<...>` stands for "
        "a name of your\nown. Whatever runs again, its figures do as well.\n"
    )
    for file in FILES:
        yield f"## {file}\n"
        for model in described(file):
            place = PLACES.get(model.__name__)
            if kind_of(model) is not None:
                place = f"`systematics.<systematic>`, `kind: {kind_of(model)}`"
            if place is not None:
                yield f"### {place}\n\n{summary(model)}\n"
            yield "| key | takes | default | meaning | example | runs again |"
            yield "| --- | --- | --- | --- | --- | --- |"
            yield from rows(model)
            yield ""
    yield "## Parameters of architectures\n"
    yield "`parameters` of a model takes, for each `architecture` ([models](models.md)):\n"
    yield "| architecture | parameters |\n| --- | --- |"
    for name, parameters in architectures().items():
        yield f"| `{name}` | {', '.join(f'`{p}`' for p in parameters)} |"


def text() -> str:
    """Return the page."""
    return "\n".join(page()) + "\n"


if __name__ == "__main__":
    (DOCS / "reference.md").write_text(text())
