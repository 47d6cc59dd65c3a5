"""``inputs.yaml``: where the events come from and what one of them counts."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name, Unique
from n2mu.errors import nearest

_PLACEHOLDERS = ("dsid", "campaign")


class SumOfWeights(Model):
    """Where the sum of weights of all generated events is found, in every file.

    One of: a metadata ``tree`` with one number per entry in ``branch``; a
    ``branch`` of the events' own tree, which then holds every generated event;
    a ``histogram`` and its ``bin``; or ``entries: true``: the ntuples hold every
    generated event, each with weight one.  All are added up over the files of a
    data set.  Or ``normalised: true``: the event weight holds cross-section over
    sum of weights already, and nothing is divided.

    Attributes
    ----------
    tree
        The metadata tree with ``branch``; without it the events' own tree has it.
    branch
        The branch whose entries are added up.
    histogram
        Path of a histogram in the file.
    bin
        Its number, of which the first is 1, or its label.
    entries
        Whether the entries of the events' own tree are counted.
    normalised
        Whether the event weight is normalised already.
    """

    tree: str | None = None
    branch: str | None = None
    histogram: str | None = None
    bin: PositiveInt | str | None = None
    entries: bool = False
    normalised: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> "SumOfWeights":
        sources = [
            self.branch is not None,
            self.histogram is not None,
            self.entries,
            self.normalised,
        ]
        alone = sum(sources) == 1 and (self.tree is None or self.branch is not None)
        if not alone or (self.histogram is None) != (self.bin is None):
            raise ValueError(
                "give either 'tree' and 'branch', or 'branch' alone, or 'histogram' and 'bin', or "
                "'entries: true', or 'normalised: true'"
            )
        return self

    @property
    def nominal(self) -> str:
        """The branch or histogram with the nominal sum; no name where entries are counted."""
        return self.branch or self.histogram or ""


def _below_the_base(files: str) -> str:
    path = PurePosixPath(files)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"'{files}' must be a path below the base; give it relative to 'ntuples'")
    for name in re.findall(r"{(.*?)}", files):
        if name not in _PLACEHOLDERS:
            raise ValueError(f"unknown placeholder '{{{name}}}'{nearest(name, _PLACEHOLDERS)}")
    return files


class Input(Model):
    """The ntuples of one data set, in one or several campaigns.

    Attributes
    ----------
    files
        Path or glob below the base; ``{dsid}`` and ``{campaign}`` are filled in, and hidden
        files match no ``*``.
    dsid
        Number of the data set; no two inputs of a campaign may share one.
    campaigns
        All that have a luminosity, unless others hold the rest.
    other_campaigns
        Inputs with the campaigns of this process that are not here; a sample
        with this input has them too.
    data
        Observed events: each counts as one, so that nothing normalises or weighs
        them, and no variation or truth is read from their files.
    cross_section
        In pb; of simulation.
    factors
        k-factor, filter efficiency and the like, multiplied.
    tree
        Nominal tree; without it, the one named for all inputs.
    base
        Name in ``ntuples`` of the directory that holds its files; needed where
        there are several.
    weight
        Other expressions for factors of the event weight, by their names.
    """

    files: Annotated[str, AfterValidator(_below_the_base)]
    dsid: PositiveInt | None = None
    campaigns: Annotated[list[Name], Field(min_length=1), Unique] | None = None
    other_campaigns: Annotated[list[str], Field(min_length=1), Unique] = []
    data: bool = False
    cross_section: PositiveFloat | None = None
    factors: PositiveFloat = 1.0
    tree: str | None = None
    base: str | None = None
    weight: dict[Name, Expression] = {}

    @model_validator(mode="after")
    def _data_or_simulation(self) -> "Input":
        if not self.data and self.cross_section is None:
            raise ValueError("'cross_section' is missing; observed events say 'data: true' instead")
        for key in ("cross_section", "factors", "weight"):
            if self.data and key in self.model_fields_set:
                raise ValueError(f"'{key}' with 'data: true': an observed event counts as one")
        return self


class Inputs(Model):
    """The whole of ``inputs.yaml``.

    Attributes
    ----------
    tree
        Nominal tree of every input that names none.
    run, event
        Branches with the run and event number; without ``event`` the entry
        number takes its place.
    luminosity
        In pb^-1: one per campaign, or one number where inputs have no more than
        one campaign.  Observed events need none.
    sum_of_weights
        Where the denominator of the normalisation is found.
    damaged_files
        What a skim does with a file of simulation that is not whole: ``stop``, or
        ``skip`` it, with its sum of weights; the cutflow lists what was skipped.
    repeated_events
        What is done about simulated events of one DSID, campaign and tree with the same run
        and event number: ``stop``, or ``keep`` them, which the result and the report then
        say. Observed ones are always an error.
    weight
        The factors of the event weight by name; their product is the weight.
    inputs
        The data sets by name.
    """

    tree: str | None = None
    run: str | None = None
    event: str | None = None
    luminosity: PositiveFloat | dict[str, PositiveFloat]
    sum_of_weights: SumOfWeights
    damaged_files: Literal["stop", "skip"] = "stop"
    repeated_events: Literal["stop", "keep"] = "stop"
    weight: dict[Name, Expression] = {}
    inputs: Annotated[dict[Name, Input], Field(min_length=1)]

    @property
    def total_luminosity(self) -> float:
        """Luminosity of all campaigns in pb^-1."""
        given = self.luminosity
        return sum(given.values()) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _complete(self) -> "Inputs":
        for name, entry in self.inputs.items():
            if entry.tree is None and self.tree is None:
                raise ValueError(f"inputs.{name}: no 'tree' here and none for all inputs; name it")
            if entry.data:
                pass
            elif isinstance(self.luminosity, dict):
                if entry.campaigns is None:
                    raise ValueError(
                        f"inputs.{name}: luminosity is given per campaign, name the campaigns"
                    )
                for campaign in entry.campaigns:
                    if campaign not in self.luminosity:
                        raise ValueError(
                            f"inputs.{name}.campaigns: '{campaign}' has no luminosity"
                            f"{nearest(campaign, self.luminosity)}"
                        )
            elif len(entry.campaigns or []) > 1:
                raise ValueError(
                    f"inputs.{name}.campaigns: each would count the whole luminosity "
                    f"{self.luminosity}; give 'luminosity' per campaign"
                )
            for factor in entry.weight:
                if factor not in self.weight:
                    raise ValueError(
                        f"inputs.{name}.weight: unknown weight factor '{factor}'"
                        f"{nearest(factor, self.weight)}"
                    )
            if "{dsid}" in entry.files and entry.dsid is None:
                raise ValueError(
                    f"inputs.{name}: 'files' uses {{dsid}} but no dsid is given; give it"
                )
            if "{campaign}" in entry.files and entry.campaigns is None:
                raise ValueError(f"inputs.{name}: 'files' uses {{campaign}}, name the campaigns")
        return self

    @model_validator(mode="after")
    def _entries_weigh_one(self) -> "Inputs":
        if self.sum_of_weights.entries and self.weight:
            raise ValueError(
                "sum_of_weights: 'entries: true' counts every generated event as one, but 'weight' "
                f"has {', '.join(self.weight)}; give 'tree' and 'branch', or 'histogram' and "
                "'bin', with the sum of the generated weights, or the 'branch' to add up"
            )
        return self

    @model_validator(mode="after")
    def _normalised_files_are_whole(self) -> "Inputs":
        if self.sum_of_weights.normalised and self.damaged_files == "skip":
            raise ValueError(
                "damaged_files: 'skip' with 'normalised: true': the events of a skipped file would "
                "be missing, since no sum of weights can make up for them; say 'stop'"
            )
        return self


class DataSet(Model):
    """One input in one campaign: what the listing, the skim and the sums speak of.

    Attributes
    ----------
    name
        ``<input>`` or ``<input>.<campaign>``.
    input
        Name of the input in ``inputs.yaml``.
    files
        Path or glob below the base.
    data
        Observed events.
    luminosity
        In pb^-1; of observed events 1, as is their sum of weights.
    cross_section
        In pb, k-factors included; of observed events 1.
    weight
        Expressions of its own for factors of the event weight.
    """

    name: str
    input: str
    dsid: int | None
    campaign: str | None
    files: str
    base: str | None
    tree: str
    data: bool
    luminosity: float
    cross_section: float
    weight: dict[str, str] = {}


def data_sets(inputs: Inputs) -> list[DataSet]:
    """Return one data set per input and campaign, in the order of the file."""
    result = []
    for name, entry in inputs.inputs.items():
        campaigns: Sequence[str | None] = entry.campaigns or [None]
        for campaign in campaigns:
            luminosity = inputs.luminosity if not entry.data else 1.0
            if isinstance(luminosity, dict):
                assert campaign is not None
                luminosity = luminosity[campaign]
            cross_section = entry.cross_section if entry.cross_section is not None else 1.0
            tree = entry.tree or inputs.tree
            assert tree is not None
            result.append(
                DataSet(
                    name=name if campaign is None else f"{name}.{campaign}",
                    input=name,
                    dsid=entry.dsid,
                    campaign=campaign,
                    files=_filled(entry.files, entry.dsid, campaign),
                    base=entry.base,
                    tree=tree,
                    data=entry.data,
                    luminosity=luminosity,
                    cross_section=cross_section * entry.factors,
                    weight=entry.weight,
                )
            )
    return result


def _filled(files: str, dsid: int | None, campaign: str | None) -> str:
    return files.replace("{dsid}", str(dsid)).replace("{campaign}", str(campaign))
