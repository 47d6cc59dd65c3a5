"""Another value of one factor of the event weight."""

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from n2mu.config.expression import Expression
from n2mu.config.kinds.sources import WeightSource
from n2mu.config.kinds.varied import Varied
from n2mu.errors import ConfigurationError
from n2mu.expressions import parse


class WeightSystematic(Varied):
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
        if self.down is not None and parse(self.up).canonical() == parse(self.down).canonical():
            raise ValueError(
                f"up and down are the same expression '{self.up}'; correct one, or leave out "
                "'down' if it is one-sided"
            )
        return self

    @property
    def sources(self) -> dict[str, WeightSource]:
        """What is filled for it."""
        result = {"up": WeightSource("up", self.factor, self.up, "sum_up", self.sum_up)}
        if self.down is not None:
            result["down"] = WeightSource("down", self.factor, self.down, "sum_down", self.sum_down)
        return result

    def check(self, key: str, weight: Mapping[str, str], affected: list[str]) -> None:
        """Refuse the nominal factor as a variation."""
        nominal = parse(weight[self.factor]).canonical()
        for side, source in self.sources.items():
            if parse(source.expression).canonical() == nominal:
                raise ConfigurationError(
                    f"{key}.{side}: '{source.expression}' is the nominal weight factor "
                    f"'{self.factor}', no variation; give the varied one"
                    + (", or leave that side out" if side == "down" else "")
                )
