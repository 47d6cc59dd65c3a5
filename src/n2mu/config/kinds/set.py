"""A set of weights that make one variation."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from n2mu.config.expression import Expression
from n2mu.config.kinds.sources import WeightSource
from n2mu.config.kinds.varied import Varied
from n2mu.config.treatments import Combination
from n2mu.errors import counted
from n2mu.expressions import parse


class SetSystematic(Varied):
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
        if self.sums is not None and len(self.sums) != len(self.members):
            raise ValueError(
                f"{counted(len(self.sums), 'sum')} for {counted(len(self.members), 'member')}; "
                "give one for each"
            )
        if self.combine == "hessian_asymmetric" and len(self.members) % 2:
            raise ValueError(
                "combine 'hessian_asymmetric' needs pairs, got "
                f"{counted(len(self.members), 'member')}; give plus and minus of each eigenvector "
                "in turn"
            )
        seen: dict[str, int] = {}
        for number, member in enumerate(self.members):
            other = seen.setdefault(parse(member).canonical(), number)
            if other != number:
                raise ValueError(f"members {other} and {number} are the same, '{member}'; keep one")
        return self

    @property
    def sources(self) -> dict[str, WeightSource]:
        """What is filled for it: members by number."""
        sums = [None] * len(self.members) if self.sums is None else self.sums
        return {
            str(n): WeightSource(f"members.{n}", self.factor, member, f"sums.{n}", own)
            for n, (member, own) in enumerate(zip(self.members, sums, strict=True))
        }

    @property
    def combination(self) -> str:
        """Which treatment makes two sides of the members."""
        return self.combine
