"""A rate given by number."""

from typing import Literal

from pydantic import model_validator

from n2mu.config.kinds.by_number import ByNumber, Shift


class NormSystematic(ByNumber):
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

    @property
    def shifts(self) -> tuple[float, float]:
        """The relative changes, up and down."""
        return self.up, self.down
