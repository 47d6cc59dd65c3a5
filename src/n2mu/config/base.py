"""What all configuration models share."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from n2mu.errors import ExpressionError
from n2mu.expressions import parse


class Model(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change.

    Numbers are finite: NaN passes every comparison that would find a mistake.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, ser_json_inf_nan="strings"
    )


def _text(value: Any) -> Any:
    # YAML reads "k_factor: 1.2" as a number; it is an expression all the same
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _checked(text: str) -> str:
    try:
        parse(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from None
    return text


Expression = Annotated[str, BeforeValidator(_text), AfterValidator(_checked)]
"""A TTreeFormula expression, parsed when the configuration is read."""
