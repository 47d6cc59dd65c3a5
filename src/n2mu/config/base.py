"""What all configuration models share."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from n2mu.errors import ExpressionError
from n2mu.expressions import parse


class Model(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _checked(text: str) -> str:
    try:
        parse(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from None
    return text


Expression = Annotated[str, AfterValidator(_checked)]
"""A TTreeFormula expression, parsed when the configuration is read."""
