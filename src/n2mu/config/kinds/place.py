"""What a kind of systematic makes its two sides from: templates of one sample in one region.

Nothing here loads numpy, so that planning can know the kinds; their functions import it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]


class Yields(NamedTuple):
    """Yields with their statistics.

    Attributes
    ----------
    sumw, sumw2
        Sum of weights and of squared weights [bins].
    events
        Number of events in all bins.
    """

    sumw: "FloatArray"
    sumw2: "FloatArray"
    events: int

    def times(self, factor: "FloatArray | float") -> "Yields":
        """Return the yields, and their errors, times a number or a number per bin [bins]."""
        return Yields(self.sumw * factor, self.sumw2 * factor**2, self.events)


Side = Literal["up", "down"]
SIDES: Final[tuple[Side, Side]] = ("up", "down")

Sides = tuple[Yields, Yields | None]
"""Up and down; without down it is the mirror image of up."""


class Note(Protocol):
    """Notes in the report what was done to one side, or to both, and why."""

    def __call__(self, what: str, why: str, side: Literal["", "up", "down"] = "") -> None:
        """Note it."""


@dataclass(frozen=True)
class Place:
    """One sample in one region, as filled.

    Attributes
    ----------
    edges
        Of the bins of the observable [bins + 1].
    nominal
        Of the sample.
    filled
        What was filled from the sources of the systematic, by their names.
    samples
        Nominal yields of the samples that it is compared to, by name.
    did
        Notes in the report what was done.
    """

    edges: "FloatArray"
    nominal: Yields
    filled: Mapping[str, Yields]
    samples: Mapping[str, Yields]
    did: Note


def lack_events(sides: Sequence[Yields | None], place: Place) -> bool:
    """Tell whether other simulated events lack where they are compared: no effect is known."""
    for name, side in zip(SIDES, sides, strict=False):
        if side is not None and not side.events:
            place.did("dropped", "what takes the sample's place has no event here", name)
            return True
    return False
