"""Reading the configuration: YAML to checked models, every mistake with file and key."""

import re
from collections.abc import Hashable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import ValidationError

from n2mu.config.base import Model
from n2mu.config.coherence import check
from n2mu.config.comparison import add_comparisons
from n2mu.config.configuration import Configuration
from n2mu.config.expression import ALIASES, ExpressionText
from n2mu.config.features import Features
from n2mu.config.fits import Fits
from n2mu.config.inputs import Inputs
from n2mu.config.main import Main
from n2mu.config.meaning import check_meaning
from n2mu.config.mistakes import empty, mistakes
from n2mu.config.models import Classifier, Models
from n2mu.config.names import Name, checked_name
from n2mu.config.problems import independent
from n2mu.config.regions import Regions
from n2mu.config.samples import Samples
from n2mu.config.splitting import with_parts, with_parts_fitted
from n2mu.config.studies import Study
from n2mu.config.systematics import Systematics
from n2mu.errors import ConfigurationError, ExpressionError, elsewhere, nearest, without_comma
from n2mu.expressions import Aliases

M = TypeVar("M", bound=Model)

_DIGITS = re.compile(r"[-+]?\d+,\d+")
_MERGE = "tag:yaml.org,2002:merge"


if TYPE_CHECKING:
    # both have its methods
    _Loader = yaml.SafeLoader
else:
    # every job reads the configuration, and the parser in C takes a tenth of the time
    _Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _UniqueKeyLoader(_Loader):
    """YAML without silently overwritten keys."""


def _mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, int] = {}
    before = ""
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if value_node.value == "" and _DIGITS.fullmatch(f"{before},{key_node.value}"):
            raise ConfigurationError(
                f"line {line}: '{before},{key_node.value}' is two entries; write "
                f"{without_comma(before, key_node.value)}"
            )
        before = value_node.value
        # "<<: *anchor" gives defaults, which may be overwritten
        merge = key_node.tag == _MERGE
        key = "<<" if merge else loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise ConfigurationError(f"line {line}: a key is a mapping or a list; put it in quotes")
        if key in seen:
            raise ConfigurationError(
                f"key '{key}' stands twice, in lines {seen[key]} and {line}; keep one"
            )
        seen[key] = line
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# YAML 1.1, which PyYAML reads, takes 10e3 and 1e-3 for texts
_UniqueKeyLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def read_yaml(path: Path) -> Any:
    """Read a YAML file; duplicate keys are errors.

    Raises
    ------
    ConfigurationError
        Naming the file and the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file{_likely(path)}") from None
    except IsADirectoryError:
        likely = (path.with_name(f"{path.name}.yaml"), *sorted(path.parent.glob("*.yaml")))
        hint = next((f", such as {file}" for file in likely if file.is_file()), "")
        raise ConfigurationError(f"{path}: is a directory; give a file{hint}") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 ({error})") from None
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f" line {place.line + 1}:" if place else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        hint = "a text with : { } or # needs quotes"
        # named below a text only; where a key or a value could begin it stands at the place
        if "tab" in problem or (place and text[place.index : place.index + 1] == "\t"):
            problem = problem.replace("found character that", "found a tab, which")
            hint = "indent with spaces"
        raise ConfigurationError(f"{path}:{where} not valid YAML ({problem}); {hint}") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _likely(path: Path) -> str:
    """Return the hint where a file that does not exist could be meant."""
    if not path.parent.is_dir():
        return elsewhere(path)
    there = [p.name for p in path.parent.glob("*.y*ml")]
    # the files of an analysis have names that are alike
    close = get_close_matches(path.name, there, n=1, cutoff=0.85)
    if close:
        return f"; did you mean '{close[0]}'?"
    needed = path.stem in Configuration.__dataclass_fields__
    return "; each analysis has one, see docs/reference.md" if needed else nearest("", there)


def validate(model: type[M], value: Any, where: str, aliases: Aliases | None = None) -> M:
    """Return a checked model, with all aliases written out.

    Raises
    ------
    ConfigurationError
        One line that names the key of the first mistake and counts the others.
    """
    if value is None:
        raise empty(model, where)
    try:
        return model.model_validate(value, context={ALIASES: aliases})
    except ValidationError as error:
        found = mistakes(model, value, error)
        others = len({mistake.key for mistake in found}) - 1
        raise found[0].error(where, f" (and {others} more)" if others else "") from found[0].cause


class _Definitions(Model):
    aliases: dict[Name, ExpressionText] = {}


def main_content(
    config: Path | Mapping[str, Any], directory: Path | None
) -> tuple[dict[str, Any], str, Path]:
    """Return the content of the main configuration, what errors call it, and the folders' folder.

    Raises
    ------
    ConfigurationError
        If the file cannot be read.
    """
    if isinstance(config, Path):
        return read_yaml(config), str(config), directory or config.parent
    return dict(config), "configuration", directory or Path("config")


def folder_of(analysis: str, where: str, directory: Path) -> Path:
    """Return the folder of an analysis.

    Raises
    ------
    ConfigurationError
        If there is none.
    """
    folder = directory / analysis
    if not folder.is_dir():
        existing = [p.name for p in directory.iterdir() if p.is_dir()] if directory.is_dir() else []
        raise ConfigurationError(
            f"{where}: analysis: no folder {folder}{nearest(analysis, existing)}"
        )
    return folder


def aliases_of(regions: Any, where: str) -> Aliases:
    """Return the aliases of ``regions.yaml``, which all other files may use."""
    given = {ALIASES: regions[ALIASES]} if isinstance(regions, dict) and ALIASES in regions else {}
    try:
        return Aliases(validate(_Definitions, given, where).aliases)
    except ExpressionError as error:
        raise ConfigurationError(f"{where}: aliases: {error}") from error


def add_studies(
    folder: Path, models: Any, aliases: Aliases
) -> tuple[dict[str, Study], dict[str, Any]]:
    """Read the studies of an analysis, and add their models to those of ``models.yaml``.

    Parameters
    ----------
    models
        Content of ``models.yaml``; where it is malformed, there are no studies.

    Returns
    -------
    tuple
        The studies by name, and the content of ``models.yaml`` with all models.

    Raises
    ------
    ConfigurationError
        Naming the file of the study and the variant.
    """
    known = models.get("models") if isinstance(models, dict) else None
    if not isinstance(known, dict) or not all(isinstance(m, dict) for m in known.values()):
        return {}, models
    studies: dict[str, Study] = {}
    added: dict[str, Any] = {}
    for path in sorted((folder / "studies").glob("*.yaml")):
        with independent():
            study = validate(Study, read_yaml(path), str(path), aliases)
            name, base = path.stem, study.model
            _require_correlations(study, models, str(path))
            if base not in known:
                raise ConfigurationError(f"{path}: model: no model '{base}'{nearest(base, known)}")
            # a mistake that is there already is none of the study
            validate(Classifier, known[base], f"{folder}/models.yaml: models.{base}", aliases)
            made: dict[str, Any] = {}
            for variant in study.variants:
                where = f"{path}: variants.{variant}"
                try:
                    checked_name(name)
                    contents = dict(study.classifiers(name, variant, {**known, **added}))
                except ValueError as error:
                    raise ConfigurationError(f"{where}: {error}") from None
                for content in contents.values():
                    if validate(Classifier, content, where, aliases).labels is not None:
                        raise ConfigurationError(
                            f"{where}: a model with labels of objects tells no events apart, which "
                            "a study compares; take another model"
                        )
                made |= contents
            studies[name], added = study, added | made
    return studies, {**models, "models": {**known, **added}}


def _require_correlations(study: Study, models: Mapping[str, Any], where: str) -> None:
    evaluation = models.get("evaluation")
    found = evaluation.get("correlations") if isinstance(evaluation, dict) else None
    known = found if isinstance(found, dict) else {}
    for name, measure in study.compared_by.items():
        if measure.correlation is not None and measure.correlation not in known:
            raise ConfigurationError(
                f"{where}: measures.{name}: models.yaml has no evaluation.correlations."
                f"{measure.correlation}{nearest(measure.correlation, known)}"
            )


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
    content, where, directory = main_content(config, directory)
    main = validate(Main, content, where)
    folder = folder_of(main.analysis, where, directory)
    regions = read_yaml(folder / "regions.yaml")
    aliases = aliases_of(regions, f"{folder}/regions.yaml")

    def part(model: type[M], name: str) -> M:
        path = folder / name
        return validate(model, read_yaml(path), str(path), aliases)

    split = with_parts(
        validate(Regions, regions, f"{folder}/regions.yaml", aliases), f"{folder}/regions.yaml"
    )
    path = folder / "models.yaml"
    studies, models = add_studies(folder, read_yaml(path), aliases)
    configuration = Configuration(
        main=main,
        inputs=part(Inputs, "inputs.yaml"),
        samples=part(Samples, "samples.yaml"),
        regions=split,
        features=part(Features, "features.yaml"),
        systematics=part(Systematics, "systematics.yaml"),
        models=(checked := validate(Models, models, str(path), aliases)),
        fits=add_comparisons(
            with_parts_fitted(part(Fits, "fits.yaml"), split, f"{folder}/fits.yaml"),
            split,
            checked,
            main.models,
            studies,
            str(folder),
        ),
        directory=folder,
        studies=studies,
    )
    check(configuration, where)
    check_meaning(configuration)
    return configuration
