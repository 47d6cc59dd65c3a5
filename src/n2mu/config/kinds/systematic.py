"""What every kind of systematic is: where it acts, and by which parameter.

A kind is a class in a file of its own and an entry in `n2mu.config.kinds.registry`.  Checks,
planning and stages ask the systematic and know no kinds.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from n2mu.config.base import Model
from n2mu.config.kinds.sources import Source
from n2mu.config.names import Name, Unique
from n2mu.config.texts import Text

Splitting = Literal["regions", "samples"]


class Systematic(Model):
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
    title: Text | None = None
    parameter: Name | None = None
    decorrelate: Annotated[list[Splitting], Unique] = []

    per_bin: ClassVar[bool] = False
    """Whether each bin of each region has a parameter of its own."""

    if TYPE_CHECKING:
        # each kind has its own, by which it is told from the others
        kind: str

    @property
    @abstractmethod
    def parts(self) -> set[str]:
        """What of the yields it varies, ``rate`` or ``shape``: a parameter does each once."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """What is filled for it, by what the name of the variation ends with."""
        return {}

    @property
    def compared(self) -> Mapping[str, str]:
        """Other samples that it needs the nominal templates of, by its key that names them."""
        return {}

    def check(self, key: str, weight: Mapping[str, str], affected: list[str]) -> None:
        """Refuse what is well formed and refers to what exists, but cannot be meant.

        Parameters
        ----------
        key
            File and key of the systematic, for the error.
        weight
            The factors of the event weight by name, as in ``inputs.yaml``.
        affected
            The samples it acts on.

        Raises
        ------
        ConfigurationError
            Naming the key and what to do.
        """
