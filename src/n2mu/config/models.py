"""``models.yaml``: the classifiers and how they are trained."""

import itertools
from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from n2mu.config.architectures import grown
from n2mu.config.base import Model
from n2mu.config.evaluation import Evaluation, Significance
from n2mu.config.learning import Later, Loss, Schedule
from n2mu.config.names import Name, Unique
from n2mu.config.object_labels import ObjectLabels
from n2mu.config.variants import varied
from n2mu.errors import nearest

BACKGROUND = "background"
"""The class of all backgrounds together in a binary formulation."""

Weighting = Literal[
    "none",
    "event_batch",
    "event",
    "class_raw",
    "class_weighted",
    "class_raw_event",
    "class_weighted_event",
]


class Classifier(Model):
    """One classifier: architecture, features, training set, loss, training.

    Attributes
    ----------
    architecture
        Name in the registry of architectures.
    parameters
        Keyword arguments of the architecture.
    features
        Names in ``features.yaml``; ``*`` at the end matches several.
    formulation
        ``multi_class``; ``binary``: signal against everything else; or
        ``two_phase``: multi-class for ``first_phase_epochs``, then without
        penalty for taking one background for another.
    first_phase_epochs
        Of a ``two_phase`` formulation.
    labels
        What the model tells of the objects of a collection; none: the class of the event.
    training_set
        ``extended``: the cut ``training`` of ``regions.yaml``; ``region``: the
        validation region.
    unscaled_classes
        Classes whose weight in an extended training set is not scaled to that of
        the validation region.
    max_events, fraction
        Number and share of the training events that are used, taken evenly.
    loss
        What is made small.
    weighting
        What an event counts in the loss.
    negative_weights
        What a negative weight becomes in training.
    validation_region
        The region whose events choose the best epoch.
    best_epoch
        What chooses it: lowest loss, highest AUC, highest significance.
    significance
        How the significance of an epoch is counted.
    validate_every, validate_later
        Epochs from one validation to the next, and after how many epochs how many others; the
        last epoch is always validated. Of trees, the rounds of which one may be the best.
    patience
        Epochs without a better one after which the training ends; none: it does not.
    epochs
        Passes over the training events; of trees: rounds.
    batch_size
        Events of one step.
    learning_rate
        Of AdamW at its largest, or of trees.
    schedule
        How the learning rate changes over the training.
    weight_decay
        Of the matrices of linear layers.
    precision
        Of the arithmetic of the network; its parameters are float32.
    compile
        Whether torch.compile makes kernels for the network.
    memory_gb
        Training events beyond this are read from disk again in each epoch.
    seed, seeds
        Of the initial weights and the order of events; several make an ensemble,
        whose score is the mean.
    fold_seed
        Deals the events to other folds than 0 does; set by the ``trials`` of a study.
    """

    architecture: str
    parameters: dict[str, Any] = {}
    features: Annotated[list[str], Field(min_length=1)] = ["*"]
    formulation: Literal["multi_class", "binary", "two_phase"] = "multi_class"
    first_phase_epochs: PositiveInt | None = None
    labels: ObjectLabels | None = None
    training_set: Literal["extended", "region"] = "extended"
    unscaled_classes: Annotated[list[str], Unique] = []
    max_events: PositiveInt | None = None
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    loss: Loss = Loss()
    weighting: Weighting = "class_weighted_event"
    negative_weights: Literal["absolute", "drop", "keep"] = "absolute"
    validation_region: str
    best_epoch: Literal["loss", "auc", "significance"] = "loss"
    significance: Significance = Significance()
    validate_every: PositiveInt = 1
    validate_later: Later | None = None
    patience: PositiveInt | None = None
    epochs: PositiveInt
    batch_size: PositiveInt = 1024
    learning_rate: PositiveFloat = 1e-3
    schedule: Schedule = Schedule()
    weight_decay: NonNegativeFloat = 0.01
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    compile: bool = False
    memory_gb: PositiveFloat = 16.0
    seed: int = 1
    seeds: Annotated[list[int], Field(min_length=2), Unique] | None = None
    fold_seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _of_one_mind(self) -> "Classifier":
        two_phase = self.formulation == "two_phase"
        if two_phase != (self.first_phase_epochs is not None):
            raise ValueError(
                "'first_phase_epochs' belongs to formulation two_phase, which needs it"
            )
        if self.first_phase_epochs is not None and self.first_phase_epochs >= self.epochs:
            raise ValueError(
                f"first_phase_epochs is {self.first_phase_epochs}, expected fewer than the "
                f"{self.epochs} epochs"
            )
        if self.loss.kind != "cross_entropy" and self.formulation == "multi_class":
            raise ValueError(
                f"loss '{self.loss.kind}' is one of signal and background; set formulation: "
                "binary or two_phase"
            )
        if self.loss.decorrelation is not None and self.negative_weights == "keep":
            raise ValueError(
                "a distance correlation needs weights that are not negative; set "
                "negative_weights: absolute or drop"
            )
        if self.schedule.warmup_epochs >= self.epochs:
            raise ValueError(
                f"schedule.warmup_epochs is {self.schedule.warmup_epochs:g}, expected fewer than "
                f"the {self.epochs} epochs"
            )
        if self.labels is not None:
            self._refuse(
                "labels per object",
                formulation="multi_class",
                weighting=("none", "event", "event_batch"),
                best_epoch="loss",
                loss=self.loss.model_copy(update={"decorrelation": None}),
                seeds=None,
            )
        if self.architecture == "staged":
            self._refuse("a staged network", formulation="multi_class")
        if self.architecture in grown():
            self._refuse(
                "trees",
                formulation=("multi_class", "binary"),
                loss=self.loss.model_copy(update={"kind": "cross_entropy", "decorrelation": None}),
                schedule=Schedule(),
                precision="float32",
                compile=False,
            )
            if self.weighting == "event_batch":
                raise ValueError("trees have no batches; set weighting: event")
        return self

    def _refuse(self, what: str, **allowed: Any) -> None:
        for key, values in allowed.items():
            value = getattr(self, key)
            if value not in (values if isinstance(values, tuple) else (values,)):
                instead = (
                    f"set {key}: {' or '.join(values)}" if key == "weighting" else "leave it out"
                )
                raise ValueError(f"{what} cannot be trained with this '{key}'; {instead}")

    def validates(self, epoch: int) -> bool:
        """Return whether an epoch, counted from 1, is validated."""
        later = self.validate_later
        every = later.every if later is not None and epoch > later.after else self.validate_every
        return epoch == self.epochs or epoch % every == 0

    def member(self, seed: int) -> "Classifier":
        """Return the classifier of one seed of an ensemble."""
        return self.model_copy(update={"seed": seed, "seeds": None})

    @property
    def expressions(self) -> list[str]:
        """What is computed from columns besides features, to train and validate."""
        texts = [self.loss.selection]
        if self.loss.decorrelation is not None:
            texts += [self.loss.decorrelation.observable, self.loss.decorrelation.selection]
        if self.significance.mass is not None:
            texts.append(self.significance.mass)
        if self.labels is not None:
            texts.append(self.labels.branch)
        return texts


class Grid(Model):
    """Variants of a classifier, one per combination of values.

    Attributes
    ----------
    model
        The classifier that is varied.
    vary
        Values by key of the classifier; ``parameters.width`` is a key too.
    """

    model: str
    vary: Annotated[dict[str, Annotated[list[Any], Field(min_length=1)]], Field(min_length=1)]


class Models(Model):
    """The whole of ``models.yaml``.

    Attributes
    ----------
    folds
        Number of folds: one scores, one validates, the others train.
    classes
        The classes in the order of the outputs.
    signal_class
        The class whose score separates signal from background.
    evaluation_region
        The region in which all models are compared.
    evaluation
        How they are.
    models
        As given, and the members of ensembles, ``<model>_seed<seed>``, and the
        points of grids, ``<grid>_<number>``.
    grids
        Searches among variants of a model.
    """

    folds: Annotated[int, Field(ge=3, le=100)] = 5
    classes: Annotated[list[Name], Field(min_length=2), Unique]
    signal_class: str
    evaluation_region: str
    evaluation: Evaluation = Evaluation()
    models: Annotated[dict[Name, Classifier], Field(min_length=1)]
    grids: dict[Name, Grid] = {}

    @model_validator(mode="before")
    @classmethod
    def _expanded(cls, given: Any) -> Any:
        """Add what grids and ensembles stand for; what is malformed is left to the fields."""
        if not isinstance(given, dict) or not isinstance(given.get("models"), dict):
            return given
        models = dict(given["models"])
        for name, grid in (given.get("grids") or {}).items():
            _require_new(points := _points(name, grid, models), models, f"grids.{name}")
            models |= points
        for name, model in list(models.items()):
            if isinstance(model, dict) and isinstance(seeds := model.get("seeds"), list):
                alone = {key: value for key, value in model.items() if key != "seeds"}
                members = {f"{name}_seed{seed}": {**alone, "seed": seed} for seed in seeds}
                _require_new(members, models, f"models.{name}.seeds")
                models |= members
        return {**given, "models": models}

    def members_of(self, model: str) -> list[str]:
        """Return the models that an ensemble is made of; none of any other model."""
        return [f"{model}_seed{seed}" for seed in self.models[model].seeds or []]

    def points_of(self, grid: str) -> dict[str, dict[str, Any]]:
        """Return what each point of a grid sets, by model."""
        return _settings_of(grid, self.grids[grid].vary)

    @model_validator(mode="after")
    def _classes(self) -> "Models":
        for name, classifier in self.models.items():
            if classifier.formulation == "binary" and self.signal_class == BACKGROUND:
                raise ValueError(
                    f"models.{name}.formulation: binary needs a signal class of another name than "
                    f"'{BACKGROUND}'; rename it"
                )
            for label in classifier.unscaled_classes:
                if label not in self.classes:
                    raise ValueError(
                        f"models.{name}.unscaled_classes: '{label}' is no class, expected some of "
                        f"{self.classes}"
                    )
        return self

    def judging_events(self, chosen: Collection[str]) -> list[str]:
        """Return those of some models that tell classes of events apart, and not of objects."""
        return [model for model in chosen if self.models[model].labels is None]

    def classes_of(self, model: str) -> list[str]:
        """Return the classes that a model tells apart, in the order of its scores."""
        return classes_told_apart(self.models[model], self.classes, self.signal_class)


def classes_told_apart(classifier: Classifier, classes: list[str], signal: str) -> list[str]:
    """Return the classes of a classifier, in the order of its scores."""
    return [signal, BACKGROUND] if classifier.formulation == "binary" else classes


def _settings_of(grid: str, vary: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
    """Return what each point of a grid sets, by the name of its model."""
    points = itertools.product(*vary.values())
    return {f"{grid}_{i}": dict(zip(vary, point, strict=True)) for i, point in enumerate(points)}


def _points(name: str, grid: Any, models: dict[str, Any]) -> dict[str, Any]:
    """Return the models of a grid as they would be written in the file."""
    if not isinstance(grid, dict) or not isinstance(grid.get("vary"), dict):
        return {}
    model = str(grid.get("model"))
    if model not in models:
        raise ValueError(f"grids.{name}.model: no model '{model}'{nearest(model, models)}")
    if not isinstance(models[model], dict):
        return {}
    points = _settings_of(name, grid["vary"])
    return {point: varied(models[model], values) for point, values in points.items()}


def _require_new(made: dict[str, Any], models: dict[str, Any], where: str) -> None:
    for name in made:
        if name in models:
            raise ValueError(f"{where}: would make a model '{name}', which is there already")
