"""``systematics.yaml``: what is uncertain, and how it is varied."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveFloat, model_validator

from n2mu.config.base import Model
from n2mu.config.expression import Expression
from n2mu.config.names import Name, Unique
from n2mu.expressions import parse

RESERVED = ("nominal", "training", "columns")
"""Tables of a skim that are not named by a varied tree."""

Effect = Literal["norm_and_shape", "norm", "shape"]
Symmetrisation = Literal["one_sided", "two_sided", "abs_mean", "maximum"]
Smoothing = Literal["none", "353QH", "max_variation"]
Combination = Literal["envelope", "standard_deviation", "hessian", "hessian_asymmetric"]
Splitting = Literal["regions", "samples"]


class _Systematic(Model):
    """What all kinds of systematics have.

    Attributes
    ----------
    samples, exclude_samples
        Names of the samples it acts on, and of those it does not; ``*`` at the
        end matches several.  Patterns match signal and background only.
    regions, exclude_regions
        Names of the regions it acts in, and of those it does not.
    group
        The family whose share of the uncertainty is reported together.
    title
        How figures call it (LaTeX).
    parameter
        Name of the nuisance parameter, where several systematics share one.
    decorrelate
        By what it is split into parameters of their own: every region, every
        sample, or both.
    """

    samples: Annotated[list[str], Field(min_length=1)] = ["*"]
    exclude_samples: list[str] = []
    regions: Annotated[list[str], Field(min_length=1)] = ["*"]
    exclude_regions: list[str] = []
    group: str
    title: str | None = None
    parameter: Name | None = None
    decorrelate: Annotated[list[Splitting], Unique] = []


def _relative(shift: float) -> float:
    if abs(shift) >= 1:
        raise ValueError(
            f"{shift:g} is no relative shift between -1 and 1; write 0.08 for 8 %, not 1.08 or 8"
        )
    return shift


Shift = Annotated[float, AfterValidator(_relative)]


class NormSystematic(_Systematic):
    """A rate uncertainty given by number.

    Attributes
    ----------
    up, down
        Relative changes of the rate: ``up: 0.1`` is +10 %, ``down: -0.1`` is -10 %.
    """

    kind: Literal["norm"]
    up: Shift
    down: Shift

    @model_validator(mode="after")
    def _opposite(self) -> "NormSystematic":
        if self.up * self.down > 0:
            raise ValueError(
                f"up {self.up:g} and down {self.down:g} shift the rate to the same side; "
                "give them opposite signs"
            )
        return self


class BinsSystematic(_Systematic):
    """An uncertainty given by number that is independent in every bin.

    Attributes
    ----------
    size
        Relative: 0.1 is 10 % up and down, with one parameter per region and
        bin, shared by the samples unless it is decorrelated by sample.
    """

    kind: Literal["bins"]
    size: Annotated[PositiveFloat, AfterValidator(_relative)]


class _Varied(_Systematic):
    """What all systematics with templates have.

    Attributes
    ----------
    effect
        What of the variation is used: its rate and its shape, or one of them.
    symmetrisation
        How the two sides become one variation: ``one_sided`` mirrors the up
        side, which a missing ``down`` means; the others need both.  Without it
        the two sides stay as they are.
    smoothing
        How statistical fluctuations of the variation are smoothed.
    """

    effect: Effect = "norm_and_shape"
    symmetrisation: Symmetrisation | None = None
    smoothing: Smoothing = "none"


def _require_sides(symmetrisation: Symmetrisation | None, down: object) -> None:
    if symmetrisation == "one_sided" and down is not None:
        raise ValueError(
            "symmetrisation 'one_sided' mirrors the up side, but 'down' is given; leave out one"
        )
    if symmetrisation not in (None, "one_sided") and down is None:
        raise ValueError(
            f"symmetrisation '{symmetrisation}' needs two sides; give 'down', or leave it out"
        )


class WeightSystematic(_Varied):
    """Another value of one factor of the event weight.

    Attributes
    ----------
    factor
        Name of the factor in ``inputs.yaml`` that is replaced.
    up, down
        The expressions that take its place; without ``down`` it is one-sided
        and mirrored.
    sum_up, sum_down
        Branches of the metadata tree with the variation's own sum of weights;
        without them the nominal sum is used and the rate may change.
    """

    kind: Literal["weight"]
    factor: str
    up: Expression
    down: Expression | None = None
    sum_up: str | None = None
    sum_down: str | None = None

    @model_validator(mode="after")
    def _sums_of_sides(self) -> "WeightSystematic":
        if self.down is None and self.sum_down is not None:
            raise ValueError("'sum_down' without 'down'")
        if self.down is not None and (self.sum_up is None) != (self.sum_down is None):
            raise ValueError(
                "'sum_up' and 'sum_down' belong together, or one side changes the rate "
                "and the other does not"
            )
        return self

    @model_validator(mode="after")
    def _two_sides(self) -> "WeightSystematic":
        _require_sides(self.symmetrisation, self.down)
        if self.down is not None and parse(self.up).canonical() == parse(self.down).canonical():
            raise ValueError(
                f"up and down are the same expression '{self.up}'; correct one, or leave out "
                "'down' if it is one-sided"
            )
        return self


def _tree_name(name: str) -> str:
    if "/" in name:
        raise ValueError(f"'{name}': trees in a directory of the file are not supported")
    if name in RESERVED:
        raise ValueError(f"'{name}' is the name of another table of the skim, rename the tree")
    return name


TreeName = Annotated[str, AfterValidator(_tree_name)]


class TreeSystematic(_Varied):
    """A sibling tree with the varied events.

    Attributes
    ----------
    up, down
        Names of the trees; without ``down`` it is one-sided and mirrored.
    inputs
        Names of the inputs that have the trees, ``*`` at the end matches several;
        events of other inputs stay as they are.  Without it all have them.
    """

    kind: Literal["tree"]
    up: TreeName
    down: TreeName | None = None
    inputs: Annotated[list[str], Field(min_length=1), Unique] | None = None

    @model_validator(mode="after")
    def _two_sides(self) -> "TreeSystematic":
        _require_sides(self.symmetrisation, self.down)
        if self.up == self.down:
            raise ValueError(
                f"up and down are the same tree '{self.up}'; correct one, or leave out 'down' "
                "if it is one-sided"
            )
        return self


Inputs = Annotated[list[str], Field(min_length=1), Unique]


class InputSystematic(_Varied):
    """Other inputs, whose events take the place of the sample's own.

    Attributes
    ----------
    up, down
        Names of inputs in ``inputs.yaml``, ``*`` at the end matches several; the
        truth selection of the sample holds for them too.
    """

    kind: Literal["input"]
    up: Inputs
    down: Inputs | None = None

    @model_validator(mode="after")
    def _two_sides(self) -> "InputSystematic":
        _require_sides(self.symmetrisation, self.down)
        if self.down is not None and set(self.up) == set(self.down):
            raise ValueError(
                f"up and down are the same inputs {', '.join(self.up)}; correct one, or leave out "
                "'down' if it is one-sided"
            )
        return self


class SampleSystematic(_Varied):
    """Another sample, usually a ghost, in place of the sample.

    Attributes
    ----------
    up, down
        Names of samples.
    reference
        Sample to which ``up`` and ``down`` are compared: their ratio to it, bin
        by bin, is applied to the samples.  Without it they take the sample's
        place as they are.
    """

    kind: Literal["sample"]
    up: Name
    down: Name | None = None
    reference: Name | None = None

    @model_validator(mode="after")
    def _two_sides(self) -> "SampleSystematic":
        _require_sides(self.symmetrisation, self.down)
        for other, name in (("down", self.down), ("reference", self.reference)):
            if self.up == name:
                raise ValueError(f"up and {other} are the same sample '{self.up}'; correct one")
        if self.reference is not None and self.reference == self.down:
            raise ValueError(f"down and reference are the same sample '{self.down}'; correct one")
        return self


class SetSystematic(_Varied):
    """A set of weight variations that make one uncertainty, as of scales or PDFs.

    Attributes
    ----------
    factor
        Name of the factor in ``inputs.yaml`` that is replaced.
    members
        The expressions that take its place, one per member.
    sums
        Branches of the metadata tree with the members' own sums of weights;
        without them the nominal sum is used and the rate may change.
    combine
        ``envelope``: the largest and the smallest yield of each bin, nominal
        included; ``standard_deviation``: of the members, as for replicas;
        ``hessian``: differences to the nominal added in quadrature;
        ``hessian_asymmetric``: of pairs, plus and minus of each eigenvector in turn.
    """

    kind: Literal["set"]
    factor: str
    members: Annotated[list[Expression], Field(min_length=2)]
    sums: list[str] | None = None
    combine: Combination

    @model_validator(mode="after")
    def _members(self) -> "SetSystematic":
        if self.symmetrisation == "one_sided":
            raise ValueError("symmetrisation 'one_sided' is for one side; a set has two")
        if self.sums is not None and len(self.sums) != len(self.members):
            raise ValueError(
                f"{len(self.sums)} sums for {len(self.members)} members; give one for each"
            )
        if self.combine == "hessian_asymmetric" and len(self.members) % 2:
            raise ValueError(
                f"combine 'hessian_asymmetric' needs pairs, got {len(self.members)} members; give "
                "plus and minus of each eigenvector in turn"
            )
        seen: dict[str, int] = {}
        for number, member in enumerate(self.members):
            other = seen.setdefault(parse(member).canonical(), number)
            if other != number:
                raise ValueError(f"members {other} and {number} are the same, '{member}'")
        return self


WEIGHTED = WeightSystematic | SetSystematic
"""Kinds that are made of weights in the nominal tree."""

VARIED = WeightSystematic | TreeSystematic | InputSystematic | SampleSystematic | SetSystematic
"""Kinds that need templates."""

Systematic = Annotated[
    NormSystematic
    | BinsSystematic
    | WeightSystematic
    | TreeSystematic
    | InputSystematic
    | SampleSystematic
    | SetSystematic,
    Field(discriminator="kind"),
]


class Systematics(Model):
    """The whole of ``systematics.yaml``.

    Attributes
    ----------
    systematics
        The uncertainties by name, which is that of the nuisance parameter.
    """

    systematics: dict[Name, Systematic] = {}
