"""Every bin by itself, given by number."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, PositiveFloat

from n2mu.config.kinds.by_number import ByNumber, relative


class BinsSystematic(ByNumber):
    """An uncertainty given by number that is independent in every bin.

    Attributes
    ----------
    size
        Relative: 0.1 is 10 % up and down, with one parameter per region and
        bin, shared by the samples unless it is decorrelated by sample.
    """

    kind: Literal["bins"]
    size: Annotated[PositiveFloat, AfterValidator(relative)]

    per_bin: ClassVar[bool] = True

    @property
    def shifts(self) -> tuple[float, float]:
        """The relative changes, up and down."""
        return self.size, -self.size
