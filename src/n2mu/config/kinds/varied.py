"""Systematics with templates: how their two sides are made, and what is done to these."""

from typing import Literal, Self

from pydantic import model_validator

from n2mu.config.kinds.place import Place, Sides
from n2mu.config.kinds.sources import WeightSource
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.treatments import Smoothing, Symmetrisation

Effect = Literal["norm_and_shape", "norm", "shape"]


class Varied(Systematic):
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

    @model_validator(mode="after")
    def _has_the_sides_to_symmetrise(self) -> Self:
        if self.symmetrisation == "one_sided" and not self.one_sided:
            raise ValueError(
                "symmetrisation 'one_sided' mirrors the up side, but "
                + (
                    "'down' is given; leave out one"
                    if "down" in self.model_fields_set
                    else f"kind '{self.kind}' has two sides; leave it out"
                )
            )
        if self.symmetrisation not in (None, "one_sided") and self.one_sided:
            raise ValueError(
                f"symmetrisation '{self.symmetrisation}' needs two sides; give 'down', or leave "
                "it out"
            )
        return self

    @property
    def parts(self) -> set[str]:
        """What of the yields it varies."""
        return {"norm": {"rate"}, "shape": {"shape"}}.get(self.effect, {"rate", "shape"})

    @property
    def one_sided(self) -> bool:
        """Whether there is no down side; a kind with a key ``down`` has none without it."""
        return getattr(self, "down", "") is None

    @property
    def combination(self) -> str | None:
        """Which treatment makes two sides of all that is filled; None: `sides` does."""
        return None

    @property
    def shares_events(self) -> bool:
        """Whether it is made of the events of the nominal, with which it fluctuates."""
        weights = all(isinstance(source, WeightSource) for source in self.sources.values())
        return weights and not self.compared

    def sides(self, place: Place) -> Sides | None:
        """Return the sides of one sample in one region; None if no effect is known there."""
        return place.filled["up"], place.filled.get("down")

    def for_templates(self) -> Self:
        """Return it without what its templates do not depend on."""
        return self.model_copy(
            update={
                "samples": ["*"],
                "exclude_samples": [],
                "regions": ["*"],
                "exclude_regions": [],
                "group": "",
                "title": None,
                "parameter": None,
                "decorrelate": [],
            }
        )
