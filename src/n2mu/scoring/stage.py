"""The scoring job: all models on the events of one chunk, in one pass."""

import itertools
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from n2mu.data.folds import fold_of
from n2mu.data.matrix import pack
from n2mu.errors import AlignmentError, ConfigurationError, ProductError, nearest
from n2mu.expressions import parse
from n2mu.inputs.gather import read_range
from n2mu.inputs.identity import require_identity
from n2mu.inputs.location import Location
from n2mu.inputs.ntuple import open_ntuple, require_branches, tree
from n2mu.inputs.tree import Tree
from n2mu.products import atomic_directory, file_digest, write_json
from n2mu.progress import watched
from n2mu.scoring.friends import (
    MANIFEST,
    ScoresOfFiles,
    Trees,
    aligned,
    content_digest,
    write_friends,
)
from n2mu.scoring.read import IDENTIFIERS
from n2mu.scoring.settings import ScoredDataSet, ScoreSettings
from n2mu.skim.read import NOMINAL, Skim
from n2mu.training.checkpoint import TrainedModel, load

logger = logging.getLogger(__name__)


def run_score(
    settings: ScoreSettings,
    skim: Path,
    models: Mapping[str, Sequence[Path]],
    bases: Mapping[str, Location],
    output: Path,
    friends: Path | None,
    device: str,
) -> None:
    """Score one chunk and write friend trees for its ntuples.

    Parameters
    ----------
    skim
        ``skim/<chunk>``.
    models
        ``model.pt`` of every fold, by model.
    output
        ``scores/<chunk>``: laid out as the skim and row-aligned with it, and
        ``manifest.json`` with the friend files, their entries and the digests
        of their content.
    friends
        Directory of all friend trees; without it there are none, no ntuple is read, and
        ``manifest.json`` has digests of the scores.

    Raises
    ------
    AlignmentError
        If an ntuple entry is not the event that was skimmed, or the skim is of
        other files.
    ConfigurationError
        If two models and their classes make the same score column.
    ProductError
        If the folds of a model do not belong together, or the skim lacks a
        data set or tree.
    TrainingError
        If a model returns NaN.
    """
    loaded = {name: _load_folds(name, models[name], device) for name in settings.models}
    _require_consistent(loaded)
    source = Skim([skim])
    entries = _skimmed_entries(settings, source, skim)
    with atomic_directory(output) as directory:
        for data_set in settings.data_sets:
            for kind in (NOMINAL, *data_set.tree_variations):
                _score(source, data_set.name, kind, loaded, settings.selections, directory)
        manifest: dict[str, Any] = {
            "chunk": settings.chunk,
            "models": settings.models,
            "friends": [],
        }
        if friends is None:
            manifest["scores"] = {
                path.relative_to(directory).as_posix(): file_digest(path)
                for path in sorted(directory.rglob("*.parquet"))
            }
        else:
            scores = ScoresOfFiles(directory, score_columns(loaded))
            manifest["friends"] = _write_friends(settings, scores, bases, friends, entries)
        write_json(directory / MANIFEST, manifest)


def _write_friends(
    settings: ScoreSettings,
    scores: ScoresOfFiles,
    bases: Mapping[str, Location],
    friends: Path,
    entries: Mapping[str, Sequence[Mapping[str, int]]],
) -> list[dict[str, Any]]:
    """Write the friend trees of a chunk; return what the manifest says of each."""
    written = []
    chosen = _files(settings).items()
    what = f"friend trees of {settings.chunk}"
    for (base, path), owners in watched(chosen, logger, what, "files"):
        ntuple = bases[base] / path
        trees: Trees = {}
        for data_set, index in owners:
            skimmed = entries[data_set.name][index]
            if not skimmed:  # the skim was told to go on without this damaged file
                continue
            trees |= _friend_trees(settings, data_set, index, ntuple, scores, skimmed)
        if not trees:
            logger.warning("%s: was skipped as damaged; it gets no friend trees", ntuple)
            continue
        write_friends(friends / base / path, trees)
        lengths = {name: len(next(iter(b.values()))) for name, b in trees.items()}
        written.append(
            {"path": f"{base}/{path}", "entries": lengths, "content": content_digest(trees)}
        )
        logger.info("friend trees of %s: %s", ntuple, lengths)
    return written


def _load_folds(name: str, paths: Sequence[Path], device: str) -> list[TrainedModel]:
    folds = [load(path, device) for path in paths]
    for k, (model, path) in enumerate(zip(folds, paths, strict=True)):
        if (model.name, model.fold, model.folds) != (name, k, len(paths)):
            raise ProductError(
                f"{path}: is fold {model.fold} of {model.folds} of model '{model.name}', expected "
                f"fold {k} of {len(paths)} of '{name}'; train model '{name}' again"
            )
        if model.settings.classifier.fold_seed:
            raise ProductError(
                f"{path}: is a trial of random subsampling, which has trained on events of the "
                "fold that it would score; score a model with fold_seed: 0"
            )
        if _training(model) != _training(folds[0]):
            raise ProductError(
                f"{path}: was trained with other settings than {paths[0]}; "
                f"train model '{name}' again"
            )
    return folds


def _training(model: TrainedModel) -> str:
    """Return what all folds of a model have in common; as text, in which NaN equals NaN."""
    return json.dumps(model.settings.model_copy(update={"fold": 0}).model_dump())


def score_columns(models: Mapping[str, Sequence[TrainedModel]]) -> list[str]:
    """Return the names of all score columns, ``<model>_<class>``."""
    return [f"{name}_{label}" for name, folds in models.items() for label in folds[0].classes]


def _require_consistent(models: Mapping[str, Sequence[TrainedModel]]) -> None:
    counts = {name: len(folds) for name, folds in models.items()}
    if len(set(counts.values())) > 1:
        raise ProductError(f"models have different numbers of folds, {counts}; train them again")
    columns = score_columns(models)
    for column in columns:
        if columns.count(column) > 1:
            raise ConfigurationError(
                f"models.yaml: two models make the score column '{column}'; rename a model"
            )


def _skimmed_entries(
    settings: ScoreSettings, source: Skim, skim: Path
) -> dict[str, list[dict[str, int]]]:
    """Return the entries per tree of every file, by data set, as the skim read them.

    Rows of the skim name their file by its place in the list, so the list must
    be the one that the skim had.
    """
    known = source.metadata(skim)["data_sets"]
    result = {}
    for data_set in settings.data_sets:
        if data_set.name not in known:
            raise ProductError(
                f"{skim}: holds no data set '{data_set.name}'{nearest(data_set.name, known)}; "
                "skim this chunk again"
            )
        files = known[data_set.name]["files"]
        found = [f"{file['base']}/{file['path']}" for file in files]
        listed = [f"{file.base}/{file.path}" for file in data_set.files]
        if found != listed:
            pairs = itertools.zip_longest(found, listed, fillvalue="none")
            index, (old, new) = next((i, p) for i, p in enumerate(pairs) if p[0] != p[1])
            raise AlignmentError(
                f"{skim}: file {index} of {data_set.name} was {old}, listed is {new}; "
                "skim this chunk again"
            )
        for file, path in zip(files, found, strict=True):
            if "skipped" in file:
                continue
            for _, name in _trees(data_set):
                if name not in file["entries"]:
                    raise ProductError(
                        f"{skim}: was made without tree '{name}' of {path}"
                        f"{nearest(name, file['entries'])}; skim this chunk again"
                    )
        result[data_set.name] = [file["entries"] for file in files]
    return result


def predict(
    folds: Sequence[TrainedModel],
    columns: Mapping[str, Any],
    fold: npt.NDArray[np.int8],
) -> npt.NDArray[np.float32]:
    """Return probabilities [events, classes], each event by the model of its own fold."""
    result = np.empty((len(fold), len(folds[0].classes)), dtype=np.float32)
    # all folds have the same features
    packed = pack(columns, folds[0].features, len(fold))
    for k, model in enumerate(folds):
        rows = np.flatnonzero(fold == k)
        if len(rows):
            result[rows] = model.score(packed.take(rows))
    return result


def _score(
    skim: Skim,
    data_set: str,
    kind: str,
    models: Mapping[str, list[TrainedModel]],
    selections: Sequence[str] | None,
    directory: Path,
) -> None:
    needed = {column for folds in models.values() for column in folds[0].columns}
    chosen = None if selections is None else [parse(selection) for selection in selections]
    needed |= {name for selection in chosen or [] for name in selection.names}
    columns = skim.table(data_set, kind, [*IDENTIFIERS, *sorted(needed)])
    size = len(columns["n2mu_event"])
    if not size:
        return
    scores: dict[str, npt.NDArray[Any]] = {name: columns[name] for name in IDENTIFIERS}
    rows: slice | npt.NDArray[np.int64] = slice(None)
    if chosen is not None:
        passing = [selection.select(columns, size) for selection in chosen]
        rows = np.flatnonzero(np.any(passing, axis=0))
        columns = {name: values[rows] for name, values in columns.items()}
    for name, folds in models.items():
        fold = fold_of(scores["n2mu_event"], len(folds))
        scores["n2mu_fold"] = fold
        probabilities = np.full((size, len(folds[0].classes)), np.nan, dtype=np.float32)
        probabilities[rows] = predict(folds, columns, fold[rows])
        for i, label in enumerate(folds[0].classes):
            scores[f"{name}_{label}"] = probabilities[:, i]
    path = directory / data_set / f"{kind}.parquet"
    path.parent.mkdir(exist_ok=True)
    # dictionaries of scores, which hardly repeat, cost more than they save
    integers = [name for name, values in scores.items() if values.dtype.kind == "i"]
    pq.write_table(pa.table(scores), path, compression="zstd", use_dictionary=integers)


def _files(settings: ScoreSettings) -> dict[tuple[str, str], list[tuple[ScoredDataSet, int]]]:
    """Return the owners of every ntuple: data set and index of the file in its skim."""
    owners: dict[tuple[str, str], list[tuple[ScoredDataSet, int]]] = {}
    for data_set in settings.data_sets:
        for index, file in enumerate(data_set.files):
            owners.setdefault((file.base, file.path), []).append((data_set, index))
    return owners


def _friend_trees(
    settings: ScoreSettings,
    data_set: ScoredDataSet,
    index: int,
    ntuple: Location,
    scores: ScoresOfFiles,
    skimmed: Mapping[str, int],
) -> Trees:
    trees = {}
    with open_ntuple(ntuple) as file:
        require_identity(file, data_set.files[index], ntuple)
        for kind, name in _trees(data_set):
            events = _event_numbers(file, tree(file, name, ntuple), settings.event, ntuple)
            scored = scores.of_file(data_set.name, kind, index)
            trees[name] = aligned(
                {column: scored[column] for column in scores.columns},
                scored["n2mu_entry"],
                scored["n2mu_event"],
                events,
                skimmed[name],
                f"{ntuple}: tree '{name}'",
            )
    return trees


def _trees(data_set: ScoredDataSet) -> Iterator[tuple[str, str]]:
    yield NOMINAL, data_set.tree
    for name in data_set.tree_variations:
        yield name, name


def _event_numbers(
    file: Any, ntuple: Tree, branch: str | None, path: Location
) -> npt.NDArray[np.int64]:
    size = ntuple.num_entries
    if branch is None:
        return np.arange(size, dtype=np.int64)
    require_branches(ntuple, [branch], path)
    values: npt.NDArray[np.int64] = read_range(file, ntuple, [branch], 0, size)[branch]
    return values.astype(np.int64)
