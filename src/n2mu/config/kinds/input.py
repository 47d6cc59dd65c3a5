"""Other inputs in place of a sample's own."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from n2mu.config.kinds.place import Place, Sides, lack_events
from n2mu.config.kinds.sources import InputSource
from n2mu.config.kinds.varied import Varied
from n2mu.config.names import Unique

Inputs = Annotated[list[str], Field(min_length=1), Unique]


class InputSystematic(Varied):
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
        if self.down is not None and set(self.up) == set(self.down):
            raise ValueError(
                f"up and down are the same inputs {', '.join(self.up)}; correct one, or leave out "
                "'down' if it is one-sided"
            )
        return self

    @property
    def sources(self) -> dict[str, InputSource]:
        """What is filled for it."""
        sides = {"up": self.up, "down": self.down}
        return {s: InputSource(s, inputs) for s, inputs in sides.items() if inputs is not None}

    def sides(self, place: Place) -> Sides | None:
        """Return what the other inputs expect."""
        up, down = place.filled["up"], place.filled.get("down")
        return None if lack_events([up, down], place) else (up, down)
