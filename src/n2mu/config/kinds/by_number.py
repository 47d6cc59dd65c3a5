"""Systematics that are given by relative numbers and need no template."""

from abc import abstractmethod
from typing import Annotated

from pydantic import AfterValidator

from n2mu.config.kinds.systematic import Systematic


def relative(shift: float) -> float:
    """Return a relative shift; a ValueError if it is none."""
    if abs(shift) >= 1:
        raise ValueError(
            f"{shift:g} is no relative shift between -1 and 1; write 0.08 for 8 %, not 1.08 or 8"
        )
    return shift


Shift = Annotated[float, AfterValidator(relative)]
"""A relative shift."""


class ByNumber(Systematic):
    """A relative number, of the rate, or independent in every bin where it is `per_bin`."""

    @property
    def parts(self) -> set[str]:
        """What of the yields it varies."""
        return {"shape"} if self.per_bin else {"rate"}

    @property
    @abstractmethod
    def shifts(self) -> tuple[float, float]:
        """The relative changes, up and down."""
