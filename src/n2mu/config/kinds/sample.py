"""Another sample in place of a sample, or its ratio to a reference."""

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from n2mu.config.kinds.place import Place, Sides, Yields, lack_events
from n2mu.config.kinds.varied import Varied
from n2mu.config.names import Name
from n2mu.errors import ConfigurationError


class SampleSystematic(Varied):
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
        for other, name in (("down", self.down), ("reference", self.reference)):
            if self.up == name:
                raise ValueError(f"up and {other} are the same sample '{self.up}'; correct one")
        if self.reference is not None and self.reference == self.down:
            raise ValueError(f"down and reference are the same sample '{self.down}'; correct one")
        return self

    @property
    def compared(self) -> dict[str, str]:
        """Other samples that it needs the nominal templates of, by key."""
        named = {"up": self.up, "down": self.down, "reference": self.reference}
        return {key: name for key, name in named.items() if name is not None}

    def check(self, key: str, weight: Mapping[str, str], affected: list[str]) -> None:
        """Refuse a sample that would take the place of several, or of itself."""
        if self.reference is not None:
            return
        if len(affected) > 1:
            raise ConfigurationError(
                f"{key}: '{self.up}' would take the place of each of {', '.join(affected)}; name "
                "one of them in 'samples', or give the 'reference' it is compared to"
            )
        for side, name in self.compared.items():
            if name in affected:
                raise ConfigurationError(
                    f"{key}.{side}: '{name}' is the sample that is varied, no variation; name "
                    "another"
                )

    def sides(self, place: Place) -> Sides | None:
        """Return what the other samples expect, or the sample times their ratio to the reference.

        Without any event of another sample, or any yield of the reference, no effect is known.
        """
        others = [place.samples[name] for name in (self.up, self.down) if name is not None]
        if lack_events(others, place):
            return None
        if self.reference is not None:
            reference = place.samples[self.reference]
            if not float(reference.sumw.sum()) > 0:
                place.did("dropped", f"reference '{self.reference}' has no yield here")
                return None
            others = [_relative_to(reference, other, place) for other in others]
        return others[0], others[1] if len(others) > 1 else None


def _relative_to(reference: Yields, other: Yields, place: Place) -> Yields:
    """Return the nominal times the ratio of a sample to its reference, bin by bin."""
    import numpy as np

    nominal = place.nominal
    known = reference.sumw > 0
    if not known.all():
        place.did(
            f"bins {', '.join(map(str, np.flatnonzero(~known) + 1))} left at the nominal",
            "the reference has no positive yield there",
        )
    below = np.where(known, reference.sumw, 1.0)
    ratio = np.where(known, other.sumw / below, 1.0)
    # errors of both samples, which share no event
    variance = np.where(known, (other.sumw2 + ratio**2 * reference.sumw2) / below**2, 0.0)
    return Yields(nominal.sumw * ratio, nominal.sumw**2 * variance, other.events)
