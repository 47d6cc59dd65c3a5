"""``systematics.yaml``: what is uncertain, and how it is varied."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from n2mu.config.base import Model
from n2mu.config.kinds.registry import KINDS
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.kinds.varied import Varied
from n2mu.config.names import Name

if TYPE_CHECKING:
    AnySystematic = Systematic
    AnyVaried = Varied
else:
    _VARIED = tuple(kind for kind in KINDS.values() if issubclass(kind, Varied))
    AnySystematic = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
    AnyVaried = Annotated[reduce(or_, _VARIED), Field(discriminator="kind")]


class Systematics(Model):
    """The whole of ``systematics.yaml``.

    Attributes
    ----------
    systematics
        The uncertainties by name, which is that of the nuisance parameter.
    """

    systematics: dict[Name, AnySystematic] = {}
